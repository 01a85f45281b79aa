#!/usr/bin/env bash
# docs/compatibility.md is what the runtime's tables say.
set -euo pipefail
kernel_shim/compatibility/generate | diff docs/compatibility.md - || {
  echo "docs/compatibility.md is not what the tables say: bazel run //kernel_shim/compatibility:update" >&2
  exit 1
}
