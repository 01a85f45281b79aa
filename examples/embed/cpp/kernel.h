// A kernel in C++, with page tables: text is never writable and executable at once, a ring buffer's
// data is seen twice, and the process maps it.
//
// kernel.cc is the part that matters; paging.* and pages.* any kernel has already; user.cc is the
// process.
#pragma once

#include <cstdint>

namespace embed {

// System calls: number in a7, arguments from a0 on, result in a0.
enum SystemCall : uint64_t {
  kClose = 57,
  kWrite = 64,
  kExit = 93,
  kGetpid = 172,
  kMmap = 222,  // a0: descriptor, a1: offset, a2: length, a3: to be written
  kBpf = 280,
  kPoll = 1000,  // a0: descriptor; the events of poll(2), at once
};

void user_main();

}  // namespace embed
