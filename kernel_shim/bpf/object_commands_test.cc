// Ids, pins, information, fdinfo.
#include <errno.h>

#include <cstddef>

#include "kernel_shim/bpf/bpf_fixture.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

class ObjectCommandsTest : public BpfTest {
 protected:
  bpf_attr pin_attr(int fd, const char* path) {
    bpf_attr attr{};
    attr.pathname = address(path);
    attr.bpf_fd = static_cast<uint32_t>(fd);
    return attr;
  }
  long info(int fd, void* to, uint32_t* size) {
    bpf_attr attr{};
    attr.info.bpf_fd = static_cast<uint32_t>(fd);
    attr.info.info = address(to);
    attr.info.info_len = *size;
    const long error = call(BPF_OBJ_GET_INFO_BY_FD, attr);
    *size = attr.info.info_len;
    return error;
  }
};

TEST_F(ObjectCommandsTest, IdsAscend) {
  bpf_attr attr{};
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_ID, attr), -ENOENT);
  EXPECT_EQ(attr.next_id, 0u);
  const int first = make_map();
  const int second = make_map();
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_ID, attr), 0);
  EXPECT_EQ(attr.next_id, kshim_id_of(host_.at(first)));
  attr.start_id = attr.next_id;
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_ID, attr), 0);
  EXPECT_EQ(attr.next_id, kshim_id_of(host_.at(second)));
  attr.start_id = attr.next_id;
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_ID, attr), -ENOENT);
  for (const uint32_t start : {0x7fff'ffffu, 0xffff'ffffu}) {
    attr.start_id = start;
    EXPECT_EQ(call(BPF_MAP_GET_NEXT_ID, attr), -EINVAL);
  }
  attr.start_id = 0x7fff'fffe;
  EXPECT_EQ(call(BPF_MAP_GET_NEXT_ID, attr), -ENOENT);
  attr.start_id = 0;
  for (const int command : {BPF_PROG_GET_NEXT_ID, BPF_BTF_GET_NEXT_ID, BPF_LINK_GET_NEXT_ID}) {
    EXPECT_EQ(call(command, attr), -ENOENT) << command;
  }
}

TEST_F(ObjectCommandsTest, DescriptorsById) {
  const int fd = make_map();
  bpf_attr attr{};
  attr.map_id = kshim_id_of(host_.at(fd));
  const int again = static_cast<int>(call(BPF_MAP_GET_FD_BY_ID, attr));
  ASSERT_GE(again, 0);
  EXPECT_EQ(host_.at(again), host_.at(fd));
  attr.open_flags = BPF_F_RDONLY | BPF_F_WRONLY;
  EXPECT_EQ(call(BPF_MAP_GET_FD_BY_ID, attr), -EINVAL);
  attr.open_flags = 1;
  EXPECT_EQ(call(BPF_MAP_GET_FD_BY_ID, attr), -EINVAL);
  attr.open_flags = 0;
  host_.close(fd);
  host_.close(again);
  EXPECT_EQ(call(BPF_MAP_GET_FD_BY_ID, attr), -ENOENT);
  for (const uint32_t id : {0u, 77u, ~0u}) {
    attr.map_id = id;
    for (const int command : {BPF_MAP_GET_FD_BY_ID, BPF_PROG_GET_FD_BY_ID, BPF_BTF_GET_FD_BY_ID,
                              BPF_LINK_GET_FD_BY_ID}) {
      EXPECT_EQ(call(command, attr), -ENOENT) << command;
    }
  }
}

TEST_F(ObjectCommandsTest, PinsKeepObjects) {
  const int fd = make_map();
  EXPECT_EQ(update(fd, 1, 5), 0);
  EXPECT_EQ(call(BPF_OBJ_PIN, pin_attr(fd, "/sys/fs/bpf/m")), 0);
  EXPECT_EQ(call(BPF_OBJ_PIN, pin_attr(fd, "/sys/fs/bpf/m")), -EEXIST);
  host_.close(fd);
  bpf_attr attr = pin_attr(0, "/sys/fs/bpf/m");
  const int again = static_cast<int>(call(BPF_OBJ_GET, attr));
  uint64_t value = 0;
  EXPECT_EQ(lookup(again, 1, &value), 0);
  EXPECT_EQ(value, 5u);
  attr.file_flags = BPF_F_RDONLY;
  const int reads = static_cast<int>(call(BPF_OBJ_GET, attr));
  EXPECT_EQ(update(reads, 1, 6), -EPERM);
  // What is pinned is the map, whatever may be done through the descriptor.
  EXPECT_EQ(call(BPF_OBJ_PIN, pin_attr(reads, "/sys/fs/bpf/n")), 0);
  const int both = static_cast<int>(call(BPF_OBJ_GET, pin_attr(0, "/sys/fs/bpf/n")));
  EXPECT_EQ(update(both, 1, 6), 0);
  attr.file_flags = BPF_F_WRONLY;
  const int writes = static_cast<int>(call(BPF_OBJ_GET, attr));
  EXPECT_EQ(lookup(writes, 1, &value), -EPERM);
}

TEST_F(ObjectCommandsTest, PinRefuses) {
  const int fd = make_map();
  const std::string endless(5000, 'x');
  EXPECT_EQ(call(BPF_OBJ_PIN, pin_attr(99, "/sys/fs/bpf/m")), -EINVAL);
  EXPECT_EQ(call(BPF_OBJ_PIN, pin_attr(host_.open_other(), "/sys/fs/bpf/m")), -EINVAL);
  EXPECT_EQ(call(BPF_OBJ_PIN, pin_attr(fd, nullptr)), -EFAULT);
  EXPECT_EQ(call(BPF_OBJ_PIN, pin_attr(fd, "")), -ENOENT);
  EXPECT_EQ(call(BPF_OBJ_PIN, pin_attr(fd, endless.c_str())), -ENAMETOOLONG);
  EXPECT_EQ(call(BPF_OBJ_PIN, pin_attr(fd, "/tmp/m")), -EPERM);
  bpf_attr attr = pin_attr(fd, "/sys/fs/bpf/m");
  attr.file_flags = BPF_F_RDONLY;
  EXPECT_EQ(call(BPF_OBJ_PIN, attr), -EINVAL);
}

TEST_F(ObjectCommandsTest, GetRefuses) {
  const std::string endless(5000, 'x');
  EXPECT_EQ(call(BPF_OBJ_GET, pin_attr(0, "/sys/fs/bpf/m")), -ENOENT);
  EXPECT_EQ(call(BPF_OBJ_GET, pin_attr(0, nullptr)), -EFAULT);
  EXPECT_EQ(call(BPF_OBJ_GET, pin_attr(0, "")), -ENOENT);
  EXPECT_EQ(call(BPF_OBJ_GET, pin_attr(0, endless.c_str())), -ENAMETOOLONG);
  EXPECT_EQ(call(BPF_OBJ_GET, pin_attr(1, "/sys/fs/bpf/m")), -EINVAL);
  bpf_attr attr = pin_attr(0, "/sys/fs/bpf/m");
  for (const uint32_t flags : {1u, uint32_t{BPF_F_RDONLY | BPF_F_WRONLY}}) {
    attr.file_flags = flags;
    EXPECT_EQ(call(BPF_OBJ_GET, attr), -EINVAL);
  }
}

TEST_F(ObjectCommandsTest, MapInformation) {
  bpf_attr attr = map_attr(BPF_MAP_TYPE_ARRAY, 4, 12, 7, BPF_F_MMAPABLE | BPF_F_RDONLY);
  std::memcpy(attr.map_name, "name", 5);
  const int fd = static_cast<int>(call(BPF_MAP_CREATE, attr));
  bpf_map_info info{};
  uint32_t size = sizeof info;
  EXPECT_EQ(this->info(fd, &info, &size), 0);
  EXPECT_EQ(size, sizeof info);
  EXPECT_EQ(info.type, static_cast<uint32_t>(BPF_MAP_TYPE_ARRAY));
  EXPECT_EQ(info.id, kshim_id_of(host_.at(fd)));
  EXPECT_EQ(info.key_size, 4u);
  EXPECT_EQ(info.value_size, 12u);
  EXPECT_EQ(info.max_entries, 7u);
  EXPECT_EQ(info.map_flags, static_cast<uint32_t>(BPF_F_MMAPABLE));
  EXPECT_STREQ(info.name, "name");
  // As much of it as there is room for, and not a byte more.
  bpf_map_info part{};
  part.value_size = 99;
  size = offsetof(bpf_map_info, value_size);
  EXPECT_EQ(this->info(fd, &part, &size), 0);
  EXPECT_EQ(size, offsetof(bpf_map_info, value_size));
  EXPECT_EQ(part.key_size, 4u);
  EXPECT_EQ(part.value_size, 99u);
}

TEST_F(ObjectCommandsTest, InformationRefuses) {
  const int fd = make_map();
  struct {
    bpf_map_info info;
    uint8_t tail[64];
  } longer{};
  uint32_t size = sizeof longer;
  EXPECT_EQ(info(fd, &longer, &size), 0);
  EXPECT_EQ(size, sizeof longer.info);
  longer.tail[63] = 1;
  size = sizeof longer;
  EXPECT_EQ(info(fd, &longer, &size), -E2BIG);
  size = kPageSize + 1;
  EXPECT_EQ(info(fd, &longer, &size), -E2BIG);
  size = sizeof longer.info;
  EXPECT_EQ(info(fd, nullptr, &size), -EFAULT);
  EXPECT_EQ(info(99, &longer, &size), -EBADFD);
  EXPECT_EQ(info(host_.open_other(), &longer, &size), -EINVAL);
}

TEST_F(ObjectCommandsTest, FdinfoOfAMap) {
  const int fd = make_map(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE);
  char text[512];
  const uint64_t length = kshim_fdinfo(shim_, host_.at(fd), text, sizeof text);
  EXPECT_EQ(std::string(text, length),
            "map_type:\t2\nkey_size:\t4\nvalue_size:\t8\nmax_entries:\t4\nmap_flags:\t0x400\n"
            "map_extra:\t0\nmemlock:\t4096\nmap_id:\t" +
                std::to_string(kshim_id_of(host_.at(fd))) + "\nfrozen:\t0\n");
  EXPECT_EQ(text[length], 0);
  // As much as there is room for.
  char small[10];
  EXPECT_EQ(kshim_fdinfo(shim_, host_.at(fd), small, sizeof small), 9u);
  EXPECT_STREQ(small, "map_type:");
  EXPECT_EQ(kshim_fdinfo(shim_, host_.at(fd), small, 0), 0u);
}

TEST_F(ObjectCommandsTest, DestroyTellsOfWhatWasLeft) {
  kshim* other = nullptr;
  kshim_config config{};
  config.size = sizeof config;
  ASSERT_EQ(kshim_create(&functions_, &config, &other), 0);
  Kernel& kernel = kernel_of(other);
  Map* map = nullptr;
  ASSERT_EQ(
      map_create(kernel,
                 {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1},
                 &map),
      0);
  get_handle(*map);
  put(kernel, *map);
  EXPECT_EQ(kshim_destroy(other), 1u);
}

TEST_F(ObjectCommandsTest, CreateRefusesAnotherAbi) {
  kshim* other = nullptr;
  kshim_host wrong = functions_;
  wrong.abi = KSHIM_ABI + 1;
  EXPECT_EQ(kshim_create(&wrong, nullptr, &other), -EINVAL);
  wrong = functions_;
  wrong.alloc = nullptr;
  EXPECT_EQ(kshim_create(&wrong, nullptr, &other), -EINVAL);
  EXPECT_EQ(kshim_create(nullptr, nullptr, &other), -EINVAL);
}

TEST_F(ObjectCommandsTest, CreateWithoutMemoryLeavesNone) {
  const ProcessHost::Counts before = host_.counts();
  kshim* other = nullptr;
  int error = -ENOMEM;
  for (int64_t n = 0; error != 0; ++n) {
    ASSERT_LT(n, 100);
    watch_.allocations = 0;
    watch_.fail_allocation = n;
    error = kshim_create(&functions_, nullptr, &other);
    watch_.fail_allocation = -1;
    if (error == 0) break;
    EXPECT_EQ(error, -ENOMEM) << n;
    EXPECT_EQ(host_.counts(), before) << n;
  }
  EXPECT_EQ(kshim_destroy(other), 0u);
  EXPECT_EQ(host_.counts(), before);
}

}  // namespace
}  // namespace zext::shim
