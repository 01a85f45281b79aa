#include <errno.h>

#include <random>
#include <thread>

#include "kernel_shim/maps/array/array.h"
#include "kernel_shim/maps/testing/test_kernel.h"

namespace zext::shim {
namespace {

MapAttributes objects(uint32_t type, uint32_t entries, uint32_t flags = 0) {
  return {.type = type, .key_size = 4, .value_size = 4, .max_entries = entries, .flags = flags};
}

TEST(ObjectArray, SaysWhatCannotBeMade) {
  TestKernel kernel;
  for (const uint32_t type :
       {BPF_MAP_TYPE_PROG_ARRAY, BPF_MAP_TYPE_PERF_EVENT_ARRAY, BPF_MAP_TYPE_CGROUP_ARRAY}) {
    MapAttributes wide = objects(type, 1);
    wide.value_size = 8;
    EXPECT_EQ(kernel.try_create(wide), -EINVAL);
    EXPECT_EQ(kernel.try_create(objects(type, 1, BPF_F_RDONLY_PROG)), -EINVAL);
    EXPECT_EQ(kernel.try_create(objects(type, 0)), -EINVAL);
    EXPECT_EQ(kernel.try_create(objects(type, 1)), 0);
    EXPECT_EQ(kernel.try_create(objects(type, 1, BPF_F_PRESERVE_ELEMS)),
              type == BPF_MAP_TYPE_PERF_EVENT_ARRAY ? 0 : -EINVAL);
  }
}

TEST(ProgArray, TakesDescriptorsAndGivesIds) {
  TestKernel kernel;
  TestMap map = kernel.create(objects(BPF_MAP_TYPE_PROG_ARRAY, 2));
  const Ref<Program> program = kernel.program(BPF_PROG_TYPE_XDP);
  const int fd = kernel.open(*program);
  EXPECT_EQ(map.update(uint32_t{2}, fd), -E2BIG);
  EXPECT_EQ(map.update(uint32_t{1}, fd, BPF_EXIST), -EINVAL);
  EXPECT_EQ(map.update(uint32_t{1}, -1), -EBADF);
  EXPECT_EQ(map.update(uint32_t{1}, kernel.open(*map)), -EINVAL);
  uint32_t id = 0;
  EXPECT_EQ(map.copy(uint32_t{1}, &id), -ENOENT);
  EXPECT_EQ(map.update(uint32_t{1}, fd), 0);
  EXPECT_EQ(map.copy(uint32_t{1}, &id), 0);
  EXPECT_EQ(id, program->id);
  EXPECT_EQ(map.copy(uint32_t{2}, &id), -ENOENT);
  EXPECT_EQ(program->references.load(), 3u);
  EXPECT_EQ(map.remove(uint32_t{2}), -E2BIG);
  EXPECT_EQ(map.remove(uint32_t{0}), -ENOENT);
  EXPECT_EQ(map.remove(uint32_t{1}), 0);
  EXPECT_EQ(program->references.load(), 2u);
}

TEST(ProgArray, TheFirstProgramSaysWhichMayFollow) {
  TestKernel kernel;
  TestMap map = kernel.create(objects(BPF_MAP_TYPE_PROG_ARRAY, 2));
  const Ref<Program> xdp = kernel.program(BPF_PROG_TYPE_XDP);
  const Ref<Program> kprobe = kernel.program(BPF_PROG_TYPE_KPROBE);
  const Ref<Program> jited = kernel.program(BPF_PROG_TYPE_XDP, 64);
  const Ref<Program> fragments = kernel.program(BPF_PROG_TYPE_XDP);
  fragments->flags = BPF_F_XDP_HAS_FRAGS;
  EXPECT_EQ(map.update(uint32_t{0}, kernel.open(*xdp)), 0);
  EXPECT_EQ((*map).owner_type.load(), uint32_t{BPF_PROG_TYPE_XDP});
  EXPECT_EQ(map.update(uint32_t{1}, kernel.open(*kprobe)), -EINVAL);
  EXPECT_EQ(map.update(uint32_t{1}, kernel.open(*jited)), -EINVAL);
  EXPECT_EQ(map.update(uint32_t{1}, kernel.open(*fragments)), -EINVAL);
  EXPECT_FALSE(prog_array_accepts(kernel, *map, *kprobe));
  EXPECT_TRUE(prog_array_accepts(kernel, *map, *xdp));
  EXPECT_EQ(map.update(uint32_t{1}, kernel.open(*xdp)), 0);
}

TEST(ProgArray, CompiledCodeFindsEntries) {
  TestKernel kernel;
  TestMap map = kernel.create(objects(BPF_MAP_TYPE_PROG_ARRAY, 3));
  const auto* bytes = reinterpret_cast<const uint8_t*>(map.get());
  uint32_t count;
  memcpy(&count, bytes + kProgArrayCount, sizeof count);
  EXPECT_EQ(count, 3u);
  EXPECT_LT(kProgArrayCount, 2048);
  EXPECT_LT(kProgArrayEntries, 2048);
  EXPECT_EQ(kProgArrayEntries % 8, 0);
  const auto entry = [&](uint32_t index) {
    uint64_t address;
    memcpy(&address, bytes + kProgArrayEntries + 8 * index, sizeof address);
    return address;
  };
  const Ref<Program> program = kernel.program(BPF_PROG_TYPE_XDP, 0x1234'5678'9abc);
  EXPECT_EQ(entry(1), 0u);
  EXPECT_EQ(map.update(uint32_t{1}, kernel.open(*program)), 0);
  EXPECT_EQ(entry(0), 0u);
  EXPECT_EQ(entry(1), 0x1234'5678'9abcu);
  EXPECT_EQ(entry(2), 0u);
  {
    const ReadSection section(kernel);
    EXPECT_EQ(prog_array_at(*map, 1), program.get());
    EXPECT_EQ(prog_array_at(*map, 2), nullptr);
    EXPECT_EQ(prog_array_at(*map, 3), nullptr);
  }
  EXPECT_EQ(map.remove(uint32_t{1}), 0);
  EXPECT_EQ(entry(1), 0u);
}

TEST(ProgArray, EmptiesWithItsLastHandle) {
  TestKernel kernel;
  TestMap map = kernel.create(objects(BPF_MAP_TYPE_PROG_ARRAY, 100));
  const int fd = kernel.open(*map);
  const int second = kernel.host().dup(fd);
  const Ref<Program> program = kernel.program(BPF_PROG_TYPE_XDP, 8);
  const int program_fd = kernel.open(*program);
  for (uint32_t i = 0; i < 100; ++i) EXPECT_EQ(map.update(i, program_fd), 0);
  EXPECT_EQ(program->references.load(), 102u);
  kernel.host().close(fd);
  EXPECT_EQ(program->references.load(), 102u);
  kernel.host().close(second);
  EXPECT_EQ(program->references.load(), 2u);
  EXPECT_EQ(prog_array_at(*map, 99), nullptr);
}

TEST(PerfEventArray, TakesEventsOnly) {
  TestKernel kernel;
  TestMap map = kernel.create(objects(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 2));
  const int map_fd = kernel.open(*map);
  const Ref<Object> event = kernel.perf_event();
  const int fd = kernel.open(*event);
  EXPECT_EQ(map.update(uint32_t{0}, map_fd), -EBADF);
  EXPECT_EQ(map.update(uint32_t{2}, fd), -E2BIG);
  EXPECT_EQ(map.update(uint32_t{1}, fd), 0);
  EXPECT_EQ(perf_event_array_at(*map, 1), event.get());
  uint32_t value;
  EXPECT_EQ(map.copy(uint32_t{1}, &value), -kNotSupported);
  kernel.host().close(map_fd);
  EXPECT_EQ(perf_event_array_at(*map, 1), nullptr);

  TestMap kept = kernel.create(objects(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 2, BPF_F_PRESERVE_ELEMS));
  const int kept_fd = kernel.open(*kept);
  EXPECT_EQ(kept.update(uint32_t{1}, fd), 0);
  kernel.host().close(kept_fd);
  EXPECT_EQ(perf_event_array_at(*kept, 1), event.get());
}

TEST(CgroupArray, NoDescriptorIsACgroup) {
  TestKernel kernel;
  TestMap map = kernel.create(objects(BPF_MAP_TYPE_CGROUP_ARRAY, 2));
  EXPECT_EQ(map.update(uint32_t{0}, kernel.open(*map)), -EBADF);
  EXPECT_EQ(map.update(uint32_t{2}, 0), -E2BIG);
  EXPECT_EQ(map.remove(uint32_t{0}), -ENOENT);
  EXPECT_EQ(cgroup_array_holds_task(kernel, *map, 0), -EAGAIN);
  EXPECT_EQ(cgroup_array_holds_task(kernel, *map, 2), -E2BIG);
}

// --- maps of maps

MapAttributes inner_array(uint32_t entries, uint32_t flags = 0, uint32_t value_size = 8) {
  return {.type = BPF_MAP_TYPE_ARRAY,
          .key_size = 4,
          .value_size = value_size,
          .max_entries = entries,
          .flags = flags};
}

TEST(ArrayOfMaps, SaysWhatInnerMapsCannotBe) {
  TestKernel kernel;
  MapAttributes outer = objects(BPF_MAP_TYPE_ARRAY_OF_MAPS, 2);
  outer.inner_error = -EBADF;
  EXPECT_EQ(kernel.try_create(outer), -EBADF);
  outer.max_entries = 0;
  EXPECT_EQ(kernel.try_create(outer), -EINVAL) << "sizes come first";
  outer = objects(BPF_MAP_TYPE_ARRAY_OF_MAPS, 2);
  TestMap inner = kernel.create(inner_array(1));
  outer.inner = inner.get();
  TestMap map = kernel.create(outer);
  outer.inner = map.get();
  EXPECT_EQ(kernel.try_create(outer), -EINVAL) << "maps of maps of maps";
  TestMap programs = kernel.create(objects(BPF_MAP_TYPE_PROG_ARRAY, 1));
  outer.inner = programs.get();
  EXPECT_EQ(kernel.try_create(outer), -kNotSupported);
  (*inner).spin_lock = 0;
  outer.inner = inner.get();
  EXPECT_EQ(kernel.try_create(outer), -kNotSupported);
}

TEST(ArrayOfMaps, TakesMapsThatMatch) {
  TestKernel kernel;
  TestMap pattern = kernel.create(inner_array(4));
  MapAttributes attributes = objects(BPF_MAP_TYPE_ARRAY_OF_MAPS, 2);
  attributes.inner = pattern.get();
  TestMap map = kernel.create(attributes);
  TestMap inner = kernel.create(inner_array(4));
  EXPECT_EQ(map.update(uint32_t{0}, kernel.open(*kernel.create(inner_array(5)))), -EINVAL);
  EXPECT_EQ(map.update(uint32_t{0}, kernel.open(*kernel.create(inner_array(4, 0, 4)))), -EINVAL);
  EXPECT_EQ(map.update(uint32_t{0}, kernel.open(*kernel.create(inner_array(4, BPF_F_MMAPABLE)))),
            -EINVAL);
  EXPECT_EQ(map.update(uint32_t{0}, 900), -EBADF);
  EXPECT_EQ(map.update(uint32_t{0}, kernel.open(*kernel.program(BPF_PROG_TYPE_XDP))), -EINVAL);
  EXPECT_EQ(map.update(uint32_t{1}, kernel.open(*inner)), 0);
  uint32_t id = 0;
  EXPECT_EQ(map.copy(uint32_t{1}, &id), 0);
  EXPECT_EQ(id, (*inner).id);
  const ReadSection section(kernel);
  EXPECT_EQ(map.lookup(uint32_t{1}), inner.get());
  EXPECT_EQ(map.lookup(uint32_t{0}), nullptr);
  EXPECT_EQ(map.lookup(uint32_t{2}), nullptr);
}

TEST(ArrayOfMaps, InnerArraysMayDifferInSizeWhereTheySaySo) {
  TestKernel kernel;
  TestMap pattern = kernel.create(inner_array(4, BPF_F_INNER_MAP));
  MapAttributes attributes = objects(BPF_MAP_TYPE_ARRAY_OF_MAPS, 1);
  attributes.inner = pattern.get();
  TestMap map = kernel.create(attributes);
  EXPECT_EQ(map.update(uint32_t{0}, kernel.open(*kernel.create(inner_array(9)))), -EINVAL);
  EXPECT_EQ(map.update(uint32_t{0}, kernel.open(*kernel.create(inner_array(9, BPF_F_INNER_MAP)))),
            0);
}

// Readers use inner maps while others replace them; under the sanitizers a map that is freed too
// early is seen.
TEST(ArrayOfMaps, InnerMapsStayWhileTheyAreUsed) {
  TestKernel kernel;
  TestMap pattern = kernel.create(inner_array(1));
  MapAttributes attributes = objects(BPF_MAP_TYPE_ARRAY_OF_MAPS, 2);
  attributes.inner = pattern.get();
  TestMap map = kernel.create(attributes);
  std::atomic<bool> stop{false};
  const auto read = [&] {
    while (!stop) {
      const ReadSection section(kernel);
      const uint32_t key = 1;
      auto* inner = static_cast<Map*>(map.lookup(key));
      if (inner == nullptr) continue;
      const uint32_t first = 0;
      void* value = map_lookup(kernel, *inner, &first);
      ASSERT_NE(value, nullptr);
      std::atomic_ref<uint64_t>(*static_cast<uint64_t*>(value)).fetch_add(1);
    }
  };
  const auto write = [&](uint32_t seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < 300; ++i) {
      TestMap fresh = kernel.create(inner_array(1));
      const int fd = kernel.open(*fresh);
      EXPECT_EQ(map.update(uint32_t{1}, fd), 0);
      kernel.host().close(fd);
      if (random() % 3 == 0) map.remove(uint32_t{1});
    }
  };
  std::vector<std::jthread> readers;
  readers.reserve(4);
  for (int i = 0; i < 2; ++i) readers.emplace_back(read);
  std::vector<std::jthread> writers;
  writers.reserve(4);
  for (uint32_t i = 0; i < 2; ++i) writers.emplace_back(write, i);
  writers.clear();
  stop = true;
}

TEST(ProgArray, EntriesBelongToTheirProgram) {
  TestKernel kernel;
  TestMap map = kernel.create(objects(BPF_MAP_TYPE_PROG_ARRAY, 1));
  const auto write = [&](uint64_t seed) {
    for (uint64_t i = 1; i < 200; ++i) {
      const Ref<Program> program = kernel.program(BPF_PROG_TYPE_XDP, seed + i * 8);
      const int fd = kernel.open(*program);
      EXPECT_EQ(map.update(uint32_t{0}, fd), 0);
      kernel.host().close(fd);
    }
  };
  std::vector<std::jthread> writers;
  writers.reserve(4);
  for (uint64_t i = 0; i < 3; ++i) writers.emplace_back(write, i << 32);
  writers.clear();
  const Program* program = prog_array_at(*map, 0);
  ASSERT_NE(program, nullptr);
  uint64_t entry;
  memcpy(&entry, reinterpret_cast<const uint8_t*>(map.get()) + kProgArrayEntries, sizeof entry);
  EXPECT_EQ(entry, program->tail_entry);
}

}  // namespace
}  // namespace zext::shim
