// TestKernel: a kernel with nothing but maps, for their tests.
//
//   TestKernel kernel;
//   TestMap map = kernel.create({.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, ...});
//   EXPECT_EQ(map.update(uint32_t{3}, uint64_t{5}), 0);
//   EXPECT_EQ(map.get<uint64_t>(uint32_t{3}), 5);
//
// Whatever is left when it ends is a leak, and ends the test.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "kernel_shim/hosts/process/process_host.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/programs/program.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

// A map of a test's, with the functions that system calls use.
class TestMap {
 public:
  TestMap(Kernel& kernel, Map* map) : kernel_(&kernel), map_(Ref<Map>::take(kernel, map)) {}

  Map& operator*() const { return *map_; }
  Map* get() const { return map_.get(); }
  explicit operator bool() const { return static_cast<bool>(map_); }

  template <typename Key, typename Value>
  int update(const Key& key, const Value& value, uint64_t flags = BPF_ANY) {
    return map_update_value(*kernel_, *map_, &key, &value, flags);
  }
  template <typename Key>
  int update_bytes(const Key& key, const std::vector<uint8_t>& value, uint64_t flags = BPF_ANY) {
    return map_update_value(*kernel_, *map_, &key, value.data(), flags);
  }
  template <typename Key, typename Value>
  int copy(const Key& key, Value* value, uint64_t flags = 0) {
    return map_copy_value(*kernel_, *map_, &key, value, flags);
  }
  template <typename Key>
  int copy_bytes(const Key& key, std::vector<uint8_t>* value, uint64_t flags = 0) {
    value->resize(user_value_size(*kernel_, *map_));
    return map_copy_value(*kernel_, *map_, &key, value->data(), flags);
  }
  template <typename Value, typename Key>
  std::optional<Value> get(const Key& key) {
    Value value;
    if (copy(key, &value) != 0) return std::nullopt;
    return value;
  }
  template <typename Key>
  int remove(const Key& key) {
    return map_delete_value(*kernel_, *map_, &key);
  }
  template <typename Key>
  int next(const Key* key, Key* next) {
    return map_next_key(*kernel_, *map_, key, next);
  }
  // As a program.
  template <typename Key>
  void* lookup(const Key& key) {
    return map_lookup(*kernel_, *map_, &key);
  }

 private:
  Kernel* kernel_;
  Ref<Map> map_;
};

class TestKernel {
 public:
  explicit TestKernel(ProcessHost::Options options = {}, kshim_config config = {})
      : host_(std::move(options)), kernel_(Host(host_.functions()), config) {
    EXPECT_EQ(kernel_.start(), 0);
    kernel_.ops(KSHIM_MAP) = {map_last_handle, map_destroy};
    kernel_.ops(KSHIM_PROGRAM) = {nullptr, [](Kernel& kernel, Object& object) {
                                    kernel.destroy(static_cast<Program&>(object));
                                  }};
    kernel_.ops(KSHIM_PERF_EVENT) = {
        nullptr, [](Kernel& kernel, Object& object) { kernel.destroy(object); }};
    kernel_.ops(kView) = {nullptr, view_destroy};
    host_.serve(c_shim(kernel_));
  }
  ~TestKernel() {
    host_.close_all();
    for (const kshim_kind kind : {KSHIM_MAP, KSHIM_PROGRAM, KSHIM_PERF_EVENT}) {
      EXPECT_EQ(kernel_.ids(kind).count(kernel_), 0) << "objects are left of kind " << kind;
    }
    kernel_.stop();
  }
  TestKernel(const TestKernel&) = delete;
  TestKernel& operator=(const TestKernel&) = delete;

  operator Kernel&() { return kernel_; }  // NOLINT(google-explicit-constructor)
  Kernel& operator*() { return kernel_; }
  ProcessHost& host() { return host_; }

  TestMap create(const MapAttributes& attributes) {
    Map* map = nullptr;
    EXPECT_EQ(map_create(kernel_, attributes, &map), 0);
    return {kernel_, map};
  }
  // What creating it says: 0 where it is possible.
  int try_create(const MapAttributes& attributes) {
    Map* map = nullptr;
    const int error = map_create(kernel_, attributes, &map);
    if (error == 0) put(kernel_, *map);
    return error;
  }
  // A program of which there is no more than what maps ask for.
  Ref<Program> program(uint32_t type, uint64_t tail_entry = 0) {
    auto* program = kernel_.make<Program>(KSHIM_PROGRAM);
    program->type = type;
    program->tail_entry = tail_entry;
    program->jited = tail_entry != 0;
    EXPECT_EQ(kernel_.ids(KSHIM_PROGRAM).add(kernel_, *program), 0);
    return Ref<Program>::take(kernel_, program);
  }
  Ref<Object> perf_event() {
    auto* event = kernel_.make<Object>(KSHIM_PERF_EVENT);
    EXPECT_EQ(kernel_.ids(KSHIM_PERF_EVENT).add(kernel_, *event), 0);
    return Ref<Object>::take(kernel_, event);
  }
  int open(Object& object) { return install_fd(kernel_, object); }

 private:
  ProcessHost host_;
  Kernel kernel_;
};

}  // namespace zext::shim
