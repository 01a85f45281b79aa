// Random calls, each answered by the map and by a std::map.
#include <errno.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "kernel_shim/maps/hash/hash.h"
#include "kernel_shim/maps/hash/map_under_test.h"

namespace zext::shim {
namespace {

struct Shape {
  uint32_t type;
  uint32_t flags;
  uint32_t entries;
};

constexpr uint32_t kCpus = 3;

class Model : public testing::TestWithParam<Shape> {
 protected:
  using Values = std::vector<uint64_t>;  // one, or one a CPU

  Model()
      : map_(kernel_, {.type = GetParam().type,
                       .key_size = 8,
                       .value_size = 8,
                       .max_entries = GetParam().entries,
                       .flags = GetParam().flags}) {}

  bool per_cpu() const { return is_per_cpu(GetParam().type); }
  bool lru() const {
    return GetParam().type == BPF_MAP_TYPE_LRU_HASH ||
           GetParam().type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
  }
  uint64_t some_key() { return random_() % (GetParam().entries * 2); }

  int expected_error(uint64_t key, uint64_t flags) const {
    const bool there = model_.contains(key);
    if (flags > BPF_EXIST) return -EINVAL;
    if (there && flags == BPF_NOEXIST) return -EEXIST;
    if (!there && flags == BPF_EXIST) return -ENOENT;
    return !there && model_.size() == GetParam().entries ? -E2BIG : 0;
  }

  void update_by_call() {
    const uint64_t key = some_key();
    const uint64_t flags = random_() % 4;
    Values values(per_cpu() ? kCpus : 1);
    for (uint64_t& value : values) value = random_();
    const int error = expected_error(key, flags);
    ASSERT_EQ(map_.set_all(key, values, flags), error);
    if (error == 0) model_[key] = values;
  }

  void update_by_program() {
    const uint64_t key = some_key();
    const uint64_t flags = random_() % 4;
    const uint64_t value = random_();
    const ReadSection section(kernel_);
    const uint32_t cpu = per_cpu() ? kernel_->host().cpu_id() : 0;
    const int error = expected_error(key, flags);
    ASSERT_EQ(map_.put(key, value, flags), error);
    if (error != 0) return;
    auto [at, fresh] = model_.try_emplace(key, Values(per_cpu() ? kCpus : 1));
    at->second[cpu] = value;
  }

  void look() {
    const uint64_t key = some_key();
    const auto at = model_.find(key);
    const Values values = map_.get_all(key);
    ASSERT_EQ(values, at == model_.end() ? Values() : at->second);
    const ReadSection section(kernel_);
    const uint32_t cpu = per_cpu() ? kernel_->host().cpu_id() : 0;
    const auto value = map_.look<uint64_t>(key);
    ASSERT_EQ(value.has_value(), at != model_.end());
    if (value.has_value()) {
      ASSERT_EQ(*value, at->second[cpu]);
    }
  }

  void erase() {
    const uint64_t key = some_key();
    const int error = model_.erase(key) != 0 ? 0 : -ENOENT;
    ASSERT_EQ(random_() % 2 != 0 ? map_.erase(key) : map_.drop(key), error);
  }

  void take() {
    const uint64_t key = some_key();
    Values values(per_cpu() ? kCpus : 1);
    const auto at = model_.find(key);
    const int error = at != model_.end() ? 0 : -ENOENT;
    ASSERT_EQ(map_take_value(kernel_, *map_, &key, values.data(), 0), error);
    if (error != 0) return;
    ASSERT_EQ(values, at->second);
    model_.erase(at);
  }

  void walk() {
    std::vector<uint64_t> keys = map_.keys<uint64_t>();
    std::sort(keys.begin(), keys.end());
    std::vector<uint64_t> expected;
    for (const auto& [key, values] : model_) expected.push_back(key);
    ASSERT_EQ(keys, expected);
  }

  void take_buckets() {
    const uint32_t room = 8;
    const uint64_t stride = per_cpu() ? kCpus : 1;
    std::vector<uint64_t> keys(room);
    Values values(room * stride);
    uint32_t bucket = static_cast<uint32_t>(random_() % GetParam().entries);
    uint32_t count = 0;
    map_.ops().take_bucket(kernel_, *map_, &bucket, keys.data(), values.data(), room, &count, true,
                           0);
    ASSERT_LE(count, room);
    for (uint32_t i = 0; i < count; ++i) {
      const auto at = model_.find(keys[i]);
      ASSERT_NE(at, model_.end());
      const auto first = values.begin() + static_cast<ptrdiff_t>(i * stride);
      ASSERT_EQ(Values(first, first + static_cast<ptrdiff_t>(stride)), at->second);
      model_.erase(at);
    }
  }

  // An LRU decides itself what goes: whatever it has lost is lost for the model, too.
  void follow_lru() {
    if (!lru()) return;
    std::erase_if(model_, [&](const auto& entry) { return !map_.has(entry.first); });
  }

  void step() {
    switch (random_() % 16) {
      case 0:
        return take();
      case 1:
        return random_() % 16 == 0 ? walk() : erase();
      case 2:
        return random_() % 8 == 0 ? take_buckets() : erase();
      case 3:
      case 4:
        return erase();
      case 5:
      case 6:
      case 7:
      case 8:
        return look();
      case 9:
      case 10:
      case 11:
        return update_by_call();
      default:
        return update_by_program();
    }
  }

  TestKernel kernel_{{.cpus = kCpus}};
  MapUnderTest map_;
  std::mt19937_64 random_{GetParam().type * 100 + GetParam().flags};
  std::map<uint64_t, Values> model_;
};

class HashModel : public Model {};
class LruModel : public Model {};

INSTANTIATE_TEST_SUITE_P(All, HashModel,
                         testing::Values(Shape{BPF_MAP_TYPE_HASH, 0, 1},
                                         Shape{BPF_MAP_TYPE_HASH, 0, 50},
                                         Shape{BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, 50},
                                         Shape{BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED, 50},
                                         Shape{BPF_MAP_TYPE_PERCPU_HASH, 0, 50},
                                         Shape{BPF_MAP_TYPE_PERCPU_HASH, BPF_F_NO_PREALLOC, 50}));

TEST_P(HashModel, Agrees) {
  for (int i = 0; i < 100'000; ++i) {
    step();
    if (HasFatalFailure()) FAIL() << "at step " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, LruModel,
                         testing::Values(Shape{BPF_MAP_TYPE_LRU_HASH, 0, 60},
                                         Shape{BPF_MAP_TYPE_LRU_HASH, BPF_F_NO_COMMON_LRU, 60},
                                         Shape{BPF_MAP_TYPE_LRU_PERCPU_HASH, 0, 60},
                                         Shape{BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_F_NO_COMMON_LRU,
                                               60}));

// What an LRU has is what was last written there, and nothing that was not written.
TEST_P(LruModel, HasWhatWasWrittenLast) {
  const uint64_t stride = per_cpu() ? kCpus : 1;
  for (uint64_t i = 0; i < 50'000; ++i) {
    const uint64_t key = some_key();
    switch (random_() % 4) {
      case 0:
        look();
        break;
      case 1:
        erase();
        break;
      default: {
        const Values values(stride, i);
        ASSERT_EQ(map_.set_all(key, values, BPF_ANY), 0);
        model_[key] = values;
        ASSERT_TRUE(map_.has(key));
        follow_lru();
      }
    }
    if (HasFatalFailure()) FAIL() << "at step " << i;
    ASSERT_LE(model_.size(), map_->max_entries);
  }
  walk();
}

}  // namespace
}  // namespace zext::shim
