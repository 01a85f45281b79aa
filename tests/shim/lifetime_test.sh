#!/usr/bin/env bash
# How long objects live: as descriptors, pins and mappings are held, however their holders end.
source tests/shim/shim.sh

mounts=$(wc -l </proc/self/mounts)
maps() { shim bpftool -j map show | jq length; }
new_map() { shim bpftool map create "/sys/fs/bpf/$1" type array key 4 value 8 entries 4 name "$1"; }

# A pin outlives who made it; its removal ends the map. Directories and names are the file system's.
new_map one
expect "pinned" 1 "$(maps)"
shim mkdir /sys/fs/bpf/sub
shim mv /sys/fs/bpf/one /sys/fs/bpf/sub/two
expect "moved" one "$(shim bpftool -j map show pinned /sys/fs/bpf/sub/two | jq -r .name)"
shim ln /sys/fs/bpf/sub/two /sys/fs/bpf/three
shim rm /sys/fs/bpf/sub/two
expect "one name is left" 1 "$(maps)"
shim rm /sys/fs/bpf/three
expect "no name is left" 0 "$(maps)"
expect "statfs" cafe4a11 "$(shim stat -f -c %t /sys/fs/bpf)"
expect "no pin outside" 1 "$(shim bpftool map create "$TEST_TMPDIR/x" type array key 4 value 4 \
  entries 1 name x >/dev/null 2>&1 && echo 0 || echo 1)"

expect "nothing was mounted" "$mounts" "$(wc -l </proc/self/mounts)"

# A killed client leaks nothing.
for _ in 1 2 3; do
  "$zext" shim -- tests/shim/holder hold >"$TEST_TMPDIR/holder" &
  holder=$!
  eventually grep -q ready "$TEST_TMPDIR/holder"
  expect "held" 1 "$(maps)"
  kill -9 $holder
  wait $holder 2>/dev/null || true
  expect "killed" 0 "$(maps)"
done

# Descriptors that were duplicated, inherited and sent keep it; so does a mapping alone.
expect "holder's own checks" "as expected" "$(shim tests/shim/holder check)"
expect "nothing is left" 0 "$(maps)"

# The daemon ends when nobody needs it, and starts when somebody does.
"$zext" shim --stop
expect "stopped" 1 "$("$zext" shim status >/dev/null 2>&1 && echo 0 || echo 1)"
ZEXT_SHIM_IDLE=1 shim true
# Asking keeps it from being idle.
gone() { sleep 3 && ! "$zext" shim status; }
eventually gone
expect "started again" 0 "$(maps)"
