#include "kernel_shim/maps/hash/key.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <set>
#include <vector>

namespace zext::shim::hash {
namespace {

TEST(KeyTest, ComparesEveryByte) {
  for (uint32_t size = 1; size <= 40; ++size) {
    std::vector<uint8_t> key(size + 1);
    for (uint32_t i = 0; i < size; ++i) key[i + 1] = static_cast<uint8_t>(i + 1);
    uint64_t stored[5] = {~0ull, ~0ull, ~0ull, ~0ull, ~0ull};
    store_key(stored, key.data() + 1, size);
    EXPECT_TRUE(key_equals(stored, key.data() + 1, size));
    for (uint32_t i = 0; i < size; ++i) {
      key[i + 1] ^= 0x40;
      EXPECT_FALSE(key_equals(stored, key.data() + 1, size)) << size << " " << i;
      key[i + 1] ^= 0x40;
    }
  }
}

TEST(KeyTest, HashesDependOnEveryBitAndTheSeed) {
  std::mt19937_64 random(1);
  for (uint32_t size = 1; size <= 24; ++size) {
    double changed = 0;
    for (uint32_t bit = 0; bit < size * 8; ++bit) {
      std::vector<uint8_t> key(size);
      for (uint8_t& byte : key) byte = static_cast<uint8_t>(random());
      const uint64_t seed = random();
      const uint32_t before = hash_key(key.data(), size, seed);
      key[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
      const uint32_t after = hash_key(key.data(), size, seed);
      EXPECT_NE(before, after);
      changed += std::popcount(before ^ after);
      EXPECT_NE(after, hash_key(key.data(), size, seed + 1));
    }
    // About half of the result's bits.
    EXPECT_GT(changed / (size * 8), 10) << size;
    EXPECT_LT(changed / (size * 8), 22) << size;
  }
}

// Keys as they are: numbers in a row, multiples of a power of two, high bits only. In a table of
// twice as many buckets, chance would leave about 40 % of the buckets used.
TEST(KeyTest, SpreadsKeysOverBuckets) {
  constexpr uint32_t kKeys = 1 << 12;
  for (const uint64_t step : {uint64_t{1}, uint64_t{64}, uint64_t{1} << 20, uint64_t{1} << 44}) {
    for (const uint64_t seed : {uint64_t{0}, uint64_t{0x1234'5678'9abc'def0}}) {
      std::set<uint32_t> buckets;
      for (uint64_t i = 0; i < kKeys; ++i) {
        const uint64_t key = i * step;
        buckets.insert(hash_key(&key, sizeof key, seed) & (2 * kKeys - 1));
      }
      EXPECT_GT(buckets.size(), kKeys * 7 / 10) << step << " " << seed;
    }
  }
}

}  // namespace
}  // namespace zext::shim::hash
