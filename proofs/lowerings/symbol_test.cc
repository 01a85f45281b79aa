// Addresses of what is outside the program: from every place of the text, for all addresses.
//
// load_address is load_immediate, which immediate_test.cc is about, or address_from_here with the
// distance from the instruction's own place, which is what jit/emit's layout gives it. Shown here:
// the pair gives the address wherever its distance is in reach, and it is in reach from every place
// of a text from whose start reached_from_text says so.
#include "jit/baseline/symbol.h"

#include <gtest/gtest.h>

#include <vector>

#include "jit/emit/layout.h"
#include "proofs/lowerings/state.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using jit::Mutation;

constexpr rv64::Reg kRd = rv64::kA3;

// That the pair, executed at `pc`, leaves `address` in rd, every other register alone, and has
// immediates that its formats hold.
template <Mutation kMutation>
std::vector<Formula> pair_gives(const Word64& pc, const Word64& address, const Word64& distance) {
  jit::Emitter<Word64, kMutation> e;
  jit::address_from_here(e, kRd, distance);
  std::vector<rv64::Instruction<Word64>> code;
  for (const auto& item : e.items()) code.push_back(item.insn);
  State state(0, 0);
  rv64::Registers<Word64> x = state.x;
  x[rv64::kZero] = Word64::of(0);
  Formula good = rv64::execute_straight_line<Word64>(code, x, pc);
  good = good && x[kRd] == address;
  for (rv64::Reg reg = 1; reg < rv64::kRegisterCount; ++reg) {
    if (reg != kRd) good = good && x[reg] == state.x[reg];
  }
  Formula encodable = code.size() == 2;
  for (const auto& insn : code) {
    const rv64::Operands<Word64> operands{.rd = Word64::of(insn.rd),
                                          .rs1 = Word64::of(insn.rs1),
                                          .rs2 = Word64::of(insn.rs2),
                                          .imm = insn.imm,
                                          .aq = Word64::of(insn.aq),
                                          .rl = Word64::of(insn.rl)};
    encodable = encodable && rv64::fits<Word64>(rv64::layout_of(insn.row().format), operands);
  }
  return {good, encodable};
}

template <Mutation kMutation>
Claim from_here() {
  const auto pc = Word64::variable("pc"), address = Word64::variable("address");
  const Word64 distance = address - pc;
  return {.given = jit::reached_from_here(distance),
          .show = pair_gives<kMutation>(pc, address, distance)};
}

TEST(Symbols, PairFromHere) {
  theorem("auipc, addi: any address in reach", 64, [] { return from_here<Mutation::kNone>(); });
}

TEST(Symbols, PairFromEveryPlaceOfTheText) {
  theorem("auipc, addi: from every place of a text in reach", 64, [] {
    const auto text = Word64::variable("text"), offset = Word64::variable("offset");
    const auto address = Word64::variable("address");
    const Word64 distance = address - text;
    const Word64 end = Word64::of(jit::Layout::kMaxBytes + uint64_t{1});
    // What Layout::distance computes: from the text's start to the address, less the place.
    return Claim{
        .given = ult(offset, end) && jit::reached_from_text(distance, jit::Layout::kMaxBytes),
        .show = pair_gives<Mutation::kNone>(text + offset, address, distance - offset)};
  });
}

TEST(Mutants, CarryForgotten) {
  refuted("auipc without the carry of addi's sign", 64,
          [] { return from_here<Mutation::kAddressCarryForgotten>(); });
}

// One byte beyond what the predicate admits, there is an address that the pair misses.
TEST(Mutants, ReachIsNotWider) {
  refuted("auipc, addi: within 32 signed bits", 64, [] {
    const auto pc = Word64::variable("pc"), address = Word64::variable("address");
    const Word64 distance = address - pc;
    return Claim{.given = jit::fits_signed(32, distance),
                 .show = pair_gives<Mutation::kNone>(pc, address, distance)};
  });
}

}  // namespace
}  // namespace zext::proofs
