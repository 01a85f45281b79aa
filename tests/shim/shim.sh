# What the tests here have in common: a daemon of their own, and saying what went wrong.
#
#   source tests/shim/shim.sh
#   shim bpftool prog show
#   expect "one map" 1 "$(shim bpftool -j map show | jq length)"
set -eEuo pipefail

# bpftool is where only root looks.
export PATH="$PATH:/usr/sbin:/sbin"

# Not in the way of any other daemon, and gone with the test.
export ZEXT_SHIM_DIR="$TEST_TMPDIR/shim"
export ZEXT_SHIM_BUILTIN=1
unset ZEXT_ENGINE
zext=cli/zext

finish() {
  local status=$?
  "$zext" shim --stop >/dev/null 2>&1 || true
  if ((status != 0)); then
    echo "$0: failed ($status)" >&2
    cat "$ZEXT_SHIM_DIR/log" >&2 2>/dev/null || true
  fi
}
trap finish EXIT
trap 'echo "$0: line $LINENO: $BASH_COMMAND" >&2' ERR

shim() { "$zext" shim -- "$@"; }
fire() { "$zext" shim fire "$@"; }
state() { "$zext" shim status --json | jq -r "$1"; }

expect() { # WHAT WANTED GOT
  if [[ "$2" != "$3" ]]; then
    printf '%s: expected\n%s\nbut got\n%s\n' "$1" "$2" "$3" >&2
    exit 1
  fi
}
expect_in() { # WHAT PATTERN TEXT
  if ! grep -qE -- "$2" <<<"$3"; then
    printf '%s: nothing like\n%s\nin\n%s\n' "$1" "$2" "$3" >&2
    exit 1
  fi
}
# Waits up to 20 seconds until the command succeeds.
eventually() {
  local i
  for ((i = 0; i < 400; ++i)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.05
  done
  echo "never: $*" >&2
  return 1
}
