#!/bin/bash
# An object of bpf_object is a relocatable BPF ELF with BTF and lines, and its code is of the
# version asked for: what is new in v3 and v4 occurs from that version on, and never before.
set -eu
object=$1
version=$2

fail() {
  echo "$object: $1" >&2
  exit 1
}

header=$(llvm-readelf-19 --file-header "$object")
grep -q 'Class: *ELF64' <<<"$header" || fail "not a 64-bit ELF"
grep -q "Data: *2's complement, little endian" <<<"$header" || fail "not little-endian"
grep -q 'Type: *REL' <<<"$header" || fail "not relocatable"
grep -q 'Machine: *.*BPF' <<<"$header" || fail "machine is not BPF"
grep -q 'Flags: *0x0' <<<"$header" || fail "flags are not those of clang-19"

sections=$(llvm-readelf-19 --sections --wide "$object")
for section in socket license .BTF .BTF.ext; do
  grep -q "\] $section  *PROGBITS" <<<"$sections" || fail "section $section is missing"
done

code=$(llvm-objdump-19 --mcpu=v4 --disassemble --line-numbers "$object")
grep -q 'bazel/tests/bpf/parity.c:' <<<"$code" || fail "no line information"
grep -q "$PWD" "$object" && fail "the object names the directory it was built in"

# Expects the instruction from version $1 on, as pattern $2.
since() {
  if [[ $version < $1 ]]; then
    ! grep -Eq "$2" <<<"$code" || fail "an instruction of $1 in $version: $2"
  else
    grep -Eq "$2" <<<"$code" || fail "no instruction of $1 in $version: $2"
  fi
}
since v3 'if w[0-9] s[<>]'    # 32-bit jump
since v3 'w[0-9] (&|>>|\^)= ' # 32-bit arithmetic
since v4 '= \(s8\)'           # sign extension in a move
