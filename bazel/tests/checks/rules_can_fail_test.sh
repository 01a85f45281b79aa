#!/usr/bin/env bash
# Passes if each test it is given fails.
set -u
(($# > 0)) || exit 1
for test in "$@"; do
  if "$test" >/dev/null; then
    echo "$test passes, but must fail"
    exit 1
  fi
done
