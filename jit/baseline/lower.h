// One lowering an instruction: dispatch for those that neither jump nor call.
//
//   Emitter<Bits<64>> e(context);
//   lower_straight(e, insn);
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/alu.h"
#include "jit/baseline/atomic.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/endian.h"
#include "jit/baseline/imm64.h"
#include "jit/baseline/memory.h"

namespace zext::jit {

// False for kinds that are not straight-line code of their own: jumps, calls, exit, packet
// accesses, address-space casts, and LD_IMM64 of anything but a constant.
template <class E>
bool lower_straight(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  switch (insn.row().kind) {
    case ebpf::Kind::kAlu:
      lower_alu(e, insn);
      return true;
    case ebpf::Kind::kNeg:
      lower_neg(e, insn);
      return true;
    case ebpf::Kind::kMovsx:
      lower_movsx(e, insn);
      return true;
    case ebpf::Kind::kEndian:
      lower_endian(e, insn);
      return true;
    case ebpf::Kind::kLoad:
    case ebpf::Kind::kLoadSx:
      lower_load(e, insn, offset_of(insn));
      return true;
    case ebpf::Kind::kStore:
      lower_store(e, insn, offset_of(insn));
      return true;
    case ebpf::Kind::kStoreImm:
      lower_store_imm(e, insn, offset_of(insn));
      return true;
    case ebpf::Kind::kAtomic:
      lower_atomic(e, insn, offset_of(insn));
      return true;
    case ebpf::Kind::kLoadAcquire:
      lower_load_acquire(e, insn, offset_of(insn));
      return true;
    case ebpf::Kind::kStoreRelease:
      lower_store_release(e, insn, offset_of(insn));
      return true;
    case ebpf::Kind::kImm64:
      if (insn.op != ebpf::Op::kLoadImm64) return false;
      lower_imm64(e, insn);
      return true;
    case ebpf::Kind::kLoadAbs:
    case ebpf::Kind::kLoadInd:
    case ebpf::Kind::kJump:
    case ebpf::Kind::kJa:
    case ebpf::Kind::kGotol:
    case ebpf::Kind::kMayGoto:
    case ebpf::Kind::kCallHelper:
    case ebpf::Kind::kCallLocal:
    case ebpf::Kind::kCallBtf:
    case ebpf::Kind::kCallx:
    case ebpf::Kind::kExit:
    case ebpf::Kind::kAddrSpaceCast:
      return false;
  }
  __builtin_unreachable();
}

}  // namespace zext::jit
