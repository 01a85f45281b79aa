// ThreadState: what a thread is to a host: which client it is in, which CPU it holds.
//
//   ThreadState& own = thread_state(number_);
#pragma once

#include <cstdint>

#include "kernel_shim/hosts/process/process_host.h"

namespace zext::shim {

struct ThreadState {
  uint64_t host = 0;
  ProcessHost::Client* client = nullptr;  // null: the host's first
  uint32_t cpu = 0;                       // held while depth is not 0, else the one held last
  uint32_t depth = 0;
  uint32_t firing = 0;  // events that are being told of
};

ThreadState& thread_state(uint64_t host);
// Forgets it; for the end of a host.
void forget_thread_state(uint64_t host);

}  // namespace zext::shim
