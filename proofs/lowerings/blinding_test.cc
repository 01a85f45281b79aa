// Blinding changes nothing: with its constant and its offset behind any mask, every instruction
// does what eBPF's table says of it, for all constants, offsets, masks, values and registers,
// whatever is known of upper halves and whether or not they count.
#include "jit/baseline/blinding.h"

#include <gtest/gtest.h>

#include <optional>

#include "jit/baseline/fusion.h"
#include "jit/baseline/jump.h"
#include "jit/baseline/lower.h"
#include "jit/baseline/packet.h"
#include "proofs/lowerings/access.h"
#include "proofs/lowerings/division.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using ebpf::Kind;
using jit::Mutation;

// One instruction of a blinded program, and what the compiler knows where it lowers it.
struct Case {
  BpfInstruction insn;
  jit::Extensions extensions = jit::kRv64gc;
  jit::Uppers known = {};
  jit::RegisterSet after = jit::kAllRegisters;  // whose upper halves count
  Word64 offset = Word64::of(0);
  std::optional<BpfInstruction> move = {};  // that the instruction takes in
};

// What blinding takes out of an instruction, and what it leaves: facts are those of the changed
// instruction, as in the compiler.
template <Mutation kMutation>
struct Blinding {
  explicit Blinding(const Case& c)
      : state(c.insn.dst, c.insn.src, c.move ? c.move->src : State::kNone),
        changed(jit::with_constant_in_register(c.insn)),
        demand{.before = jit::upper_demand(changed).before(c.after),
               .after = c.after,
               .known = c.known},
        e({.extensions = c.extensions,
           .stack_top = state.stack_top,
           .counts = c.after,
           .mask = Word64::variable("mask")}) {
    if (c.move) {
      const jit::RegisterSet between = demand.before;
      demand.before = jit::upper_demand(*c.move).before(between);
      demand.known = jit::uppers_after(*c.move, c.known, between);
      e.context.left = c.move->src;
      taken_in = jit::takes_in(*c.move, changed, c.known, between, c.after);
    }
    demand.known_after = jit::uppers_after(changed, demand.known, c.after);
    e.context.uppers = demand.known;
    state.only_low_halves_but(demand.before);
    given = state.holds(c.known);
  }

  // What the registers of operands hold once these are loaded; others are as they were, or scratch.
  struct Operand {
    rv64::Reg reg;
    Word64 value;
  };
  std::vector<Operand> operands(const BpfInstruction& left, const Word64& offset) const {
    std::vector<Operand> all;
    if (changed.src == jit::kConstantOperand) all.push_back({jit::home(changed.src), changed.imm});
    const auto base = jit::address_base(changed);
    if (base != jit::address_base(left)) {
      all.push_back({jit::home(jit::kAddressOperand), state.bpf[*base] + offset});
    }
    return all;
  }

  State state;
  BpfInstruction changed;
  Demand demand;
  jit::Emitter<Word64, kMutation> e;
  bool taken_in = true;
  Formula given = true;
};

// Loading operands: they are then what they should be, and nothing else has changed.
template <Mutation kMutation = Mutation::kNone>
Formula operands_arrive(const Case& c) {
  Blinding<kMutation> b(c);
  Word64 offset = c.offset;
  const BpfInstruction left = jit::blind_operands(b.e, b.changed, offset);
  b.state.run(b.e);
  Formula all = b.state.represents(b.state.bpf, b.demand.before, {}) &&
                Formula(b.state.memory.trace().empty());
  for (const auto& operand : b.operands(left, c.offset)) {
    all = all && b.state.x[operand.reg] == operand.value;
  }
  return implies(b.given, all);
}

// From there on: what is left of the instruction is lowered, with operands that have arrived and
// other scratch registers that hold anything.
template <Mutation kMutation>
struct Lowering : Blinding<kMutation> {
  explicit Lowering(const Case& c) : Blinding<kMutation>(c), offset(c.offset) {
    left = jit::without_long_offset(this->e, this->changed, offset);
    for (const auto& operand : this->operands(left, c.offset)) {
      this->state.x[operand.reg] = operand.value;
    }
  }
  // That registers hold `expected`, as far as that counts.
  Formula represents(const BpfRegisters& expected) const {
    return this->state.represents(expected, this->demand.after, this->demand.known_after);
  }

  Word64 offset;  // that is left
  BpfInstruction left;
};

bool is_blinded(const ebpf::Row& row) {
  return jit::constant_goes_to_register(row) || jit::address_base(BpfInstruction{.op = row.op});
}

// With one register for dst and src: one that stands for all, or r10.
template <Mutation kMutation = Mutation::kNone>
Formula operands_of(const ebpf::Row& row, ebpf::Reg reg) {
  return operands_arrive<kMutation>(
      {.insn = {.op = row.op, .dst = reg, .src = reg, .imm = any_immediate()},
       .after = jit::RegisterSet(),
       .offset = sext<64>(Bv<16>::variable("offset"))});
}

TEST(Blinded, OperandsArrive) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (!is_blinded(row)) continue;
    theorem("operands of " + row_name(row), 64, [&] { return operands_of(row, 1); });
    if (row.bytes != 8) continue;  // no width matters to r10's addresses
    theorem("operands of " + row_name(row) + ", r10", 64,
            [&] { return operands_of(row, ebpf::kFramePointer); });
  }
}

// What facts may say of kConstantOperand: a jump of 32 bits extends it where it is.
constexpr jit::Upper kKnownOfConstant[] = {{}, {.sign = true}};

template <Mutation kMutation>
void add_arithmetic(Goals& goals, const Case& c) {
  Lowering<kMutation> lowering(c);
  if (!lowering.taken_in) return;
  jit::lower_straight(lowering.e, lowering.left);
  lowering.state.run(lowering.e);
  auto expected = lowering.state.bpf;
  Word64& dst = expected[c.insn.dst];
  if (c.move) dst = ebpf::compute(*c.move, dst, lowering.state.bpf[c.move->src]);
  const Formula lemmas = opaque_lemmas(c.insn, dst, dst);
  dst = c.insn.row().kind == Kind::kImm64 ? c.insn.imm : ebpf::compute(c.insn, dst, dst);
  goals.add(implies(lowering.given && lemmas, lowering.represents(expected)));
}

// All registers; and for one that stands for all, all that may be known of upper halves, whether or
// not that of the result counts, and with a move that the instruction takes in.
template <Mutation kMutation = Mutation::kNone>
Claim arithmetic(ebpf::Op op, const Word64& imm, jit::Extensions extensions, bool counts) {
  Goals goals;
  Case c{.insn = {.op = op, .imm = imm}, .extensions = extensions};
  const auto add = [&](ebpf::Reg d) {
    c.insn.dst = c.insn.src = d;
    c.after = all_but({d});
    c.after.put(d, counts);
    add_arithmetic<kMutation>(goals, c);
  };
  for (ebpf::Reg d = 0; d < jit::kHomeCount; ++d) add(d);
  for (const jit::Upper of_constant : kKnownOfConstant) {
    for (const jit::Upper of_dst : kKnowledge) {
      c.known = known_of(1, of_dst, jit::kConstantOperand, of_constant);
      c.move.reset();
      add(1);
      c.known = known_of(2, of_dst, jit::kConstantOperand, of_constant);
      for (const ebpf::Op move : {ebpf::Op::kMov64Reg, ebpf::Op::kMov32Reg}) {
        c.move = {.op = move, .dst = 1, .src = 2};
        add(1);
      }
    }
  }
  return {.show = goals.formulas()};
}

class Blinded : public ::testing::TestWithParam<NamedExtensions> {
 protected:
  // Calls visit(row, counts, name) for rows of that kind with an immediate.
  template <class Visit>
  void each_row(Kind kind, Visit visit) const {
    for (const ebpf::Row& row : ebpf::kRows) {
      if (row.kind != kind || row.source != ebpf::Source::kImmediate) continue;
      for (const bool counts : {true, false}) visit(row, counts, name(row, counts));
    }
  }
  std::string name(const ebpf::Row& row, bool counts) const {
    return "blinded " + row_name(row) + (counts ? ", " : ", low half, ") + GetParam().name;
  }
};

// Products and quotients are opaque, and those by zero apart.
TEST_P(Blinded, ArithmeticIsEbpfs) {
  each_row(Kind::kAlu, [&](const ebpf::Row& row, bool counts, const std::string& name) {
    const bool multiplies = row.group == ebpf::Group::kDivMul;
    theorem(name, row.width, [&] {
      const OpaqueArithmetic opaque;
      const Word64 imm = any_immediate();
      if (multiplies) Paths::assume(imm != Word64::of(0));
      return arithmetic(row.op, imm, GetParam().extensions, counts);
    });
    if (!multiplies) return;
    theorem(name + ", zero", row.width,
            [&] { return arithmetic(row.op, Word64::of(0), GetParam().extensions, counts); });
  });
}

TEST_P(Blinded, ConstantsAreWhole) {
  const ebpf::Row& row = ebpf::row_of(ebpf::Op::kLoadImm64);
  for (const bool counts : {true, false}) {
    theorem(name(row, counts), 64, [&] {
      return arithmetic(row.op, Word64::variable("imm64"), GetParam().extensions, counts);
    });
  }
}

void add_jump(Goals& goals, const Case& c) {
  Lowering<Mutation::kNone> lowering(c);
  const jit::Branch branch = jit::lower_jump(lowering.e, lowering.left);
  lowering.state.run(lowering.e);
  const State& state = lowering.state;
  const rv64::Instruction<Word64> machine{.op = branch.op, .rs1 = branch.rs1, .rs2 = branch.rs2};
  const Formula taken = rv64::taken(machine, state.x[branch.rs1], state.x[branch.rs2]);
  const Word64& dst = state.bpf[c.insn.dst];
  goals.add(implies(lowering.given,
                    taken == ebpf::jumps(c.insn, dst, dst) && lowering.represents(state.bpf)));
}

TEST_P(Blinded, JumpsAreTakenAsInEbpf) {
  each_row(Kind::kJump, [&](const ebpf::Row& row, bool counts, const std::string& name) {
    theorem(name, row.width, [&] {
      Goals goals;
      Case c{.insn = {.op = row.op, .imm = any_immediate()}, .extensions = GetParam().extensions};
      const auto add = [&](ebpf::Reg d) {
        c.insn.dst = c.insn.src = d;
        if (d != ebpf::kFramePointer) c.after.put(d, counts);
        add_jump(goals, c);
        c.after = jit::kAllRegisters;
      };
      for (ebpf::Reg d = 0; d < ebpf::kRegisterCount; ++d) add(d);
      for (const jit::Upper of_constant : kKnownOfConstant) {
        for (const jit::Upper of_dst : kKnowledge) {
          c.known = known_of(1, of_dst, jit::kConstantOperand, of_constant);
          add(1);
          // A later instruction's constant may count, in the compiler's eyes.
          c.after.put(jit::kConstantOperand, true);
          add(1);
        }
      }
      return Claim{.show = goals.formulas()};
    });
  });
}

INSTANTIATE_TEST_SUITE_P(Extensions, Blinded,
                         ::testing::ValuesIn(std::begin(kExtensionSets),
                                             std::begin(kExtensionSets) + 2));

Formula access(const Case& c) {
  Lowering<Mutation::kNone> lowering(c);
  State& state = lowering.state;
  state.memory.each_at(state.bpf[*jit::address_base(c.insn)] + c.offset);
  lower_access(lowering.e, lowering.left, lowering.offset);
  lowering.state.run(lowering.e);
  return implies(lowering.given, is_ebpfs_access(state, c.insn, c.offset, lowering.demand));
}

// Of registers, those that stand for all (memory_test.cc): r0, r10, two others.
Claim accesses(const ebpf::Row& row, const Part& part) {
  Goals goals;
  Case c{.insn = {.op = row.op, .imm = any_immediate()},
         .offset = sext<64>(Bv<16>::variable("offset"))};
  const auto stands_for_all = [](ebpf::Reg reg) { return reg < 3 || reg == ebpf::kFramePointer; };
  each_operands(row, [&](ebpf::Reg d, ebpf::Reg s) {
    if (!stands_for_all(d) || !stands_for_all(s) || !part(d, s)) return;
    c.insn.dst = d;
    c.insn.src = s;
    for (const bool counts : {true, false}) {
      c.after = all_but({0, d, s});
      if (const auto writes = jit::written(c.insn)) c.after.put(*writes, counts);
      for (const jit::Uppers known : known_of_r0(row)) {
        c.known = known;
        goals.add(access(c));
      }
    }
  });
  return {.show = goals.formulas()};
}

TEST(Blinded, AccessesAreEbpfs) {
  for (const ebpf::Row& row : ebpf::kRows) {
    if (!jit::address_base(BpfInstruction{.op = row.op})) continue;
    for (const NamedPart& part : parts(row)) {
      theorem(
          "blinded " + row_name(row) + part.name, 8u * row.bytes,
          [&] { return accesses(row, part.part); }, kWithMemory);
    }
  }
}

// LD_ABS and LD_IND: the arguments of the call.
TEST(Blinded, PacketLoadsPassTheirOffset) {
  for (const ebpf::Row& row : ebpf::kRows) {
    const bool indirect = row.kind == Kind::kLoadInd;
    if (row.kind != Kind::kLoadAbs && !indirect) continue;
    theorem("blinded " + row_name(row), 8u * row.bytes, [&] {
      Goals goals;
      const ebpf::Reg last = indirect ? ebpf::kFramePointer : 0;
      for (ebpf::Reg s = 0; s <= last; ++s) {
        Lowering<Mutation::kNone> lowering(
            {.insn = {.op = row.op, .src = s, .imm = any_immediate()}});
        jit::lower_packet_arguments(lowering.e, lowering.left);
        lowering.state.run(lowering.e);
        const State& state = lowering.state;
        auto expected = state.bpf;
        const Word64 offset = indirect ? state.bpf[s] + any_immediate() : any_immediate();
        expected[1] = state.bpf[6];
        expected[2] = sext<64>(trunc<32>(offset));
        const jit::RegisterSet counts = jit::RegisterSet::of(0b11'1100'0110);
        goals.add(state.represents(expected, counts, {}));
      }
      return Claim{.show = goals.formulas()};
    });
  }
}

TEST(Mutants, Blinding) {
  refuted("a masked constant is not unmasked", 64, [] {
    return operands_of<Mutation::kConstantStaysMasked>(ebpf::row_of(ebpf::Op::kAdd64Imm), 1);
  });
  refuted("a masked offset is not unmasked", 64, [] {
    return operands_of<Mutation::kConstantStaysMasked>(ebpf::row_of(ebpf::Op::kLoad64), 1);
  });
  refuted("a moved constant is not unmasked", 32, [] {
    return arithmetic<Mutation::kConstantStaysMasked>(ebpf::Op::kMov32Imm, any_immediate(),
                                                      jit::kRv64gc, true);
  });
  refuted("half of a long constant is not unmasked", 64, [] {
    return arithmetic<Mutation::kConstantStaysMasked>(
        ebpf::Op::kLoadImm64, Word64::variable("imm64"), jit::kRv64gc, true);
  });
}

}  // namespace
}  // namespace zext::proofs
