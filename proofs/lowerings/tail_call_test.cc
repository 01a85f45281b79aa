// A tail call is taken exactly if its index, in 32 bits and unsigned, is one of the array's, fewer
// than 33 have been taken, and the slot is not empty; then the other program finds what this
// function's caller left, the arguments and the count, and else nothing has changed.
//
// For every frame that a function can have: its prologue is executed, then whatever its body may do
// (any value in any register that it may change), then the lowering. `count` is how many tail calls
// the invocation has taken; that kMaxTailCalls - count is what the counter holds is shown for the
// code that programs are entered through, and kept by each tail call.
#include "jit/baseline/tail_call.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Frame;
using jit::Mutation;
using rv64::Reg;
using Registers = rv64::Registers<Word64>;

constexpr Reg kCalleeSaved[] = {rv64::kGp, rv64::kTp, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27};
constexpr Reg kCallerSaved[] = {5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30};

Word64 named(const std::string& prefix, Reg reg) {
  return Word64::variable((prefix + std::to_string(reg)).c_str());
}

// RV64 with the words of one function's frame, known by their distance from sp at its entry, apart
// from all other memory: the counter, the program arrays and the caller's stack lie elsewhere.
class Machine {
 public:
  struct Access {
    bool write;
    unsigned bytes;
    Word64 address;
    Word64 value;
  };
  // Where control leaves the code: by a branch to its end, or to `target`.
  struct Exit {
    Formula when;
    Registers x;
    std::vector<Access> others;
    std::optional<Word64> target;
  };

  Machine() : x{} {
    for (Reg reg = 1; reg < rv64::kRegisterCount; ++reg) x[reg] = named("x", reg);
    entered = x;
  }

  // Executes the code; it ends at its end, or by a jump.
  template <class E>
  void run(const E& emitter) {
    const auto items = emitter.items();
    for (const auto& item : items) {
      if (item.insn.row().kind != rv64::Kind::kBranch) {
        step(item.insn);
        continue;
      }
      if (item.target != static_cast<int>(items.size())) fits = false;
      const Formula taken = rv64::taken(item.insn, x[item.insn.rs1], x[item.insn.rs2]);
      exits.push_back({here && taken, x, others, std::nullopt});
      here = here && !taken;
    }
  }

  Registers x;
  Registers entered;    // as the function found them
  Formula here = true;  // that control is here
  Formula fits = true;  // that nothing happened which the model does not know
  std::vector<Exit> exits;
  std::vector<Access> others;  // outside of the frame
  std::map<int64_t, Word64> frame;

 private:
  static constexpr Reg kSp = rv64::kSp;

  std::optional<int64_t> frame_offset(const Word64& address) const {
    const z3::expr distance = (address - entered[kSp]).term().simplify();
    if (!distance.is_numeral()) return std::nullopt;
    return static_cast<int64_t>(distance.get_numeral_uint64());
  }

  Word64 load(unsigned bytes, const Word64& address) {
    if (const auto offset = frame_offset(address)) {
      if (bytes != 8 || *offset >= 0 || *offset % 8 != 0) fits = false;
      const auto found = frame.find(*offset);
      if (found != frame.end()) return found->second;
      return Word64::variable(("frame" + std::to_string(*offset)).c_str());
    }
    const Word64 value = Word64::variable(("other" + std::to_string(others.size())).c_str());
    others.push_back({false, bytes, address, value});
    return value;
  }

  void step(const rv64::Instruction<Word64>& insn) {
    const Word64 address = rv64::effective_address(insn, x[insn.rs1]);
    const unsigned bytes = insn.row().bytes;
    switch (insn.row().kind) {
      case rv64::Kind::kValue:
        rv64::execute(insn, x, Word64::variable("pc"));
        return;
      case rv64::Kind::kLoad: {
        const Word64 value = rv64::loaded(insn, load(bytes, address));
        if (insn.rd != rv64::kZero) x[insn.rd] = value;
        return;
      }
      case rv64::Kind::kStore:
        if (const auto offset = frame_offset(address)) {
          if (bytes != 8 || *offset >= 0 || *offset % 8 != 0) fits = false;
          frame.insert_or_assign(*offset, x[insn.rs2]);
        } else {
          others.push_back({true, bytes, address, x[insn.rs2]});
        }
        return;
      case rv64::Kind::kJump:
        if (insn.rd != rv64::kZero) fits = false;
        exits.push_back({here, x, others, rv64::target(insn, x[insn.rs1], Word64::variable("pc"))});
        here = false;
        return;
      default:
        fits = false;
    }
  }
};

// A function with that frame, after its prologue and any body.
template <Mutation kMutation = Mutation::kNone>
Machine in_body(const Frame& frame) {
  Machine machine;
  jit::Emitter<Word64, kMutation> prologue;
  jit::emit_prologue(prologue, frame);
  machine.run(prologue);
  for (const Reg reg : kCallerSaved) machine.x[reg] = named("body", reg);
  for (ebpf::Reg reg = 6; reg <= 9; ++reg) {
    if (frame.saved.has(reg)) machine.x[jit::home(reg)] = named("body", jit::home(reg));
  }
  if (frame.calls) machine.x[rv64::kRa] = named("body", rv64::kRa);
  // What calls clobber; a function that makes none keeps the register, as every lowering does.
  if (frame.tail_counter) machine.x[jit::kTailCounter] = named("body", jit::kTailCounter);
  return machine;
}

Formula same(const Registers& a, const Registers& b, std::initializer_list<Reg> except = {}) {
  Formula all = true;
  for (Reg reg = 1; reg < rv64::kRegisterCount; ++reg) {
    if (std::find(except.begin(), except.end(), reg) != except.end()) continue;
    if (!z3::eq(a[reg].term(), b[reg].term())) all = all && a[reg] == b[reg];
  }
  return all;
}

bool same_words(const std::map<int64_t, Word64>& a, const std::map<int64_t, Word64>& b) {
  return std::equal(
      a.begin(), a.end(), b.begin(), b.end(), [](const auto& left, const auto& right) {
        return left.first == right.first && z3::eq(left.second.term(), right.second.term());
      });
}

// What the other program finds: the caller's registers and stack, r0 to r5 and the counter.
Formula as_if_called(const Machine& machine, const Registers& now, const Registers& body) {
  Formula all = now[rv64::kSp] == machine.entered[rv64::kSp] &&
                now[rv64::kRa] == machine.entered[rv64::kRa] &&
                now[jit::kTailCounter] == machine.entered[jit::kTailCounter];
  for (const Reg reg : kCalleeSaved) all = all && now[reg] == machine.entered[reg];
  for (ebpf::Reg reg = 0; reg <= 5; ++reg) {
    all = all && now[jit::home(reg)] == body[jit::home(reg)];
  }
  return all;
}

Formula is_access(const Machine::Access& access, bool write, unsigned bytes,
                  const Word64& address) {
  return Formula(access.write == write && access.bytes == bytes) && access.address == address;
}

// The theorem for one frame.
template <Mutation kMutation = Mutation::kNone>
void tail_call_case(const Frame& frame, jit::Extensions extensions, Goals& goals, Formula& given) {
  Machine machine = in_body(frame);
  const Registers body = machine.x;
  const auto stored = machine.frame;
  const Word64 count_at = zext<64>(Bv<11>::variable("count_at"));
  const Word64 entries_at = zext<64>(Bv<11>::variable("entries_at"));
  jit::Emitter<Word64, kMutation> e({.extensions = extensions});
  jit::lower_tail_call(e, frame, count_at, entries_at);
  machine.run(e);

  const Word64 array = body[jit::home(2)];
  const Bv<32> index = trunc<32>(body[jit::home(3)]);
  const Bv<32> max_entries = trunc<32>(Word64::variable("other0"));
  const Word64 left = Word64::variable("other1"), entry = Word64::variable("other2");
  const Word64 count = Word64::variable("count"), limit = Word64::of(ebpf::kMaxTailCalls);
  given = ule(count, limit) && left == limit - count;
  const Formula wanted = ult(index, max_entries) && ult(count, limit) && entry != Word64::of(0);

  goals.add(Formula(machine.fits) && !machine.here);
  Formula jumps = false;
  for (const Machine::Exit& exit : machine.exits) {
    const auto& others = exit.others;
    Formula accesses = is_access(others[0], false, 4, array + count_at);
    const Word64 counter = machine.entered[jit::kTailCounter];
    if (others.size() > 1) accesses = accesses && is_access(others[1], false, 8, counter);
    if (others.size() > 2) {
      const Word64 slot = array + entries_at + shl(zext<64>(index), Word64::of(3));
      accesses = accesses && is_access(others[2], false, 8, slot);
    }
    if (!exit.target) {
      // Nothing was written, and no register has changed that anything lives in.
      goals.add(implies(
          exit.when, accesses && Formula(others.size() <= 3) &&
                         Formula(same_words(machine.frame, stored)) &&
                         same(exit.x, body, {jit::kScratch, jit::kScratch2, jit::kTailCounter})));
      if (!frame.tail_counter) goals.add(same(exit.x, body, {jit::kScratch, jit::kScratch2}));
      continue;
    }
    jumps = jumps || exit.when;
    if (others.size() != 4) goals.add(false);
    accesses = accesses && is_access(others.back(), true, 8, counter) &&
               others.back().value == limit - (count + Word64::of(1));
    goals.add(implies(exit.when, accesses && *exit.target == (entry & ~Word64::of(1)) &&
                                     as_if_called(machine, exit.x, body)));
  }
  goals.add(jumps == wanted);
}

template <class Visit>
void each_frame(Visit visit) {
  for (const unsigned stack : {0u, 16u, 512u}) {
    for (const bool may_goto : {false, true}) {
      for (const bool calls : {false, true}) {
        for (unsigned set = 0; set < 16; ++set) {
          jit::RegisterSet saved;
          for (ebpf::Reg reg = 6; reg <= 9; ++reg) saved.put(reg, (set >> (reg - 6) & 1) != 0);
          visit(Frame{.stack = stack,
                      .may_goto = may_goto,
                      .tail_counter = calls,
                      .calls = calls,
                      .saved = saved});
        }
      }
    }
  }
}

template <Mutation kMutation = Mutation::kNone>
Claim all_frames(jit::Extensions extensions) {
  Goals goals;
  Formula given = true;
  each_frame(
      [&](const Frame& frame) { tail_call_case<kMutation>(frame, extensions, goals, given); });
  return {.given = given, .show = goals.formulas()};
}

TEST(TailCalls, TakenExactlyIfLinuxTakesThem) {
  for (const NamedExtensions& set : {kExtensionSets[0], kExtensionSets[1]}) {
    theorem(std::string("tail call from every frame, ") + set.name, 64,
            [&] { return all_frames(set.extensions); });
  }
}

// Before a local call, the counter is where the callee expects it, and nothing else has changed.
TEST(TailCalls, FunctionsPassTheCounterOn) {
  theorem("tail counter from every frame", 64, [] {
    Goals goals;
    each_frame([&](const Frame& frame) {
      Machine machine = in_body(frame);
      const Registers body = machine.x;
      jit::Emitter<Word64> e;
      jit::emit_tail_counter(e, frame);
      machine.run(e);
      goals.add(Formula(machine.fits) && Formula(machine.others.empty()) &&
                machine.x[jit::kTailCounter] == machine.entered[jit::kTailCounter] &&
                same(machine.x, body, {jit::kTailCounter}));
    });
    return Claim{.show = goals.formulas()};
  });
}

// The code that a program is entered through: count 0; and what the program returns is returned.
template <Mutation kMutation = Mutation::kNone>
Claim entry_claim() {
  Machine machine;
  const Registers& before = machine.entered;
  jit::Emitter<Word64, kMutation> enter, leave;
  jit::emit_entry(enter);
  machine.run(enter);
  std::vector<Formula> show = {
      Formula(machine.fits) && Formula(machine.others.empty()) &&
          same(machine.x, before, {rv64::kSp, jit::kScratch, jit::kTailCounter}),
      machine.x[rv64::kSp] + Word64::of(16) == before[rv64::kSp],
      machine.x[jit::kTailCounter] == machine.x[rv64::kSp],
      Formula(machine.frame.contains(-16)) &&
          machine.frame.at(-16) == Word64::of(ebpf::kMaxTailCalls)};
  // The program keeps what every function keeps, and changes the count.
  for (const Reg reg : kCallerSaved) machine.x[reg] = named("body", reg);
  machine.x[rv64::kRa] = named("body", rv64::kRa);
  machine.x[jit::kTailCounter] = named("body", jit::kTailCounter);
  machine.frame.insert_or_assign(-16, Word64::variable("left"));
  jit::emit_entry_return(leave);
  machine.run(leave);
  show.push_back(Formula(machine.fits) &&
                 Formula(machine.others.empty() && machine.exits.size() == 1));
  const Machine::Exit& exit = machine.exits.back();
  show.push_back(*exit.target == (before[rv64::kRa] & ~Word64::of(1)) &&
                 exit.x[rv64::kSp] == before[rv64::kSp] &&
                 exit.x[rv64::kA0] == named("body", rv64::kA0));
  for (const Reg reg : kCalleeSaved) show.push_back(exit.x[reg] == before[reg]);
  return {.show = show};
}

TEST(TailCalls, EntryStartsTheCountAndReturns) {
  theorem("entry of a program that counts", 64, [] { return entry_claim(); });
}

TEST(Mutants, LimitOffByOne) {
  refuted("34 tail calls", 64, [] { return entry_claim<Mutation::kTailCallLimitOffByOne>(); });
}

TEST(Mutants, IndexUntruncated) {
  refuted("index of 64 bits", 64,
          [] { return all_frames<Mutation::kTailCallIndexUntruncated>(jit::kRv64gc); });
}

TEST(Mutants, FrameKept) {
  refuted("frame not dropped", 64,
          [] { return all_frames<Mutation::kTailCallKeepsFrame>(jit::kRv64gc); });
}

}  // namespace
}  // namespace zext::proofs
