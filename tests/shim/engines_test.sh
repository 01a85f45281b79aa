#!/usr/bin/env bash
# The same client on every engine: its programs, helpers and maps run as RV64 code on the machines.
source tests/shim/shim.sh

# Lockstep is a matter of minutes: kernel_shim/engines/machine has it.
for engine in interpreter qemu rtl; do
  export ZEXT_ENGINE=$engine
  expect "packets on $engine" "as expected" "$(shim tests/libbpf/packets)"
  expect "the engine" "$engine" "$(state .engine)"
  "$zext" shim --stop
done
expect_in "no such engine" "no engine" "$(ZEXT_ENGINE=abacus "$zext" shim -- true 2>&1 || true)"
