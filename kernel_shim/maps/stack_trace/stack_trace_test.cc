#include "kernel_shim/maps/stack_trace/stack_trace.h"

#include <errno.h>

#include <thread>

#include "kernel_shim/maps/testing/test_kernel.h"

namespace zext::shim {
namespace {

MapAttributes stacks(uint32_t value_size, uint32_t entries, uint32_t flags = 0) {
  return {.type = BPF_MAP_TYPE_STACK_TRACE,
          .key_size = 4,
          .value_size = value_size,
          .max_entries = entries,
          .flags = flags};
}

int64_t take(TestKernel& kernel, TestMap& map, uint64_t flags = 0) {
  const ReadSection section(kernel);
  return stack_trace_id(kernel, *map, nullptr, flags);
}

TEST(StackTrace, SaysWhatCannotBeMade) {
  TestKernel kernel;
  EXPECT_EQ(kernel.try_create(stacks(8, 0)), -EINVAL);
  EXPECT_EQ(kernel.try_create(stacks(0, 1)), -EINVAL);
  EXPECT_EQ(kernel.try_create(stacks(12, 1)), -EINVAL);
  EXPECT_EQ(kernel.try_create(stacks(8 * kMaxStackDepth, 1)), 0);
  EXPECT_EQ(kernel.try_create(stacks(8 * kMaxStackDepth + 8, 1)), -EINVAL);
  EXPECT_EQ(kernel.try_create(stacks(8, 1, BPF_F_RDONLY_PROG)), -EINVAL);
  EXPECT_EQ(kernel.try_create(stacks(8, 1, BPF_F_STACK_BUILD_ID)), -EINVAL);
  EXPECT_EQ(kernel.try_create(stacks(sizeof(bpf_stack_build_id), 1, BPF_F_STACK_BUILD_ID)), 0);
  EXPECT_EQ(kernel.try_create(stacks(8, (1u << 31) + 1)), -E2BIG);
  MapAttributes wide = stacks(8, 1);
  wide.key_size = 8;
  EXPECT_EQ(kernel.try_create(wide), -EINVAL);
}

TEST(StackTrace, OneStackHasOneId) {
  TestKernel kernel;
  TestMap map = kernel.create(stacks(8 * 4, 64));
  kernel.host().set_stack({1, 2, 3}, {7, 8});
  const int64_t id = take(kernel, map);
  ASSERT_GE(id, 0);
  EXPECT_EQ(take(kernel, map), id);
  EXPECT_EQ(take(kernel, map, BPF_F_FAST_STACK_CMP), id);
  uint64_t stack[4] = {9, 9, 9, 9};
  EXPECT_EQ(map.copy(static_cast<uint32_t>(id), &stack), 0);
  EXPECT_EQ((std::vector<uint64_t>(stack, stack + 4)), (std::vector<uint64_t>{1, 2, 3, 0}));
  const int64_t user = take(kernel, map, BPF_F_USER_STACK);
  ASSERT_GE(user, 0);
  EXPECT_NE(user, id);
  EXPECT_EQ(map.copy(static_cast<uint32_t>(user), &stack), 0);
  EXPECT_EQ((std::vector<uint64_t>(stack, stack + 4)), (std::vector<uint64_t>{7, 8, 0, 0}));
}

TEST(StackTrace, SkipsAndCutsOff) {
  TestKernel kernel;
  TestMap map = kernel.create(stacks(8 * 2, 64));
  kernel.host().set_stack({1, 2, 3, 4, 5}, {});
  const int64_t id = take(kernel, map, 2);
  ASSERT_GE(id, 0);
  uint64_t stack[2];
  EXPECT_EQ(map.copy(static_cast<uint32_t>(id), &stack), 0);
  EXPECT_EQ(stack[0], 3u);
  EXPECT_EQ(stack[1], 4u);
  EXPECT_EQ(take(kernel, map, 5), -EFAULT);
  EXPECT_EQ(take(kernel, map, 255), -EFAULT);
  EXPECT_EQ(take(kernel, map, BPF_F_USER_STACK), -EFAULT);
  EXPECT_EQ(take(kernel, map, BPF_F_USER_BUILD_ID), -EINVAL);
}

// With one bucket everything collides.
TEST(StackTrace, CollidingStacksAreRefusedOrReplaced) {
  TestKernel kernel;
  TestMap map = kernel.create(stacks(8, 1));
  kernel.host().set_stack({1}, {2});
  EXPECT_EQ(take(kernel, map), 0);
  EXPECT_EQ(take(kernel, map, BPF_F_USER_STACK), -EEXIST);
  EXPECT_EQ(take(kernel, map, BPF_F_USER_STACK | BPF_F_REUSE_STACKID), -ENOMEM)
      << "the only stack is in use";
  EXPECT_EQ(map.remove(uint32_t{0}), 0);
  EXPECT_EQ(take(kernel, map, BPF_F_USER_STACK), 0);

  TestMap three = kernel.create(stacks(8, 3));
  std::set<int64_t> ids;
  for (uint64_t i = 0; i < 100; ++i) {
    kernel.host().set_stack({i}, {});
    const int64_t id = take(kernel, three, BPF_F_REUSE_STACKID);
    if (id < 0) continue;
    ids.insert(id);
    uint64_t stack;
    EXPECT_EQ(three.copy(static_cast<uint32_t>(id), &stack), 0);
    EXPECT_EQ(stack, i);
  }
  EXPECT_LE(ids.size(), 4u);
  EXPECT_GE(ids.size(), 2u);
}

TEST(StackTrace, AnswersSystemCalls) {
  TestKernel kernel;
  TestMap map = kernel.create(stacks(8, 3));
  uint64_t value = 0;
  uint32_t next = 0;
  EXPECT_EQ(map.next<uint32_t>(nullptr, &next), -ENOENT);
  EXPECT_EQ(map.copy(uint32_t{0}, &value), -ENOENT);
  EXPECT_EQ(map.copy(uint32_t{4}, &value), -ENOENT) << "ids go to the next power of two";
  EXPECT_EQ(map.update(uint32_t{0}, value), -EINVAL);
  EXPECT_EQ(map.remove(uint32_t{0}), -ENOENT);
  EXPECT_EQ(map.remove(uint32_t{3}), -ENOENT);
  EXPECT_EQ(map.remove(uint32_t{4}), -E2BIG);
  kernel.host().set_stack({5}, {});
  const auto id = static_cast<uint32_t>(take(kernel, map));
  EXPECT_EQ(map.next<uint32_t>(nullptr, &next), 0);
  EXPECT_EQ(next, id);
  EXPECT_EQ(map.next(&id, &next), -ENOENT);
  const uint32_t beyond = 77;
  EXPECT_EQ(map.next(&beyond, &next), 0);
  EXPECT_EQ(next, id);
  EXPECT_EQ(map.remove(id), 0);
  EXPECT_EQ(map.remove(id), -ENOENT);
}

TEST(StackTrace, WithoutBuildIdsGivesAddresses) {
  TestKernel kernel;
  TestMap map = kernel.create(stacks(2 * sizeof(bpf_stack_build_id), 8, BPF_F_STACK_BUILD_ID));
  kernel.host().set_stack({}, {0x1000, 0x2000, 0x3000});
  const int64_t id = take(kernel, map, BPF_F_USER_STACK);
  ASSERT_GE(id, 0);
  EXPECT_EQ(take(kernel, map, BPF_F_USER_STACK), id);
  bpf_stack_build_id records[2];
  EXPECT_EQ(map.copy(static_cast<uint32_t>(id), &records), 0);
  EXPECT_EQ(records[0].status, BPF_STACK_BUILD_ID_IP);
  EXPECT_EQ(records[1].ip, 0x2000u);
}

TEST(StackTrace, ManyThreadsTakeAndRemove) {
  TestKernel kernel;
  TestMap map = kernel.create(stacks(8 * 3, 16));
  std::vector<uint64_t> stack = {1, 2, 3};
  kernel.host().set_stack(stack, {4, 5});
  const auto work = [&] {
    for (int i = 0; i < 3000; ++i) {
      const uint64_t flags = (i % 2 == 0 ? 0 : BPF_F_USER_STACK) | BPF_F_REUSE_STACKID;
      const int64_t id = take(kernel, map, flags);
      ASSERT_GE(id, 0);
      uint64_t seen[3];
      if (map.copy(static_cast<uint32_t>(id), &seen) == 0) {
        EXPECT_TRUE(seen[0] == 1 || seen[0] == 4);
        EXPECT_EQ(seen[1], seen[0] + 1);
        EXPECT_EQ(seen[2], seen[0] == 1 ? 3 : 0);
      }
      if (i % 5 == 0) map.remove(static_cast<uint32_t>(id));
    }
  };
  std::vector<std::jthread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
}

}  // namespace
}  // namespace zext::shim
