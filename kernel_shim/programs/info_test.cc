// OBJ_GET_INFO_BY_FD of programs.
#include <errno.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "kernel_shim/programs/testing/loads.h"

namespace zext::shim {
namespace {

class InfoTest : public testing::Test {
 protected:
  InfoTest() : map_(loads_.map(BPF_MAP_TYPE_ARRAY, 4, 8, 1)) {
    const std::string text =
        "ld_pseudo r2, 2, " + std::to_string(map_) + ", 4\nr0 = *(u32 *)(r2 + 0)\ncall 5\nexit\n";
    fd_ = loads_.load({.text = text}).result;
  }

  long ask(bpf_prog_info& info, uint32_t length = sizeof(bpf_prog_info)) {
    bpf_attr attr{};
    attr.info.bpf_fd = static_cast<uint32_t>(fd_);
    attr.info.info = user(&info);
    attr.info.info_len = length;
    const long result = loads_.bpf(BPF_OBJ_GET_INFO_BY_FD, attr);
    length_ = attr.info.info_len;
    return result;
  }

  Loads loads_;
  int map_;
  long fd_ = -1;
  uint32_t length_ = 0;
};

TEST_F(InfoTest, SaysHowMuchThereIs) {
  bpf_prog_info info{};
  ASSERT_EQ(ask(info), 0);
  EXPECT_EQ(length_, sizeof info);
  EXPECT_EQ(info.type, uint32_t{BPF_PROG_TYPE_SOCKET_FILTER});
  EXPECT_EQ(info.id, loads_.program(fd_).id);
  EXPECT_EQ(info.xlated_prog_len, 5 * sizeof(ebpf::Slot));
  EXPECT_EQ(info.nr_map_ids, 1u);
  EXPECT_EQ(info.gpl_compatible, 1u);
  EXPECT_EQ(info.nr_prog_tags, 1u);
  EXPECT_EQ(info.nr_jited_ksyms, 1u);
  EXPECT_EQ(info.func_info_rec_size, sizeof(bpf_func_info));
  EXPECT_EQ(info.verified_insns, 4u);
  EXPECT_NE(info.load_time, 0u);
}

TEST_F(InfoTest, CopiesWhatThereIsRoomFor) {
  uint32_t ids[2] = {};
  uint8_t tag[BPF_TAG_SIZE] = {};
  ebpf::Slot slots[8] = {};
  bpf_prog_info info{};
  info.nr_map_ids = 2;
  info.map_ids = user(ids);
  info.nr_prog_tags = 1;
  info.prog_tags = user(tag);
  info.xlated_prog_len = 2 * sizeof(ebpf::Slot);
  info.xlated_prog_insns = user(slots);
  ASSERT_EQ(ask(info), 0);
  EXPECT_EQ(info.nr_map_ids, 1u);
  EXPECT_NE(ids[0], 0u);
  EXPECT_EQ(ids[1], 0u);
  EXPECT_EQ(std::memcmp(tag, loads_.program(fd_).tag, sizeof tag), 0);
  // The map by its id, and no more than asked for.
  EXPECT_EQ(slots[0].src(), BPF_PSEUDO_MAP_VALUE);
  EXPECT_EQ(slots[0].imm, static_cast<int32_t>(ids[0]));
  EXPECT_EQ(slots[1].imm, 4);
  EXPECT_EQ(slots[2].opcode, 0);
}

TEST_F(InfoTest, TellsOlderAndNewerCallers) {
  bpf_prog_info info{};
  EXPECT_EQ(ask(info, 8), 0);
  EXPECT_EQ(length_, 8u);
  EXPECT_EQ(info.xlated_prog_len, 0u);
  struct {
    bpf_prog_info info;
    uint64_t more;
  } longer{};
  bpf_attr attr{};
  attr.info.bpf_fd = static_cast<uint32_t>(fd_);
  attr.info.info = user(&longer);
  attr.info.info_len = sizeof longer;
  EXPECT_EQ(loads_.bpf(BPF_OBJ_GET_INFO_BY_FD, attr), 0);
  EXPECT_EQ(attr.info.info_len, sizeof longer.info);
  longer.more = 1;
  attr.info.info_len = sizeof longer;
  EXPECT_EQ(loads_.bpf(BPF_OBJ_GET_INFO_BY_FD, attr), -E2BIG);
}

TEST_F(InfoTest, RefusesRecordsOfOtherSizes) {
  bpf_prog_info info{};
  info.func_info_rec_size = 4;
  EXPECT_EQ(ask(info), -EINVAL);
  info = {};
  info.nr_line_info = 1;
  EXPECT_EQ(ask(info), -EINVAL);
  info = {};
  info.nr_map_ids = 1;
  info.map_ids = 8;
  EXPECT_EQ(ask(info), -EFAULT);
}

TEST_F(InfoTest, HidesTheCodeFromUsersWithoutRights) {
  ebpf::Slot slots[8] = {};
  const auto asked = [&] {
    bpf_prog_info info{};
    info.xlated_prog_len = sizeof slots;
    info.xlated_prog_insns = user(slots);
    EXPECT_EQ(ask(info), 0);
    return info;
  };
  ProcessHost& host = loads_.host();
  const uint32_t all = host.client().capabilities;
  // Without CAP_SYS_ADMIN the numbers of calls are hidden, without CAP_BPF everything is.
  host.client().capabilities = KSHIM_CAP_BPF;
  EXPECT_EQ(asked().xlated_prog_len, 5 * sizeof(ebpf::Slot));
  EXPECT_EQ(slots[3].imm, 0);
  host.client().capabilities = 0;
  EXPECT_EQ(asked().xlated_prog_len, 0u);
  host.client().capabilities = all;
  asked();
  EXPECT_EQ(slots[3].imm, 5);
}

}  // namespace
}  // namespace zext::shim
