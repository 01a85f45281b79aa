// Arithmetic on linear forms is sound: where verifier/transfer/integers.h gives a recipe, and the
// integer it makes lies within the width, that is the word the instruction leaves. For pointers:
// what is moved by an amount, or subtracted from another, is where the form says.
#include <gtest/gtest.h>

#include "isa/ebpf/semantics.h"
#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"
#include "verifier/transfer/integers.h"

namespace zext::proofs {
namespace {

using ebpf::AluOp;
using verifier::Combination;
using verifier::Recipe;
using verifier::Scalar;
using W = Bv<64>;
// Integers: nothing here comes near 2^127.
using Z = Bv<128>;

Z unsigned_integer(const W& x) { return zext<128>(x); }
Z signed_integer(const W& x) { return sext<128>(x); }

// An operand: the word, what is known of it, and the integer that its form stands for.
struct Operand {
  W word = any<W>("");
  Scalar<W> number;
  Formula has_form = true;  // a linear form, which is the unsigned word; else a constant

  explicit Operand(const std::string& name)
      : word(any<W>(name)),
        number(any_scalar<W>(name)),
        has_form(Formula::variable((name + ".form").c_str())) {}

  Formula holds() const { return contains(number, word); }
  // As compute() asks.
  Formula usable(unsigned width) const {
    return verifier::fits(number, width) || (is_constant(number) && !has_form);
  }
  // What candidate() makes a form of: constants in sums only, because compute() leaves constant
  // results to the numbers.
  Formula known(bool in_sum) const { return has_form || (Formula(in_sum) && is_constant(number)); }
  Z in_sum(unsigned width) const {
    return select(has_form, unsigned_integer(word),
                  signed_integer(verifier::signed_constant(number.bits.value, width)));
  }
  Z integer() const { return unsigned_integer(word); }
};

// The word an operation leaves, as an integer.
Z result(AluOp op, unsigned width, const W& x, const W& y) {
  if (width == 64) return zext<128>(ebpf::alu(op, x, y));
  return zext<128>(ebpf::alu(op, trunc<32>(x), trunc<32>(y)));
}

Formula in_width(const Z& z, unsigned width) {
  const Z limit = width == 64 ? zext<128>(~W::of(0)) : zext<128>(~Bv<32>::of(0));
  return sle(Z::of(0), z) && sle(z, limit);
}

// What candidate() makes of the recipe. `quotient` is named by what it is when multiplied.
Claim follows(const Recipe<W>& r, AluOp op, unsigned width, const Operand& a, const Operand& b) {
  const Z factor = zext<128>(r.factor);
  const Formula given =
      a.holds() && b.holds() && a.usable(width) && b.usable(width) && !is_bottom(a.number);
  const Z word = result(op, width, a.word, b.word);
  const auto claim = [&](const Z& z, bool in_sum) {
    return Claim{.given = given && a.known(in_sum) && in_width(z, width), .show = {word == z}};
  };
  switch (r.combination) {
    case Combination::kNone:
      return {.given = given, .show = {true}};
    case Combination::kSum: {
      Claim sum = claim(a.in_sum(width) + b.in_sum(width), true);
      sum.given = sum.given && b.known(true);
      return sum;
    }
    case Combination::kDifference: {
      Claim difference = claim(a.in_sum(width) - b.in_sum(width), true);
      difference.given = difference.given && b.known(true);
      return difference;
    }
    case Combination::kMultiple:
      // Linear::times() gives nothing for greater factors.
      return {.given = given && a.known(false) && ule(r.factor, W::of(uint64_t{1} << 33)) &&
                       in_width(a.integer() * factor, width),
              .show = {word == a.integer() * factor}};
    case Combination::kQuotient: {
      const Z q = Z::variable("quotient");
      Claim exact = claim(q, false);
      exact.given = exact.given && sle(q, a.integer()) && q * factor == a.integer();
      return exact;
    }
    case Combination::kSame:
      return claim(a.integer(), false);
  }
  return {};
}

void recipe_is_sound(AluOp op) {
  for (const unsigned width : {32u, 64u}) {
    theorem(std::string("form of ") + name_of(op), width, [=] {
      const Operand a("a");
      const Operand b("b");
      return follows(verifier::recipe(op, width, a.number, b.number), op, width, a, b);
    });
  }
}

TEST(Forms, Sums) {
  recipe_is_sound(AluOp::kAdd);
  recipe_is_sound(AluOp::kSub);
}

TEST(Forms, Masks) { recipe_is_sound(AluOp::kAnd); }

TEST(Forms, Products) { recipe_is_sound(AluOp::kMul); }

// One theorem for each amount, which is a constant anyway.
TEST(Forms, Shifts) {
  for (const AluOp op : {AluOp::kLsh, AluOp::kRsh, AluOp::kArsh}) {
    for (const unsigned width : {32u, 64u}) {
      theorem(std::string("form of ") + name_of(op) + " by a constant", width, [=] {
        Claim all;
        const Operand a("a");
        for (unsigned amount = 0; amount < width; ++amount) {
          Operand b("b");
          b.number = Scalar<W>::constant(W::of(amount));
          const auto r = verifier::recipe(op, width, a.number, b.number);
          const Claim one = follows(r, op, width, a, b);
          Formula shown = true;
          for (const Formula& f : one.show) shown = shown && f;
          all.show.push_back(implies(one.given, shown));
        }
        return all;
      });
    }
  }
}

TEST(Forms, ShiftsReadTheAmountAsTheInstructionDoes) {
  for (const unsigned width : {32u, 64u}) {
    theorem("amount of a shift", width, [=] {
      const Operand b("b");
      const auto r = verifier::shifted(Combination::kMultiple, width, b.number);
      const W amount = b.word & W::of(width - 1);
      return Claim{.given = b.holds(),
                   .show = {Formula(r.combination == Combination::kNone) ||
                            r.factor == shl(W::of(1), amount)}};
    });
  }
}

TEST(Forms, OthersHaveNone) {
  for (const AluOp op : {AluOp::kDiv, AluOp::kSdiv, AluOp::kMod, AluOp::kSmod, AluOp::kOr,
                         AluOp::kXor, AluOp::kMov}) {
    const auto top = Scalar<Bits<64>>::top();
    for (const unsigned width : {32u, 64u}) {
      EXPECT_EQ(verifier::recipe(op, width, top, top).combination, Combination::kNone);
    }
  }
}

// compute() names what it could not keep in range: the word is the form modulo 2^width.
TEST(Forms, WordsAreFormsModuloTheWidth) {
  for (const AluOp op : {AluOp::kAdd, AluOp::kSub}) {
    for (const unsigned width : {32u, 64u}) {
      theorem(std::string("form of ") + name_of(op) + " that wraps", width, [=] {
        const Operand a("a");
        const Operand b("b");
        const Z z = op == AluOp::kAdd ? a.in_sum(width) + b.in_sum(width)
                                      : a.in_sum(width) - b.in_sum(width);
        const Z low = width == 64 ? zext<128>(trunc<64>(z)) : zext<128>(trunc<32>(z));
        return Claim{.given = a.holds() && b.holds() && a.usable(width) && b.usable(width) &&
                              a.known(true) && b.known(true),
                     .show = {result(op, width, a.word, b.word) == low}};
      });
    }
  }
}

// Offsets and amounts within reach, as move_pointer() demands of both.
constexpr int64_t kReach = int64_t{1} << 29;
Formula within_reach(const W& x) {
  return sle(W::of(static_cast<uint64_t>(-kReach)), x) && sle(x, W::of(kReach));
}

// The form of an amount is its unsigned word, and used where that is the signed one.
TEST(Pointers, MovedByAnAmount) {
  for (const AluOp op : {AluOp::kAdd, AluOp::kSub}) {
    theorem(std::string("offset of a pointer, ") + name_of(op), 64, [=] {
      const auto amount = any_scalar<W>("amount");
      const W offset = any<W>("offset");
      const W by = any<W>("by");
      const Z form = select(is_constant(amount), signed_integer(by), unsigned_integer(by));
      const Z moved =
          op == AluOp::kAdd ? signed_integer(offset) + form : signed_integer(offset) - form;
      return Claim{.given = contains(amount, by) &&
                            (is_constant(amount) || sle(W::of(0), amount.s.lo)) &&
                            within_reach(offset) && within_reach(by),
                   .show = {signed_integer(ebpf::alu(op, offset, by)) == moved}};
    });
  }
}

// base + offset, moved, is base + (offset moved): pointers move as words do.
TEST(Pointers, AddressesMoveAsOffsets) {
  for (const AluOp op : {AluOp::kAdd, AluOp::kSub}) {
    theorem(std::string("address of a pointer, ") + name_of(op), 64, [=] {
      const W base = any<W>("base");
      const W offset = any<W>("offset");
      const W by = any<W>("by");
      return ebpf::alu(op, base + offset, by) == base + ebpf::alu(op, offset, by);
    });
  }
}

// The difference of two pointers into one region is that of their offsets, whatever the base; the
// form stands for it where it is not negative.
TEST(Pointers, Difference) {
  theorem("difference of two pointers", 64, [] {
    const W base = any<W>("base");
    const W a = any<W>("a");
    const W b = any<W>("b");
    const Z form = signed_integer(a) - signed_integer(b);
    const W word = ebpf::alu(AluOp::kSub, base + a, base + b);
    return Claim{.show = {word == ebpf::alu(AluOp::kSub, a, b),
                          implies(sle(Z::of(0), form), unsigned_integer(word) == form)}};
  });
  theorem("difference of pointers to the packet and to its metadata", 64, [] {
    const W data_meta = any<W>("data_meta");
    const W size = any<W>("meta_size");  // data == data_meta + size
    const W a = any<W>("a");
    const W b = any<W>("b");
    const Z form = signed_integer(a) - signed_integer(b) + unsigned_integer(size);
    const W word = ebpf::alu(AluOp::kSub, data_meta + size + a, data_meta + b);
    return Claim{.given = ule(size, W::of(0xffff'ffff)) && within_reach(a) && within_reach(b),
                 .show = {implies(sle(Z::of(0), form), unsigned_integer(word) == form)}};
  });
}

}  // namespace
}  // namespace zext::proofs
