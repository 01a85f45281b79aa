// What an eBPF instruction does to registers and the frame, as far as its function's frame and the
// facts about registers need to know.
#pragma once

#include <optional>

#include "isa/ebpf/insn.h"

namespace zext::jit {

// Whether the instruction calls something: r0 to r5 and the return address change.
constexpr bool calls(ebpf::Kind kind) {
  switch (kind) {
    case ebpf::Kind::kLoadAbs:
    case ebpf::Kind::kLoadInd:
    case ebpf::Kind::kCallHelper:
    case ebpf::Kind::kCallLocal:
    case ebpf::Kind::kCallBtf:
    case ebpf::Kind::kCallx:
      return true;
    case ebpf::Kind::kAlu:
    case ebpf::Kind::kNeg:
    case ebpf::Kind::kMovsx:
    case ebpf::Kind::kEndian:
    case ebpf::Kind::kLoad:
    case ebpf::Kind::kLoadSx:
    case ebpf::Kind::kStore:
    case ebpf::Kind::kStoreImm:
    case ebpf::Kind::kAtomic:
    case ebpf::Kind::kLoadAcquire:
    case ebpf::Kind::kStoreRelease:
    case ebpf::Kind::kImm64:
    case ebpf::Kind::kJump:
    case ebpf::Kind::kJa:
    case ebpf::Kind::kGotol:
    case ebpf::Kind::kMayGoto:
    case ebpf::Kind::kExit:
    case ebpf::Kind::kAddrSpaceCast:
      return false;
  }
  __builtin_unreachable();
}

// The register that an instruction other than a call writes, if it writes one.
template <Word W>
constexpr std::optional<ebpf::Reg> written(const ebpf::Instruction<W>& insn) {
  const ebpf::Row& row = insn.row();
  switch (row.kind) {
    case ebpf::Kind::kAlu:
    case ebpf::Kind::kNeg:
    case ebpf::Kind::kMovsx:
    case ebpf::Kind::kEndian:
    case ebpf::Kind::kLoad:
    case ebpf::Kind::kLoadSx:
    case ebpf::Kind::kLoadAcquire:
    case ebpf::Kind::kImm64:
    case ebpf::Kind::kAddrSpaceCast:
      return insn.dst;
    case ebpf::Kind::kAtomic:
      if (!row.fetch) return std::nullopt;
      return row.atomic == ebpf::AtomicOp::kCmpxchg ? ebpf::Reg{0} : insn.src;
    case ebpf::Kind::kStore:
    case ebpf::Kind::kStoreImm:
    case ebpf::Kind::kStoreRelease:
    case ebpf::Kind::kJump:
    case ebpf::Kind::kJa:
    case ebpf::Kind::kGotol:
    case ebpf::Kind::kMayGoto:
    case ebpf::Kind::kExit:
    case ebpf::Kind::kLoadAbs:
    case ebpf::Kind::kLoadInd:
    case ebpf::Kind::kCallHelper:
    case ebpf::Kind::kCallLocal:
    case ebpf::Kind::kCallBtf:
    case ebpf::Kind::kCallx:
      return std::nullopt;
  }
  __builtin_unreachable();
}

// Where the instruction lets r10 out of the addresses of its own accesses, so that any byte of the
// stack may be meant.
constexpr bool leaks_frame_pointer(const ebpf::Instruction<>& insn) {
  const ebpf::Row& row = insn.row();
  const bool src = insn.src == ebpf::kFramePointer;
  switch (row.kind) {
    case ebpf::Kind::kAlu:
    case ebpf::Kind::kMovsx:
    case ebpf::Kind::kJump:
    case ebpf::Kind::kAddrSpaceCast:
    case ebpf::Kind::kStore:
    case ebpf::Kind::kAtomic:
    case ebpf::Kind::kStoreRelease:
      return src && row.source == ebpf::Source::kRegister;
    case ebpf::Kind::kLoad:
    case ebpf::Kind::kLoadSx:
    case ebpf::Kind::kLoadAcquire:
    case ebpf::Kind::kStoreImm:
    case ebpf::Kind::kNeg:
    case ebpf::Kind::kEndian:
    case ebpf::Kind::kImm64:
    case ebpf::Kind::kLoadAbs:
    case ebpf::Kind::kLoadInd:
    case ebpf::Kind::kJa:
    case ebpf::Kind::kGotol:
    case ebpf::Kind::kMayGoto:
    case ebpf::Kind::kCallHelper:
    case ebpf::Kind::kCallLocal:
    case ebpf::Kind::kCallBtf:
    case ebpf::Kind::kCallx:
    case ebpf::Kind::kExit:
      return false;
  }
  __builtin_unreachable();
}

// The register whose value plus the offset is the address of the instruction's memory access.
template <Word W>
constexpr std::optional<ebpf::Reg> address_base(const ebpf::Instruction<W>& insn) {
  switch (insn.row().kind) {
    case ebpf::Kind::kLoad:
    case ebpf::Kind::kLoadSx:
    case ebpf::Kind::kLoadAcquire:
      return insn.src;
    case ebpf::Kind::kStore:
    case ebpf::Kind::kStoreImm:
    case ebpf::Kind::kAtomic:
    case ebpf::Kind::kStoreRelease:
      return insn.dst;
    case ebpf::Kind::kAlu:
    case ebpf::Kind::kNeg:
    case ebpf::Kind::kMovsx:
    case ebpf::Kind::kEndian:
    case ebpf::Kind::kImm64:
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
      return std::nullopt;
  }
  __builtin_unreachable();
}

}  // namespace zext::jit
