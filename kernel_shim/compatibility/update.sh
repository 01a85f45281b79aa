#!/usr/bin/env bash
# Writes docs/compatibility.md.
set -euo pipefail
text=$(kernel_shim/compatibility/generate)
printf '%s\n' "$text" > "$BUILD_WORKSPACE_DIRECTORY/docs/compatibility.md"
