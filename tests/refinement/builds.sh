#!/usr/bin/env bash
# builds.sh SOURCE DIRECTORY FLAG...: writes the builds of a program, FAULT_OPTIMISATION_VERSION.o:
#   0_O2_v3.o              the safe program
#   N_O2_v3.o              fault N
#   0_O2_v1.o 0_O2_v4.o    of every fourth program: which one, the length of its name says
set -euo pipefail
source=$1
directory=$2
shift 2
name=$(basename "$source" .c)

build() {
  local fault=$1 version=$2
  shift 2
  clang-19 "$@" -O2 "-mcpu=$version" "-DFAULT=$fault" -c "$source" \
    -o "$directory/${fault}_O2_$version.o"
}

build 0 v3 "$@" -Werror
if ((${#name} % 4 == 3)); then
  build 0 v1 "$@" -Werror
  build 0 v4 "$@" -Werror
fi

# A fault may leave a variable unused, or be so plain that the compiler warns of it.
for fault in $(sed -nE 's|^// fault ([0-9]+): .*|\1|p' "$source"); do
  build "$fault" v3 "$@" -w
done
