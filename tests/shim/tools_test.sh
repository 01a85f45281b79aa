#!/usr/bin/env bash
# Debian's libbpf-tools, unmodified, with the events that they wait for fired here.
source tests/shim/shim.sh

pid=$$
watch() { # TOOL POINT
  "$zext" shim -- timeout -s INT 60 stdbuf -oL "$1" >"$TEST_TMPDIR/$1" 2>"$TEST_TMPDIR/$1.errors" &
  eventually attached "$2" || { cat "$TEST_TMPDIR/$1.errors" >&2; exit 1; }
}
attached() { [[ $(state ".attached[\"$1\"] // 0") -gt 0 ]]; }
shows() { grep -qE -- "$2" "$TEST_TMPDIR/$1"; }

watch execsnoop tracepoint:syscalls/sys_exit_execve
fire tracepoint:syscalls/sys_enter_execve --pid $pid >/dev/null
fire tracepoint:syscalls/sys_exit_execve ret=0 --pid $pid --comm newly >/dev/null
eventually shows execsnoop "^newly +$pid +[0-9]+ +0"

watch opensnoop tracepoint:syscalls/sys_exit_openat
fire tracepoint:syscalls/sys_enter_openat dfd=-100 flags=2 --pid $pid --comm opener >/dev/null
fire tracepoint:syscalls/sys_exit_openat ret=-2 --pid $pid --comm opener >/dev/null
eventually shows opensnoop "^$pid +opener +-1 +2"

watch exitsnoop tracepoint:sched/sched_process_exit
fire tracepoint:sched/sched_process_exit --pid $pid --comm leaver >/dev/null
eventually shows exitsnoop "^leaver +$pid "

watch sigsnoop tracepoint:signal/signal_generate
fire tracepoint:signal/signal_generate sig=9 pid=4711 --pid $pid --comm killer >/dev/null
eventually shows sigsnoop " $pid +killer +9 +4711 +0"
jobs -p | xargs -r kill -INT
wait || true
