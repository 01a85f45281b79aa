// Probing loads: which instruction of a load's lowering may fault, and what follows if it does.
//
//   lower_load(e, insn, offset);                 // r0 = *(u32 *)(r1 + 40000), r1 doubtful
//   const ProbingLoad load = probing_load(e);    // item 2 of lui, add, lwu; resumes at 3; a5
//
// After a fault the destination is zero, which any representation of a loaded value covers.
#pragma once

#include <cstdint>

#include "jit/baseline/emitter.h"

namespace zext::jit {

struct ProbingLoad {
  uint8_t item = 0;    // of the emitter: the access
  uint8_t resume = 0;  // the first item that is executed after a fault
  rv64::Reg reg = 0;   // which is zero then
};

// Of the lowering of kLoad, kLoadSx or kLoadAcquire, which accesses memory once.
template <class E>
ProbingLoad probing_load(const E& e) {
  uint8_t item = 0;
  while (e.items()[item].insn.row().kind != rv64::Kind::kLoad) ++item;
  const rv64::Reg reg = e.items()[item].insn.rd;
  if constexpr (E::kMutation == Mutation::kProbeNamesFirstItem) item = 0;
  return {.item = item, .resume = static_cast<uint8_t>(item + 1), .reg = reg};
}

// Whether an instruction of that kind can be marked as probing: whether it is a load.
constexpr bool can_probe(ebpf::Kind kind) {
  switch (kind) {
    case ebpf::Kind::kLoad:
    case ebpf::Kind::kLoadSx:
    case ebpf::Kind::kLoadAcquire:
      return true;
    case ebpf::Kind::kStore:
    case ebpf::Kind::kStoreImm:
    case ebpf::Kind::kAtomic:
    case ebpf::Kind::kStoreRelease:
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
      return false;
  }
  __builtin_unreachable();
}

}  // namespace zext::jit
