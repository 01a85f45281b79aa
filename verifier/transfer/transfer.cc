#include "verifier/transfer/transfer.h"

#include "verifier/cfg/cfg.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;
using ebpf::Op;

Failure unsupported(Reason reason, const Instruction<>& insn) {
  Failure failure{.reason = reason, .reg = kNoRegister, .type = {}, .access = {}};
  failure.access.related = static_cast<uint32_t>(insn.imm.value());
  return failure;
}

// LD_IMM64's forms that name something of the kernel's.
Checked load_constant(const Instruction<>& insn, State& state) {
  if (insn.op == Op::kLoadImm64) {
    state.registers[insn.dst] = Value::of(Number::constant(insn.imm));
    return {};
  }
  if (insn.op == Op::kLoadVariable) {
    return std::unexpected(unsupported(Reason::kUnsupportedVariable, insn));
  }
  if (insn.op == Op::kLoadFunction) {
    return std::unexpected(unsupported(Reason::kUnsupportedFunctionPointer, insn));
  }
  return std::unexpected(unsupported(Reason::kUnsupportedMap, insn));
}

}  // namespace

Checked Transfer::step(const Instruction<>& insn, State& state) const {
  const uint16_t written = registers_written(insn);
  if ((written >> ebpf::kFramePointer & 1) != 0) {
    return std::unexpected(Failure{.reason = Reason::kFramePointerWrite,
                                   .reg = ebpf::kFramePointer,
                                   .type = Type::kStack,
                                   .access = {}});
  }
  switch (insn.row().kind) {
    case Kind::kAlu:
      return alu(insn, state);
    case Kind::kNeg:
    case Kind::kMovsx:
    case Kind::kEndian:
      return unary(insn, state);
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kLoadAcquire:
      return load(insn, state);
    case Kind::kStore:
    case Kind::kStoreImm:
    case Kind::kStoreRelease:
      return store(insn, state);
    case Kind::kAtomic:
      return atomic(insn, state);
    case Kind::kImm64:
      return load_constant(insn, state);
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
      return std::unexpected(unsupported(Reason::kUnsupportedPacketLoad, insn));
    case Kind::kMayGoto:
      return std::unexpected(unsupported(Reason::kUnsupportedMayGoto, insn));
    case Kind::kCallHelper:
      return std::unexpected(unsupported(Reason::kUnsupportedHelper, insn));
    case Kind::kCallBtf:
      return std::unexpected(unsupported(Reason::kUnsupportedKernelFunction, insn));
    case Kind::kCallx:
      return std::unexpected(unsupported(Reason::kUnsupportedFunctionPointer, insn));
    case Kind::kAddrSpaceCast:
      return std::unexpected(unsupported(Reason::kUnsupportedAddressSpace, insn));
    case Kind::kJump:
    case Kind::kJa:
    case Kind::kGotol:
    case Kind::kCallLocal:
    case Kind::kExit:
      return {};  // the exploration's to do
  }
  return {};
}

}  // namespace zext::verifier
