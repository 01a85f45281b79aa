#!/usr/bin/env bash
# C programs with libbpf's skeletons, under zext shim: what they attach to is fired here.
source tests/shim/shim.sh

out=$TEST_TMPDIR/out
ready() { grep -q '^ready' "$out"; }
start() { # PROGRAM ARGUMENTS...
  : >"$out"
  "$zext" shim -- "$@" >"$out" 2>"$out.errors" &
  client=$!
  eventually ready || { cat "$out" "$out.errors" >&2; exit 1; }
}
finished() { # WHAT
  wait "$client" || { echo "$1 failed" >&2; cat "$out" "$out.errors" >&2; exit 1; }
}

# Globals that the client and the program share, and a line in the trace pipe.
start tests/libbpf/minimal 3
pid=$(sed -n 's/^ready //p' "$out")
fire tracepoint:syscalls/sys_enter_write --pid $$ >/dev/null
for _ in 1 2 3; do fire tracepoint:syscalls/sys_enter_write fd=1 count=8 --pid "$pid" >/dev/null; done
finished minimal
expect minimal "seen 3" "$(grep seen "$out")"
line=$(timeout 1 "$zext" shim trace || true)
expect "lines printed" 3 "$(grep -c "BPF triggered from PID $pid\." <<<"$line")"
expect_in "a trace line" "^ +minimal-$pid +\[[0-9]{3}\] d..[0-9]+ +[0-9]+\.[0-9]{6}: bpf_trace_printk: BPF" "$line"
expect_in "nothing is attached any more" "nothing is attached" \
  "$(fire tracepoint:syscalls/sys_enter_write --pid "$pid" || true)"

# A ring buffer, CO-RE, the task's parent.
start tests/libbpf/bootstrap 2
pid=$(sed -n 's/^ready //p' "$out")
parent=$(sed 's/.*) . \([0-9]*\) .*/\1/' "/proc/$pid/stat")
fire tracepoint:sched/sched_process_exec filename=/usr/bin/true --pid "$pid" --comm forged >/dev/null
fire tracepoint:sched/sched_process_exit --pid "$pid" >/dev/null
finished bootstrap
expect "exec" "EXEC forged $pid $parent /usr/bin/true" "$(grep ^EXEC "$out")"
expect "exit" "EXIT bootstrap $pid $parent [0] timed" "$(grep ^EXIT "$out")"

# kprobes, by perf events or by links.
start tests/libbpf/kprobe 2
for _ in 1 2; do
  expect_in "a probe" "1 attached" "$(fire kprobe:do_unlinkat arg1=-100)"
  fire kretprobe:do_unlinkat ret=0 >/dev/null
done
finished kprobe
expect kprobe "entered 2 left 2" "$(grep entered "$out")"

# A perf buffer, of which each CPU has a ring.
start tests/libbpf/perf_events 4
for i in 1 2 3 4; do fire raw_tracepoint:sys_enter arg0=0 arg1=$i >/dev/null; done
finished perf_events
expect perf_events "seen 4" "$(grep seen "$out")"

expect packets "as expected" "$(shim tests/libbpf/packets)"
expect "nothing is left" "0 0 0 0" "$(state '"\(.maps) \(.programs) \(.links) \(.descriptors)"')"
