// The batch commands against what one command an element gives.
#include <errno.h>

#include <algorithm>
#include <map>

#include "kernel_shim/bpf/bpf_fixture.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

class MapBatchTest : public BpfTest {
 protected:
  int make(uint32_t type, uint32_t max, uint32_t flags = 0) {
    const int fd = static_cast<int>(call(BPF_MAP_CREATE, map_attr(type, 4, 8, max, flags)));
    EXPECT_GE(fd, 0);
    return fd;
  }
  bpf_attr batch(int fd, uint32_t count) {
    bpf_attr attr{};
    attr.batch.map_fd = static_cast<uint32_t>(fd);
    attr.batch.keys = address(keys_.data());
    attr.batch.values = address(values_.data());
    attr.batch.count = count;
    attr.batch.out_batch = address(&next_);
    return attr;
  }
  void fill(int fd, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      keys_[i] = i;
      values_[i] = i * 10;
    }
    bpf_attr attr = batch(fd, count);
    ASSERT_EQ(call(BPF_MAP_UPDATE_BATCH, attr), 0);
    ASSERT_EQ(attr.batch.count, count);
  }
  // Everything, `piece` at a time.
  std::map<uint32_t, uint64_t> collect(int command, int fd, uint32_t piece) {
    std::map<uint32_t, uint64_t> all;
    uint64_t position = 0;
    for (int round = 0; round < 10000; ++round) {
      bpf_attr attr = batch(fd, piece);
      if (round != 0) attr.batch.in_batch = address(&position);
      const long error = call(command, attr);
      for (uint32_t i = 0; i < attr.batch.count; ++i) {
        EXPECT_TRUE(all.emplace(keys_[i], values_[i]).second) << keys_[i];
      }
      if (error == -ENOENT) return all;
      if (error == -ENOSPC) {
        EXPECT_EQ(attr.batch.count, 0u);
        piece *= 2;
        if (round == 0) --round;
        continue;
      }
      EXPECT_EQ(error, 0);
      if (error != 0) return all;
      position = next_;
    }
    ADD_FAILURE() << "no end";
    return all;
  }

  std::vector<uint32_t> keys_ = std::vector<uint32_t>(4096);
  std::vector<uint64_t> values_ = std::vector<uint64_t>(4096);
  uint64_t next_ = 0;
};

TEST_F(MapBatchTest, HashTablesGiveAll) {
  for (const uint32_t piece : {1u, 3u, 7u, 64u, 500u, 1000u, 4096u}) {
    const int fd = make(BPF_MAP_TYPE_HASH, 1000);
    fill(fd, 1000);
    const auto all = collect(BPF_MAP_LOOKUP_BATCH, fd, piece);
    EXPECT_EQ(all.size(), 1000u) << piece;
    for (const auto& [key, value] : all) EXPECT_EQ(value, key * 10);
    EXPECT_EQ(collect(BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, piece), all) << piece;
    EXPECT_TRUE(collect(BPF_MAP_LOOKUP_BATCH, fd, piece).empty());
    host_.close(fd);
  }
}

TEST_F(MapBatchTest, ArraysGiveAll) {
  for (const uint32_t piece : {1u, 3u, 99u, 100u, 101u}) {
    const int fd = make(BPF_MAP_TYPE_ARRAY, 100);
    fill(fd, 100);
    EXPECT_EQ(collect(BPF_MAP_LOOKUP_BATCH, fd, piece).size(), 100u);
    host_.close(fd);
  }
}

TEST_F(MapBatchTest, UpdatesStopAtTheFirstMistake) {
  const int fd = make(BPF_MAP_TYPE_ARRAY, 4);
  for (uint32_t i = 0; i < 6; ++i) keys_[i] = i;
  bpf_attr attr = batch(fd, 6);
  EXPECT_EQ(call(BPF_MAP_UPDATE_BATCH, attr), -E2BIG);
  EXPECT_EQ(attr.batch.count, 4u);
}

TEST_F(MapBatchTest, DeletesStopAtTheFirstMistake) {
  const int fd = make(BPF_MAP_TYPE_HASH, 10);
  fill(fd, 3);
  keys_[2] = 77;
  bpf_attr attr = batch(fd, 3);
  attr.batch.values = 0;
  EXPECT_EQ(call(BPF_MAP_DELETE_BATCH, attr), -ENOENT);
  EXPECT_EQ(attr.batch.count, 2u);
}

TEST_F(MapBatchTest, AHashTableOfExactlyTheRoomEnds) {
  const int fd = make(BPF_MAP_TYPE_HASH, 10);
  fill(fd, 10);
  bpf_attr attr = batch(fd, 10);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_BATCH, attr), -ENOENT);
  EXPECT_EQ(attr.batch.count, 10u);
  // From behind the end on there is nothing.
  uint32_t behind = 1u << 30;
  attr.batch.count = 10;
  attr.batch.in_batch = address(&behind);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_BATCH, attr), -ENOENT);
  EXPECT_EQ(attr.batch.count, 0u);
}

TEST_F(MapBatchTest, NothingAskedIsNothingDone) {
  for (const uint32_t type : {BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY}) {
    bpf_attr attr = batch(make(type, 4), 0);
    attr.batch.keys = attr.batch.values = attr.batch.out_batch = 0;
    EXPECT_EQ(call(BPF_MAP_LOOKUP_BATCH, attr), 0);
    EXPECT_EQ(call(BPF_MAP_UPDATE_BATCH, attr), 0);
  }
}

TEST_F(MapBatchTest, Refuses) {
  const int hash = make(BPF_MAP_TYPE_HASH, 4);
  const int array = make(BPF_MAP_TYPE_ARRAY, 4);
  for (const int command : {BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH,
                            BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH}) {
    bpf_attr attr = batch(hash, 1);
    attr.batch.elem_flags = BPF_F_LOCK;
    EXPECT_EQ(call(command, attr), -EINVAL) << command;
    attr.batch.elem_flags = BPF_EXIST;
    EXPECT_EQ(call(command, attr), -EINVAL) << command;
    attr = batch(99, 1);
    EXPECT_EQ(call(command, attr), -EBADF) << command;
    attr = batch(host_.open_other(), 1);
    EXPECT_EQ(call(command, attr), -EINVAL) << command;
    const int queue = static_cast<int>(call(BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_QUEUE, 0)));
    attr = batch(queue, 1);
    EXPECT_EQ(call(command, attr), -kNotSupported) << command;
  }
  bpf_attr attr = batch(hash, 1);
  attr.batch.flags = 1;
  EXPECT_EQ(call(BPF_MAP_LOOKUP_BATCH, attr), -EINVAL);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_BATCH, attr), -EINVAL);
  attr = batch(array, 1);
  EXPECT_EQ(call(BPF_MAP_DELETE_BATCH, attr), -kNotSupported);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_BATCH, attr), -kNotSupported);
}

TEST_F(MapBatchTest, AccessIsTheDescriptors) {
  const int reads = make(BPF_MAP_TYPE_HASH, 4, BPF_F_RDONLY);
  bpf_attr attr = batch(reads, 1);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_BATCH, attr), -ENOENT);
  attr = batch(reads, 1);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_BATCH, attr), -EPERM);
  EXPECT_EQ(call(BPF_MAP_UPDATE_BATCH, attr), -EPERM);
  EXPECT_EQ(call(BPF_MAP_DELETE_BATCH, attr), -EPERM);
  const int writes = make(BPF_MAP_TYPE_HASH, 4, BPF_F_WRONLY);
  attr = batch(writes, 1);
  EXPECT_EQ(call(BPF_MAP_UPDATE_BATCH, attr), 0);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_BATCH, attr), -EPERM);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_AND_DELETE_BATCH, attr), -EPERM);
  EXPECT_EQ(call(BPF_MAP_DELETE_BATCH, attr), 0);
}

TEST_F(MapBatchTest, PerCpuValuesAreSideBySide) {
  const int fd = make(BPF_MAP_TYPE_PERCPU_ARRAY, 2);
  for (size_t i = 0; i < 8; ++i) values_[i] = i + 1;
  keys_ = {0, 1};
  bpf_attr attr = batch(fd, 2);
  ASSERT_EQ(call(BPF_MAP_UPDATE_BATCH, attr), 0);
  const std::vector<uint64_t> written = values_;
  std::fill(values_.begin(), values_.end(), 0);
  attr = batch(fd, 3);
  EXPECT_EQ(call(BPF_MAP_LOOKUP_BATCH, attr), -ENOENT);
  EXPECT_EQ(attr.batch.count, 2u);
  EXPECT_EQ(values_, written);
}

}  // namespace
}  // namespace zext::shim
