// Several threads, each on a CPU of its own, in one map. Values say which key they are of, so that
// whoever reads one sees whether it is whole and the right one's.
#include <errno.h>

#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "kernel_shim/maps/hash/hash.h"
#include "kernel_shim/maps/hash/map_under_test.h"

namespace zext::shim {
namespace {

constexpr uint32_t kThreads = 4;
constexpr uint32_t kKeys = 64;
constexpr uint32_t kRounds = 4'000;

struct Value {
  uint64_t words[4];
};
Value value_of(uint64_t key, uint64_t round) {
  const uint64_t word = key << 32 | round;
  return {{word, word, word, word}};
}
void expect_whole(uint64_t key, const Value& value) {
  for (const uint64_t word : value.words) {
    ASSERT_EQ(word, value.words[0]);
    ASSERT_EQ(word >> 32, key);
  }
}

void in_threads(uint32_t count, const std::function<void(uint32_t)>& body) {
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < count; ++i) threads.emplace_back(body, i);
  for (std::thread& thread : threads) thread.join();
}

struct Shape {
  uint32_t type;
  uint32_t flags;
  uint32_t entries;
};

class Stress : public testing::TestWithParam<Shape> {
 protected:
  Stress()
      : map_(kernel_, {.type = GetParam().type,
                       .key_size = 8,
                       .value_size = sizeof(Value),
                       .max_entries = GetParam().entries,
                       .flags = GetParam().flags}) {}

  bool per_cpu() { return is_per_cpu(map_->type); }
  bool is_lru() {
    return map_->type == BPF_MAP_TYPE_LRU_HASH || map_->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
  }
  // What an update may say. An LRU makes room, unless other CPUs have just taken out all there was
  // and not yet given it back.
  int full_error() { return is_lru() ? -ENOMEM : -E2BIG; }

  void update(uint64_t key, uint64_t round, bool by_program) {
    const Value value = value_of(key, round);
    int error = 0;
    if (by_program || !per_cpu()) {
      error = by_program ? map_.put(key, value) : map_.set(key, value);
    } else {
      const std::vector<Value> values(kThreads, value);
      error = map_update_value(kernel_, *map_, &key, values.data(), 0);
    }
    ASSERT_TRUE(error == 0 || error == full_error()) << error;
  }

  void read(uint64_t key) {
    std::vector<Value> values(per_cpu() ? kThreads : 1);
    const int error = map_copy_value(kernel_, *map_, &key, values.data(), 0);
    if (error != 0) {
      ASSERT_EQ(error, -ENOENT);
      return;
    }
    // One CPU's may not have been written yet; what was, was whole.
    for (const Value& value : values) {
      if (value.words[0] != 0 || !per_cpu()) expect_whole(key, value);
    }
  }

  void take(uint64_t key) {
    std::vector<Value> values(per_cpu() ? kThreads : 1);
    const int error = map_take_value(kernel_, *map_, &key, values.data(), 0);
    if (error == 0 && !per_cpu()) expect_whole(key, values[0]);
  }

  void look(uint64_t key) {
    const ReadSection section(kernel_);
    const void* found = map_lookup(kernel_, *map_, &key);
    if (found == nullptr) return;
    Value value;
    copy_shared_out(&value, found, sizeof value);
  }

  void take_bucket(std::mt19937_64& random) {
    std::vector<uint64_t> keys(16);
    std::vector<Value> values(16 * kThreads);
    uint32_t bucket = static_cast<uint32_t>(random() % GetParam().entries);
    uint32_t count = 0;
    map_.ops().take_bucket(kernel_, *map_, &bucket, keys.data(), values.data(), 16, &count,
                           random() % 2 != 0, 0);
    for (uint32_t i = 0; i < count && !per_cpu(); ++i) expect_whole(keys[i], values[i]);
  }

  void next(uint64_t key) {
    uint64_t found = kKeys;
    if (map_next_key(kernel_, *map_, &key, &found) == 0) {
      ASSERT_LT(found, kKeys);
    }
  }

  void run(uint32_t thread) {
    std::mt19937_64 random(thread);
    for (uint64_t round = 1; round <= kRounds; ++round) {
      const uint64_t key = random() % kKeys;
      switch (random() % 10) {
        case 0:
          map_.erase(key);
          break;
        case 1:
          map_.drop(key);
          break;
        case 2:
          take(key);
          break;
        case 3:
          next(key);
          break;
        case 4:
          if (random() % 16 == 0) take_bucket(random);
          break;
        case 5:
          look(key);
          break;
        case 6:
        case 7:
          read(key);
          break;
        case 8:
          update(key, round, false);
          break;
        default:
          update(key, round, true);
      }
      if (HasFatalFailure()) return;
    }
  }

  TestKernel kernel_{{.cpus = kThreads}};
  MapUnderTest map_;
};

INSTANTIATE_TEST_SUITE_P(
    Lru, Stress,
    testing::Values(Shape{BPF_MAP_TYPE_LRU_HASH, 0, kKeys / 4}, Shape{BPF_MAP_TYPE_LRU_HASH, 0, 1},
                    Shape{BPF_MAP_TYPE_LRU_HASH, BPF_F_NO_COMMON_LRU, kKeys / 4},
                    Shape{BPF_MAP_TYPE_LRU_PERCPU_HASH, 0, kKeys / 4},
                    Shape{BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_F_NO_COMMON_LRU, kKeys / 4}));

class FullStress : public Stress {};

constexpr Shape kFullShapes[] = {{BPF_MAP_TYPE_HASH, 0, kKeys},
                                 {BPF_MAP_TYPE_HASH, 0, kKeys / 4},
                                 {BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, kKeys},
                                 {BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, kKeys / 4},
                                 {BPF_MAP_TYPE_PERCPU_HASH, 0, kKeys / 2},
                                 {BPF_MAP_TYPE_PERCPU_HASH, BPF_F_NO_PREALLOC, kKeys / 2}};

INSTANTIATE_TEST_SUITE_P(Full, Stress, testing::ValuesIn(kFullShapes));
INSTANTIATE_TEST_SUITE_P(All, FullStress, testing::ValuesIn(kFullShapes));

TEST_P(Stress, ValuesStayWhole) {
  in_threads(kThreads, [&](uint32_t thread) { run(thread); });
  // Nothing was lost on the way: the map still takes all it should, and no more.
  for (const uint64_t key : map_.keys<uint64_t>()) ASSERT_EQ(map_.erase(key), 0);
  for (uint64_t key = 0; key < GetParam().entries; ++key) {
    ASSERT_EQ(map_.put(key, value_of(key, 1)), 0);
    ASSERT_TRUE(map_.has(key));
  }
  if (!is_lru()) {
    EXPECT_EQ(map_.put(uint64_t{1000}, Value{}), -E2BIG);
  }
}

// Exactly as many as there is room for get in, whoever they are.
TEST_P(FullStress, FillsToTheLast) {
  for (int round = 0; round < 10; ++round) {
    std::atomic<uint32_t> entered{0};
    in_threads(kThreads, [&](uint32_t thread) {
      for (uint64_t i = 0; i < GetParam().entries; ++i) {
        const uint64_t key = i * kThreads + thread;
        const int error = map_.put(key, value_of(key, 1), BPF_NOEXIST);
        ASSERT_TRUE(error == 0 || error == -E2BIG);
        if (error == 0) entered.fetch_add(1);
      }
    });
    ASSERT_EQ(entered.load(), GetParam().entries);
    const auto keys = map_.keys<uint64_t>();
    ASSERT_EQ(keys.size(), GetParam().entries);
    for (const uint64_t key : keys) ASSERT_EQ(map_.erase(key), 0);
  }
}

// A key that is always there is always found, whatever goes on around it.
TEST_P(FullStress, FindsWhatIsAlwaysThere) {
  constexpr uint64_t kStable = 1'000'000;
  ASSERT_EQ(map_.put(kStable, value_of(kStable, 0)), 0);
  std::atomic<bool> stop{false};
  in_threads(kThreads, [&](uint32_t thread) {
    if (thread == 0) {
      for (uint32_t i = 0; i < 10 * kRounds; ++i) {
        const ReadSection section(kernel_);
        ASSERT_NE(map_lookup(kernel_, *map_, &kStable), nullptr);
      }
      stop = true;
      return;
    }
    std::mt19937_64 random(thread);
    while (!stop) {
      const uint64_t key = random() % kKeys;
      map_.put(key, value_of(key, 1));
      map_.drop(random() % kKeys);
      if (thread == 1) map_.put(kStable, value_of(kStable, 1));
    }
  });
}

// Programs look inner maps up while they are replaced: what they get is alive.
TEST(HashOfMapsStress, InnerMapsLiveAsLongAsSomebodyLooks) {
  TestKernel kernel({.cpus = kThreads});
  const MapAttributes inner{
      .type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 4};
  MapUnderTest pattern(kernel, inner);
  MapUnderTest outer(kernel, {.type = BPF_MAP_TYPE_HASH_OF_MAPS,
                              .key_size = 4,
                              .value_size = 4,
                              .max_entries = 4,
                              .inner = &*pattern});
  std::atomic<bool> stop{false};
  in_threads(kThreads, [&](uint32_t thread) {
    for (uint32_t i = 0; thread == 0 && i < 300; ++i) {
      MapUnderTest fresh(kernel, inner);
      ASSERT_EQ(fresh.set(1u, uint64_t{1234}), 0);
      const int fd = install_fd(kernel, *fresh);
      ASSERT_EQ(outer.set(i % 2, fd), 0);
      kernel.host().close(fd);
      if (i % 3 == 0) {
        ASSERT_EQ(outer.erase(i % 2), 0);
      }
    }
    if (thread == 0) stop = true;
    while (!stop) {
      const uint32_t key = thread % 2;
      const ReadSection section(kernel);
      auto* found = static_cast<Map*>(map_lookup(kernel, *outer, &key));
      if (found == nullptr) continue;
      const uint32_t one = 1;
      const void* value = map_lookup(kernel, *found, &one);
      ASSERT_NE(value, nullptr);
      uint64_t word = 0;
      copy_shared_out(&word, value, sizeof word);
      ASSERT_EQ(word, 1234);
    }
  });
}

}  // namespace
}  // namespace zext::shim
