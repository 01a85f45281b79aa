// Transfers broken on purpose, each the way a real verifier's was or easily is: the theorem that
// proves the right one (proofs/transfer) must refute it, with a counterexample.
#include <gtest/gtest.h>

#include "isa/ebpf/semantics.h"
#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"
#include "proofs/transfer/numbers.h"
#include "word/array.h"

namespace zext::proofs {
namespace {

using ebpf::AluOp;
using ebpf::JumpOp;
using W = Bv<64>;
using Half = Bv<32>;
using Z = Bv<128>;

constexpr TheoremOptions kNumbers{.logic = "QF_NRA"};

Exact number(const char* name) { return Exact::variable(name); }

TEST(RelationsMutants, FloorDivisionTruncates) {
  refuted(
      "the floor of a quotient is C++'s quotient", 0,
      [] {
        const Exact a = number("a"), b = number("b");
        const Exact q = sdiv(a, b);
        return Claim{.given = slt(Exact::of(0), b), .show = {sle(q * b, a), slt(a, q * b + b)}};
      },
      kNumbers);
}

TEST(RelationsMutants, InequalityTakenTimesANegative) {
  refuted(
      "e - m * i is a bound of e for m below 0", 0,
      [] {
        const Exact i = number("i"), e = number("e"), m = number("m");
        return Claim{.given = sle(Exact::of(0), i) && m != Exact::of(0),
                     .show = {sle(e - m * i, e)}};
      },
      kNumbers);
}

TEST(RelationsMutants, LeastOfANegativeTermAtTheLowEnd) {
  refuted(
      "the least of f * x is at the low end, whatever the sign of f", 0,
      [] {
        const Exact f = number("f"), x = number("x"), lo = number("lo"), hi = number("hi");
        return Claim{.given = sle(lo, x) && sle(x, hi), .show = {sle(f * lo, f * x)}};
      },
      kNumbers);
}

// "The word is the integer where the form is used" is refuted.
template <class Given, class Word, class Integer>
void form_refuted(const char* name, Given given, Word word, Integer integer) {
  refuted(name, 64, [&] {
    const auto a = any_scalar<W>("a");
    const W x = any<W>("x");
    const W y = any<W>("y");
    return Claim{.given = contains(a, x) && given(a, x, y),
                 .show = {zext<128>(word(x, y)) == integer(zext<128>(x), zext<128>(y))}};
  });
}

TEST(ArithmeticMutants, FormOfAProductThatWraps) {
  form_refuted(
      "a product's form is kept without asking whether it wraps",
      [](const auto&, const W&, const W& y) { return y == W::of(8); },
      [](const W& x, const W& y) { return ebpf::alu(AluOp::kMul, x, y); },
      [](const Z& x, const Z& y) { return x * y; });
}

TEST(ArithmeticMutants, FormOfAWholeRegisterAt32Bits) {
  form_refuted(
      "a 32-bit shift divides the form of a number beyond 32 bits",
      [](const auto&, const W& x, const W& y) {
        return y == W::of(1) && (x & W::of(1)) == W::of(0) && ule(x, W::of(0x1'ffff'fffe));
      },
      [](const W& x, const W& y) {
        return zext<64>(ebpf::alu(AluOp::kRsh, trunc<32>(x), trunc<32>(y)));
      },
      [](const Z& x, const Z&) { return lshr(x, Z::of(1)); });
  form_refuted(
      "a 32-bit copy keeps the form", [](const auto&, const W&, const W&) { return Formula(true); },
      [](const W& x, const W&) { return zext<64>(trunc<32>(x)); },
      [](const Z& x, const Z&) { return x; });
}

// CVE-2021-3490: what a bitwise operation does to the low half, concluded of the whole, or back.
TEST(ArithmeticMutants, MaskComparedWithTheLowHalf) {
  form_refuted(
      "x & 0xffff is x where the low half of x is below it",
      [](const auto& a, const W&, const W& y) {
        return y == W::of(0xffff) && ule(a.u32.hi, Half::of(0xffff));
      },
      [](const W& x, const W& y) { return ebpf::alu(AluOp::kAnd, x, y); },
      [](const Z& x, const Z&) { return x; });
}

TEST(ArithmeticMutants, ArithmeticShiftOfANegative) {
  form_refuted(
      "an arithmetic shift divides, whatever the sign",
      [](const auto&, const W& x, const W& y) {
        return y == W::of(1) && (x & W::of(1)) == W::of(0);
      },
      [](const W& x, const W& y) { return ebpf::alu(AluOp::kArsh, x, y); },
      [](const Z& x, const Z&) { return lshr(x, Z::of(1)); });
}

TEST(ArithmeticMutants, AmountOfEitherSign) {
  refuted("a pointer is moved by an amount's form, whatever its sign", 64, [] {
    const W offset = any<W>("offset");
    const W by = any<W>("by");
    const W reach = W::of(uint64_t{1} << 29);
    const auto near = [&](const W& x) { return sle(W::of(0) - reach, x) && sle(x, reach); };
    return Claim{.given = near(offset) && near(by),
                 .show = {sext<128>(offset + by) == sext<128>(offset) + zext<128>(by)}};
  });
}

// CVE-2022-23222: a pointer that may be 0 is moved, and then compared.
TEST(NullMutants, MovedBeforeTheComparison) {
  refuted("a moved pointer that is not 0 was not 0 before", 64, [] {
    const W pointer = any<W>("pointer");
    const W by = any<W>("by");
    return Claim{.given = (pointer + by) != W::of(0), .show = {pointer != W::of(0)}};
  });
}

TEST(NullMutants, ComparisonsOffByOne) {
  const auto says = [](const char* name, JumpOp op, uint64_t number, bool null) {
    refuted(name, 64, [=] {
      const W pointer = any<W>("pointer");
      const Formula is_null = pointer == W::of(0);
      return Claim{.given = ebpf::taken(op, pointer, W::of(number)),
                   .show = {null ? is_null : !is_null}};
    });
  };
  says("pointer <= 1 says that it is 0", JumpOp::kJle, 1, true);
  says("pointer >= 0 says that it is not", JumpOp::kJge, 0, false);
  says("pointer != 1 says that it is not", JumpOp::kJne, 1, false);
}

TEST(NullMutants, EqualityOfTwoThatMayBeNull) {
  refuted("equal to a pointer that may be 0, a pointer is there", 64, [] {
    const W a = any<W>("a");
    const W b = any<W>("b");
    return Claim{.given = a == b, .show = {a != W::of(0)}};
  });
}

// "x op y says that integer(y) - integer(x) is at least `least`" is refuted.
template <class Given>
void fact_refuted(const char* name, JumpOp op, unsigned width, int least, Given given) {
  refuted(name, width, [&] {
    const auto a = any_scalar<W>("a");
    const W x = any<W>("x");
    const W y = any<W>("y");
    const Formula jump =
        width == 64 ? ebpf::taken(op, x, y) : ebpf::taken(op, trunc<32>(x), trunc<32>(y));
    return Claim{
        .given = contains(a, x) && jump && given(a, y),
        .show = {sle(sext<128>(W::of(static_cast<uint64_t>(least))), zext<128>(y) - zext<128>(x))}};
  });
}

// CVE-2020-8835: a 32-bit comparison bounds the low half, not the number.
TEST(BranchMutants, LowHalvesComparedForTheWhole) {
  fact_refuted("a 32-bit comparison compares whole numbers", JumpOp::kJlt, 32, 1,
               [](const auto&, const W& y) { return ule(y, W::of(0xffff'ffff)); });
}

// CVE-2021-31440: signed bounds of one width or order taken for another's.
TEST(BranchMutants, SignedComparisonOfUnsignedForms) {
  fact_refuted("a signed comparison compares forms", JumpOp::kJsle, 64, 0,
               [](const auto&, const W&) { return Formula(true); });
  fact_refuted("a signed 32-bit comparison compares forms below 2^32", JumpOp::kJsle, 32, 0,
               [](const auto& a, const W& y) {
                 return ule(a.u.hi, W::of(0xffff'ffff)) && ule(y, W::of(0xffff'ffff));
               });
}

TEST(BranchMutants, OffByOne) {
  fact_refuted("x <= y says x < y", JumpOp::kJle, 64, 1,
               [](const auto&, const W&) { return Formula(true); });
  fact_refuted("x != y says x < y", JumpOp::kJne, 64, 1,
               [](const auto&, const W&) { return Formula(true); });
}

// "Every byte of the access is in the region" is refuted; `allows` is the check, of the integers
// where the access begins and ends.
template <class Allows>
void access_refuted(const char* name, Allows allows) {
  refuted(name, 64, [&] {
    const W base = any<W>("base");
    const W size = any<W>("size");
    const W offset = any<W>("offset");
    const W displacement = sext<64>(Bv<16>::variable("displacement"));
    const W bytes = any<W>("bytes");
    const W byte = any<W>("byte");
    const Formula region = ule(base, base + size) && ule(size, W::of(uint64_t{1} << 40)) &&
                           ule(bytes, W::of(8)) && ult(byte, bytes);
    return Claim{.given = region && allows(offset, displacement, bytes, size),
                 .show = {ult(offset + displacement + byte, size)}};
  });
}

TEST(AccessMutants, OffByOne) {
  access_refuted("the last byte may be one beyond the region",
                 [](const W& offset, const W& displacement, const W& bytes, const W& size) {
                   const Z begin = sext<128>(offset) + sext<128>(displacement);
                   return sle(Z::of(0), begin) &&
                          slt(begin + zext<128>(bytes), zext<128>(size) + Z::of(2));
                 });
}

TEST(AccessMutants, NotBelowTheEndAlone) {
  access_refuted("a negative offset is below the end",
                 [](const W& offset, const W& displacement, const W& bytes, const W& size) {
                   const Z begin = sext<128>(offset) + sext<128>(displacement);
                   return sle(begin + zext<128>(bytes), zext<128>(size));
                 });
}

TEST(AccessMutants, BytesOfTheAccessForgotten) {
  access_refuted("the first byte is in the region",
                 [](const W& offset, const W& displacement, const W&, const W& size) {
                   const Z begin = sext<128>(offset) + sext<128>(displacement);
                   return sle(Z::of(0), begin) && slt(begin, zext<128>(size));
                 });
}

TEST(AccessMutants, ASizeThatMayBeMore) {
  access_refuted("the least of a variable size is in the region",
                 [](const W& offset, const W& displacement, const W& bytes, const W& size) {
                   const Z begin = sext<128>(offset) + sext<128>(displacement);
                   return ule(W::of(1), bytes) && sle(Z::of(0), begin) &&
                          sle(begin + Z::of(1), zext<128>(size));
                 });
}

// The ends of the range of places were sums of 64 bits once.
TEST(AccessMutants, PlacesThatOverflow) {
  refuted("the range of places is computed in 64 bits", 64, [] {
    const auto number = any_scalar<W>("offset");
    const W offset = any<W>("offset.word");
    const W displacement = sext<64>(Bv<16>::variable("displacement"));
    const W low = number.s.lo + displacement;
    const W high = number.s.hi + displacement;
    const W begin = offset + displacement;
    return Claim{
        .given = contains(number, offset) && sle(W::of(0), low) && sle(high + W::of(8), W::of(64)),
        .show = {ule(begin, W::of(56))}};
  });
}

TEST(AccessMutants, AlignmentOfKnownOnesAlone) {
  refuted("an address is aligned if no low bit is known to be 1", 64, [] {
    const auto number = any_scalar<W>("offset");
    const W offset = any<W>("offset.word");
    return Claim{.given = contains(number, offset) && (number.bits.value & W::of(7)) == W::of(0),
                 .show = {(offset & W::of(7)) == W::of(0)}};
  });
}

// "What the stack is said to hold at `at` after two stores is what the machine loads" is refuted.
template <class Said>
void load_refuted(const char* name, uint32_t second, uint32_t at, uint32_t bytes, Said said) {
  refuted(
      name, 64,
      [&] {
        ByteArray memory = ByteArray::variable("memory");
        const W x = any<W>("x");
        const W y = any<W>("y");
        memory.store(W::of(8), 8, x);
        memory.store(W::of(second), 1, y);
        return memory.load(W::of(at), bytes) == said(x, y);
      },
      kWithMemory);
}

TEST(StackMutants, LoadsOfWhatWasOverwritten) {
  load_refuted("a cell outlives a store to one of its bytes", 10, 8, 8,
               [](const W& x, const W&) { return x; });
  load_refuted("a store changes the byte before it", 10, 9, 1,
               [](const W&, const W& y) { return y & W::of(0xff); });
  load_refuted("the upper half of a cell is its lower half", 16, 12, 4,
               [](const W& x, const W&) { return zext<64>(trunc<32>(x)); });
  load_refuted("a byte beside a cell is 0", 17, 16, 1, [](const W&, const W&) { return W::of(0); });
  load_refuted("a byte of a cell is the whole word", 20, 8, 1,
               [](const W& x, const W&) { return x; });
}

// CVE-2023-2163 and its kind: a path is given up because a state seen before seems to mean as much.
TEST(InclusionMutants, ASymbolThatStandsForTwo) {
  refuted(
      "each value is matched with a symbol of its own choice", 0,
      [] {
        const Exact x = number("x"), y = number("y");
        // Kept: both registers are the symbol s. Arrived: x and y, matched one by one.
        const Exact s = number("s");
        return Claim{.given = s == x, .show = {s == y}};
      },
      kNumbers);
}

TEST(InclusionMutants, InequalitiesNotAsked) {
  refuted(
      "ranges alone are compared", 0,
      [] {
        const Exact i = number("i"), n = number("n");
        const auto ranges = [](const Exact& x) {
          return sle(Exact::of(0), x) && sle(x, Exact::of(9));
        };
        return Claim{.given = ranges(i) && ranges(n), .show = {sle(i, n)}};
      },
      kNumbers);
}

TEST(InclusionMutants, NumbersThatOverlap) {
  refuted("a number that meets the kept one is among it", 64, [] {
    const auto arrived = any_interval<W, verifier::Order::kUnsigned>("arrived");
    const auto kept = any_interval<W, verifier::Order::kUnsigned>("kept");
    const W x = any<W>("x");
    return Claim{.given = contains(arrived, x) && !is_bottom(meet(arrived, kept)),
                 .show = {contains(kept, x)}};
  });
}

TEST(InclusionMutants, TheRoundStandsStill) {
  refuted(
      "the round of the next visit is this one", 0,
      [] {
        const Exact start = number("start"), stride = number("stride"), round = number("round");
        const Exact now = start + stride * round;
        return Claim{.given = stride != Exact::of(0),
                     .show = {now + stride == start + stride * round}};
      },
      kNumbers);
}

}  // namespace
}  // namespace zext::proofs
