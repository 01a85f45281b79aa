// BTF_LOAD, information of BTF, and maps with types.
#include <errno.h>

#include "kernel_shim/bpf/bpf_fixture.h"
#include "kernel_shim/btf/btf_blob.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

const std::vector<uint8_t>& own_types() {
  static const std::vector<uint8_t> kBytes = [] {
    Blob blob;
    blob.integer("kernel_int", 4);
    return blob.bytes();
  }();
  return kBytes;
}

class BtfCommandsTest : public BpfTest {
 protected:
  BtfCommandsTest() : BpfTest({.btf = own_types()}, kshim_config{}) {
    integer_ = blob_.integer("int", 4);
    long_ = blob_.integer("long", 8);
    bytes_ = blob_.bytes();
  }
  bpf_attr load_attr() {
    bpf_attr attr{};
    attr.btf = address(bytes_.data());
    attr.btf_size = static_cast<uint32_t>(bytes_.size());
    return attr;
  }
  int load() {
    const int fd = static_cast<int>(call(BPF_BTF_LOAD, load_attr()));
    EXPECT_GE(fd, 0);
    return fd;
  }
  long info(int fd, bpf_btf_info* to) {
    bpf_attr attr{};
    attr.info.bpf_fd = static_cast<uint32_t>(fd);
    attr.info.info = address(to);
    attr.info.info_len = sizeof *to;
    return call(BPF_OBJ_GET_INFO_BY_FD, attr);
  }
  int kernel_btf() {
    bpf_attr attr{};
    EXPECT_EQ(call(BPF_BTF_GET_NEXT_ID, attr), 0);
    bpf_attr by{};
    by.btf_id = attr.next_id;
    return static_cast<int>(call(BPF_BTF_GET_FD_BY_ID, by));
  }
  Blob blob_;
  uint32_t integer_ = 0;
  uint32_t long_ = 0;
  std::vector<uint8_t> bytes_;
};

TEST_F(BtfCommandsTest, LoadRefuses) {
  bpf_attr attr = load_attr();
  attr.btf_size = (16 << 20) + 1;
  EXPECT_EQ(call(BPF_BTF_LOAD, attr), -E2BIG);
  attr = load_attr();
  attr.btf = 0;
  EXPECT_EQ(call(BPF_BTF_LOAD, attr), -EFAULT);
  attr.btf_size = 0;
  EXPECT_EQ(call(BPF_BTF_LOAD, attr), -EINVAL);
  bytes_[0] = 0;
  EXPECT_EQ(call(BPF_BTF_LOAD, load_attr()), -EINVAL);
}

TEST_F(BtfCommandsTest, TheLogsAttributesBelongTogether) {
  char log[4096];
  struct Row {
    uint32_t level, size;
    bool buffer;
    bool good;
  };
  for (const Row& row :
       {Row{1, 4096, true, true}, Row{0, 4096, true, false}, Row{1, 0, true, false},
        Row{1, 127, true, false}, Row{1, 4096, false, false}, Row{8, 4096, true, false},
        Row{0, 0, true, false}, Row{7, 4096, true, true}}) {
    bpf_attr attr = load_attr();
    attr.btf_log_level = row.level;
    attr.btf_log_size = row.size;
    attr.btf_log_buf = row.buffer ? address(log) : 0;
    EXPECT_EQ(call(BPF_BTF_LOAD, attr) >= 0, row.good) << row.level << " " << row.size;
  }
}

TEST_F(BtfCommandsTest, ALogThatIsTooLong) {
  std::vector<char> log(130, 'x');
  bpf_attr attr = load_attr();
  attr.btf_log_level = 1;
  attr.btf_log_size = 128;
  attr.btf_log_buf = address(log.data());
  const ProcessHost::Counts before = host_.counts();
  EXPECT_EQ(call(BPF_BTF_LOAD, attr), -ENOSPC);
  EXPECT_EQ(host_.counts(), before);
  EXPECT_EQ(std::strlen(log.data()), 127u);
  EXPECT_EQ(log[128], 'x');
  // What is wrong is told before that.
  bytes_[bytes_.size() - 1] = 'x';
  EXPECT_EQ(call(BPF_BTF_LOAD, attr), -EINVAL);
  // A buffer that is not there does not stop anybody, in 5.19.
  bytes_ = blob_.bytes();
  attr.btf = address(bytes_.data());
  attr.btf_log_buf = 16;
  EXPECT_GE(call(BPF_BTF_LOAD, attr), 0);
}

TEST_F(BtfCommandsTest, InformationOfLoadedTypes) {
  const int fd = load();
  std::vector<uint8_t> copy(bytes_.size() + 1, 0xee);
  bpf_btf_info info{};
  info.btf = address(copy.data());
  info.btf_size = static_cast<uint32_t>(bytes_.size() - 1);
  EXPECT_EQ(this->info(fd, &info), 0);
  EXPECT_EQ(info.btf_size, bytes_.size());
  EXPECT_EQ(info.id, kshim_id_of(host_.at(fd)));
  EXPECT_EQ(info.kernel_btf, 0u);
  EXPECT_EQ(info.name_len, 0u);
  EXPECT_EQ(copy[bytes_.size() - 1], 0xee);
  info = {};
  info.btf = address(copy.data());
  info.btf_size = 1000;
  EXPECT_EQ(this->info(fd, &info), 0);
  copy.pop_back();
  EXPECT_EQ(copy, bytes_);
  info = {};
  info.btf_size = 10;
  EXPECT_EQ(this->info(fd, &info), -EFAULT);
  char text[64];
  EXPECT_EQ(kshim_fdinfo(shim_, host_.at(fd), text, sizeof text),
            std::string("btf_id:\t\n").size() + std::to_string(info.id).size());
}

TEST_F(BtfCommandsTest, TheNamesRoomAndPlaceBelongTogether) {
  const int fd = kernel_btf();
  ASSERT_GE(fd, 0);
  char name[16];
  bpf_btf_info info{};
  EXPECT_EQ(this->info(fd, &info), 0);
  EXPECT_EQ(info.name_len, 7u);
  EXPECT_EQ(info.kernel_btf, 1u);
  for (const bool place : {false, true}) {
    info = {};
    info.name = place ? address(name) : 0;
    info.name_len = place ? 0 : 16;
    EXPECT_EQ(this->info(fd, &info), -EINVAL);
  }
  info = {};
  info.name = address(name);
  info.name_len = 8;
  EXPECT_EQ(this->info(fd, &info), 0);
  EXPECT_STREQ(name, "vmlinux");
  // As much as there is room for; the rest of the information is written all the same.
  info = {};
  info.name = address(name);
  info.name_len = 5;
  EXPECT_EQ(this->info(fd, &info), -ENOSPC);
  EXPECT_STREQ(name, "vmli");
  EXPECT_EQ(info.name_len, 7u);
}

TEST_F(BtfCommandsTest, MapsHaveTypes) {
  bpf_attr attr = map_attr(BPF_MAP_TYPE_HASH);
  const int btf = load();
  attr.btf_fd = static_cast<uint32_t>(btf);
  attr.btf_key_type_id = integer_;
  attr.btf_value_type_id = integer_;
  EXPECT_EQ(call(BPF_MAP_CREATE, attr), -EINVAL);
  attr.btf_value_type_id = long_;
  const int fd = static_cast<int>(call(BPF_MAP_CREATE, attr));
  ASSERT_GE(fd, 0);
  const uint32_t id = kshim_id_of(host_.at(btf));
  host_.close(btf);
  bpf_map_info info{};
  bpf_attr ask{};
  ask.info.bpf_fd = static_cast<uint32_t>(fd);
  ask.info.info = address(&info);
  ask.info.info_len = sizeof info;
  EXPECT_EQ(call(BPF_OBJ_GET_INFO_BY_FD, ask), 0);
  EXPECT_EQ(info.btf_id, id);
  EXPECT_EQ(info.btf_key_type_id, integer_);
  EXPECT_EQ(info.btf_value_type_id, long_);
  // Not the kernel's types, and no map instead of them.
  attr.btf_fd = static_cast<uint32_t>(kernel_btf());
  EXPECT_EQ(call(BPF_MAP_CREATE, attr), -EACCES);
  attr.btf_fd = static_cast<uint32_t>(fd);
  EXPECT_EQ(call(BPF_MAP_CREATE, attr), -EINVAL);
}

}  // namespace
}  // namespace zext::shim
