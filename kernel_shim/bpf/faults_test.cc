// Copies that fail, each in turn, and memory that runs out at each allocation: every command says
// so, leaks nothing, and works afterwards as if nothing had been.
#include <errno.h>

#include <map>

#include "kernel_shim/bpf/bpf_fixture.h"

namespace zext::shim {
namespace {

// A command with all that it needs, in memory of its own.
struct Scenario {
  const char* name;
  int command;
  bpf_attr attr{};
  long expected = 0;  // kFd: a descriptor
};
constexpr long kFd = 1;

class FaultsTest : public BpfTest {
 protected:
  FaultsTest() {
    hash_ = make_map();
    array_ = make_map(BPF_MAP_TYPE_ARRAY);
    for (uint32_t i = 0; i < 4; ++i) update(hash_, i, i);
    bpf_attr attr{};
    attr.pathname = address(kOld);
    attr.bpf_fd = static_cast<uint32_t>(hash_);
    EXPECT_EQ(call(BPF_OBJ_PIN, attr), 0);
    // Tables of ids stay.
    for (const Scenario& scenario : scenarios()) run(scenario);
  }

  std::vector<Scenario> scenarios() {
    std::vector<Scenario> all;
    all.push_back({"create", BPF_MAP_CREATE, map_attr(BPF_MAP_TYPE_HASH), kFd});
    all.push_back({"create read-only", BPF_MAP_CREATE,
                   map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_RDONLY), kFd});
    bpf_attr outer = map_attr(BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4);
    outer.inner_map_fd = static_cast<uint32_t>(hash_);
    all.push_back({"create outer", BPF_MAP_CREATE, outer, kFd});
    all.push_back({"lookup", BPF_MAP_LOOKUP_ELEM, element(hash_, &key_, &value_)});
    all.push_back({"update", BPF_MAP_UPDATE_ELEM, element(hash_, &key_, &value_)});
    all.push_back({"next key", BPF_MAP_GET_NEXT_KEY, element(array_, &key_, &next_)});
    bpf_attr pin{};
    pin.pathname = address(kNew);
    pin.bpf_fd = static_cast<uint32_t>(hash_);
    all.push_back({"pin", BPF_OBJ_PIN, pin});
    bpf_attr get{};
    get.pathname = address(kOld);
    all.push_back({"get", BPF_OBJ_GET, get, kFd});
    get.file_flags = BPF_F_RDONLY;
    all.push_back({"get read-only", BPF_OBJ_GET, get, kFd});
    all.push_back({"next id", BPF_MAP_GET_NEXT_ID, bpf_attr{}});
    bpf_attr id{};
    id.map_id = kshim_id_of(host_.at(hash_));
    all.push_back({"by id", BPF_MAP_GET_FD_BY_ID, id, kFd});
    bpf_attr info{};
    info.info.bpf_fd = static_cast<uint32_t>(hash_);
    info.info.info = address(room_);
    info.info.info_len = sizeof room_;
    all.push_back({"info", BPF_OBJ_GET_INFO_BY_FD, info});
    bpf_attr batch{};
    batch.batch.map_fd = static_cast<uint32_t>(hash_);
    batch.batch.keys = address(keys_);
    batch.batch.values = address(values_);
    batch.batch.out_batch = address(&next_);
    batch.batch.count = 4;
    all.push_back({"update batch", BPF_MAP_UPDATE_BATCH, batch});
    batch.batch.count = 8;
    all.push_back({"lookup batch", BPF_MAP_LOOKUP_BATCH, batch, -ENOENT});
    batch.batch.map_fd = static_cast<uint32_t>(array_);
    all.push_back({"lookup batch of an array", BPF_MAP_LOOKUP_BATCH, batch, -ENOENT});
    return all;
  }

  long run(const Scenario& scenario) {
    bpf_attr attr = scenario.attr;
    long result = call(scenario.command, attr);
    if (scenario.expected == kFd && result >= 0) {
      host_.close(static_cast<int>(result));
      result = kFd;
    }
    if (scenario.command == BPF_OBJ_PIN && result == 0) host_.remove(kNew);
    return result;
  }

  static constexpr const char* kOld = "/sys/fs/bpf/old";
  static constexpr const char* kNew = "/sys/fs/bpf/new";
  int hash_ = -1;
  int array_ = -1;
  uint32_t key_ = 0;
  uint64_t value_ = 0;
  uint64_t next_ = 0;
  uint32_t keys_[8] = {0, 1, 2, 3};
  uint64_t values_[8] = {0, 1, 2, 3};
  uint8_t room_[400] = {};
};

TEST_F(FaultsTest, EachCopyMayFail) {
  for (const Scenario& scenario : scenarios()) {
    ASSERT_EQ(run(scenario), scenario.expected) << scenario.name;
    const auto copies = static_cast<int64_t>(watch_.copies.size());
    EXPECT_GT(copies, 0) << scenario.name;
    const ProcessHost::Counts before = host_.counts();
    for (int64_t n = 0; n < copies; ++n) {
      watch_.fail_at = n;
      EXPECT_EQ(run(scenario), -EFAULT) << scenario.name << ", copy " << n;
      watch_.fail_at = -1;
      EXPECT_EQ(host_.counts(), before) << scenario.name << ", copy " << n;
    }
    EXPECT_EQ(run(scenario), scenario.expected) << scenario.name;
  }
}

TEST_F(FaultsTest, EachAllocationMayFail) {
  for (const Scenario& scenario : scenarios()) {
    ASSERT_EQ(run(scenario), scenario.expected) << scenario.name;
    const auto allocations = static_cast<int64_t>(watch_.allocations);
    const ProcessHost::Counts before = host_.counts();
    for (int64_t n = 0; n < allocations; ++n) {
      watch_.fail_allocation = n;
      EXPECT_EQ(run(scenario), -ENOMEM) << scenario.name << ", allocation " << n;
      watch_.fail_allocation = -1;
      EXPECT_EQ(host_.counts(), before) << scenario.name << ", allocation " << n;
    }
    EXPECT_EQ(run(scenario), scenario.expected) << scenario.name;
  }
}

TEST_F(FaultsTest, NoDescriptorsAreLeft) {
  for (const Scenario& scenario : scenarios()) {
    if (scenario.expected != kFd) continue;
    std::vector<int> others;
    for (int fd = host_.open_other(); fd >= 0; fd = host_.open_other()) others.push_back(fd);
    const ProcessHost::Counts before = host_.counts();
    EXPECT_EQ(run(scenario), -EMFILE) << scenario.name;
    EXPECT_EQ(host_.counts(), before) << scenario.name;
    for (const int fd : others) host_.close(fd);
  }
}

}  // namespace
}  // namespace zext::shim
