// A kernel in miniature: on bare metal it decodes two eBPF programs, verifies them, installs the
// safe one and runs it; then another one at the same address. Its exit code says which step went
// wrong, 0 that all went well.

#include <cstdint>
#include <span>

#include "isa/ebpf/decode.h"
#include "isa/ebpf/insn.h"
#include "jit/compile.h"
#include "jit/install/install.h"
#include "verifier/platform/platform.h"
#include "verifier/verify.h"

namespace {

using zext::ebpf::Op;
using zext::ebpf::Slot;

enum Step : int { kDone = 0, kDecode = 1, kPlatform, kAccept, kReject, kInstall, kRun, kReuse };

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

// The memory of one program at a time. Machine mode has no page tables here: what is left of the
// contract is the order of the steps, and fence.i.
struct Text {
  alignas(16) uint8_t bytes[4096];
  enum class Is : uint8_t { kFree, kWritable, kExecutable, kSynchronised } is;
  bool wrong;  // a step came out of order

  static Text& of(void* context) { return *static_cast<Text*>(context); }
  void go(Is from, Is to) {
    if (is != from) wrong = true;
    is = to;
  }
  zext::jit::TextHooks hooks() {
    return {.context = this,
            .allocate =
                [](void* context, uint64_t size, uint64_t, zext::jit::TextBlock* block) {
                  Text& text = of(context);
                  if (size > sizeof text.bytes) return -12;
                  text.go(Is::kFree, Is::kWritable);
                  block->address = reinterpret_cast<uint64_t>(text.bytes);
                  block->size = sizeof text.bytes;
                  block->writable = text.bytes;
                  return 0;
                },
            .protect =
                [](void* context, zext::jit::TextBlock*) {
                  of(context).go(Is::kWritable, Is::kExecutable);
                  return 0;
                },
            .synchronise =
                [](void* context, const zext::jit::TextBlock*) {
                  of(context).go(Is::kExecutable, Is::kSynchronised);
                  asm volatile("fence.i" ::: "memory");
                  return 0;
                },
            .release = [](void* context,
                          zext::jit::TextBlock*) { of(context).go(Is::kSynchronised, Is::kFree); }};
  }
};
Text text;

using Program = uint64_t (*)(const void*, uint64_t);
Program entry_of(const zext::jit::Installed& installed) {
  return reinterpret_cast<Program>(installed.entry());
}

// Programs that differ in one constant, installed, run and uninstalled at the same address, one
// after another: each gives its own result, not that of what was there before.
bool reuses_memory() {
  for (int32_t number = 1; number <= 16; ++number) {
    // r0 = the buffer's length times the number.
    const Slot slots[] = {slot(Op::kMov64Reg, 0, 2), slot(Op::kMul64Imm, 0, 0, 0, number),
                          slot(Op::kExit, 0)};
    const auto code = zext::ebpf::decode_program(slots);
    if (!code) return false;
    auto installed = zext::jit::install(*code, {}, text.hooks());
    if (!installed || installed->address() != reinterpret_cast<uint64_t>(text.bytes)) return false;
    for (uint64_t length = 0; length < 4; ++length) {
      if (entry_of(*installed)(nullptr, length) != length * static_cast<uint64_t>(number)) {
        return false;
      }
    }
  }
  return text.is == Text::Is::kFree && !text.wrong;
}

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

  auto installed = zext::jit::install(*code, {}, text.hooks());
  if (!installed) return kInstall;
  const Program program = entry_of(*installed);
  const uint64_t word = 0x1122'3344'5566'7788;
  if (program(&word, sizeof word) != (kConstant ^ word)) return kRun;
  if (program(&word, 7) != 0) return kRun;
  installed->uninstall();
  if (!reuses_memory()) return kReuse;
  return kDone;
}
