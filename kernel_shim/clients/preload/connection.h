// Connection: a thread's line to the daemon.
//
//   Reply reply;
//   int descriptor = -1;
//   if (!call({.op = Op::kPoll, .number = fd}, {}, &reply, &descriptor)) ...   // nobody answers
//
// Each thread has its own, made when it is first needed, again after fork, and again if the daemon
// has gone meanwhile; the daemon is started then.
#pragma once

#include <cstdint>

#include "kernel_shim/hosts/daemon/protocol.h"

namespace zext::shim::preload {

// Bytes that follow a request; may be anywhere, readable or not, unless that is known.
struct Payload {
  const void* data = nullptr;
  uint64_t size = 0;
  bool is_readable = false;  // and at most kMaxInlineAttribute
};

// Whether this process runs under `zext shim`.
bool enabled();
// The daemon's directory: what clients see of its files. Empty if not enabled.
const char* directory();

// Sends, receives: 0, or a negative errno (-EPERM: no daemon can be reached; -EFAULT: the payload
// is not readable). `descriptor` is -1 where none comes; null: it is closed.
int call(const daemon::Request& request, Payload payload, daemon::Reply* reply, int* descriptor);

// The daemon is there, or was started.
bool ensure_daemon();

}  // namespace zext::shim::preload
