#!/usr/bin/env bash
# Includes point down: each folder of the house includes itself and what stands below it
# (docs/architecture.md has the floors).
set -uo pipefail
root=$(dirname "$(readlink -f WORKSPACE)")
cd "$root" || exit 1

declare -A below=(
  [word]=""
  [isa/ebpf]="word"
  [isa/rv64]="word"
  [object]="isa word"
  [verifier]="isa object word"
  [jit]="isa object verifier/facts.h word"
  [rtl_sim]="isa/rv64 object word"
  [kernel_shim]="isa jit object verifier word"
  [kernel_shim/engines/machine]="isa jit kernel_shim object rtl_sim verifier word"
  [proofs]="isa jit object rtl_sim verifier word"
)

status=0
checked=0
for folder in "${!below[@]}"; do
  [[ -d $folder ]] || { echo "$folder: no such folder"; status=1; continue; }
  allowed=$folder
  for other in ${below[$folder]}; do allowed+="|$other"; done
  while IFS= read -r line; do
    # A folder with a row of its own inside another one's.
    inner=${line%/*:*}
    [[ $inner == "$folder" || -z ${below[$inner]+row} ]] || continue
    checked=$((checked + 1))
    target=${line#*#include \"}
    target=${target%%\"*}
    # Generated and local headers have no folder of the house in front.
    [[ $target =~ ^(word|isa|object|verifier|jit|rtl_sim|proofs|cli|kernel_shim)/ ]] || continue
    [[ $target =~ ^($allowed)(/|$) ]] || {
      echo "$line: $folder may include only ${allowed//|/, }"
      status=1
    }
  done < <(grep -rn --include='*.h' --include='*.cc' '^#include "' "$folder")
done
((checked > 100)) || { echo "checked only $checked includes"; status=1; }
exit $status
