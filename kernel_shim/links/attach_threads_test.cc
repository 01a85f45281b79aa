// Programs come and go while events are fired: nothing runs that has been detached, nothing is used
// after it was freed (under ASan and TSan), nothing is left.
#include <errno.h>

#include <atomic>
#include <thread>

#include "kernel_shim/links/links_fixture.h"

namespace zext::shim {
namespace {

TEST_F(LinksTest, AttachingWhileEventsAreFired) {
  std::atomic<uint64_t> runs{0};
  run_program = [&](Program& program, shim::Run&) {
    EXPECT_NE(program.references.load(), 0);
    runs.fetch_add(1, std::memory_order_relaxed);
    return uint64_t{1};
  };
  const uint64_t id = host_.add_tracepoint("sched_switch", 64);
  std::atomic<bool> ending = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!ending) {
        host_.fire_tracepoint("sched_switch", nullptr);
        std::this_thread::yield();
      }
    });
  }
  std::vector<std::thread> attachers;
  for (uint32_t i = 0; i < 3; ++i) {
    attachers.emplace_back([&, i] {
      const int own = program(BPF_PROG_TYPE_TRACEPOINT, i);
      for (int n = 0; n < 30; ++n) {
        const int event = static_cast<int>(open_perf(attributes(PERF_TYPE_TRACEPOINT, id)));
        ASSERT_GE(event, 3);
        const long link = link_perf(own, event);
        ASSERT_GE(link, 3);
        host_.close(event);
        if (n % 3 == 0) std::this_thread::yield();
        host_.close(static_cast<int>(link));
      }
      host_.close(own);
    });
  }
  for (std::thread& thread : attachers) thread.join();
  ending = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(host_.fire_tracepoint("sched_switch", nullptr), 0);
  RecordProperty("runs", static_cast<int>(runs.load()));
}

TEST_F(LinksTest, WhatIsDetachedRunsNoMore) {
  std::atomic<bool> attached = false;
  std::atomic<bool> late = false;
  run_program = [&](Program&, shim::Run&) {
    if (!attached) late = true;
    return uint64_t{1};
  };
  std::atomic<bool> ending = false;
  std::thread firing([&] {
    while (!ending) host_.fire_attached(BPF_XDP, 1, nullptr);
  });
  const int raw = program(BPF_PROG_TYPE_RAW_TRACEPOINT, 1);
  const int keeper = program(BPF_PROG_TYPE_TRACEPOINT, 2);
  std::thread raw_firing([&] {
    while (!ending) host_.fire_raw_tracepoint("sched_switch", nullptr);
  });
  for (int n = 0; n < 100; ++n) {
    attached = true;
    const long link = open_raw(raw, "sched_switch");
    ASSERT_GE(link, 3);
    std::this_thread::yield();
    host_.close(static_cast<int>(link));
    attached = false;
    std::this_thread::yield();
  }
  ending = true;
  firing.join();
  raw_firing.join();
  host_.close(keeper);
  EXPECT_FALSE(late);
}

TEST_F(LinksTest, UpdatesUnderFire) {
  const int first = program(BPF_PROG_TYPE_XDP, 1, BPF_XDP);
  const int second = program(BPF_PROG_TYPE_XDP, 2, BPF_XDP);
  run_program = [&](Program& program, shim::Run&) { return uint64_t{program.uid}; };
  const long xdp = link(first, BPF_XDP, 1);
  std::atomic<bool> ending = false;
  std::thread firing([&] {
    uint8_t bytes[64] = {};
    kshim_packet packet{};
    packet.head = bytes;
    packet.data = bytes;
    packet.end = bytes + 64;
    packet.limit = bytes + 64;
    while (!ending) {
      host_.fire_attached(BPF_XDP, 1, &packet);
      const uint64_t result = ProcessHost::last_result();
      EXPECT_TRUE(result == 1 || result == 2);
    }
  });
  std::vector<std::thread> updaters;
  for (int i = 0; i < 2; ++i) {
    updaters.emplace_back([&, i] {
      for (int n = 0; n < 100; ++n) {
        const int fresh = (n + i) % 2 == 0 ? first : second;
        EXPECT_EQ(update(xdp, fresh), 0);
        const long result = update(xdp, second, BPF_F_REPLACE, first);
        EXPECT_TRUE(result == 0 || result == -EPERM);
      }
    });
  }
  for (std::thread& thread : updaters) thread.join();
  ending = true;
  firing.join();
}

}  // namespace
}  // namespace zext::shim
