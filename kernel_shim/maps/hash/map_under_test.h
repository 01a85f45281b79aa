// MapUnderTest: a map in a kernel of its own, used as system calls and as programs use it.
//
//   TestKernel kernel;
//   MapUnderTest map(kernel, {.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8,
//                             .max_entries = 16});
//   EXPECT_EQ(map.set(1u, uint64_t{42}), 0);
//   EXPECT_EQ(map.get<uint64_t>(1u), 42);
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "kernel_shim/hosts/process/process_host.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {

class TestKernel {
 public:
  explicit TestKernel(const ProcessHost::Options& options = {}, const kshim_config& config = {})
      : host_(options), kernel_(Host(host_.functions()), config) {
    EXPECT_EQ(kernel_.start(), 0);
    kernel_.ops(KSHIM_MAP) = {.last_handle = map_last_handle, .destroy = map_destroy};
    host_.serve(c_shim(kernel_));
  }
  ~TestKernel() {
    host_.close_all();
    EXPECT_EQ(kernel_.ids(KSHIM_MAP).count(kernel_), 0) << "maps were left";
    kernel_.stop();
  }
  operator Kernel&() { return kernel_; }
  Kernel& operator*() { return kernel_; }
  Kernel* operator->() { return &kernel_; }
  ProcessHost& host() { return host_; }

 private:
  ProcessHost host_;
  Kernel kernel_;
};

class MapUnderTest {
 public:
  MapUnderTest(Kernel& kernel, const MapAttributes& attributes) : kernel_(kernel) {
    Map* map = nullptr;
    EXPECT_EQ(map_create(kernel, attributes, &map), 0);
    map_ = Ref<Map>::take(kernel, map);
  }
  Map& operator*() { return *map_; }
  Map* operator->() { return map_.get(); }
  const MapOps& ops() { return *map_ops(map_->type); }
  // The last reference goes.
  void close() { map_.reset(); }

  // --- as system calls ---------------------------------------------------------------------------
  template <typename K, typename V>
  int set(const K& key, const V& value, uint64_t flags = BPF_ANY) {
    return map_update_value(kernel_, *map_, &key, &value, flags);
  }
  template <typename K>
  int set_all(const K& key, const std::vector<uint64_t>& values, uint64_t flags = BPF_ANY) {
    return map_update_value(kernel_, *map_, &key, values.data(), flags);
  }
  template <typename V, typename K>
  std::optional<V> get(const K& key, uint64_t flags = 0) {
    V value{};
    if (map_copy_value(kernel_, *map_, &key, &value, flags) != 0) return std::nullopt;
    return value;
  }
  // A value of each CPU; none: the key is not there.
  template <typename K>
  std::vector<uint64_t> get_all(const K& key) {
    std::vector<uint64_t> values(user_value_size(kernel_, *map_) / 8);
    if (map_copy_value(kernel_, *map_, &key, values.data(), 0) != 0) values.clear();
    return values;
  }
  template <typename K>
  bool has(const K& key) {
    std::vector<uint64_t> value(user_value_size(kernel_, *map_) / 8 + 1);
    return map_copy_value(kernel_, *map_, &key, value.data(), 0) == 0;
  }
  template <typename K>
  int erase(const K& key) {
    return map_delete_value(kernel_, *map_, &key);
  }
  template <typename K>
  std::vector<K> keys() {
    std::vector<K> found;
    K key{};
    for (const K* from = nullptr; map_next_key(kernel_, *map_, from, &key) == 0;) {
      found.push_back(key);
      from = &found.back();
      if (found.size() > 2 * uint64_t{map_->max_entries}) {
        ADD_FAILURE() << "the walk does not end";
        break;
      }
    }
    return found;
  }

  // --- as programs
  template <typename V, typename K>
  std::optional<V> look(const K& key) {
    const ReadSection section(kernel_);
    const void* found = map_lookup(kernel_, *map_, &key);
    if (found == nullptr) return std::nullopt;
    V value;
    std::memcpy(&value, found, sizeof value);
    return value;
  }
  template <typename K, typename V>
  int put(const K& key, const V& value, uint64_t flags = BPF_ANY) {
    const ReadSection section(kernel_);
    return map_update(kernel_, *map_, &key, &value, flags);
  }
  template <typename K>
  int drop(const K& key) {
    const ReadSection section(kernel_);
    return map_remove(kernel_, *map_, &key);
  }

 private:
  Kernel& kernel_;
  Ref<Map> map_;
};

// What MAP_CREATE answers; the map is gone again.
inline int try_create(Kernel& kernel, const MapAttributes& attributes) {
  Map* map = nullptr;
  const int error = map_create(kernel, attributes, &map);
  if (error == 0) put(kernel, *map);
  return error;
}

}  // namespace zext::shim
