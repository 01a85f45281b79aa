// A kernel in miniature: on bare metal it decodes two eBPF programs, verifies them, compiles the
// safe one and runs it. Its exit code says which step went wrong, 0 that all went well.

#include <cstdint>
#include <cstring>
#include <span>

#include "isa/ebpf/decode.h"
#include "isa/ebpf/insn.h"
#include "jit/compile.h"
#include "verifier/platform/platform.h"
#include "verifier/verify.h"

namespace {

using zext::ebpf::Op;
using zext::ebpf::Slot;

enum Step : int { kDone = 0, kDecode = 1, kPlatform, kAccept, kReject, kCompile, kRun };

constexpr uint64_t kConstant = 0xffff'ffc0'804d'f568;

constexpr Slot slot(Op op, unsigned dst, unsigned src = 0, int16_t offset = 0, int32_t imm = 0) {
  const zext::ebpf::Row& row = zext::ebpf::row_of(op);
  return {.opcode = row.opcode,
          .registers = static_cast<uint8_t>(src << 4 | dst),
          .offset = offset,
          .imm = imm};
}

// r0 = 0 for a buffer below 8 bytes, else the constant xor the buffer's first word.
constexpr Slot kSafe[] = {
    slot(Op::kMov64Imm, 0),
    slot(Op::kJlt64Imm, 2, 0, 4, 8),
    slot(Op::kLoadImm64, 0, 0, 0, static_cast<int32_t>(kConstant & 0xffff'ffff)),
    Slot{.opcode = 0, .registers = 0, .offset = 0, .imm = static_cast<int32_t>(kConstant >> 32)},
    slot(Op::kLoad64, 3, 1),
    slot(Op::kXor64Reg, 0, 3),
    slot(Op::kExit, 0),
};

// The same load with no look at the length.
constexpr Slot kUnsafe[] = {
    slot(Op::kLoad64, 0, 1),
    slot(Op::kExit, 0),
};

alignas(16) uint8_t text[4096];

zext::verifier::Outcome outcome_of(std::span<const Slot> slots,
                                   const zext::verifier::Platform& platform) {
  const auto code = zext::ebpf::decode_program(slots);
  if (!code) return zext::verifier::Outcome::kResourceLimit;
  return zext::verifier::verify(*code, platform).outcome;
}

}  // namespace

int main() {
  using zext::verifier::Outcome;
  const auto code = zext::ebpf::decode_program(kSafe);
  if (!code) return kDecode;
  const zext::verifier::Platform* platform = zext::verifier::find_platform("plain_memory");
  if (platform == nullptr) return kPlatform;
  if (outcome_of(kSafe, *platform) != Outcome::kAccepted) return kAccept;
  if (outcome_of(kUnsafe, *platform) != Outcome::kRejected) return kReject;

  const auto compiled = zext::jit::compile(*code, {});
  if (!compiled || compiled->bytes.size() > sizeof text) return kCompile;
  std::memcpy(text, compiled->bytes.data(), compiled->bytes.size());
  asm volatile("fence.i" ::: "memory");
  using Program = uint64_t (*)(const void*, uint64_t);
  const auto program = reinterpret_cast<Program>(text + compiled->entry);
  const uint64_t word = 0x1122'3344'5566'7788;
  if (program(&word, sizeof word) != (kConstant ^ word)) return kRun;
  if (program(&word, 7) != 0) return kRun;
  return kDone;
}
