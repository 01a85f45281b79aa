// What a jump teaches about linear forms is true: whenever it is taken, or not, and both operands
// are read as the integers that their forms are, each fact that assume_difference() adds holds.
#include <gtest/gtest.h>

#include "isa/ebpf/semantics.h"
#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"
#include "verifier/transfer/integers.h"

namespace zext::proofs {
namespace {

using ebpf::JumpOp;
using verifier::Scalar;
using W = Bv<64>;
using Z = Bv<128>;

constexpr JumpOp kJumpOps[] = {
#define EBPF_JUMP(name, ...) JumpOp::k##name,
#include "isa/ebpf/insns.def"
};

// A form of which the value is known: what Linear is to assume_difference().
struct Difference {
  Z value;
  Difference plus(int64_t c) const { return {value + sext<128>(W::of(static_cast<uint64_t>(c)))}; }
  Difference times(int64_t f) const { return {value * sext<128>(W::of(static_cast<uint64_t>(f)))}; }
};

// What Relations is to it: facts that are told must be true; those asked may be known, if true.
struct Facts {
  std::vector<Formula> told;
  Formula known = true;
  int asked = 0;

  // What was told, or that nothing was.
  std::vector<Formula> goals() const { return told.empty() ? std::vector<Formula>{true} : told; }

  bool assume(const Difference& d) {
    told.push_back(sle(Z::of(0), d.value));
    return true;
  }
  Formula implies(const Difference& d) {
    const Formula known_here = Formula::variable(("known" + std::to_string(asked++)).c_str());
    known = known && (!known_here || sle(Z::of(0), d.value));
    return known_here;
  }
};

Formula jumps(JumpOp op, unsigned width, const W& x, const W& y) {
  return width == 64 ? ebpf::taken(op, x, y) : ebpf::taken(op, trunc<32>(x), trunc<32>(y));
}

// As Transfer::assume() does for numbers: a form is the unsigned word.
void facts_are_true(JumpOp op, unsigned width, bool taken) {
  theorem(std::string(taken ? "taken " : "not taken ") + name_of(op), width, [=] {
    const auto a = any_scalar<W>("a");
    const auto b = any_scalar<W>("b");
    const W x = any<W>("x");
    const W y = any<W>("y");
    const JumpOp meant = taken ? op : verifier::opposite(op);
    Facts facts;
    verifier::assume_difference(meant, Difference{zext<128>(y) - zext<128>(x)}, facts);
    const Formula jump = jumps(op, width, x, y);
    return Claim{.given = contains(a, x) && contains(b, y) && facts.known &&
                          verifier::reads_form(meant, width, a) &&
                          verifier::reads_form(meant, width, b) && (taken ? jump : !jump),
                 .show = facts.goals()};
  });
}

TEST(Facts, OfNumbers) {
  for (const JumpOp op : kJumpOps) {
    if (op == JumpOp::kJset) continue;  // teaches nothing of forms
    for (const unsigned width : {32u, 64u}) {
      facts_are_true(op, width, true);
      facts_are_true(op, width, false);
    }
  }
}

// Every comparison teaches something, or the theorems above would be of nothing.
TEST(Facts, AreTold) {
  for (const JumpOp op : kJumpOps) {
    theorem(std::string("told of ") + name_of(op), 0, [op] {
      Facts facts;
      verifier::assume_difference(op, Difference{Z::variable("d")}, facts);
      const bool silent = op == JumpOp::kJset || op == JumpOp::kJne;
      return Formula(silent || !facts.told.empty());
    });
  }
}

// Pointers into one region compare as their offsets: the region, with what lies within reach of it,
// does not pass the end of the address space, as platforms promise.
TEST(Facts, OfPointers) {
  for (const JumpOp op : kJumpOps) {
    if (op == JumpOp::kJset || verifier::is_signed(op)) continue;  // refused, or teach nothing
    theorem(std::string("pointers compared by ") + name_of(op), 64, [op] {
      const W base = any<W>("base");
      const W a = any<W>("a");
      const W b = any<W>("b");
      const auto inside = [&](const W& offset) {
        const Z address = zext<128>(base) + sext<128>(offset);
        return sle(Z::of(0), address) && sle(address, zext<128>(~W::of(0)));
      };
      Facts facts;
      verifier::assume_difference(op, Difference{sext<128>(b) - sext<128>(a)}, facts);
      return Claim{
          .given = inside(a) && inside(b) && facts.known && ebpf::taken(op, base + a, base + b),
          .show = facts.goals()};
    });
  }
}

TEST(Operators, OppositeAndSwapped) {
  for (const JumpOp op : kJumpOps) {
    theorem(std::string("opposite and swapped ") + name_of(op), 64, [op] {
      const W x = any<W>("x");
      const W y = any<W>("y");
      Claim claim;
      if (op != JumpOp::kJset) {
        claim.show.push_back(ebpf::taken(op, x, y) == !ebpf::taken(verifier::opposite(op), x, y));
      }
      claim.show.push_back(ebpf::taken(op, x, y) == ebpf::taken(verifier::swapped(op), y, x));
      return claim;
    });
  }
}

TEST(Null, SaidByComparison) {
  for (const JumpOp op : kJumpOps) {
    theorem(std::string("null by ") + name_of(op), 64, [op] {
      const auto number = any_scalar<W>("number");
      const W pointer = any<W>("pointer");
      const W y = any<W>("y");
      const std::optional<bool> null = verifier::says_null(op, number);
      const Formula is_null = pointer == W::of(0);
      const Formula said = !null ? Formula(true) : *null ? is_null : !is_null;
      return Claim{.given = contains(number, y) && ebpf::taken(op, pointer, y), .show = {said}};
    });
  }
}

// Equal to a pointer that is there, a pointer that may be 0 is there.
TEST(Null, SaidByEqualityWithWhatIsThere) {
  theorem("nullable == not null", 64, [] {
    const W unsure = any<W>("unsure");
    const W sure = any<W>("sure");
    return Claim{.given = sure != W::of(0) && ebpf::taken(JumpOp::kJeq, unsure, sure),
                 .show = {unsure != W::of(0)}};
  });
}

// take_round(): the number of rounds left is positive, so one less is the integer one less.
TEST(Rounds, OneIsTaken) {
  theorem("one round less", 64, [] {
    const auto left = any_scalar<W>("left");
    const W x = any<W>("x");
    const auto once = verifier::internal::assume_components(JumpOp::kJge, 64, left,
                                                            Scalar<W>::constant(W::of(1)), true);
    return Claim{.given = contains(left, x) && x != W::of(0),
                 .show = {contains(once.a, x), zext<128>(x - W::of(1)) == zext<128>(x) - Z::of(1)}};
  });
}

// call_back(): the round that is begun is one below the most, read as 64-bit words.
TEST(Rounds, IndexIsBelowTheMost) {
  theorem("index < most", 64, [] {
    const auto index = any_scalar<W>("index");
    const auto most = any_scalar<W>("most");
    const W x = any<W>("x");
    const W y = any<W>("y");
    const auto refined = verifier::internal::assume_components(JumpOp::kJlt, 64, index, most, true);
    Facts facts;
    facts.assume(Difference{zext<128>(y) - zext<128>(x)}.plus(-1));
    return Claim{.given = contains(index, x) && contains(most, y) && ult(x, y),
                 .show = {contains(refined.a, x), facts.told[0]}};
  });
  theorem("most rounds of a 32-bit count", 64, [] {
    const auto count = any_scalar<W>("count");
    const W x = any<W>("x");
    return Claim{.given = contains(count, x) && ule(count.u.hi, W::of(0xffff'ffff)),
                 .show = {zext<64>(trunc<32>(x)) == x}};
  });
}

}  // namespace
}  // namespace zext::proofs
