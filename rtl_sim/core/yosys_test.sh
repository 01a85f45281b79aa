#!/usr/bin/env bash
# Yosys reads the core, finds no latch, no combinational loop and no signal with two drivers.
set -euo pipefail

log=$(mktemp)
yosys -l "$log" -q -p "
  read_verilog -sv $*
  hierarchy -check -top core
  proc
  select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr t:\$sr
  flatten
  opt -fast
  check -assert
  tee -a $log stat
" || { tail -20 "$log"; exit 1; }

# A run that read nothing would pass the above too.
cells=$(sed -n 's/^ *Number of cells: *//p' "$log")
echo "core: $cells cells before mapping"
((cells > 500))
