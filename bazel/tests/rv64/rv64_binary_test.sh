#!/usr/bin/env bash
# rv64_binary's files are RV64 executables at 0x80000000 with `tohost`, compiled as was asked.
set -euo pipefail
from_c=$1
from_assembly=$2

fail() {
  echo "$1"
  exit 1
}

for elf in "$from_c" "$from_assembly"; do
  header=$(riscv64-unknown-elf-readelf -h "$elf")
  grep -q 'Class: *ELF64' <<< "$header" || fail "$elf: not ELF64"
  grep -q 'Machine: *RISC-V' <<< "$header" || fail "$elf: not RISC-V"
  grep -q 'Entry point address: *0x80000000' <<< "$header" || fail "$elf: entry elsewhere"
  symbols=$(riscv64-unknown-elf-nm "$elf")
  grep -q ' tohost$' <<< "$symbols" || fail "$elf: no tohost"
  if grep -q ' U ' <<< "$symbols"; then fail "$elf: undefined symbols"; fi
done

# The macro and the header arrived: 40 + 2 in a0. The large copy calls memcpy.
code=$(riscv64-unknown-elf-objdump -d "$from_c")
grep -q ',42$' <<< "$code" || fail "defines or hdrs did not arrive"
grep -q '<memcpy>' <<< "$code" || fail "no memcpy"
# -march arrived: no compressed instruction in the one without C.
code=$(riscv64-unknown-elf-objdump -d "$from_assembly")
if grep -qP '^ +[0-9a-f]+:\t[0-9a-f]{4} ' <<< "$code"; then
  fail "compressed code in spite of -march=rv64i"
fi
