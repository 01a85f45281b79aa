// What compile() says of frames is so: at every instruction that runs, the caller's sp and
// registers are where Code::frames has them.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/memory.h"
#include "isa/rv64/machine.h"
#include "jit/compile.h"
#include "jit/testing.h"

namespace zext::jit {
namespace {

constexpr uint64_t kHelper = 0x5000'0000;
constexpr rv64::Reg kKept[] = {rv64::kRa, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27};

const char* const kPrograms[] = {
    // No frame at all; only a stack; a frame with everything.
    "r0 = r1\nexit",
    "*(u64 *)(r10 - 8) = r1\nr0 = *(u64 *)(r10 - 8)\nexit",
    "r6 = r1\nr7 = r2\nr8 = r1\nr9 = r2\ncall 1\nr0 += r6\nr0 += r7\n"
    "*(u64 *)(r10 - 512) = r9\nr0 += r8\nexit",
    // Several exits: each with its own epilogue, and with one they share; code after an exit.
    "r6 = r1\nif r1 > 5 goto +2\nr0 = r6\nexit\ncall 1\nr0 += r6\nexit",
    "r6 = r1\nr7 = r1\nr8 = r1\nr9 = r1\nif r1 > 5 goto a\nr0 = r6\nexit\na:\ncall 1\n"
    "if r0 > 5 goto b\nr0 = 2\nexit\nb:\nr0 += r9\nexit",
    "goto over\nback:\nr0 = r6\nexit\nover:\nr6 = r1\ncall 1\ngoto back",
    // Calls: a chain with frames of different sizes, some without.
    "r6 = r1\ncall one\nr0 += r6\nexit\n"
    "one:\nr6 = 3\nr7 = 4\n*(u64 *)(r10 - 16) = r6\ncall two\nr0 += r6\nr0 += r7\nexit\n"
    "two:\nr0 = r1\nif r1 > 7 goto +1\nexit\nr9 = 9\nr0 += r9\nexit",
    // may_goto keeps its budget in the frame.
    "r6 = 0\nloop:\nr6 += 1\nmay_goto out\nif r6 < 5 goto loop\nout:\nr0 = r6\nexit",
};

// One activation: what its caller left it.
struct Activation {
  const FunctionEntry* function;
  uint64_t sp;
  uint64_t registers[rv64::kRegisterCount];
};

class Unwinding {
 public:
  Unwinding(const Code& code, uint64_t argument)
      : code_(code), machine_(code.bytes, kTestText, memory_) {
    memory_.add({.base = kTestStackTop - kTestStackSize, .bytes = stack_});
    for (rv64::Reg reg = 1; reg < rv64::kRegisterCount; ++reg) machine_.set(reg, 0xfeed00 + reg);
    machine_.set(rv64::kRa, kTestReturn);
    machine_.set(rv64::kSp, kTestStackTop);
    machine_.set(rv64::kA0, argument);
    machine_.set(rv64::kA1, 2);
    machine_.set_pc(kTestText + code.entry);
  }

  // Runs to the end and compares at each instruction; the first thing that is not so, or "".
  std::string run() {
    enter();
    while (machine_.pc() != kTestReturn) {
      if (machine_.pc() == kHelper) {
        machine_.set(rv64::kA0, 77);
        machine_.set_pc(machine_.get(rv64::kRa));
        continue;
      }
      if (std::string wrong = mismatch(); !wrong.empty()) return wrong;
      if (std::string wrong = step(); !wrong.empty()) return wrong;
    }
    return "";
  }

 private:
  uint32_t offset() const { return static_cast<uint32_t>(machine_.pc() - kTestText); }

  void enter() {
    const auto next =
        std::ranges::upper_bound(code_.functions, offset(), {}, &FunctionEntry::offset);
    Activation made{.function = &*std::prev(next), .sp = machine_.get(rv64::kSp), .registers = {}};
    for (rv64::Reg reg = 0; reg < rv64::kRegisterCount; ++reg) {
      made.registers[reg] = machine_.get(reg);
    }
    activations_.push_back(made);
  }

  std::string step() {
    uint32_t bits = 0;
    for (uint32_t i = offset(); i < std::min<size_t>(offset() + 4, code_.bytes.size()); ++i) {
      bits |= uint32_t{code_.bytes[i]} << 8 * (i - offset());
    }
    const auto insn = rv64::decode(bits);
    if (machine_.step()) return "stopped at +" + std::to_string(offset());
    if (insn->insn.row().kind != rv64::Kind::kJump) return "";
    const bool call = insn->insn.rd == rv64::kRa;
    if (call && machine_.pc() != kHelper) enter();
    if (!call && machine_.pc() == activations_.back().registers[rv64::kRa]) activations_.pop_back();
    return "";
  }

  std::string mismatch() const {
    const Activation& now = activations_.back();
    const std::string place = " at +" + std::to_string(offset());
    const auto next = std::ranges::upper_bound(code_.frames, offset(), {}, &FrameEntry::offset);
    if (next == code_.frames.begin()) return "no entry" + place;
    const FrameEntry& row = *std::prev(next);
    if (row.offset < now.function->offset) return "the function has no entry" + place;
    const uint64_t caller_sp = machine_.get(rv64::kSp) + row.depth;
    if (caller_sp != now.sp) return "sp" + place;
    uint64_t found[rv64::kRegisterCount];
    for (rv64::Reg reg = 0; reg < rv64::kRegisterCount; ++reg) found[reg] = machine_.get(reg);
    const Frame& frame = now.function->frame;
    each_saved(frame, [&](rv64::Reg reg, unsigned at) {
      if ((row.saved >> reg & 1) == 0) return;
      found[reg] = memory_.load(caller_sp - frame.size() + at, 8).value_or(0);
    });
    for (const rv64::Reg reg : kKept) {
      if (found[reg] != now.registers[reg]) return rv64::kRegisterNames[reg] + place;
    }
    return "";
  }

  const Code& code_;
  ebpf::Memory memory_;
  std::vector<uint8_t> stack_ = std::vector<uint8_t>(kTestStackSize);
  rv64::Machine<ebpf::Memory> machine_;
  std::vector<Activation> activations_;
};

Code compiled(std::string_view text, Extensions extensions) {
  const auto slots = ebpf::assemble(text);
  EXPECT_TRUE(slots) << text << (slots ? "" : describe(slots.error()));
  if (!slots) return {};
  const HelperAddress helpers[] = {{.id = 1, .address = kHelper}};
  const auto program = ebpf::decode_program(*slots);
  EXPECT_TRUE(program) << text << (program ? "" : ebpf::describe(program.error()));
  if (!program) return {};
  const auto code = compile(*program, {.extensions = extensions, .helpers = helpers});
  EXPECT_TRUE(code) << text;
  return code ? *code : Code{};
}

TEST(Unwind, EveryInstructionOfEveryProgram) {
  for (const char* text : kPrograms) {
    for (const Extensions extensions : {kRequired, kRv64gc}) {
      const Code code = compiled(text, extensions);
      for (const uint64_t argument : {3, 6, 9}) {
        EXPECT_EQ(Unwinding(code, argument).run(), "") << text << " of " << argument;
      }
    }
  }
}

// The check has teeth: an entry that comes early, a register or a change of sp that is not told.
TEST(Unwind, AWrongTableIsNoticed) {
  const Code right = compiled(kPrograms[2], kRv64gc);
  ASSERT_EQ(right.frames.size(), 8U) << "at the entry; sp; ra, s0 to s3; sp again";
  for (size_t i = 1; i < right.frames.size(); ++i) {
    Code wrong = right;
    wrong.frames[i].offset -= 4;  // the frame is too large for compressed stores
    EXPECT_NE(Unwinding(wrong, 3).run(), "") << "entry " << i << " early";
  }
  for (const size_t i : {size_t{1}, right.frames.size() - 1}) {
    Code wrong = right;
    wrong.frames.erase(wrong.frames.begin() + static_cast<ptrdiff_t>(i));
    EXPECT_NE(Unwinding(wrong, 3).run(), "") << "without entry " << i;
  }
  for (const rv64::Reg reg : {rv64::kRa, rv64::kS0, rv64::kS1, rv64::kS2, rv64::kS3}) {
    Code wrong = right;
    for (FrameEntry& entry : wrong.frames) entry.saved &= ~(uint32_t{1} << reg);
    EXPECT_NE(Unwinding(wrong, 3).run(), "") << "without " << rv64::kRegisterNames[reg];
  }
}

TEST(Unwind, FunctionsLieSideBySide) {
  const Code code = compiled(kPrograms[6], kRv64gc);
  ASSERT_EQ(code.functions.size(), 3U);
  EXPECT_EQ(code.functions.front().offset, 0U);
  EXPECT_EQ(code.functions[0].end, code.functions[1].offset);
  EXPECT_EQ(code.functions[1].end, code.functions[2].offset);
  EXPECT_EQ(code.functions.back().end, code.bytes.size());
  EXPECT_EQ(code.functions[1].pc, 4U);
  EXPECT_EQ(code.functions[2].pc, 11U);
}

}  // namespace
}  // namespace zext::jit
