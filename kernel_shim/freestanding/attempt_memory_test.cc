// operator new within attempt(): what it gives is usable, all of it goes back, running out at any
// point ends the attempt and leaks nothing, and threads do not get each other's.

#include "kernel_shim/freestanding/attempt_memory.h"

#include <errno.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "kernel_shim/runtime/attempt.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {
namespace {

// A host that counts, and fails at the n-th allocation.
struct Counting {
  std::atomic<int64_t> bytes{0};
  std::atomic<int64_t> left{INT64_MAX};

  kshim_host functions() {
    kshim_host host{};
    host.abi = KSHIM_ABI;
    host.size = sizeof host;
    host.context = this;
    host.alloc = [](void* context, uint64_t size) -> void* {
      auto& self = *static_cast<Counting*>(context);
      if (self.left.fetch_sub(1) <= 0) return nullptr;
      self.bytes += static_cast<int64_t>(size);
      void* memory = std::aligned_alloc(16, (size + 15) & ~uint64_t{15});
      std::memset(memory, 0xa5, size);
      return memory;
    };
    host.free = [](void* context, void* memory, uint64_t size) {
      static_cast<Counting*>(context)->bytes -= static_cast<int64_t>(size);
      std::free(memory);
    };
    return host;
  }
};

class AttemptMemory : public testing::Test {
 protected:
  Counting counting_;
  Kernel kernel_{Host(counting_.functions()), kshim_config{}};
};

// Blocks of random sizes, released in random order; each holds its own pattern throughout.
int exercise(uint32_t seed) {
  std::mt19937 random(seed);
  struct Block {
    uint8_t* bytes = nullptr;
    size_t size = 0;
  };
  Block blocks[64];
  for (int step = 0; step < 5000; ++step) {
    Block& block = blocks[random() % 64];
    const auto fill = static_cast<uint8_t>(&block - blocks);
    for (size_t i = 0; i < block.size; ++i) {
      if (block.bytes[i] != fill) return 1;
    }
    attempt_release(block.bytes);
    block.size = random() % 8 == 0 ? random() % 200'000 : random() % 300;
    block.bytes = static_cast<uint8_t*>(attempt_allocate(block.size));
    if (reinterpret_cast<uintptr_t>(block.bytes) % 16 != 0) return 2;
    std::memset(block.bytes, fill, block.size);
  }
  return 0;
}

TEST_F(AttemptMemory, BlocksAreDistinctAndAllGoBack) {
  EXPECT_EQ(attempt(kernel_, [] { return exercise(1); }), 0);
  EXPECT_EQ(counting_.bytes, 0);
}

TEST_F(AttemptMemory, TheResultIsTheBodys) {
  EXPECT_EQ(attempt(kernel_, [] { return -7; }), -7);
  EXPECT_EQ(attempt(kernel_, [&] { return attempt(kernel_, [] { return 5; }) + 1; }), 6);
}

TEST_F(AttemptMemory, RunningOutAtAnyPointEndsTheAttempt) {
  int64_t failures = 0;
  for (int64_t n = 0;; ++n) {
    counting_.left = n;
    const int result = attempt(kernel_, [] { return exercise(2); });
    ASSERT_EQ(counting_.bytes, 0) << "after failing at allocation " << n;
    if (result == 0) break;
    ASSERT_EQ(result, -ENOMEM);
    ++failures;
    n += n / 16;  // closely at first
  }
  EXPECT_GT(failures, 20);
}

TEST_F(AttemptMemory, AnImpossibleSizeEndsTheAttempt) {
  EXPECT_EQ(attempt(kernel_,
                    [] {
                      attempt_allocate(SIZE_MAX);
                      return 0;
                    }),
            -ENOMEM);
  EXPECT_EQ(counting_.bytes, 0);
}

TEST_F(AttemptMemory, AnInnerAttemptThatEndsLeavesTheOuter) {
  const int result = attempt(kernel_, [&] {
    auto* mine = static_cast<uint8_t*>(attempt_allocate(100));
    *mine = 42;
    if (attempt(kernel_, []() -> int { attempt_out_of_memory(); }) != -ENOMEM) return 1;
    return *mine == 42 ? 0 : 2;
  });
  EXPECT_EQ(result, 0);
  EXPECT_EQ(counting_.bytes, 0);
}

TEST_F(AttemptMemory, ThreadsHaveTheirOwn) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (uint32_t round = 0; round < 4; ++round) {
        if (attempt(kernel_, [&] { return exercise(i * 100 + round); }) != 0) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(counting_.bytes, 0);
}

}  // namespace
}  // namespace zext::shim
