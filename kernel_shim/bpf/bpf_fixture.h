// BpfTest: an instance in this process, whose copies and locks can be watched and made to fail.
//
//   TEST_F(BpfTest, Looks) { int map = make_map(BPF_MAP_TYPE_HASH); ... lookup(map, &key, &value);
//   }
#pragma once

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "kernel_shim/hosts/process/process_host.h"
#include "kernel_shim/include/zext/kernel_shim.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

// What goes over the border of user memory.
struct Watch {
  struct Copy {
    kshim_uptr address;
    uint64_t size;
    bool in;
  };
  std::vector<Copy> copies;
  int64_t fail_at = -1;  // the copy of this number fails
  bool lock_held_at_copy = false;
  int locks = 0;
  uint64_t allocations = 0;
  int64_t fail_allocation = -1;
};

class BpfTest : public testing::Test {
 protected:
  static constexpr uint64_t kAll = ~uint64_t{0};

  BpfTest() : BpfTest(ProcessHost::Options{}, kshim_config{}) {}
  BpfTest(ProcessHost::Options options, kshim_config config) : host_(options) {
    functions_ = host_.functions();
    original_ = functions_;
    functions_.copy_from_user = copy_from_user;
    functions_.copy_to_user = copy_to_user;
    functions_.strncpy_from_user = strncpy_from_user;
    functions_.alloc = alloc;
    functions_.lock = lock;
    functions_.unlock = unlock;
    config.size = sizeof config;
    watch_ = Watch{};
    EXPECT_EQ(kshim_create(&functions_, &config, &shim_), 0);
    host_.serve(shim_);
  }
  ~BpfTest() override {
    watch_.fail_at = watch_.fail_allocation = -1;
    EXPECT_FALSE(watch_.lock_held_at_copy);
    host_.close_all();
    EXPECT_EQ(kshim_destroy(shim_), 0u);
  }

  Kernel& kernel() { return kernel_of(shim_); }
  long call(int command, const bpf_attr& attr, uint32_t size = sizeof(bpf_attr)) {
    watch_.copies.clear();
    watch_.allocations = 0;
    return kshim_bpf(shim_, command, address(&attr), size);
  }
  static kshim_uptr address(const void* pointer) { return reinterpret_cast<kshim_uptr>(pointer); }

  static bpf_attr map_attr(uint32_t type, uint32_t key = 4, uint32_t value = 8, uint32_t max = 4,
                           uint32_t flags = 0) {
    bpf_attr attr{};
    attr.map_type = type;
    attr.key_size = key;
    attr.value_size = value;
    attr.max_entries = max;
    attr.map_flags = flags;
    return attr;
  }
  int make_map(uint32_t type = BPF_MAP_TYPE_HASH, uint32_t flags = 0) {
    const int fd = static_cast<int>(call(BPF_MAP_CREATE, map_attr(type, 4, 8, 4, flags)));
    EXPECT_GE(fd, 0);
    return fd;
  }
  static bpf_attr element(int fd, const void* key, const void* value, uint64_t flags = 0) {
    bpf_attr attr{};
    attr.map_fd = static_cast<uint32_t>(fd);
    attr.key = address(key);
    attr.value = address(value);
    attr.flags = flags;
    return attr;
  }
  long lookup(int fd, uint32_t key, uint64_t* value) {
    return call(BPF_MAP_LOOKUP_ELEM, element(fd, &key, value));
  }
  long update(int fd, uint32_t key, uint64_t value, uint64_t flags = 0) {
    return call(BPF_MAP_UPDATE_ELEM, element(fd, &key, &value, flags));
  }

  static inline Watch watch_;
  ProcessHost host_;
  kshim_host functions_{};
  kshim* shim_ = nullptr;

 private:
  static bool fails(kshim_uptr address, uint64_t size, bool in) {
    if (watch_.locks != 0) watch_.lock_held_at_copy = true;
    watch_.copies.push_back({address, size, in});
    return static_cast<int64_t>(watch_.copies.size()) - 1 == watch_.fail_at;
  }
  static int copy_from_user(void* context, void* to, kshim_uptr from, uint64_t size) {
    if (fails(from, size, true)) return -EFAULT;
    return original_.copy_from_user(context, to, from, size);
  }
  static int copy_to_user(void* context, kshim_uptr to, const void* from, uint64_t size) {
    if (fails(to, size, false)) return -EFAULT;
    return original_.copy_to_user(context, to, from, size);
  }
  static long strncpy_from_user(void* context, char* to, kshim_uptr from, uint64_t size) {
    if (fails(from, size, true)) return -EFAULT;
    return original_.strncpy_from_user(context, to, from, size);
  }
  static void* alloc(void* context, uint64_t size) {
    if (static_cast<int64_t>(watch_.allocations++) == watch_.fail_allocation) return nullptr;
    return original_.alloc(context, size);
  }
  static void lock(void* context, kshim_lock* lock) {
    std::atomic_ref<uint32_t> word(lock->words[0]);
    while (word.exchange(1, std::memory_order_acquire) != 0) original_.relax(context);
    ++watch_.locks;
  }
  static void unlock(void*, kshim_lock* lock) {
    --watch_.locks;
    std::atomic_ref<uint32_t>(lock->words[0]).store(0, std::memory_order_release);
  }

  static inline kshim_host original_{};
};

}  // namespace zext::shim
