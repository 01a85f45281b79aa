// A function's frame: for each that there can be, prologue, then a body that does anything it may,
// then epilogue. The body finds its arguments, the budget and the count of tail calls; the caller
// finds sp, its callee-saved registers and itself; nothing outside of the frame is written by
// either, and eBPF's stack is apart from what is saved. And frame_of finds what a function needs.
#include "jit/baseline/frame.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "jit/baseline/lower.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Frame;
using jit::Mutation;
using rv64::Reg;

// Who keeps a register over a call (psABI, section 1.1); ra is the callee's to use.
constexpr bool callee_saved(Reg reg) {
  return reg == rv64::kSp || reg == rv64::kGp || reg == rv64::kTp || reg == 8 || reg == 9 ||
         (reg >= 18 && reg <= 27);
}

// Straight-line code over a stack of words: every address is sp plus a constant, so that memory is
// a map from distances. What is not so is not `orderly`.
class Machine {
 public:
  Machine() : x(State(0, 1).x), entered(x) {}

  void execute(const rv64::Instruction<Word64>& insn) {
    const Word64 address = rv64::effective_address(insn, x[insn.rs1]);
    switch (insn.row().kind) {
      case rv64::Kind::kValue:
        return rv64::execute(insn, x, Word64::of(0));
      case rv64::Kind::kLoad: {
        const auto at = slot(insn, address);
        const auto found = at ? stack.find(*at) : stack.end();
        if (found == stack.end()) orderly = false;
        if (found != stack.end() && insn.rd != rv64::kZero) x[insn.rd] = found->second;
        return;
      }
      case rv64::Kind::kStore:
        // Each word once: nothing that was saved is overwritten.
        if (const auto at = slot(insn, address)) {
          orderly = stack.emplace(*at, x[insn.rs2]).second && orderly;
        }
        return;
      case rv64::Kind::kJump:
        returned_to = rv64::target(insn, x[insn.rs1], Word64::of(0));
        orderly = orderly && insn.rd == rv64::kZero;
        return;
      default:
        orderly = false;
    }
  }
  template <class E>
  void run(const E& e) {
    for (const auto& item : e.items()) execute(item.insn);
  }

  rv64::Registers<Word64> x, entered;
  std::map<int64_t, Word64> stack;  // by distance from sp at the entry
  std::optional<Word64> returned_to;
  bool orderly = true;

 private:
  // Distance of a doubleword's address from sp at the entry.
  std::optional<int64_t> slot(const rv64::Instruction<Word64>& insn, const Word64& address) {
    const z3::expr distance = (address - entered[rv64::kSp]).term().simplify();
    if (insn.row().bytes != 8 || !distance.is_numeral()) {
      orderly = false;
      return std::nullopt;
    }
    return static_cast<int64_t>(distance.get_numeral_uint64());
  }
};

// The words that the prologue wrote are in the frame, and above eBPF's stack.
bool in_place(const Frame& frame, const Machine& machine) {
  const int64_t size = frame.size();
  for (const auto& [at, value] : machine.stack) {
    if (at % 8 != 0 || at < -size + int64_t{frame.stack} || at > -8) return false;
  }
  const unsigned words =
      frame.saved_count() + (frame.may_goto ? 1u : 0u) + (frame.tail_counter ? 1u : 0u);
  return machine.stack.size() == words && size % 16 == 0;
}

// Where eBPF's stack ends, r10's value: 512 bytes may lie below it only if the frame has them.
Formula enters(const Frame& frame, const Machine& machine) {
  const auto& x = machine.x;
  Formula all = x[rv64::kSp] == machine.entered[rv64::kSp] - Word64::of(frame.size());
  for (Reg reg = 1; reg < rv64::kRegisterCount; ++reg) {
    if (reg != rv64::kSp && reg != jit::kScratch) all = all && x[reg] == machine.entered[reg];
  }
  const auto word = [&](unsigned offset) {
    const auto found = machine.stack.find(int64_t{offset} - int64_t{frame.size()});
    return found == machine.stack.end() ? Word64::variable("missing") : found->second;
  };
  if (frame.may_goto) all = all && word(frame.stack) == Word64::of(jit::kMayGotoBudget);
  if (frame.tail_counter) {
    all = all && word(frame.tail_counter_at()) == machine.entered[jit::kTailCounter];
  }
  return all;
}

// Anything that a body may do: the registers that are not the caller's or are saved, eBPF's stack
// and the budget; ra, if it calls.
void execute_body(const Frame& frame, Machine& machine) {
  for (Reg reg = 1; reg < rv64::kRegisterCount; ++reg) {
    bool changes = !callee_saved(reg) && (reg != rv64::kRa || frame.calls);
    for (ebpf::Reg bpf = 6; bpf <= 9; ++bpf) {
      changes = changes || (frame.saved.has(bpf) && reg == jit::home(bpf));
    }
    if (changes) machine.x[reg] = Word64::variable(("body" + std::to_string(reg)).c_str());
  }
  const int64_t saved = int64_t{frame.saved_at()} - int64_t{frame.size()};
  std::erase_if(machine.stack, [&](const auto& word) { return word.first < saved; });
}

// sp and the callee-saved registers as they were, control back where it came from, r0 as the body
// left it, also in a0 if asked for.
Formula returns(const Machine& machine, const Word64& r0, bool result) {
  if (!machine.returned_to) return false;
  Formula all = *machine.returned_to == machine.entered[rv64::kRa];
  for (Reg reg = 1; reg < rv64::kRegisterCount; ++reg) {
    if (callee_saved(reg)) all = all && machine.x[reg] == machine.entered[reg];
  }
  if (result) all = all && machine.x[rv64::kA0] == r0;
  return all && machine.x[jit::home(0)] == r0;
}

template <Mutation kMutation = Mutation::kNone>
Formula activation(const Frame& frame, bool result) {
  using E = jit::Emitter<Word64, kMutation>;
  Machine machine;
  E prologue, epilogue;
  jit::emit_prologue(prologue, frame);
  machine.run(prologue);
  const Formula entered = Formula(in_place(frame, machine)) && enters(frame, machine);
  const size_t words = machine.stack.size();
  execute_body(frame, machine);
  const size_t kept = machine.stack.size();
  const Word64 r0 = machine.x[jit::home(0)];
  jit::emit_epilogue(epilogue, frame, result);
  machine.run(epilogue);
  // The epilogue writes nothing.
  const bool quiet = machine.orderly && machine.stack.size() == kept && kept <= words;
  return entered && Formula(quiet) && returns(machine, r0, result);
}

// Return addresses are even; sp is a multiple of 16 at a call, and stays so.
Formula convention() {
  const State state(0, 1);
  return (state.x[rv64::kRa] & Word64::of(1)) == Word64::of(0) &&
         (state.x[rv64::kSp] & Word64::of(15)) == Word64::of(0);
}

// Every stack and every set of saved registers, of frames that are alike in the rest.
template <Mutation kMutation = Mutation::kNone>
Claim all_frames(Frame frame) {
  Goals goals;
  for (unsigned saved = 0; saved < 16; ++saved) {
    for (ebpf::Reg reg = 6; reg <= 9; ++reg) frame.saved.put(reg, (saved >> (reg - 6) & 1) != 0);
    for (frame.stack = 0; frame.stack <= ebpf::kStackSize; frame.stack += 16) {
      for (const bool result : {false, true}) goals.add(activation<kMutation>(frame, result));
      const Word64 sp = State(0, 1).x[rv64::kSp] - Word64::of(frame.size());
      goals.add((sp & Word64::of(15)) == Word64::of(0));
    }
  }
  return {.given = convention(), .show = goals.formulas()};
}

TEST(Frames, CallersFindWhatTheyLeft) {
  for (const bool calls : {false, true}) {
    for (const bool may_goto : {false, true}) {
      for (const bool tail_counter : {false, true}) {
        const Frame frame{.may_goto = may_goto, .tail_counter = tail_counter, .calls = calls};
        const std::string name = std::string("frames") + (calls ? ", ra" : "") +
                                 (may_goto ? ", may_goto" : "") +
                                 (tail_counter ? ", tail calls" : "");
        theorem(name, 64, [&] { return all_frames(frame); });
      }
    }
  }
}

// Machine registers that the lowering of one instruction writes, whatever its immediate.
std::array<bool, rv64::kRegisterCount> writes(const BpfInstruction& insn) {
  std::array<bool, rv64::kRegisterCount> result{};
  const State state(insn.dst, insn.src);
  jit::Emitter<Word64> e({.stack_top = state.stack_top});
  jit::lower_straight(e, insn);
  for (const auto& item : e.items()) result[item.insn.rd] = true;
  return result;
}

bool saves_what_it_writes(const ebpf::Row& row, ebpf::Reg d, ebpf::Reg s, const Word64& imm) {
  ebpf::Code program;
  program.insns = {{.op = row.op, .dst = d, .src = s}, {}};
  if (row.kind == ebpf::Kind::kImm64) program.insns.insert(program.insns.begin(), program.insns[0]);
  program.functions = {0};
  const Frame frame = jit::frame_of(program, 0, program.size());
  const auto written = writes({.op = row.op, .dst = d, .src = s, .imm = imm});
  for (Reg reg = 1; reg < rv64::kRegisterCount; ++reg) {
    bool allowed = !callee_saved(reg) && reg != jit::kTailCounter;
    if (reg == rv64::kRa) allowed = frame.calls;
    for (ebpf::Reg bpf = 6; bpf <= 9; ++bpf) {
      if (reg == jit::home(bpf)) allowed = frame.saved.has(bpf);
    }
    if (written[reg] && !allowed) return false;
  }
  return true;
}

bool straight(ebpf::Kind kind) {
  jit::Emitter<Bits<64>> e;
  for (const ebpf::Row& row : ebpf::kRows) {
    if (row.kind == kind) return jit::lower_straight(e, {.op = row.op, .dst = 1, .src = 2});
  }
  return false;
}

TEST(Frames, WhatIsWrittenIsSaved) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (!straight(row.kind)) continue;
    theorem(row_name(row) + " writes what is saved", row.width, [&] {
      const Word64 imm = any_immediate();
      bool all = true;
      for (ebpf::Reg d = 0; d < jit::kHomeCount; ++d) {
        for (ebpf::Reg s = 0; s < jit::kHomeCount; ++s) {
          all = all && saves_what_it_writes(row, d, s, imm);
        }
      }
      return Formula(all);
    });
  }
}

// Functions with a call save ra; those with an access by r10 have the bytes below it.
TEST(Frames, CallsAndStackAreFound) {
  for (const ebpf::Row& row : ebpf::kRows) {
    ebpf::Code program;
    program.insns = {{.op = row.op, .dst = 1, .src = 1}, {}};
    program.functions = {0};
    if (!jit::calls(row.kind)) continue;
    EXPECT_TRUE(jit::frame_of(program, 0, 2).calls) << row.name;
  }
  for (int16_t offset = -ebpf::kStackSize; offset < 0; ++offset) {
    ebpf::Code program;
    program.insns = {{.op = ebpf::Op::kStoreImm8, .dst = 10, .offset = offset}, {}};
    program.functions = {0};
    const Frame frame = jit::frame_of(program, 0, 2);
    EXPECT_GE(int{static_cast<int>(frame.stack)} + offset, 0);
    EXPECT_EQ(frame.stack % 16, 0u);
  }
}

TEST(Mutants, Frames) {
  refuted("sp goes down too little", 64,
          [] { return all_frames<Mutation::kFrameTooSmall>({.calls = true}); });
  refuted("r7 is not restored", 64,
          [] { return all_frames<Mutation::kSavedNotRestored>({.calls = true}); });
}

}  // namespace
}  // namespace zext::proofs
