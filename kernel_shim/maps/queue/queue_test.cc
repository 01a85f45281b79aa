#include "kernel_shim/maps/queue/queue.h"

#include <errno.h>

#include <deque>
#include <random>
#include <thread>

#include "kernel_shim/maps/testing/test_kernel.h"

namespace zext::shim {
namespace {

MapAttributes queue(uint32_t value_size, uint32_t entries, uint32_t type = BPF_MAP_TYPE_QUEUE) {
  return {.type = type, .value_size = value_size, .max_entries = entries};
}

TEST(Queue, SaysWhatCannotBeMade) {
  TestKernel kernel;
  for (const uint32_t type : {BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK}) {
    MapAttributes keyed = queue(8, 1, type);
    keyed.key_size = 4;
    EXPECT_EQ(kernel.try_create(keyed), -EINVAL);
    EXPECT_EQ(kernel.try_create(queue(0, 1, type)), -EINVAL);
    EXPECT_EQ(kernel.try_create(queue(8, 0, type)), -EINVAL);
    EXPECT_EQ(kernel.try_create(queue(kMaxValueSize + 1, 1, type)), -E2BIG);
    MapAttributes flagged = queue(8, 1, type);
    flagged.flags = BPF_F_NO_PREALLOC;
    EXPECT_EQ(kernel.try_create(flagged), -EINVAL);
    flagged.flags = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
    EXPECT_EQ(kernel.try_create(flagged), -EINVAL);
    flagged.flags = BPF_F_RDONLY_PROG;
    EXPECT_EQ(kernel.try_create(flagged), 0);
  }
}

TEST(Queue, HasNoKeys) {
  TestKernel kernel;
  TestMap map = kernel.create(queue(8, 1));
  uint64_t value = 1;
  EXPECT_EQ(map_next_key(kernel, *map, nullptr, nullptr), -EINVAL);
  EXPECT_EQ(map_delete_value(kernel, *map, nullptr), -EINVAL);
  EXPECT_EQ(map_update_value(kernel, *map, nullptr, &value, BPF_NOEXIST), -EINVAL);
  EXPECT_EQ(map_update_value(kernel, *map, nullptr, &value, BPF_F_LOCK), -EINVAL);
  EXPECT_EQ(map_update_value(kernel, *map, nullptr, &value, 8), -EINVAL);
  EXPECT_EQ(map_take_value(kernel, *map, nullptr, &value, BPF_F_LOCK), -EINVAL);
  EXPECT_EQ(map_copy_value(kernel, *map, nullptr, &value, 0), -ENOENT);
  EXPECT_EQ(value, 0u) << "an empty queue gives zeros";
  value = 1;
  EXPECT_EQ(map_take_value(kernel, *map, nullptr, &value, 0), -ENOENT);
  EXPECT_EQ(value, 0u);
  ASSERT_EQ(map_freeze(kernel, *map), 0);
  EXPECT_EQ(map_take_value(kernel, *map, nullptr, &value, 0), -EPERM);
}

// Against std::deque, through both the functions of programs and of system calls.
TEST(Queue, BehavesLikeItsModel) {
  TestKernel kernel;
  std::mt19937 random(7);
  for (const uint32_t type : {BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK}) {
    for (const uint32_t value_size : {1u, 4u, 8u, 13u}) {
      const uint32_t entries = 1 + random() % 6;
      TestMap map = kernel.create(queue(value_size, entries, type));
      const MapOps& ops = *map_ops(type);
      std::deque<std::vector<uint8_t>> model;
      const auto next = [&] { return type == BPF_MAP_TYPE_QUEUE ? model.front() : model.back(); };
      for (int step = 0; step < 2000; ++step) {
        std::vector<uint8_t> value(value_size);
        for (uint8_t& byte : value) byte = static_cast<uint8_t>(random());
        const bool as_program = random() % 2 == 0;
        const uint32_t what = random() % 5;
        if (what < 3) {
          const uint64_t flags = what == 2 ? BPF_EXIST : BPF_ANY;
          const int error = as_program
                                ? ops.push(kernel, *map, value.data(), flags)
                                : map_update_value(kernel, *map, nullptr, value.data(), flags);
          const bool full = model.size() == entries;
          ASSERT_EQ(error, full && flags == BPF_ANY ? -E2BIG : 0);
          if (error != 0) continue;
          if (full) model.pop_front();
          model.push_back(value);
          continue;
        }
        const bool take = what == 3;
        const auto from_program = take ? ops.pop : ops.peek;
        const auto from_call = take ? map_take_value : map_copy_value;
        const int error = as_program ? from_program(kernel, *map, value.data())
                                     : from_call(kernel, *map, nullptr, value.data(), 0);
        ASSERT_EQ(error, model.empty() ? -ENOENT : 0);
        ASSERT_EQ(value, model.empty() ? std::vector<uint8_t>(value_size) : next());
        if (!take || model.empty()) continue;
        if (type == BPF_MAP_TYPE_QUEUE) {
          model.pop_front();
        } else {
          model.pop_back();
        }
      }
    }
  }
}

TEST(Queue, LosesNothingBetweenThreads) {
  TestKernel kernel;
  TestMap map = kernel.create(queue(8, 16));
  constexpr uint64_t kEach = 5000;
  std::atomic<uint64_t> sum{0};
  std::atomic<uint64_t> taken{0};
  const auto push = [&](uint64_t first) {
    for (uint64_t i = 0; i < kEach; ++i) {
      const uint64_t value = first + i;
      while (map_update_value(kernel, *map, nullptr, &value, BPF_ANY) != 0) sched_yield();
    }
  };
  const auto pop = [&] {
    while (taken < 2 * kEach) {
      uint64_t value;
      if (map_take_value(kernel, *map, nullptr, &value, 0) != 0) {
        sched_yield();
        continue;
      }
      ++taken;
      sum += value;
    }
  };
  std::vector<std::jthread> threads;
  threads.emplace_back(push, 0);
  threads.emplace_back(push, kEach);
  threads.emplace_back(pop);
  threads.emplace_back(pop);
  threads.clear();
  EXPECT_EQ(taken.load(), 2 * kEach);
  EXPECT_EQ(sum.load(), (2 * kEach - 1) * kEach);
}

}  // namespace
}  // namespace zext::shim
