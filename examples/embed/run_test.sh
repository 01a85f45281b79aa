#!/usr/bin/env bash
# Runs a kernel on a machine, and compares what it prints with what it should.
set -euo pipefail
machine=$1 kernel=$2 expected=$3

if [ "$machine" = qemu ]; then
  timeout 100 qemu-system-riscv64 -M virt -m 64M -nographic -bios none -kernel "$kernel" \
    < /dev/null > output || { cat output; exit 1; }
else
  # The console comes first, then a report.
  cli/zext run "$kernel" --on "$machine" > output || { cat output; exit 1; }
fi
cat output
diff <(tr -d '\r' < output | head -n "$(wc -l < "$expected")") "$expected"
