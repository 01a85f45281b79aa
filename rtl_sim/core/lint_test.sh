#!/usr/bin/env bash
# Verilator has nothing to warn about in the core; and it would have, were something wrong.
set -euo pipefail

# The system around the core has parameters of the configuration, too.
verilator --lint-only -Wall -Wno-UNUSEDPARAM --top-module core "$@"

spoilt=$(mktemp --suffix=.sv)
printf 'module spoilt(input logic [3:0] a_i, output logic [1:0] b_o); assign b_o = a_i; endmodule\n' \
  > "$spoilt"
if verilator --lint-only -Wall --top-module spoilt "$spoilt" 2>/dev/null; then
  echo "verilator did not notice a width mismatch"
  exit 1
fi
