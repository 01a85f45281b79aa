#!/usr/bin/env bash
# The core's figures, and then, unless something else is asked for, where simulating it spends its
# time.
set -euo pipefail
bench/core/figures "$@"
(($# > 0)) || bench/core/modules
