#!/usr/bin/env bash
# builds.sh SOURCE DIRECTORY FLAG...: writes the builds of a program, FAULT_OPTIMISATION_VERSION.o:
#   0_O1_v1.o ... 0_Os_v4.o    the safe program at 3 levels, for 4 versions
#   N_O2_v3.o                  fault N
#   N_O1_v2.o N_Os_v4.o        every fifth fault: which one, the length of the program's name says
set -euo pipefail
source=$1
directory=$2
shift 2
name=$(basename "$source" .c)

# Which registers a traced function has its arguments in depends on the machine: x86 here.
build() {
  local fault=$1 level=$2 version=$3
  shift 3
  clang-19 "$@" "-$level" "-mcpu=$version" "-DFAULT=$fault" -D__TARGET_ARCH_x86 \
    -c "$source" -o "$directory/${fault}_${level}_$version.o"
}

for level in O1 O2 Os; do
  for version in v1 v2 v3 v4; do
    build 0 $level $version "$@" -Werror
  done
done

# A fault may leave a variable unused, or be so plain that the compiler warns of it.
for fault in $(sed -nE 's|^// fault ([0-9]+): .*|\1|p' "$source"); do
  build "$fault" O2 v3 "$@" -w
  ((fault % 5 == ${#name} % 5)) || continue
  build "$fault" O1 v2 "$@" -w
  build "$fault" Os v4 "$@" -w
done
