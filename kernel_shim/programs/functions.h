// Functions of a program that is being loaded: where they begin, and whether jumps stay in them.
//
//   Functions functions;
//   int error = functions.find(program, rights, log);    // add_subprog_and_kfunc()
//   if (error == 0) error = functions.check(program, log);   // check_subprogs()
//
// What Linux 5.19 asks before it looks at types and maps, in its order and with its words.
#pragma once

#include <cstdint>

#include "kernel_shim/programs/program.h"
#include "kernel_shim/runtime/log.h"

namespace zext::shim {

class Functions {
 public:
  static constexpr uint32_t kMost = 256;  // BPF_MAX_SUBPROGS

  // Collects the targets of calls and of function pointers. -EPERM: only CAP_BPF may call
  // functions; -EINVAL, -E2BIG, -ENOTSUPP (kernel functions).
  int find(const Program& program, bool capable, bool kernel_types, Log& log);
  // -EINVAL: a jump leaves its function, or one is left at its end.
  int check(const Program& program, Log& log);
  // -EINVAL: LD_ABS or a tail call in a function whose type nobody says.
  int check_untyped(Log& log) const;

  uint32_t count() const { return count_; }
  uint32_t start(uint32_t index) const { return starts_[index]; }
  bool loads_packet(uint32_t index) const { return loads_packet_[index]; }
  bool tail_calls(uint32_t index) const { return tail_calls_[index]; }

 private:
  int add(uint32_t slots, int64_t start, Log& log);
  int check_jump(uint32_t pc, int64_t target, uint32_t function, Log& log) const;

  uint32_t count_ = 0;
  uint32_t starts_[kMost + 1] = {};  // ascending; behind the last one, the program's end
  bool loads_packet_[kMost] = {};
  bool tail_calls_[kMost] = {};
};

}  // namespace zext::shim
