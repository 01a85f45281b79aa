#!/usr/bin/env bash
# Yosys synthesises the core: it finds no latch, no combinational loop, no signal with two drivers,
# and reports the area of each module. Takes two minutes.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Memories stay what they are (a process has macros for them); the rest is mapped to gates.
yosys -l "$dir/log" -q -p "
  read_verilog -sv $*
  hierarchy -check -top core
  proc
  select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr t:\$sr
  tee -o $dir/memories stat
  design -save elaborated
  flatten
  opt -fast
  check -assert
  design -load elaborated
  synth -top core -run coarse:fine
  opt_expr
  techmap
  abc -fast -g AND,XOR,MUX
  clean
  tee -o $dir/gates stat
" 2> "$dir/warnings" || { tail -20 "$dir/warnings"; tail -20 "$dir/log"; exit 1; }

# Gates of one instance of each module, without what is in it, and bits of its memories.
awk '
  function name(word) { gsub(/^\$paramod[^\\]*\\|\\.*$/, "", word); return word }
  /^=== / { module = $2 == "design" ? "" : name($2) }
  module == "" { next }
  /Number of memory bits:/ && FILENAME ~ /memories$/ { bits[module] = $NF }
  /Number of cells:/ && FILENAME ~ /gates$/ { cells[module] = $NF }
  END {
    printf "%-20s %9s %12s\n", "module", "gates", "memory bits"
    for (m in cells) printf "%-20s %9d %12d\n", m, cells[m], bits[m] | "sort -k2 -rn"
  }
' "$dir/memories" "$dir/gates"

# A run that read nothing would pass the above too.
gates=$(awk '/^=== design hierarchy/ { all = 1 } all && /Number of cells:/ { print $NF }' "$dir/gates")
echo "core: $gates gates, flip-flops and memories"
((gates > 100000))
