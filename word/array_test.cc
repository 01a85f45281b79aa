#include "word/array.h"

#include <gtest/gtest.h>

#include "word/smt.h"

namespace zext {
namespace {

using W = Bv<64>;

bool holds(const Formula& claim) { return prove(claim, {.logic = "QF_AUFBV"}).proved(); }

TEST(ByteArray, ReadsWhatWasWrittenLittleEndian) {
  const auto p = W::variable("p"), x = W::variable("x");
  ByteArray memory = ByteArray::variable("memory");
  memory.store(p, 8, x);
  EXPECT_TRUE(holds(memory.load(p, 8) == x));
  EXPECT_TRUE(holds(memory.load(p, 4) == zext<64>(trunc<32>(x))));
  EXPECT_TRUE(holds(memory.at(p + W::of(7)) == extract<63, 56>(x)));
  EXPECT_FALSE(holds(memory.at(p + W::of(8)) == extract<63, 56>(x)));
}

TEST(ByteArray, WritesElsewhereDoNotShow) {
  const auto p = W::variable("p"), q = W::variable("q"), x = W::variable("x");
  const ByteArray before = ByteArray::variable("memory");
  ByteArray after = before;
  after.store(q, 4, x);
  const W away = p - q;
  const Formula apart = ule(W::of(4), away) && ule(away, W::of(0) - W::of(2));
  EXPECT_TRUE(holds(implies(apart, after.load(p, 2) == before.load(p, 2))));
  EXPECT_FALSE(holds(after.load(p, 2) == before.load(p, 2)));
  after.store(q, 4, before.load(q, 4));
  EXPECT_TRUE(holds(after.at(p) == before.at(p)));
}

TEST(ByteArray, TheLastWriteCounts) {
  const auto p = W::variable("p"), x = W::variable("x"), y = W::variable("y");
  ByteArray memory = ByteArray::variable("memory");
  memory.store(p, 8, x);
  memory.store(p + W::of(2), 1, y);
  EXPECT_TRUE(holds(memory.at(p + W::of(2)) == trunc<8>(y)));
  EXPECT_TRUE(holds(memory.load(p, 2) == zext<64>(trunc<16>(x))));
}

TEST(ByteArray, SameMemories) {
  const auto p = W::variable("p"), q = W::variable("q"), x = W::variable("x");
  ByteArray a = ByteArray::variable("memory"), b = a;
  EXPECT_TRUE(holds(same_bytes(a, b)));
  EXPECT_FALSE(holds(same_bytes(a, ByteArray::variable("other"))));
  a.store(p, 2, x);
  EXPECT_FALSE(holds(same_bytes(a, b)));
  b.store(p, 2, x + W::of(0x10000));
  EXPECT_TRUE(holds(same_bytes(a, b)));
  a.store(q, 1, x);
  b.store(p, 2, x);
  b.store(q, 1, x);
  EXPECT_TRUE(holds(same_bytes(a, b)));
  b.store(q, 1, x + W::of(1));
  EXPECT_FALSE(holds(same_bytes(a, b)));
}

}  // namespace
}  // namespace zext
