#!/usr/bin/env bash
# Debian's bpftool, unmodified, under zext shim: what its users do, and that nothing in the shape of
# its answers is another kernel's.
source tests/shim/shim.sh

bpf=/sys/fs/bpf
object=tests/libbpf/minimal_bpf.bpf.o
packets=tests/libbpf/packets_bpf.bpf.o
# The keys of a JSON answer, each with its type, whatever the values.
shape() { jq -c '[paths as $p | ($p | map(if type == "number" then 0 else . end | tostring) | join("."))] | unique'; }

# --- maps ------------------------------------------------------------------------------------------
shim bpftool map create $bpf/h type hash key 4 value 8 entries 16 name h
shim bpftool map update pinned $bpf/h key 1 0 0 0 value 2 0 0 0 0 0 0 0
shim bpftool map update pinned $bpf/h key 2 0 0 0 value 3 0 0 0 0 0 0 0
expect "lookup" '{"key":["0x01","0x00","0x00","0x00"],"value":["0x02","0x00","0x00","0x00","0x00","0x00","0x00","0x00"]}' \
  "$(shim bpftool -j map lookup pinned $bpf/h key 1 0 0 0)"
expect "dump" 2 "$(shim bpftool -j map dump pinned $bpf/h | jq length)"
expect_in "getnext" '"next_key"' "$(shim bpftool -j map getnext pinned $bpf/h)"
shim bpftool map delete pinned $bpf/h key 1 0 0 0
expect "after the deletion" 1 "$(shim bpftool -j map dump pinned $bpf/h | jq length)"
expect "show" '["0","0.bytes_key","0.bytes_memlock","0.bytes_value","0.flags","0.frozen","0.id","0.max_entries","0.name","0.type"]' \
  "$(shim bpftool -j map show | jq -c . | sed 's/^\[\(.*\)\]$/[\1]/' | shape)"
id=$(shim bpftool -j map show pinned $bpf/h | jq .id)
shim bpftool map pin id "$id" $bpf/h2
expect "the same map" "$id" "$(shim bpftool -j map show pinned $bpf/h2 | jq .id)"
expect "pinned where" "[\"$bpf/h\",\"$bpf/h2\"]" \
  "$(shim bpftool -f -j map show id "$id" | jq -c '.pinned | sort')"
shim bpftool map freeze pinned $bpf/h
expect_in "frozen" "Operation not permitted" \
  "$(shim bpftool map update pinned $bpf/h key 5 0 0 0 value 1 0 0 0 0 0 0 0 2>&1 || true)"
shim bpftool map create $bpf/q type queue value 4 entries 4 name q
shim bpftool map push pinned $bpf/q value 9 0 0 0
expect "pop" '{"key":[],"value":["0x09","0x00","0x00","0x00"]}' "$(shim bpftool -j map pop pinned $bpf/q)"
shim rm $bpf/h $bpf/h2 $bpf/q

# --- programs --------------------------------------------------------------------------------------
shim bpftool prog load $object $bpf/minimal
expect "one program" 'handle_write' "$(shim bpftool -j prog show | jq -r '.[].name')"
id=$(shim bpftool -j prog show pinned $bpf/minimal | jq .id)
expect "type" tracepoint "$(shim bpftool -j prog show id "$id" | jq -r .type)"
expect_in "xlated" "call bpf_get_current_pid_tgid" "$(shim bpftool prog dump xlated id "$id")"
expect_in "xlated's maps" "map\[id:[0-9]+\]\[0\]\+0" "$(shim bpftool prog dump xlated id "$id")"
expect_in "xlated's lines" "; int pid = " "$(shim bpftool prog dump xlated id "$id" linum)"
expect "maps of it" 2 "$(shim bpftool -j prog show id "$id" | jq '.map_ids | length')"
shim bpftool prog pin id "$id" $bpf/again
shim rm $bpf/minimal $bpf/again
expect "removed" 0 "$(shim bpftool -j prog show | jq length)"

shim bpftool prog loadall $packets $bpf/packets
expect "all of them" "drop entry" "$(shim ls $bpf/packets | sort | tr '\n' ' ' | sed 's/ $//')"
head -c 64 /dev/zero >"$TEST_TMPDIR/packet"
expect "run" 2 "$(shim bpftool -j prog run pinned $bpf/packets/entry data_in "$TEST_TMPDIR/packet" repeat 3 | jq .retval)"
expect_in "run, in words" "Return value: 2, duration" \
  "$(shim bpftool prog run pinned $bpf/packets/entry data_in "$TEST_TMPDIR/packet")"
shim rm -r $bpf/packets

# A program that is refused says why, as libbpf's users know it.
refusal=$(shim bpftool prog load tests/shim/refused_bpf.bpf.o $bpf/refused 2>&1 || true)
expect_in "the log's frame" "BEGIN PROG LOAD LOG" "$refusal"
expect_in "the reason" "Permission denied|Invalid argument" "$refusal"

# --- BTF, links, skeletons -------------------------------------------------------------------------
expect_in "btf dump" "struct task_struct \{" \
  "$(shim bpftool btf dump file /sys/kernel/btf/vmlinux format c)"
expect_in "btf list" '"name":"vmlinux"|"kernel":true' "$(shim bpftool -j btf list)"
shim bpftool gen skeleton $object name minimal >"$TEST_TMPDIR/skeleton.h"
expect_in "skeleton" "minimal__open_and_load" "$(cat "$TEST_TMPDIR/skeleton.h")"
shim tests/libbpf/kprobe 1 >"$TEST_TMPDIR/out" &
eventually grep -q ready "$TEST_TMPDIR/out"
expect "links" 2 "$(shim bpftool -j link show | jq length)"
expect "their type" perf_event "$(shim bpftool -j link show | jq -r '.[0].type')"
fire kprobe:do_unlinkat >/dev/null
fire kretprobe:do_unlinkat >/dev/null
wait

# --- what the kernel can do ------------------------------------------------------------------------
features=$(shim bpftool -j feature probe kernel)
expect "the system call" true "$(jq .syscall_config.have_bpf_syscall <<<"$features")"
expect "hash maps" true "$(jq .map_types.have_hash_map_type <<<"$features")"
expect "kprobes" true "$(jq .program_types.have_kprobe_prog_type <<<"$features")"
expect "a helper" true \
  "$(jq '.helpers.kprobe_available_helpers | index("bpf_map_lookup_elem") != null' <<<"$features")"
expect "nothing is left" "0 0 0" "$(state '"\(.maps) \(.programs) \(.links)"')"
