// Lowering of LD_ABS and LD_IND: a call of a C function that reads the packet.
//
//   lower_packet_arguments(e, insn);                   // mv a0, s0; addiw a1, src, imm
//   ... the call of `int64_t load(void *context, int32_t offset)` ...
//   const Branch outside = lower_packet_result(e);     // mv a5, a0; then bltz a5
//
// RFC 9669, section 5.5, and Linux: r6 is the context, the offset has 32 bits, r0 is the number in
// the machine's byte order, r1 to r5 are lost. A negative result says that the bytes are not in the
// packet; the function then returns 0.
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/immediate.h"
#include "jit/baseline/jump.h"

namespace zext::jit {

// a0 = r6; a1 = the immediate, for LD_IND plus the source, as a sign-extended number of 32 bits.
template <class E>
void lower_packet_arguments(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  if (insn.row().kind == ebpf::Kind::kLoadAbs) {
    load_immediate(e, rv64::kA1, insn.imm);
  } else {
    constexpr bool kWide = E::kMutation == Mutation::kPacketOffsetNotTruncated;
    const rv64::Reg source = e.read(insn.src, kScratch);
    if (!e.context.mask && bool(fits12(insn.imm))) {
      e.add_imm(kWide ? rv64::Op::kAddi : rv64::Op::kAddiw, rv64::kA1, source, insn.imm);
    } else {
      load_immediate(e, kScratch2, insn.imm);
      e.add(kWide ? rv64::Op::kAdd : rv64::Op::kAddw, rv64::kA1, source, kScratch2);
    }
  }
  e.move(rv64::kA0, home(6));
}

// r0 = the result; the branch is taken if there is none.
template <class E>
Branch lower_packet_result(E& e) {
  e.move(home(0), rv64::kA0);
  return {.op = rv64::Op::kBlt, .rs1 = home(0), .rs2 = rv64::kZero};
}

}  // namespace zext::jit
