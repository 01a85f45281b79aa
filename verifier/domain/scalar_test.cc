#include "verifier/domain/scalar.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "isa/ebpf/semantics.h"

namespace zext::verifier {
namespace {

using ebpf::AluOp;
using ebpf::JumpOp;

constexpr AluOp kAluOps[] = {
#define EBPF_ALU(name, ...) AluOp::k##name,
#include "isa/ebpf/insns.def"
};
constexpr JumpOp kJumpOps[] = {
#define EBPF_JUMP(name, ...) JumpOp::k##name,
#include "isa/ebpf/insns.def"
};

// Words near the ends of types as often as words anywhere.
template <Word W>
class Source {
 public:
  explicit Source(uint64_t seed) : random_(seed) {}

  W word() {
    const uint64_t raw = random_();
    switch (random_() % 5) {
      case 0:
        return W::of(raw % 16);
      case 1:
        return W::of(0) - W::of(raw % 16);
      case 2:
        return W::of(uint64_t{1} << raw % W::kWidth) - W::of(raw >> 60 & 3);
      case 3:
        return W::of(raw) & W::of(random_()) & W::of(random_());
      default:
        return W::of(raw);
    }
  }

  // A set that contains x, of one to a few other words joined, or with a component widened.
  Scalar<W> around(W x) {
    Scalar<W> a = Scalar<W>::constant(x);
    for (uint64_t n = random_() % 3; n > 0; --n) a = join(a, Scalar<W>::constant(word()));
    const uint64_t choice = random_() % 8;
    if (choice == 0) a.bits = Tnum<W>::top();
    if (choice == 1) a.u = a.u.top();
    if (choice == 2) a.s = a.s.top();
    if (choice == 3) a = Scalar<W>::of(a.full(), View<typename Scalar<W>::Half>::top());
    return random_() % 2 == 0 ? a : reduce(a);
  }

 private:
  std::mt19937_64 random_;
};

template <Word W>
W low(W x) {
  return zext<W::kWidth>(trunc<W::kWidth / 2>(x));
}

template <Word W>
W concrete(AluOp op, unsigned width, W x, W y) {
  constexpr unsigned kHalf = W::kWidth / 2;
  if (width == 64) return ebpf::alu(op, x, y);
  return zext<W::kWidth>(ebpf::alu(op, trunc<kHalf>(x), trunc<kHalf>(y)));
}

template <Word W>
bool concrete(JumpOp op, unsigned width, W x, W y) {
  constexpr unsigned kHalf = W::kWidth / 2;
  return width == 64 ? ebpf::taken(op, x, y) : ebpf::taken(op, trunc<kHalf>(x), trunc<kHalf>(y));
}

template <class W>
class ScalarRandom : public ::testing::Test {};
using Widths = ::testing::Types<Bits<8>, Bits<16>, Bits<64>>;
TYPED_TEST_SUITE(ScalarRandom, Widths);

constexpr int kRounds = 20'000;

TYPED_TEST(ScalarRandom, AluKeepsEveryResult) {
  using W = TypeParam;
  Source<W> source(1);
  for (int round = 0; round < kRounds; ++round) {
    const W x = source.word();
    const W y = source.word();
    const Scalar<W> a = source.around(x);
    const Scalar<W> b = source.around(y);
    for (const AluOp op : kAluOps) {
      for (const unsigned width : {32u, 64u}) {
        const W z = concrete(op, width, x, y);
        ASSERT_TRUE(contains(alu(op, width, a, b), z))
            << "operation " << static_cast<int>(op) << " at " << width << ": " << x.value() << ", "
            << y.value();
      }
    }
    ASSERT_TRUE(contains(neg(64, a), ebpf::neg(x)));
    ASSERT_TRUE(contains(neg(32, a), low(ebpf::neg(low(x)))));
  }
}

TYPED_TEST(ScalarRandom, AssumeKeepsBothOperands) {
  using W = TypeParam;
  Source<W> source(2);
  for (int round = 0; round < kRounds; ++round) {
    const W x = source.word();
    const W y = source.word();
    const Scalar<W> a = source.around(x);
    const Scalar<W> b = source.around(y);
    for (const JumpOp op : kJumpOps) {
      for (const unsigned width : {32u, 64u}) {
        const auto [ra, rb] = assume(op, width, a, b, concrete(op, width, x, y));
        ASSERT_TRUE(contains(ra, x) && contains(rb, y)) << "jump " << static_cast<int>(op);
        ASSERT_TRUE(leq(ra, reduce(a)) && leq(rb, reduce(b))) << "jump " << static_cast<int>(op);
      }
    }
  }
}

TYPED_TEST(ScalarRandom, LatticeKeepsWords) {
  using W = TypeParam;
  Source<W> source(3);
  for (int round = 0; round < kRounds; ++round) {
    const W x = source.word();
    const W y = source.word();
    const Scalar<W> a = source.around(x);
    const Scalar<W> b = source.around(y);
    const std::array<W, 2> thresholds = {source.word(), source.word()};
    const Scalar<W> wide = widening(a, b, std::span<const W>(thresholds));
    ASSERT_TRUE(contains(reduce(a), x));
    ASSERT_TRUE(leq(reduce(a), a));
    ASSERT_TRUE(contains(join(a, b), x) && contains(join(a, b), y));
    ASSERT_TRUE(leq(a, wide) && leq(b, wide));
    ASSERT_TRUE(leq(narrowing(wide, b), wide) && contains(narrowing(wide, b), y));
  }
}

TYPED_TEST(ScalarRandom, WideningEnds) {
  using W = TypeParam;
  Source<W> source(4);
  for (int round = 0; round < 200; ++round) {
    Scalar<W> head = source.around(source.word());
    const std::array<W, 2> thresholds = {source.word(), source.word()};
    int growth = 0;
    for (int turn = 0; turn < 10'000; ++turn) {
      const Scalar<W> next =
          widening(head, Scalar<W>::constant(source.word()), std::span<const W>(thresholds));
      if (!leq(next, head)) ++growth;
      head = next;
    }
    ASSERT_LE(growth, static_cast<int>(W::kWidth) + 16);
  }
}

using S = Scalar<Bits<64>>;
Bits<64> word(uint64_t x) { return Bits<64>::of(x); }

TEST(Scalar, BottomIsKept) {
  const S x = S::range(word(1), word(5));
  EXPECT_TRUE(is_bottom(alu(AluOp::kAdd, 64, S::bottom(), x)));
  EXPECT_TRUE(is_bottom(meet(x, S::constant(word(6)))));
  EXPECT_TRUE(is_bottom(assume(JumpOp::kJgt, 64, x, S::constant(word(5)), true).a));
  EXPECT_TRUE(is_bottom(assume(JumpOp::kJeq, 32, x, S::constant(word(9)), true).b));
  EXPECT_TRUE(leq(S::bottom(), x));
  EXPECT_TRUE(leq(join(S::bottom(), x), x));
}

TEST(Scalar, KnowsWhatCompilersRelyOn) {
  // A masked index.
  const S masked = alu(AluOp::kAnd, 64, S::top(), S::constant(word(0x3c)));
  EXPECT_EQ(masked.u.hi.value(), 0x3cu);
  EXPECT_EQ(masked.s32.hi.value(), 0x3cu);
  // A length checked as 32 bits, then extended by shifts.
  S length = assume(JumpOp::kJgt, 32, S::top(), S::constant(word(1500)), false).a;
  length = alu(AluOp::kLsh, 64, length, S::constant(word(32)));
  length = alu(AluOp::kRsh, 64, length, S::constant(word(32)));
  EXPECT_EQ(length.u.hi.value(), 1500u);
  // A signed 32-bit range, sign-extended.
  S index = assume(JumpOp::kJsgt, 32, S::top(), S::constant(word(10)), false).a;
  index = assume(JumpOp::kJslt, 32, index, S::constant(word(-5)), false).a;
  index = movsx(64, 4, index);
  EXPECT_EQ(index.s.lo.signed_value(), -5);
  EXPECT_EQ(index.s.hi.signed_value(), 10);
  // A header length: (x & 0xf) << 2, at least 20.
  S header = alu(AluOp::kLsh, 64, zero_extend(1, S::top()), S::constant(word(2)));
  header = alu(AluOp::kAnd, 64, header, S::constant(word(0x3c)));
  header = assume(JumpOp::kJlt, 64, header, S::constant(word(19)), false).a;
  EXPECT_EQ(header.u.lo.value(), 20u);
  EXPECT_EQ(header.u.hi.value(), 60u);
  // Division and remainder by constants.
  EXPECT_EQ(alu(AluOp::kMod, 64, S::top(), S::constant(word(10))).u.hi.value(), 9u);
  EXPECT_EQ(alu(AluOp::kDiv, 32, S::top(), S::constant(word(16))).u.hi.value(), 0x0fffffffu);
  EXPECT_TRUE(is_constant(alu(AluOp::kDiv, 64, S::top(), S::constant(word(0)))));
  EXPECT_EQ(endian(ebpf::EndianOp::kBe, 2, S::constant(word(0x0800))).bits.value.value(), 0x0008u);
}

}  // namespace
}  // namespace zext::verifier
