// Who may do what, as Linux 5.19 has it: capabilities, users, others' objects.
#include <errno.h>
#include <gtest/gtest.h>

#include "kernel_shim/hosts/process/system_calls.h"

namespace zext::shim {
namespace {

constexpr uint32_t kNothing = 0;

class PermissionTest : public testing::Test {
 protected:
  explicit PermissionTest(Instance::Options options = {})
      : instance_(std::move(options)), calls_(instance_) {}

  ProcessHost::Client& client(uint32_t capabilities, uint64_t user = 1000) {
    return instance_.host().add_client(capabilities, user);
  }
  long create(uint32_t type, uint32_t entries = 4) {
    return calls_.map_create({.type = type, .key = 4, .value = 8, .entries = entries});
  }
  long load(uint32_t type, uint32_t attach_type = 0) {
    return calls_.prog_load({.type = type, .insns = insns::give(0), .attach_type = attach_type});
  }

  Instance instance_;
  SystemCalls calls_;
};

Instance::Options open_to_all() {
  Instance::Options options;
  options.config.allow_unprivileged = true;
  return options;
}

class OpenToAll : public PermissionTest {
 protected:
  OpenToAll() : PermissionTest(open_to_all()) {}
};

TEST_F(PermissionTest, ByDefaultNobodyWithoutCapabilitiesMakesAnything) {
  const long theirs = create(BPF_MAP_TYPE_HASH);
  ASSERT_GE(theirs, 3);
  const ClientScope scope(instance_.host(), client(kNothing));
  EXPECT_EQ(create(BPF_MAP_TYPE_HASH), -EPERM);
  EXPECT_EQ(load(BPF_PROG_TYPE_SOCKET_FILTER), -EPERM);
  EXPECT_EQ(calls_.btf_load(int_btf()), -EPERM);
  EXPECT_EQ(calls_.next_id(BPF_MAP_GET_NEXT_ID, 0), -EPERM);
  EXPECT_EQ(calls_.fd_by_id(BPF_MAP_GET_FD_BY_ID, 1), -EPERM);
  EXPECT_EQ(calls_.fd_by_id(BPF_PROG_GET_FD_BY_ID, 1), -EPERM);
  EXPECT_EQ(calls_.fd_by_id(BPF_BTF_GET_FD_BY_ID, 1), -EPERM);
  EXPECT_EQ(calls_.fd_by_id(BPF_LINK_GET_FD_BY_ID, 1), -EPERM);
}

TEST_F(PermissionTest, WhoWasGivenADescriptorMayUseIt) {
  const long map = create(BPF_MAP_TYPE_HASH);
  const long program = load(BPF_PROG_TYPE_SOCKET_FILTER);
  ProcessHost::Client& other = client(kNothing);
  const long sent = instance_.host().send(static_cast<int>(map), other);
  const long sent_program = instance_.host().send(static_cast<int>(program), other);
  const ClientScope scope(instance_.host(), other);
  const uint32_t key = 1;
  uint64_t value = 5;
  EXPECT_EQ(calls_.map_update(sent, &key, &value), 0);
  value = 0;
  EXPECT_EQ(calls_.map_lookup(sent, &key, &value), 0);
  EXPECT_EQ(value, 5);
  EXPECT_EQ(calls_.test_run(sent_program, std::vector<uint8_t>(64)), 0);
}

TEST_F(PermissionTest, NumbersOfOthersDescriptorsMeanNothing) {
  const long map = create(BPF_MAP_TYPE_HASH);
  const ClientScope scope(instance_.host(), client(~0u, 0));
  const uint32_t key = 1;
  uint64_t value = 5;
  EXPECT_EQ(calls_.map_lookup(map, &key, &value), -EBADF);
  EXPECT_EQ(calls_.close(map), -EBADF);
  EXPECT_EQ(calls_.prog_load({.type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = insns::count(map)}),
            -EBADF);
}

TEST_F(PermissionTest, PinsAreTheirOwners) {
  ProcessHost::Client& first = client(KSHIM_CAP_BPF, 1000);
  ProcessHost::Client& second = client(KSHIM_CAP_BPF, 1001);
  {
    const ClientScope scope(instance_.host(), first);
    const long map = create(BPF_MAP_TYPE_HASH);
    ASSERT_EQ(calls_.pin(map, "/sys/fs/bpf/map"), 0);
    EXPECT_EQ(calls_.pin(map, "/sys/fs/bpf/map"), -EEXIST);
    EXPECT_EQ(calls_.pin(map, "/etc/map"), -EPERM);
    EXPECT_GE(calls_.open_pin("/sys/fs/bpf/map"), 3);
  }
  {
    const ClientScope scope(instance_.host(), second);
    EXPECT_EQ(calls_.open_pin("/sys/fs/bpf/map"), -EACCES);
    EXPECT_EQ(calls_.open_pin("/sys/fs/bpf/none"), -ENOENT);
  }
  EXPECT_GE(calls_.open_pin("/sys/fs/bpf/map"), 3);
}

TEST_F(PermissionTest, EachProgramTypeHasItsCapability) {
  const uint32_t network = KSHIM_CAP_BPF | KSHIM_CAP_NET_ADMIN;
  const uint32_t tracing = KSHIM_CAP_BPF | KSHIM_CAP_PERFMON;
  const struct {
    uint32_t type;
    uint32_t attach_type;
    uint32_t enough;
  } rows[] = {
      {BPF_PROG_TYPE_SOCKET_FILTER, 0, KSHIM_CAP_BPF}, {BPF_PROG_TYPE_SYSCALL, 0, KSHIM_CAP_BPF},
      {BPF_PROG_TYPE_XDP, BPF_XDP, network},           {BPF_PROG_TYPE_SCHED_CLS, 0, network},
      {BPF_PROG_TYPE_SCHED_ACT, 0, network},           {BPF_PROG_TYPE_KPROBE, 0, tracing},
      {BPF_PROG_TYPE_TRACEPOINT, 0, tracing},          {BPF_PROG_TYPE_RAW_TRACEPOINT, 0, tracing},
      {BPF_PROG_TYPE_PERF_EVENT, 0, tracing}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.type);
    const auto try_with = [&](uint32_t capabilities) {
      const ClientScope scope(instance_.host(), client(capabilities));
      return calls_.prog_load({.type = row.type,
                               .insns = insns::give(0),
                               .attach_type = row.attach_type,
                               .flags = row.type == BPF_PROG_TYPE_SYSCALL
                                            ? static_cast<uint32_t>(BPF_F_SLEEPABLE)
                                            : 0});
    };
    EXPECT_EQ(try_with(kNothing), -EPERM);
    EXPECT_EQ(try_with(row.enough & ~static_cast<uint32_t>(KSHIM_CAP_BPF)), -EPERM);
    if (row.enough != KSHIM_CAP_BPF) {
      EXPECT_EQ(try_with(KSHIM_CAP_BPF), -EPERM);
    }
    EXPECT_GE(try_with(row.enough), 3);
    EXPECT_GE(try_with(KSHIM_CAP_SYS_ADMIN), 3);
  }
}

TEST_F(OpenToAll, SomeIsForAll) {
  const ClientScope scope(instance_.host(), client(kNothing));
  EXPECT_GE(create(BPF_MAP_TYPE_HASH), 3);
  EXPECT_GE(create(BPF_MAP_TYPE_ARRAY), 3);
  EXPECT_EQ(create(BPF_MAP_TYPE_LRU_HASH), -EPERM);
  EXPECT_EQ(create(BPF_MAP_TYPE_STACK_TRACE), -EPERM);
  EXPECT_EQ(calls_.map_create({.type = BPF_MAP_TYPE_QUEUE, .value = 8, .entries = 4}), -EPERM);
  EXPECT_EQ(calls_.map_create({.type = BPF_MAP_TYPE_LPM_TRIE,
                               .key = 8,
                               .value = 8,
                               .entries = 4,
                               .flags = BPF_F_NO_PREALLOC}),
            -EPERM);
  EXPECT_GE(load(BPF_PROG_TYPE_SOCKET_FILTER), 3);
  EXPECT_EQ(load(BPF_PROG_TYPE_KPROBE), -EPERM);
  EXPECT_EQ(load(BPF_PROG_TYPE_XDP, BPF_XDP), -EPERM);
  EXPECT_EQ(calls_.btf_load(int_btf()), -EPERM);
  EXPECT_EQ(calls_.next_id(BPF_MAP_GET_NEXT_ID, 0), -EPERM);
}

TEST_F(OpenToAll, NobodyLearnsAddresses) {
  // r0 = r10
  const std::vector<bpf_insn> leaks = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 0, .src_reg = 10, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  const ClientScope scope(instance_.host(), client(kNothing));
  EXPECT_EQ(calls_.prog_load({.type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = leaks}), -EACCES);
}

Instance::Options limited() {
  Instance::Options options = open_to_all();
  options.config.memory_limit = 1 << 20;
  return options;
}

class Limited : public PermissionTest {
 protected:
  Limited() : PermissionTest(limited()) {}
};

TEST_F(Limited, AUserHasSoMuchAndNoMore) {
  ProcessHost::Client& first = client(KSHIM_CAP_BPF, 1000);
  ProcessHost::Client& same = client(KSHIM_CAP_BPF, 1000);
  ProcessHost::Client& other = client(KSHIM_CAP_BPF, 1001);
  std::vector<long> maps;
  {
    const ClientScope scope(instance_.host(), first);
    long map = 0;
    while ((map = create(BPF_MAP_TYPE_ARRAY, 8192)) >= 0) maps.push_back(map);
    EXPECT_EQ(map, -ENOMEM);
    EXPECT_GE(maps.size(), 10);
    EXPECT_LE(maps.size(), 16);
  }
  {
    // It is the user's, not the process's.
    const ClientScope scope(instance_.host(), same);
    EXPECT_EQ(create(BPF_MAP_TYPE_ARRAY, 8192), -ENOMEM);
  }
  {
    const ClientScope scope(instance_.host(), other);
    EXPECT_GE(create(BPF_MAP_TYPE_ARRAY, 8192), 3);
  }
  const ClientScope scope(instance_.host(), first);
  EXPECT_EQ(calls_.close(maps.back()), 0);
  EXPECT_GE(create(BPF_MAP_TYPE_ARRAY, 8192), 3);
  EXPECT_EQ(create(BPF_MAP_TYPE_ARRAY, 8192), -ENOMEM);
}

// What a table takes as it grows counts as well.
TEST_F(Limited, TablesThatGrow) {
  const ClientScope scope(instance_.host(), client(KSHIM_CAP_BPF, 1000));
  const long map = calls_.map_create({.type = BPF_MAP_TYPE_HASH,
                                      .key = 4,
                                      .value = 1024,
                                      .entries = 10'000,
                                      .flags = BPF_F_NO_PREALLOC});
  ASSERT_GE(map, 3) << "the table itself has room";
  std::vector<uint8_t> value(1024);
  uint32_t key = 0;
  long result = 0;
  while (key < 10'000 && (result = calls_.map_update(map, &key, value.data())) == 0) ++key;
  EXPECT_EQ(result, -ENOMEM);
  EXPECT_LT(key, 1100);
}

}  // namespace
}  // namespace zext::shim
