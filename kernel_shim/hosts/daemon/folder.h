// The daemon's directory: its socket, and the files that clients see in place of the kernel's.
//
//   bpf/            pins                       /sys/fs/bpf
//   tracing/        trace_pipe, events/ ...    /sys/kernel/tracing, /sys/kernel/debug/tracing
//   btf/vmlinux                                /sys/kernel/btf
//   event_source/   kprobe/, uprobe/           /sys/bus/event_source/devices
//   kallsyms, sysctl/                          /proc
//   socket, lock
#pragma once

#include <string>

#include "kernel_shim/hosts/daemon/file.h"
#include "kernel_shim/hosts/daemon/machine.h"

namespace zext::shim::daemon {

// Where a user's daemon is if nothing else is said: $ZEXT_SHIM_DIR, in $XDG_RUNTIME_DIR, or /tmp.
std::string default_folder();

// Makes the directory, for this user alone. What is wrong with one that is there already: of
// somebody else, open to others. Empty: nothing.
std::string make_folder(const std::string& path);

// Takes the lock that a daemon has as long as it lives: nothing if another one has it.
File lock_folder(const std::string& path);

struct FolderSettings {
  unsigned kprobe_type = 0;  // perf_event_attr.type, as /sys/bus/event_source announces it
  unsigned uprobe_type = 0;
  bool allow_unprivileged = false;
};
// Makes the files, but for the socket and the pins. False: it cannot.
bool fill_folder(const std::string& path, const Machine& machine, const FolderSettings& settings);
// Removes all but the lock.
void empty_folder(const std::string& path);

}  // namespace zext::shim::daemon
