#include "kernel_shim/maps/lpm/lpm.h"

#include <errno.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "kernel_shim/maps/hash/map_under_test.h"

namespace zext::shim {
namespace {

template <size_t kBytes>
struct Prefix {
  uint32_t bits = 0;
  std::array<uint8_t, kBytes> data = {};
  auto operator<=>(const Prefix&) const = default;
};
using Ip = Prefix<4>;

MapAttributes attributes(uint32_t data_size, uint32_t entries, uint32_t flags = BPF_F_NO_PREALLOC) {
  return {.type = BPF_MAP_TYPE_LPM_TRIE,
          .key_size = 4 + data_size,
          .value_size = 8,
          .max_entries = entries,
          .flags = flags};
}

TEST(LpmCreateTest, IsAnsweredAsLinuxDoes) {
  TestKernel kernel;
  EXPECT_EQ(try_create(kernel, attributes(4, 1)), 0);
  EXPECT_EQ(try_create(kernel, attributes(4, 1, 0)), -EINVAL) << "only without preallocation";
  EXPECT_EQ(try_create(kernel, attributes(4, 1, BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED)), -EINVAL);
  EXPECT_EQ(try_create(kernel, attributes(4, 1, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG)), 0);
  EXPECT_EQ(try_create(kernel,
                       attributes(4, 1, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)),
            -EINVAL);
  EXPECT_EQ(try_create(kernel, attributes(4, 0)), -EINVAL);
  EXPECT_EQ(try_create(kernel, attributes(0, 1)), -EINVAL);
  EXPECT_EQ(try_create(kernel, attributes(256, 1)), 0);
  EXPECT_EQ(try_create(kernel, attributes(257, 1)), -EINVAL);
  MapAttributes values = attributes(4, 1);
  values.value_size = 0;
  EXPECT_EQ(try_create(kernel, values), -EINVAL);
  values.value_size = (4 << 20) - 256 - 40 + 1;
  EXPECT_EQ(try_create(kernel, values), -EINVAL);
  TestKernel weak({.capabilities = 0});
  EXPECT_EQ(try_create(weak, attributes(4, 0)), -EPERM);
}

class LpmTest : public testing::Test {
 protected:
  TestKernel kernel_;
  MapUnderTest map_{kernel_, attributes(4, 16)};

  static Ip ip(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint32_t bits = 32) {
    return {bits, {a, b, c, d}};
  }
  int add(const Ip& prefix, uint64_t value, uint64_t flags = BPF_ANY) {
    return map_.set(prefix, value, flags);
  }
};

TEST_F(LpmTest, FindsTheLongestPrefix) {
  EXPECT_EQ(add(ip(192, 168, 0, 0, 16), 1), 0);
  EXPECT_EQ(add(ip(192, 168, 0, 0, 24), 2), 0);
  EXPECT_EQ(add(ip(192, 168, 128, 0, 24), 3), 0);
  EXPECT_EQ(add(ip(192, 168, 1, 0, 24), 4), 0);
  EXPECT_EQ(map_.look<uint64_t>(ip(192, 168, 0, 1)), 2);
  EXPECT_EQ(map_.look<uint64_t>(ip(192, 168, 1, 255)), 4);
  EXPECT_EQ(map_.look<uint64_t>(ip(192, 168, 128, 23)), 3);
  EXPECT_EQ(map_.look<uint64_t>(ip(192, 168, 2, 1)), 1);
  EXPECT_EQ(map_.look<uint64_t>(ip(192, 169, 0, 1)), std::nullopt);
  EXPECT_EQ(map_.look<uint64_t>(ip(192, 168, 0, 0, 20)), 1) << "a key may be short";
  EXPECT_EQ(map_.get<uint64_t>(ip(192, 168, 0, 1)), 2);
  EXPECT_EQ(map_.get<uint64_t>(ip(10, 0, 0, 1)), std::nullopt);
  EXPECT_EQ(add(ip(0, 0, 0, 0, 0), 5), 0);
  EXPECT_EQ(map_.look<uint64_t>(ip(10, 0, 0, 1)), 5);
}

TEST_F(LpmTest, RefusesKeysThatAreTooLong) {
  EXPECT_EQ(add(ip(1, 2, 3, 4, 33), 1), -EINVAL);
  EXPECT_EQ(map_.erase(ip(1, 2, 3, 4, 33)), -EINVAL);
  EXPECT_EQ(map_.get<uint64_t>(ip(1, 2, 3, 4, 33)), std::nullopt);
  EXPECT_EQ(map_.look<uint64_t>(ip(1, 2, 3, 4, 33)), std::nullopt);
}

TEST_F(LpmTest, TakesFlagsAndIgnoresThem) {
  EXPECT_EQ(add(ip(1, 0, 0, 0, 8), 1, BPF_EXIST), 0);
  EXPECT_EQ(add(ip(1, 0, 0, 0, 8), 2, BPF_NOEXIST), 0);
  EXPECT_EQ(map_.look<uint64_t>(ip(1, 0, 0, 0)), 2);
  EXPECT_EQ(add(ip(1, 0, 0, 0, 8), 1, 3), -EINVAL);
}

TEST_F(LpmTest, Deletes) {
  EXPECT_EQ(map_.erase(ip(1, 0, 0, 0, 8)), -ENOENT);
  EXPECT_EQ(add(ip(10, 0, 0, 0, 8), 1), 0);
  EXPECT_EQ(add(ip(10, 1, 0, 0, 16), 2), 0);
  EXPECT_EQ(add(ip(10, 2, 0, 0, 16), 3), 0);
  EXPECT_EQ(map_.erase(ip(10, 0, 0, 0, 14)), -ENOENT) << "a branch is no entry";
  EXPECT_EQ(map_.erase(ip(10, 0, 0, 0, 8)), 0);
  EXPECT_EQ(map_.erase(ip(10, 0, 0, 0, 8)), -ENOENT);
  EXPECT_EQ(map_.look<uint64_t>(ip(10, 3, 0, 0)), std::nullopt);
  EXPECT_EQ(map_.look<uint64_t>(ip(10, 1, 0, 0)), 2);
  EXPECT_EQ(map_.erase(ip(10, 1, 0, 0, 16)), 0);
  EXPECT_EQ(map_.look<uint64_t>(ip(10, 2, 0, 0)), 3);
  EXPECT_EQ(map_.erase(ip(10, 2, 0, 0, 16)), 0);
  EXPECT_TRUE(map_.keys<Ip>().empty());
}

TEST_F(LpmTest, IsFullAtMaxEntries) {
  for (uint8_t i = 0; i < 16; ++i) ASSERT_EQ(add(ip(i, 0, 0, 0), i), 0);
  EXPECT_EQ(add(ip(16, 0, 0, 0), 1), -ENOSPC);
  EXPECT_EQ(add(ip(3, 0, 0, 0), 1), -ENOSPC) << "5.19 does not look whether it is there";
  EXPECT_EQ(map_.erase(ip(3, 0, 0, 0)), 0);
  EXPECT_EQ(add(ip(16, 0, 0, 0), 1), 0);
}

TEST_F(LpmTest, WalksTheMoreSpecificFirst) {
  EXPECT_TRUE(map_.keys<Ip>().empty());
  EXPECT_EQ(add(ip(192, 168, 0, 0, 16), 1), 0);
  EXPECT_EQ(add(ip(192, 168, 0, 0, 24), 2), 0);
  EXPECT_EQ(add(ip(192, 168, 128, 0, 24), 3), 0);
  EXPECT_EQ(add(ip(192, 168, 1, 0, 24), 4), 0);
  EXPECT_EQ(map_.keys<Ip>(), (std::vector<Ip>{ip(192, 168, 0, 0, 24), ip(192, 168, 1, 0, 24),
                                              ip(192, 168, 128, 0, 24), ip(192, 168, 0, 0, 16)}));
  Ip next;
  const Ip absent = ip(192, 168, 0, 0, 23);  // a branch
  EXPECT_EQ(map_next_key(kernel_, *map_, &absent, &next), 0);
  EXPECT_EQ(next, ip(192, 168, 0, 0, 24)) << "from a key that is not there it starts again";
  const Ip invalid = ip(192, 168, 0, 0, 99);
  EXPECT_EQ(map_next_key(kernel_, *map_, &invalid, &next), 0);
  EXPECT_EQ(next, ip(192, 168, 0, 0, 24));
}

TEST_F(LpmTest, HasNoCallbacksAndNoTaking) {
  EXPECT_EQ(map_.ops().for_each, nullptr);
  uint64_t value;
  const Ip key = ip(1, 0, 0, 0);
  EXPECT_EQ(map_take_value(kernel_, *map_, &key, &value, 0), -kNotSupported);
}

TEST(LpmMemoryTest, UsesNodesAgain) {
  TestKernel kernel;
  MapUnderTest map(kernel, attributes(4, 100));
  std::mt19937 random(1);
  uint64_t most = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 100; ++i) {
      const auto word = static_cast<uint32_t>(random());
      Ip key{32, {}};
      std::memcpy(key.data.data(), &word, 4);
      ASSERT_EQ(map.set(key, uint64_t{word}), 0);
      ASSERT_EQ(map.look<uint64_t>(key), word);
    }
    for (const Ip& key : map.keys<Ip>()) ASSERT_EQ(map.erase(key), 0);
    if (round == 5) most = map->memory;
  }
  EXPECT_EQ(map->memory, most);
}

TEST(LpmMemoryTest, RunsOutOfMemory) {
  const kshim_config config{.size = sizeof(kshim_config),
                            .allow_unprivileged = false,
                            .blind_constants = false,
                            .memory_limit = 20 << 10,
                            .verifier_steps = 0};
  TestKernel kernel({}, config);
  MapUnderTest map(kernel, attributes(4, 10'000));
  uint32_t count = 0;
  int error = 0;
  while (error == 0) {
    error = map.set(Ip{32, {1, 2, static_cast<uint8_t>(count >> 8), static_cast<uint8_t>(count)}},
                    uint64_t{count});
    if (error == 0) ++count;
  }
  EXPECT_EQ(error, -ENOMEM);
  EXPECT_GT(count, 50);
  // What was removed can be used at once, now that there is nothing else.
  for (uint32_t i = 0; i < 10; ++i) {
    const Ip key{32, {1, 2, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}};
    ASSERT_EQ(map.erase(key), 0);
    ASSERT_EQ(map.set(key, uint64_t{i}), 0);
  }
  EXPECT_EQ(map.keys<Ip>().size(), count);
}

// --- against a list of all prefixes
template <size_t kBytes>
class Model {
 public:
  using Key = Prefix<kBytes>;

  explicit Model(uint32_t seed) : random_(seed) {}

  void step() {
    Key key = some_key();
    const uint64_t value = random_();
    switch (random_() % 4) {
      case 0: {
        const int error = entries_.erase(key) != 0 ? 0 : -ENOENT;
        ASSERT_EQ(map_.erase(key), error);
        break;
      }
      case 1: {
        const int error = entries_.size() == map_->max_entries ? -ENOSPC : 0;
        ASSERT_EQ(map_.put(key, value), error);
        if (error == 0) entries_[key] = value;
        break;
      }
      default: {
        const auto expected = longest(key);
        ASSERT_EQ(map_.template look<uint64_t>(key), expected);
        ASSERT_EQ(map_.template get<uint64_t>(key), expected);
      }
    }
  }

  // Children before parents, the side of 0 before that of 1.
  void walk() {
    std::vector<Key> expected;
    for (const auto& [key, value] : entries_) expected.push_back(key);
    std::sort(expected.begin(), expected.end(), [](const Key& a, const Key& b) {
      const uint32_t common = std::min(a.bits, b.bits);
      for (uint32_t i = 0; i < common; ++i) {
        if (bit(a, i) != bit(b, i)) return bit(a, i) < bit(b, i);
      }
      return a.bits > b.bits;
    });
    ASSERT_EQ(map_.template keys<Key>(), expected);
  }

 private:
  static bool bit(const Key& key, uint32_t index) {
    return (key.data[index / 8 % kBytes] >> (7 - index % 8) & 1) != 0;
  }
  static bool is_prefix(const Key& prefix, const Key& key) {
    if (prefix.bits > key.bits) return false;
    for (uint32_t i = 0; i < prefix.bits; ++i) {
      if (bit(prefix, i) != bit(key, i)) return false;
    }
    return true;
  }
  std::optional<uint64_t> longest(const Key& key) const {
    const Key* best = nullptr;
    for (const auto& [prefix, value] : entries_) {
      if (is_prefix(prefix, key) && (best == nullptr || prefix.bits > best->bits)) best = &prefix;
    }
    if (best == nullptr) return std::nullopt;
    return entries_.at(*best);
  }
  // Few differences, so that prefixes share much; bits behind the prefix are 0.
  Key some_key() {
    Key key{static_cast<uint32_t>(random_() % (kBytes * 8 + 1)), {}};
    for (uint32_t i = 0; i < key.bits; ++i) {
      if (random_() % 8 == 0) key.data[i / 8] |= static_cast<uint8_t>(0x80 >> i % 8);
    }
    return key;
  }

  TestKernel kernel_;
  MapUnderTest map_{kernel_, attributes(kBytes, 60)};
  std::mt19937_64 random_;
  std::map<Key, uint64_t> entries_;
};

template <typename Size>
class LpmModel : public testing::Test {};
template <size_t kBytes>
using Bytes = std::integral_constant<size_t, kBytes>;
using Sizes = testing::Types<Bytes<1>, Bytes<2>, Bytes<4>, Bytes<6>, Bytes<8>, Bytes<9>, Bytes<16>,
                             Bytes<20>>;
TYPED_TEST_SUITE(LpmModel, Sizes);

TYPED_TEST(LpmModel, Agrees) {
  for (uint32_t seed = 0; seed < 4; ++seed) {
    Model<TypeParam::value> model(seed);
    for (int i = 0; i < 5'000; ++i) {
      model.step();
      if (i % 100 == 0) model.walk();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << " step " << i;
    }
  }
}

// --- several threads

// A short prefix
// is always there, longer ones come and go: whoever looks finds one of them, and the value says
// which addresses it may be found by.
TEST(LpmStress, FindsAPrefixOfTheKey) {
  TestKernel kernel;
  MapUnderTest map(kernel, attributes(4, 1000));
  ASSERT_EQ(map.set(Ip{8, {10, 0, 0, 0}}, uint64_t{0x0a00'0000} << 8 | 8), 0);
  std::atomic<bool> stop{false};
  const auto address = [](std::mt19937& random) {
    return 0x0a00'0000 | static_cast<uint32_t>(random() & 0x0003'0303);
  };
  const auto key_of = [](uint32_t address, uint32_t bits) {
    return Ip{bits,
              {static_cast<uint8_t>(address >> 24), static_cast<uint8_t>(address >> 16),
               static_cast<uint8_t>(address >> 8), static_cast<uint8_t>(address)}};
  };
  std::vector<std::thread> threads;
  for (uint32_t thread = 0; thread < 2; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random(thread);
      while (!stop) {
        const uint32_t bits = 9 + random() % 24;
        const uint32_t prefix = address(random) >> (32 - bits) << (32 - bits);
        if (random() % 2 == 0) {
          map.put(key_of(prefix, bits), uint64_t{prefix} << 8 | bits);
        } else {
          map.drop(key_of(prefix, bits));
        }
        if (random() % 64 == 0) map.keys<Ip>();
      }
    });
  }
  // A reader who is kept waiting between finding a value and reading it may see that of another
  // prefix, since removed nodes are used again; but always a whole one, and hardly ever.
  constexpr int kLookups = 30'000;
  std::atomic<int> others = 0;
  for (uint32_t thread = 0; thread < 2; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random(100 + thread);
      for (int i = 0; i < kLookups; ++i) {
        const uint32_t wanted = address(random);
        const Ip key = key_of(wanted, 32);
        const ReadSection section(kernel);
        const void* found = map_lookup(kernel, *map, &key);
        ASSERT_NE(found, nullptr);
        uint64_t value = 0;
        copy_shared_out(&value, found, sizeof value);
        const auto bits = static_cast<uint32_t>(value & 0xff);
        ASSERT_GE(bits, 8);
        ASSERT_LE(bits, 32);
        const auto prefix = static_cast<uint32_t>(value >> 8);
        ASSERT_EQ(prefix >> (32 - bits) << (32 - bits), prefix);
        if (wanted >> (32 - bits) != prefix >> (32 - bits)) ++others;
      }
      stop = true;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LT(others, kLookups / 50);
}

}  // namespace
}  // namespace zext::shim
