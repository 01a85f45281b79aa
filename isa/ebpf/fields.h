// Which fields of a slot an instruction uses: the operand form of each kind, for decoder, encoder,
// assembler, and everyone who asks what an instruction reads and writes.
//
//   fields_of(row_of(Op::kLoad8)).dst_written;    // true: dst = *(u8 *)(src + offset)
//   fields_of(row_of(Op::kLoad8)).imm;            // false: the immediate must be zero
//
// A field that is not used must hold the value that the row states for it, mostly zero (RFC 9669,
// section 3).
#pragma once

#include "isa/ebpf/insn.h"

namespace zext::ebpf {

// The field, besides the opcode, that tells instructions with the same opcode apart.
enum class Field : uint8_t { kNone, kDst, kSrc, kOffset, kImm };

struct Fields {
  bool dst = false;          // names a register
  bool src = false;          // names a register
  bool dst_written = false;  // the register named by dst is changed
  bool src_written = false;  // likewise src: fetching atomics
  bool offset = false;       // free
  bool imm = false;          // free
  Field selector = Field::kNone;
};

constexpr Fields fields_of(const Row& row) {
  const bool immediate = row.source == Source::kImmediate;
  switch (row.kind) {
    case Kind::kAlu:
      return {.dst = true,
              .src = !immediate,
              .dst_written = true,
              .imm = immediate,
              .selector = Field::kOffset};
    case Kind::kNeg:
      return {.dst = true, .dst_written = true};
    case Kind::kMovsx:
      return {.dst = true, .src = true, .dst_written = true, .selector = Field::kOffset};
    case Kind::kEndian:
      return {.dst = true, .dst_written = true, .selector = Field::kImm};
    case Kind::kLoad:
    case Kind::kLoadSx:
      return {.dst = true, .src = true, .dst_written = true, .offset = true};
    case Kind::kStore:
      return {.dst = true, .src = true, .offset = true};
    case Kind::kStoreImm:
      return {.dst = true, .offset = true, .imm = true};
    case Kind::kAtomic:
      return {.dst = true,
              .src = true,
              .src_written = row.fetch && row.atomic != AtomicOp::kCmpxchg,
              .offset = true,
              .selector = Field::kImm};
    case Kind::kLoadAcquire:
      return {
          .dst = true, .src = true, .dst_written = true, .offset = true, .selector = Field::kImm};
    case Kind::kStoreRelease:
      return {.dst = true, .src = true, .offset = true, .selector = Field::kImm};
    case Kind::kImm64:
      return {.dst = true, .dst_written = true, .imm = true, .selector = Field::kSrc};
    case Kind::kLoadAbs:
      return {.imm = true};
    case Kind::kLoadInd:
      return {.src = true, .imm = true};
    case Kind::kJump:
      return {.dst = true, .src = !immediate, .offset = true, .imm = immediate};
    case Kind::kJa:
    case Kind::kMayGoto:
      return {.offset = true};
    case Kind::kGotol:
      return {.imm = true};
    case Kind::kCallHelper:
    case Kind::kCallLocal:
      return {.imm = true, .selector = Field::kSrc};
    case Kind::kCallBtf:
      return {.offset = true, .imm = true, .selector = Field::kSrc};
    case Kind::kCallx:
      return {.dst = true};
    case Kind::kExit:
      return {};
    case Kind::kAddrSpaceCast:
      return {
          .dst = true, .src = true, .dst_written = true, .imm = true, .selector = Field::kOffset};
  }
  __builtin_unreachable();
}

}  // namespace zext::ebpf
