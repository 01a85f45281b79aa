// The same calls here and to the kernel that this runs on: the same answers. Where that kernel has
// no bpf(2) for us, the tests are skipped. What Linux has changed since 5.19 is left out: an LRU's
// evictions, full tries.
#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <random>
#include <string>

#include "kernel_shim/maps/hash/map_under_test.h"

namespace zext::shim {
namespace {

long host_call(int command, bpf_attr& attr) {
  const long result = syscall(SYS_bpf, command, &attr, sizeof attr);
  return result < 0 ? -errno : result;
}

bpf_attr creation(const MapAttributes& attributes) {
  bpf_attr attr{};
  attr.map_type = attributes.type;
  attr.key_size = attributes.key_size;
  attr.value_size = attributes.value_size;
  attr.max_entries = attributes.max_entries;
  attr.map_flags = attributes.flags;
  return attr;
}

bool host_has_maps() {
  bpf_attr attr = creation({.type = BPF_MAP_TYPE_LRU_HASH,
                            .key_size = 4,
                            .value_size = 4,
                            .max_entries = 1,
                            .flags = 0});
  const long fd = host_call(BPF_MAP_CREATE, attr);
  if (fd < 0) return false;
  close(static_cast<int>(fd));
  return true;
}

uint32_t host_cpus() { return static_cast<uint32_t>(sysconf(_SC_NPROCESSORS_CONF)); }

// A map of both.
class Both {
 public:
  Both(Kernel& kernel, const MapAttributes& attributes)
      : kernel_(kernel), ours_(kernel, attributes) {
    bpf_attr attr = creation(attributes);
    host_ = host_call(BPF_MAP_CREATE, attr);
    EXPECT_GE(host_, 0);
    size_ = user_value_size(kernel, *ours_);
  }
  ~Both() { close(static_cast<int>(host_)); }

  int update(const void* key, const void* value, uint64_t flags) {
    bpf_attr attr = element(key, value);
    attr.flags = flags;
    const int error = map_update_value(kernel_, *ours_, key, value, flags);
    EXPECT_EQ(error, host_call(BPF_MAP_UPDATE_ELEM, attr));
    return error;
  }
  int remove(const void* key) {
    bpf_attr attr = element(key, nullptr);
    const int error = map_delete_value(kernel_, *ours_, key);
    EXPECT_EQ(error, host_call(BPF_MAP_DELETE_ELEM, attr));
    return error;
  }
  int lookup(const void* key, uint64_t flags) {
    std::string ours(size_, '\0');
    std::string hosts(size_, '\0');
    bpf_attr attr = element(key, hosts.data());
    attr.flags = flags;
    const int error = map_copy_value(kernel_, *ours_, key, ours.data(), flags);
    EXPECT_EQ(error, host_call(BPF_MAP_LOOKUP_ELEM, attr));
    EXPECT_EQ(ours, hosts);
    return error;
  }
  int take(const void* key, uint64_t flags) {
    std::string ours(size_, '\0');
    std::string hosts(size_, '\0');
    bpf_attr attr = element(key, hosts.data());
    attr.flags = flags;
    const int error = map_take_value(kernel_, *ours_, key, ours.data(), flags);
    EXPECT_EQ(error, host_call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, attr));
    EXPECT_EQ(ours, hosts);
    return error;
  }
  // Of a trie the same key, too: the order of a hash table's keys is its own.
  void next(const void* key) {
    std::string ours(ours_->key_size, '\0');
    std::string hosts(ours_->key_size, '\0');
    bpf_attr attr = element(key, hosts.data());
    const int error = map_next_key(kernel_, *ours_, key, ours.data());
    const auto hosts_error = static_cast<int>(host_call(BPF_MAP_GET_NEXT_KEY, attr));
    if (ours_->type == BPF_MAP_TYPE_LPM_TRIE) {
      EXPECT_EQ(error, hosts_error);
      EXPECT_EQ(ours, hosts);
    } else if (key == nullptr) {
      EXPECT_EQ(error, hosts_error);
    }
  }

 private:
  bpf_attr element(const void* key, const void* value) {
    bpf_attr attr{};
    attr.map_fd = static_cast<uint32_t>(host_);
    attr.key = reinterpret_cast<uint64_t>(key);
    attr.value = reinterpret_cast<uint64_t>(value);
    return attr;
  }

  Kernel& kernel_;
  MapUnderTest ours_;
  long host_ = -1;
  uint64_t size_ = 0;
};

class Oracle : public testing::TestWithParam<MapAttributes> {
 protected:
  void SetUp() override {
    if (!host_has_maps()) GTEST_SKIP() << "no bpf(2) here";
  }
  TestKernel kernel_{{.cpus = host_cpus()}};
  std::mt19937_64 random_{1};
};

MapAttributes sized(uint32_t type, uint32_t key, uint32_t value, uint32_t entries,
                    uint32_t flags = 0) {
  return {
      .type = type, .key_size = key, .value_size = value, .max_entries = entries, .flags = flags};
}

INSTANTIATE_TEST_SUITE_P(Hash, Oracle,
                         testing::Values(sized(BPF_MAP_TYPE_HASH, 2, 13, 20),
                                         sized(BPF_MAP_TYPE_HASH, 8, 8, 20, BPF_F_NO_PREALLOC),
                                         sized(BPF_MAP_TYPE_PERCPU_HASH, 3, 12, 20),
                                         sized(BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 20,
                                               BPF_F_NO_PREALLOC),
                                         sized(BPF_MAP_TYPE_LRU_HASH, 4, 8, 4096),
                                         sized(BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 4096)));
INSTANTIATE_TEST_SUITE_P(
    Trie, Oracle,
    testing::Values(sized(BPF_MAP_TYPE_LPM_TRIE, 4 + 1, 8, 65536, BPF_F_NO_PREALLOC),
                    sized(BPF_MAP_TYPE_LPM_TRIE, 4 + 4, 3, 65536, BPF_F_NO_PREALLOC),
                    sized(BPF_MAP_TYPE_LPM_TRIE, 4 + 9, 8, 65536, BPF_F_NO_PREALLOC)));

TEST_P(Oracle, AnswersTheSame) {
  const MapAttributes& attributes = GetParam();
  const bool trie = attributes.type == BPF_MAP_TYPE_LPM_TRIE;
  Both both(kernel_, attributes);
  for (int i = 0; i < 20'000; ++i) {
    std::string key(attributes.key_size, '\0');
    if (trie) {
      const auto bits = static_cast<uint32_t>(random_() % (8 * (key.size() - 4) + 2));
      std::memcpy(key.data(), &bits, sizeof bits);
      for (size_t at = 4; at < key.size(); ++at) key[at] = static_cast<char>(random_() & 0x81);
    } else {
      key[random_() % key.size()] = static_cast<char>(random_() % 20);
    }
    std::string value(is_per_cpu(attributes.type) ? 16 * host_cpus() : attributes.value_size, '\0');
    for (char& byte : value) byte = static_cast<char>(random_());
    const uint64_t flags = trie ? 0 : random_() % 5;
    switch (random_() % 6) {
      case 0:
        both.remove(key.data());
        break;
      case 1:
        both.take(key.data(), random_() % 8 == 0 ? 4 : 0);
        break;
      case 2:
        both.lookup(key.data(), random_() % 8 == 0 ? flags : 0);
        break;
      case 3:
        both.next(random_() % 8 == 0 ? nullptr : key.data());
        break;
      default:
        both.update(key.data(), value.data(), flags);
    }
    if (HasFailure()) FAIL() << "at step " << i;
  }
}

class CreateOracle : public Oracle {};

INSTANTIATE_TEST_SUITE_P(Types, CreateOracle,
                         testing::Values(sized(BPF_MAP_TYPE_HASH, 0, 0, 0),
                                         sized(BPF_MAP_TYPE_PERCPU_HASH, 0, 0, 0),
                                         sized(BPF_MAP_TYPE_LRU_HASH, 0, 0, 0),
                                         sized(BPF_MAP_TYPE_LRU_PERCPU_HASH, 0, 0, 0),
                                         sized(BPF_MAP_TYPE_LPM_TRIE, 0, 0, 0)));

// Linux gives a map's memory back only some time after it was closed: many large ones in a row
// would take all there is.
void pause_after(uint64_t bytes) {
  constexpr uint64_t kMost = uint64_t{128} << 20;
  static uint64_t taken = 0;
  taken += bytes;
  if (taken < kMost) return;
  taken = 0;
  syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
  usleep(50'000);
}

// Mostly what is just allowed, or just not, with one or two fields at random.
TEST_P(CreateOracle, RefusesTheSame) {
  constexpr std::array<uint32_t, 12> kKeys = {0,   1,   4,   5,    8,        260,
                                              261, 512, 513, 4096, 1u << 30, ~0u};
  constexpr std::array<uint32_t, 12> kValues = {
      0, 1, 8, 32768, 32769, 4194000, 4194008, 4194256, 4194257, 4194304 - 48, 4194304, ~0u};
  constexpr std::array<uint32_t, 6> kEntries = {0, 1, 2, 3, 1u << 31, ~0u};
  const uint32_t type = GetParam().type;
  for (int i = 0; i < 3'000; ++i) {
    MapAttributes attributes = sized(type, 8, 8, 2);
    if (type == BPF_MAP_TYPE_LPM_TRIE) attributes.flags = BPF_F_NO_PREALLOC;
    if (random_() % 3 == 0) attributes.key_size = kKeys[random_() % kKeys.size()];
    if (random_() % 3 == 0) attributes.value_size = kValues[random_() % kValues.size()];
    if (random_() % 3 == 0) attributes.max_entries = kEntries[random_() % kEntries.size()];
    if (random_() % 2 == 0) attributes.flags ^= 1u << random_() % 13;
    if (random_() % 4 == 0) attributes.flags ^= 1u << random_() % 13;
    // Elements without preallocation are from another allocator since 6.1, with limits of its own.
    if ((attributes.flags & BPF_F_NO_PREALLOC) != 0 && type != BPF_MAP_TYPE_LPM_TRIE) {
      attributes.value_size = 8;
    }
    bpf_attr attr = creation(attributes);
    const long host = host_call(BPF_MAP_CREATE, attr);
    if (host >= 0) close(static_cast<int>(host));
    if (host >= 0) pause_after(uint64_t{2} * attributes.max_entries * attributes.value_size);
    const int ours = try_create(kernel_, attributes);
    EXPECT_EQ(ours, host < 0 ? host : 0)
        << "key " << attributes.key_size << " value " << attributes.value_size << " entries "
        << attributes.max_entries << " flags " << attributes.flags;
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace zext::shim
