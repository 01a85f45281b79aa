// PerfRing: the memory that a perf event shares with its readers: a control page and a ring.
//
//   int error = perf_ring_write(kernel, ring, sample);   // -ENOSPC: full, or there is no ring
//
// The protocol is perf_event_open(2)'s: readers follow data_head and move data_tail. Both words are
// in memory that users write: the library keeps a head of its own and uses the tail for nothing but
// the room that is left.
#pragma once

#include <cstdint>

#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

struct PerfRing {
  Lock lock{};
  uint8_t* pages = nullptr;  // control page, then `size` bytes; null: nobody has mapped it
  uint64_t size = 0;         // a power of two, or 0
  uint32_t mappings = 0;
  bool overwrite = false;  // mapped read-only: old records make room for new ones
  bool paused = false;
  // As perf_event_attr says.
  uint64_t sample_type = 0;
  bool sample_id_all = false;
  bool watermark = false;  // wake_after counts bytes, not samples
  uint32_t wake_after = 0;
  uint64_t number = 0;  // PERF_SAMPLE_ID

  uint64_t head = 0;        // bytes ever written
  uint64_t lost = 0;        // samples since the last PERF_RECORD_LOST
  uint64_t events = 0;      // samples since the last wake-up
  uint64_t woken_head = 0;  // `head` when readers were last woken
  uint64_t bytes_at_wake = 0;
  bool woken = false;  // since the last poll
};

// A sample of two pieces.
struct PerfSample {
  const void* head = nullptr;
  uint64_t head_size = 0;
  const void* data = nullptr;
  uint64_t size = 0;
};

// Which bits of sample_type are understood.
uint64_t perf_sample_types();
// `wake`: readers are to be woken, after the lock is released.
int perf_ring_write(Kernel& kernel, PerfRing& ring, const PerfSample& sample, bool* wake);

}  // namespace zext::shim
