// From an instruction at run time to its row at compile time: one switch, made from the table.
//
//   dispatch(insn.op, [&]<Op kOp>() { return step<kOp>(insn); });
//
// Code that is instantiated for each row this way has the row's fields as constants.
#pragma once

#include "isa/ebpf/insn.h"

namespace zext::ebpf {

template <class Visitor>
[[gnu::always_inline]] inline constexpr decltype(auto) dispatch(Op op, Visitor&& visitor) {
  switch (op) {
#define EBPF_CASE(name) \
  case Op::k##name:     \
    return visitor.template operator()<Op::k##name>();
#define EBPF_CASES4(name) \
  EBPF_CASE(name##64Imm)  \
  EBPF_CASE(name##64Reg) EBPF_CASE(name##32Imm) EBPF_CASE(name##32Reg)
#define EBPF_ALU(name, ...) EBPF_CASES4(name)
#define EBPF_NEG(name, ...) EBPF_CASE(name##64) EBPF_CASE(name##32)
#define EBPF_MOVSX(width, source) EBPF_CASE(Movsx##width##From##source)
#define EBPF_ENDIAN(name, class, source, width, ...) EBPF_CASE(name##width)
#define EBPF_MEMORY(name, ...) EBPF_CASE(name)
#define EBPF_ATOMIC(name, ...) EBPF_CASE(Atomic##name##64) EBPF_CASE(Atomic##name##32)
#define EBPF_ORDERED(name, ...) EBPF_CASE(name)
#define EBPF_IMM64(name, ...) EBPF_CASE(name)
#define EBPF_PACKET(name, ...) EBPF_CASE(name)
#define EBPF_JUMP(name, ...) EBPF_CASES4(name)
#define EBPF_SINGLE(name, ...) EBPF_CASE(name)
#include "isa/ebpf/insns.def"
#undef EBPF_CASES4
#undef EBPF_CASE
  }
  __builtin_unreachable();
}

}  // namespace zext::ebpf
