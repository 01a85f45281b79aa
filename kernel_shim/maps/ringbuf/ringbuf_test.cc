#include "kernel_shim/maps/ringbuf/ringbuf.h"

#include <errno.h>

#include <cstring>
#include <random>
#include <thread>

#include "kernel_shim/maps/testing/test_kernel.h"

namespace zext::shim {
namespace {

constexpr uint64_t kHeader = BPF_RINGBUF_HDR_SZ;

MapAttributes ring(uint32_t size, uint32_t flags = 0) {
  return {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = size, .flags = flags};
}

// A process that maps the ring and reads it, by the protocol that libbpf follows.
class Consumer {
 public:
  Consumer(Kernel& kernel, Map& map) : mask_(map.max_entries - 1) {
    const auto mmap = map_ops(BPF_MAP_TYPE_RINGBUF)->mmap;
    kshim_mapping own{};
    EXPECT_EQ(mmap(kernel, map, 0, kPageSize, true, &own), 0);
    consumer_ = static_cast<uint64_t*>(own.address);
    kshim_mapping data{};
    const uint64_t length = kPageSize + 2 * uint64_t{map.max_entries};
    EXPECT_EQ(mmap(kernel, map, kPageSize, length, false, &data), 0);
    EXPECT_FALSE(data.may_write);
    EXPECT_EQ(data.mirror, kPageSize + map.max_entries);
    EXPECT_EQ(data.mirror_source, kPageSize);
    producer_ = static_cast<uint64_t*>(data.address);
    data_ = static_cast<uint8_t*>(data.address) + kPageSize;
  }

  uint64_t position() const { return load(consumer_); }
  uint64_t produced() const { return load(producer_); }
  void set_position(uint64_t position) {
    std::atomic_ref<uint64_t>(*consumer_).store(position, std::memory_order_seq_cst);
  }

  // One pass: calls `each` with the bytes of each record, and returns how many there were.
  template <typename Each>
  uint64_t consume(Each each) {
    uint64_t count = 0;
    uint64_t at = position();
    while (at < produced()) {
      auto& word = *reinterpret_cast<uint32_t*>(data_ + (at & mask_));
      const uint32_t length = std::atomic_ref<uint32_t>(word).load(std::memory_order_acquire);
      if ((length & BPF_RINGBUF_BUSY_BIT) != 0) break;
      const uint32_t size = length & ~uint32_t{BPF_RINGBUF_DISCARD_BIT};
      if (size == length) {
        each(data_ + (at & mask_) + kHeader, size);
        ++count;
      }
      at += (size + kHeader + 7) / 8 * 8;
      set_position(at);
    }
    return count;
  }

 private:
  static uint64_t load(uint64_t* word) {
    return std::atomic_ref<uint64_t>(*word).load(std::memory_order_seq_cst);
  }

  uint64_t mask_;
  uint64_t* consumer_ = nullptr;
  uint64_t* producer_ = nullptr;
  uint8_t* data_ = nullptr;
};

TEST(Ringbuf, SaysWhatCannotBeMade) {
  TestKernel kernel;
  EXPECT_EQ(kernel.try_create(ring(4096)), 0);
  EXPECT_EQ(kernel.try_create(ring(0)), -EINVAL);
  EXPECT_EQ(kernel.try_create(ring(2048)), -EINVAL);
  EXPECT_EQ(kernel.try_create(ring(3 * 4096)), -EINVAL);
  EXPECT_EQ(kernel.try_create(ring(4096, BPF_F_RDONLY_PROG)), -EINVAL);
  EXPECT_EQ(kernel.try_create(ring(4096, BPF_F_NUMA_NODE)), 0);
  MapAttributes keyed = ring(4096);
  keyed.key_size = 4;
  EXPECT_EQ(kernel.try_create(keyed), -EINVAL);
  MapAttributes valued = ring(4096);
  valued.value_size = 4;
  EXPECT_EQ(kernel.try_create(valued), -EINVAL);
}

TEST(Ringbuf, HasNoElements) {
  TestKernel kernel;
  TestMap map = kernel.create(ring(4096));
  uint64_t value = 0;
  EXPECT_EQ(map_copy_value(kernel, *map, nullptr, &value, 0), -kNotSupported);
  EXPECT_EQ(map_update_value(kernel, *map, nullptr, &value, 0), -kNotSupported);
  EXPECT_EQ(map_delete_value(kernel, *map, nullptr), -kNotSupported);
  EXPECT_EQ(map_next_key(kernel, *map, nullptr, &value), -kNotSupported);
  EXPECT_EQ(map_take_value(kernel, *map, nullptr, &value, 0), -kNotSupported);
}

TEST(Ringbuf, OnlyTheConsumersPageMayBeWritten) {
  TestKernel kernel;
  TestMap map = kernel.create(ring(8192));
  const auto mmap = map_ops(BPF_MAP_TYPE_RINGBUF)->mmap;
  kshim_mapping mapping{};
  EXPECT_EQ(mmap(kernel, *map, 0, 2 * kPageSize, true, &mapping), -EPERM);
  EXPECT_EQ(mmap(kernel, *map, kPageSize, kPageSize, true, &mapping), -EPERM);
  EXPECT_EQ(mmap(kernel, *map, 0, kPageSize, true, &mapping), 0);
  EXPECT_TRUE(mapping.may_write);
  EXPECT_EQ(mmap(kernel, *map, 0, 6 * kPageSize, false, &mapping), 0);
  EXPECT_EQ(mapping.mirror, 4 * kPageSize);
  EXPECT_EQ(mapping.mirror_source, 2 * kPageSize);
  EXPECT_EQ(mmap(kernel, *map, 0, 7 * kPageSize, false, &mapping), -EINVAL);
  EXPECT_EQ(mmap(kernel, *map, kPageSize, 6 * kPageSize, false, &mapping), -EINVAL);
  // Only the second sight of the data.
  kshim_mapping second{};
  EXPECT_EQ(mmap(kernel, *map, 4 * kPageSize, 2 * kPageSize, false, &second), 0);
  EXPECT_EQ(second.mirror, KSHIM_NO_MIRROR);
  EXPECT_EQ(mmap(kernel, *map, 2 * kPageSize, 2 * kPageSize, false, &mapping), 0);
  EXPECT_EQ(second.address, mapping.address);
}

TEST(Ringbuf, RecordsArriveInOrder) {
  TestKernel kernel;
  TestMap map = kernel.create(ring(4096));
  Consumer consumer(kernel, *map);
  EXPECT_EQ(map_ops(BPF_MAP_TYPE_RINGBUF)->poll(kernel, *map), 0u);
  void* first = ringbuf_reserve(kernel, *map, 5, 0);
  void* second = ringbuf_reserve(kernel, *map, 16, 0);
  void* third = ringbuf_reserve(kernel, *map, 0, 0);
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(ringbuf_reserve(kernel, *map, 8, 1), nullptr);
  memcpy(first, "abcde", 5);
  EXPECT_EQ(map_ops(BPF_MAP_TYPE_RINGBUF)->poll(kernel, *map), 1u);
  EXPECT_EQ(ringbuf_query(kernel, *map, BPF_RB_AVAIL_DATA), 16u + 24 + 8);
  EXPECT_EQ(ringbuf_query(kernel, *map, BPF_RB_RING_SIZE), 4096u);
  EXPECT_EQ(ringbuf_query(kernel, *map, BPF_RB_CONS_POS), 0u);
  EXPECT_EQ(ringbuf_query(kernel, *map, BPF_RB_PROD_POS), 48u);
  EXPECT_EQ(ringbuf_query(kernel, *map, 4), 0u);
  ringbuf_commit(kernel, second, 0, true);
  ringbuf_commit(kernel, third, 0, false);
  const auto nothing = [](const uint8_t*, uint32_t) {};
  EXPECT_EQ(consumer.consume(nothing), 0u) << "the first one is still busy";
  ringbuf_commit(kernel, first, 0, false);
  std::vector<std::string> seen;
  EXPECT_EQ(consumer.consume([&](const uint8_t* bytes, uint32_t size) {
    seen.emplace_back(reinterpret_cast<const char*>(bytes), size);
  }),
            2u);
  EXPECT_EQ(seen, (std::vector<std::string>{"abcde", ""}));
  EXPECT_EQ(ringbuf_query(kernel, *map, BPF_RB_AVAIL_DATA), 0u);
  EXPECT_EQ(map_ops(BPF_MAP_TYPE_RINGBUF)->poll(kernel, *map), 0u);
}

TEST(Ringbuf, WakesWhoWaits) {
  TestKernel kernel;
  TestMap map = kernel.create(ring(4096));
  Consumer consumer(kernel, *map);
  const auto wakes = [&] { return kernel.host().wakes(c_object(*map)); };
  const uint64_t data = 1;
  const auto nothing = [](const uint8_t*, uint32_t) {};
  EXPECT_EQ(ringbuf_output(kernel, *map, &data, 8, 0), 0);
  EXPECT_EQ(wakes(), 1u);
  EXPECT_EQ(ringbuf_output(kernel, *map, &data, 8, 0), 0);
  EXPECT_EQ(wakes(), 1u) << "the consumer has not come to this record";
  EXPECT_EQ(ringbuf_output(kernel, *map, &data, 8, BPF_RB_FORCE_WAKEUP), 0);
  EXPECT_EQ(wakes(), 2u);
  EXPECT_EQ(consumer.consume(nothing), 3u);
  EXPECT_EQ(ringbuf_output(kernel, *map, &data, 8, BPF_RB_NO_WAKEUP), 0);
  EXPECT_EQ(wakes(), 2u);
  EXPECT_EQ(consumer.consume(nothing), 1u);
  EXPECT_EQ(ringbuf_output(kernel, *map, &data, 8, 0), 0);
  EXPECT_EQ(wakes(), 3u);
  EXPECT_EQ(ringbuf_output(kernel, *map, &data, 8, 4), -EINVAL);
}

TEST(Ringbuf, FullRingsRefuse) {
  TestKernel kernel;
  TestMap map = kernel.create(ring(4096));
  Consumer consumer(kernel, *map);
  std::vector<uint8_t> data(4096);
  EXPECT_EQ(ringbuf_output(kernel, *map, data.data(), 4096, 0), -EAGAIN);
  EXPECT_EQ(ringbuf_output(kernel, *map, data.data(), 4096 - kHeader, 0), -EAGAIN)
      << "one byte less than the ring, so that full and empty differ";
  EXPECT_EQ(ringbuf_output(kernel, *map, data.data(), 4096 - 2 * kHeader, 0), 0);
  EXPECT_EQ(ringbuf_output(kernel, *map, data.data(), 0, 0), -EAGAIN);
  EXPECT_EQ(ringbuf_reserve(kernel, *map, ~uint64_t{0}, 0), nullptr);
  EXPECT_EQ(ringbuf_reserve(kernel, *map, uint64_t{1} << 31, 0), nullptr);
  consumer.consume([](const uint8_t*, uint32_t) {});
  EXPECT_EQ(ringbuf_output(kernel, *map, data.data(), 4000, 0), 0);
}

// Whatever a process writes into its page, no two reserved records share a byte, and none leaves
// the data.
TEST(Ringbuf, SurvivesAHostileConsumer) {
  TestKernel kernel;
  std::mt19937_64 random(3);
  for (int round = 0; round < 50; ++round) {
    TestMap map = kernel.create(ring(4096));
    Consumer consumer(kernel, *map);
    const auto mmap = map_ops(BPF_MAP_TYPE_RINGBUF)->mmap;
    kshim_mapping mapping{};
    ASSERT_EQ(mmap(kernel, *map, 2 * kPageSize, 2 * 4096, false, &mapping), 0);
    auto* data = static_cast<uint8_t*>(mapping.address);
    struct Reserved {
      uint8_t* at;
      uint64_t size;
      uint8_t fill;
    };
    std::vector<Reserved> reserved;
    for (int step = 0; step < 500; ++step) {
      switch (random() % 4) {
        case 0:
          consumer.set_position(random());
          break;
        case 1:
          consumer.set_position(consumer.produced() + random() % 8192 - 4096);
          break;
        case 2: {
          const uint64_t size = random() % 600;
          auto* at = static_cast<uint8_t*>(ringbuf_reserve(kernel, *map, size, 0));
          if (at == nullptr) break;
          ASSERT_GE(at, data + kHeader);
          ASSERT_LE(at + size, data + 2 * 4096);
          const auto fill = static_cast<uint8_t>(random());
          memset(at, fill, size);
          reserved.push_back({at, size, fill});
          break;
        }
        default: {
          if (reserved.empty()) break;
          const uint64_t which = random() % reserved.size();
          const Reserved record = reserved[which];
          for (uint64_t i = 0; i < record.size; ++i) ASSERT_EQ(record.at[i], record.fill);
          ringbuf_commit(kernel, record.at, 0, random() % 2 == 0);
          reserved.erase(reserved.begin() + static_cast<long>(which));
        }
      }
    }
    for (const Reserved& record : reserved) ringbuf_commit(kernel, record.at, 0, true);
  }
}

// Many producers, one consumer that sleeps until it is woken: no record is lost, none is torn, and
// no wake-up is missed.
TEST(Ringbuf, ProducersAndConsumerMeet) {
  TestKernel kernel;
  TestMap map = kernel.create(ring(4096));
  Consumer consumer(kernel, *map);
  constexpr uint64_t kProducers = 3;
  constexpr uint64_t kEach = 4000;
  uint64_t next[kProducers] = {};
  uint64_t seen = 0;
  const auto produce = [&](uint64_t producer) {
    std::mt19937_64 random(producer);
    for (uint64_t i = 0; i < kEach;) {
      const ReadSection section(kernel);
      const uint64_t words = 2 + random() % 30;
      auto* record = static_cast<uint64_t*>(ringbuf_reserve(kernel, *map, 8 * words, 0));
      if (record == nullptr) {
        sched_yield();
        continue;
      }
      record[0] = producer;
      for (uint64_t word = 1; word < words; ++word) record[word] = i;
      const bool discard = random() % 8 == 0;
      ringbuf_commit(kernel, record, 0, discard);
      if (!discard) ++i;
    }
  };
  std::vector<std::jthread> producers;
  producers.reserve(4);
  for (uint64_t i = 0; i < kProducers; ++i) producers.emplace_back(produce, i);
  while (seen < kProducers * kEach) {
    const uint64_t wakes = kernel.host().wakes(c_object(*map));
    const uint64_t got = consumer.consume([&](const uint8_t* bytes, uint32_t size) {
      std::vector<uint64_t> words(size / 8);
      memcpy(words.data(), bytes, size);
      ASSERT_LT(words[0], kProducers);
      for (uint64_t word = 1; word < words.size(); ++word) ASSERT_EQ(words[word], next[words[0]]);
      ++next[words[0]];
    });
    seen += got;
    if (got == 0) {
      ASSERT_TRUE(kernel.host().wait_for_wake(c_object(*map), wakes, 5000)) << seen << " records";
    }
  }
  producers.clear();
  for (const uint64_t count : next) EXPECT_EQ(count, kEach);
}

}  // namespace
}  // namespace zext::shim
