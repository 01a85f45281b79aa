#include "kernel_shim/programs/functions.h"

#include <errno.h>

#include "kernel_shim/programs/attributes.h"

namespace zext::shim {
namespace {

using ebpf::Class;
using ebpf::Op;
using ebpf::row_of;
using ebpf::Slot;

constexpr uint8_t kCall = row_of(Op::kCallHelper).opcode;
constexpr uint8_t kExit = row_of(Op::kExit).opcode;
constexpr uint8_t kJa = row_of(Op::kJa).opcode;
constexpr uint8_t kGotol = row_of(Op::kGotol).opcode;
constexpr uint8_t kLoadImm64 = row_of(Op::kLoadImm64).opcode;

// Parts of an opcode (RFC 9669, section 3).
constexpr uint8_t kOperation = 0xf0;
constexpr uint8_t kMode = 0xe0;

constexpr Class class_of(const Slot& slot) { return static_cast<Class>(slot.opcode & 7); }

constexpr bool is_jump(const Slot& slot) {
  const bool jumps = class_of(slot) == Class::kJmp || class_of(slot) == Class::kJmp32;
  const uint8_t operation = slot.opcode & kOperation;
  return jumps && operation != (kCall & kOperation) && operation != (kExit & kOperation);
}

constexpr bool is_packet_load(const Slot& slot) {
  const uint8_t mode = slot.opcode & kMode;
  return class_of(slot) == Class::kLd && (mode == BPF_ABS || mode == BPF_IND);
}

}  // namespace

int Functions::find(const Program& program, bool capable, bool kernel_types, Log& log) {
  if (const int error = add(program.slots, 0, log); error != 0) return error;
  for (uint32_t pc = 0; pc < program.slots; ++pc) {
    const Slot& slot = program.insns[pc];
    const bool pointer = slot.opcode == kLoadImm64 && slot.src() == BPF_PSEUDO_FUNC;
    const bool local = slot.opcode == kCall && slot.src() == BPF_PSEUDO_CALL;
    const bool kernel = slot.opcode == kCall && slot.src() == BPF_PSEUDO_KFUNC_CALL;
    if (!pointer && !local && !kernel) continue;
    if (!capable) {
      log.add(
          "loading/calling other bpf or kernel functions are allowed for CAP_BPF and "
          "CAP_SYS_ADMIN\n");
      return -EPERM;
    }
    if (kernel) {
      log.add(kernel_types ? "JIT does not support calling kernel function\n"
                           : "calling kernel function is not supported without "
                             "CONFIG_DEBUG_INFO_BTF\n");
      return -kNotSupported;
    }
    if (const int error = add(program.slots, int64_t{pc} + slot.imm + 1, log); error != 0) {
      return error;
    }
  }
  starts_[count_] = program.slots;
  for (uint32_t i = 0; log.wants(2) && i < count_; ++i) {
    log.add("func#", i, " @", starts_[i], "\n");
  }
  return 0;
}

int Functions::add(uint32_t slots, int64_t start, Log& log) {
  if (start < 0 || start >= slots) {
    log.add("call to invalid destination\n");
    return -EINVAL;
  }
  uint32_t at = count_;
  while (at > 0 && starts_[at - 1] > start) --at;
  if (at > 0 && starts_[at - 1] == start) return 0;
  if (count_ >= kMost) {
    log.add("too many subprograms\n");
    return -E2BIG;
  }
  for (uint32_t i = count_; i > at; --i) starts_[i] = starts_[i - 1];
  starts_[at] = static_cast<uint32_t>(start);
  ++count_;
  return 0;
}

int Functions::check(const Program& program, Log& log) {
  uint32_t function = 0;
  for (uint32_t pc = 0; pc < program.slots; ++pc) {
    const Slot& slot = program.insns[pc];
    const bool calls_helper = slot.opcode == kCall && slot.src() != BPF_PSEUDO_CALL;
    if (calls_helper && slot.imm == ebpf::kTailCallHelper) tail_calls_[function] = true;
    if (is_packet_load(slot)) loads_packet_[function] = true;
    if (is_jump(slot)) {
      const int64_t offset = slot.opcode == kGotol ? slot.imm : slot.offset;
      if (const int error = check_jump(pc, pc + offset + 1, function, log); error != 0) {
        return error;
      }
    }
    if (pc + 1 != starts_[function + 1]) continue;
    if (slot.opcode != kExit && slot.opcode != kJa && slot.opcode != kGotol) {
      log.add("last insn is not an exit or jmp\n");
      return -EINVAL;
    }
    ++function;
  }
  return 0;
}

int Functions::check_jump(uint32_t pc, int64_t target, uint32_t function, Log& log) const {
  if (target >= starts_[function] && target < starts_[function + 1]) return 0;
  log.add("jump out of range from insn ", pc, " to ", target, "\n");
  return -EINVAL;
}

int Functions::check_untyped(Log& log) const {
  for (uint32_t i = 1; i < count_; ++i) {
    if (loads_packet_[i]) log.add("LD_ABS is not allowed in subprogs without BTF\n");
    if (!loads_packet_[i] && tail_calls_[i]) {
      log.add("tail_call is not allowed in subprogs without BTF\n");
    }
    if (loads_packet_[i] || tail_calls_[i]) return -EINVAL;
  }
  return 0;
}

}  // namespace zext::shim
