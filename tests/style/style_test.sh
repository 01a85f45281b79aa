#!/usr/bin/env bash
# The style of the tree: C++ as clang-format writes it, every C++ package under clang-tidy, a README
# in every folder of the house, executables marked so.
set -uo pipefail
root=$(dirname "$(readlink -f WORKSPACE)")
cd "$root" || exit 1
status=0
fail() {
  printf '%s\n' "$@"
  status=1
}

# In a work tree git knows the files; a tree without git is searched.
list() {
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -- "$@"
  else
    local names=()
    for pattern in "$@"; do names+=(-o -name "$pattern"); done
    find . -path './bazel-*' -prune -o -type f \( "${names[@]:1}" \) -print
  fi
}

mapfile -t cpp < <(list '*.h' '*.cc' '*.c')
((${#cpp[@]} > 20)) || fail "found only ${#cpp[@]} C and C++ files below $root"
unformatted=$(clang-format-19 --dry-run --Werror "${cpp[@]}" 2>&1 | sed -nE 's|^([^ :]+):[0-9]+:[0-9]+: error.*|\1|p' | sort -u)
[[ -z $unformatted ]] || fail "not as clang-format-19 -i writes it:" "$unformatted"

while read -r build; do
  if grep -qE '^ *(cc_library|cc_test|cc_binary|proof_test)\(' "$build" &&
    ! grep -qx 'tidy()' "$build"; then
    fail "$build: C++ rules without tidy() as its last line"
  fi
done < <(list '*BUILD' | grep -v '^third_party/')

for folder in word isa/ebpf isa/rv64 object verifier jit rtl_sim rtl_sim/core kernel_shim proofs cli bazel \
  third_party tests bench examples docs; do
  [[ ! -d $folder || -f $folder/README.md ]] || fail "$folder: no README.md"
done

for script in setup demo test .ci/run; do
  [[ -x $script ]] || fail "$script: not executable"
done
exit $status
