// Transfer: what a run looks at, where the machine can see it: context and packet are copied into
// its RAM unless they are there, and back afterwards.
//
//   Transfer transfer(ram, program, run);
//   if (!transfer.in(call)) return -ENOMEM;
//   ... the run ...
//   transfer.out(call);
#pragma once

#include <cstdint>

#include "kernel_shim/engines/machine/ram.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim::machine {

class Transfer {
 public:
  Transfer(Ram& ram, const Program& program, Run& run);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  // Fills context and packet of the call. False: RAM is full.
  bool in(Call& call);
  void out(const Call& call);

 private:
  enum class Shape : uint8_t { kNone, kSkb, kXdp, kBytes };

  static Shape shape_of(const Program& program, const Run& run);
  bool packet_in(Call& call);
  bool context_in(Call& call);
  void packet_out(const Call& call);
  void context_out();
  // Adds to each pointer into the packet's buffer.
  void move_pointers(void* context, int64_t delta) const;
  uint8_t* claim(uint64_t size);

  Ram& ram_;
  Run& run_;
  Shape shape_;
  bool writes_back_;            // contexts of other shapes are the program's to read only
  uint8_t* context_ = nullptr;  // the copies, null where there is none
  uint64_t context_size_ = 0;
  uint8_t* buffer_ = nullptr;
  uint64_t buffer_size_ = 0;
  int64_t delta_ = 0;  // from the caller's buffer to the copy
  Run* caller_run_ = nullptr;
};

}  // namespace zext::shim::machine
