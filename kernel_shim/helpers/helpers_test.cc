// Helpers on maps, clocks, tasks, memory, strings, rings: what Linux documents and does.
#include <errno.h>
#include <sys/mman.h>

#include <cstring>

#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/helpers/testing.h"

namespace zext::shim {
namespace {

class Helpers : public HelperTest {};

TEST_F(Helpers, EveryOneThatIsAskedForIsThere) {
  for (const uint32_t number : {1,  2,  3,  5,   6,   8,   14,  15,  16,  25,  26,  27,  35,  37,
                                45, 67, 80, 112, 113, 114, 115, 120, 127, 131, 132, 141, 174, 177,
                                7,  87, 88, 89,  130, 133, 160, 164, 166, 167, 168, 181, 182}) {
    EXPECT_NE(helper_function(number), nullptr) << number;
  }
  EXPECT_EQ(helper_function(0), nullptr);
  EXPECT_EQ(helper_function(12), nullptr);  // the engine's
  EXPECT_EQ(helper_function(13), nullptr);
  EXPECT_EQ(helper_function(212), nullptr);
  EXPECT_EQ(helper_function(~0u), nullptr);
}

TEST_F(Helpers, APlatformLosesThoseThatAreNotThere) {
  const verifier::Platform& all = *verifier::find_platform("sched_cls");
  const verifier::Platform less = available(all);
  EXPECT_TRUE(all.allows(13));
  EXPECT_FALSE(less.allows(13));
  for (const uint32_t number : {1, 12, 26}) EXPECT_TRUE(less.allows(number)) << number;
}

TEST_F(Helpers, MapElements) {
  Map& hash = map({.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 1});
  const uint32_t key = 7;
  const uint32_t other = 8;
  const uint64_t value = 70;
  EXPECT_EQ(call(BPF_FUNC_map_lookup_elem, &hash, &key), 0);
  EXPECT_EQ(call(BPF_FUNC_map_update_elem, &hash, &key, &value, BPF_EXIST), -ENOENT);
  EXPECT_EQ(call(BPF_FUNC_map_update_elem, &hash, &key, &value, BPF_NOEXIST), 0);
  EXPECT_EQ(call(BPF_FUNC_map_update_elem, &hash, &key, &value, BPF_NOEXIST), -EEXIST);
  EXPECT_EQ(call(BPF_FUNC_map_update_elem, &hash, &other, &value, BPF_ANY), -E2BIG);
  EXPECT_EQ(call(BPF_FUNC_map_update_elem, &hash, &key, &value, 17), -EINVAL);
  const int64_t found = call(BPF_FUNC_map_lookup_elem, &hash, &key);
  ASSERT_NE(found, 0);
  EXPECT_EQ(*reinterpret_cast<uint64_t*>(found), 70u);
  EXPECT_EQ(call(BPF_FUNC_map_delete_elem, &hash, &key), 0);
  EXPECT_EQ(call(BPF_FUNC_map_delete_elem, &hash, &key), -ENOENT);
}

TEST_F(Helpers, QueuesAndStacks) {
  Map& queue = map({.type = BPF_MAP_TYPE_QUEUE, .value_size = 4, .max_entries = 2});
  Map& stack = map({.type = BPF_MAP_TYPE_STACK, .value_size = 4, .max_entries = 2});
  for (Map* both : {&queue, &stack}) {
    uint32_t value = 1;
    EXPECT_EQ(call(BPF_FUNC_map_pop_elem, both, &value), -ENOENT);
    EXPECT_EQ(value, 0u);
    for (value = 1; value <= 2; ++value) {
      EXPECT_EQ(call(BPF_FUNC_map_push_elem, both, &value, BPF_ANY), 0);
    }
    EXPECT_EQ(call(BPF_FUNC_map_push_elem, both, &value, BPF_ANY), -E2BIG);
    EXPECT_EQ(call(BPF_FUNC_map_peek_elem, both, &value), 0);
    EXPECT_EQ(value, both == &queue ? 1u : 2u);
    EXPECT_EQ(call(BPF_FUNC_map_pop_elem, both, &value), 0);
    EXPECT_EQ(call(BPF_FUNC_map_push_elem, both, &value, BPF_EXIST), 0);
  }
}

TEST_F(Helpers, PerCpuElements) {
  Map& array =
      map({.type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 2});
  const uint32_t key = 1;
  const uint64_t value = 5;
  EXPECT_EQ(call(BPF_FUNC_map_update_elem, &array, &key, &value, BPF_ANY), 0);
  unsigned sum = 0;
  for (uint32_t cpu = 0; cpu < kernel_.cpu_count(); ++cpu) {
    const int64_t at = call(BPF_FUNC_map_lookup_percpu_elem, &array, &key, cpu);
    ASSERT_NE(at, 0);
    sum += static_cast<unsigned>(*reinterpret_cast<uint64_t*>(at));
  }
  EXPECT_EQ(sum, 5u);
  EXPECT_EQ(call(BPF_FUNC_map_lookup_percpu_elem, &array, &key, kernel_.cpu_count()), 0);
}

TEST_F(Helpers, SpinLocksExclude) {
  alignas(4) uint32_t lock = 0;
  const ReadSection section(kernel_);
  const auto locking = [&](int number) {
    helper_function(static_cast<uint32_t>(number))(run_, {word(&lock), 0, 0, 0, 0});
  };
  locking(BPF_FUNC_spin_lock);
  EXPECT_NE(lock, 0u);
  locking(BPF_FUNC_spin_unlock);
  EXPECT_EQ(lock, 0u);
}

TEST_F(Helpers, ClocksAreTheHosts) {
  struct {
    int number;
    kshim_clock clock;
  } const kClocks[] = {{BPF_FUNC_ktime_get_ns, KSHIM_CLOCK_MONOTONIC},
                       {BPF_FUNC_ktime_get_boot_ns, KSHIM_CLOCK_BOOT},
                       {BPF_FUNC_ktime_get_coarse_ns, KSHIM_CLOCK_COARSE},
                       {BPF_FUNC_ktime_get_tai_ns, KSHIM_CLOCK_TAI}};
  for (const auto& [number, clock] : kClocks) {
    const auto before = static_cast<int64_t>(kernel_.host().clock(clock));
    const int64_t now = call(number);
    const auto after = static_cast<int64_t>(kernel_.host().clock(clock));
    EXPECT_LE(before, now);
    EXPECT_LE(now, after);
  }
  EXPECT_GT(call(BPF_FUNC_jiffies64), 0);
}

TEST_F(Helpers, Task) {
  const kshim_task task = kernel_.host().task();
  EXPECT_EQ(call(BPF_FUNC_get_current_pid_tgid),
            static_cast<int64_t>(uint64_t{task.tgid} << 32 | task.pid));
  EXPECT_EQ(call(BPF_FUNC_get_current_uid_gid),
            static_cast<int64_t>(uint64_t{task.gid} << 32 | task.uid));
  EXPECT_EQ(call(BPF_FUNC_get_current_cgroup_id), static_cast<int64_t>(task.cgroup_id));
  EXPECT_EQ(call(BPF_FUNC_get_current_task), static_cast<int64_t>(task.address));
  EXPECT_LT(call(BPF_FUNC_get_smp_processor_id), kernel_.cpu_count());
  run_.cookie = 0x1234;
  EXPECT_EQ(call(BPF_FUNC_get_attach_cookie), 0x1234);
  bool high = false;
  for (int i = 0; i < 64; ++i) {
    const int64_t random = call(BPF_FUNC_get_prandom_u32);
    EXPECT_EQ(random >> 32, 0);
    high |= random > 0x7fff'ffff;
  }
  EXPECT_TRUE(high);
}

TEST_F(Helpers, CommIsPaddedAndEnded) {
  const kshim_task task = kernel_.host().task();
  char comm[24];
  std::memset(comm, 'x', sizeof comm);
  EXPECT_EQ(call(BPF_FUNC_get_current_comm, comm, sizeof comm), 0);
  EXPECT_STREQ(comm, task.comm);
  for (size_t i = std::strlen(comm); i < sizeof comm; ++i) EXPECT_EQ(comm[i], 0);
  EXPECT_EQ(call(BPF_FUNC_get_current_comm, comm, 3), 0);
  EXPECT_EQ(std::string(comm), std::string(task.comm).substr(0, 2));
}

TEST_F(Helpers, PidInItsNamespace) {
  const kshim_task task = kernel_.host().task();
  bpf_pidns_info info{.pid = 1, .tgid = 1};
  EXPECT_EQ(
      call(BPF_FUNC_get_ns_current_pid_tgid, task.ns_dev, task.ns_ino + 1, &info, sizeof info),
      -EINVAL);
  EXPECT_EQ(info.pid, 0u);
  EXPECT_EQ(call(BPF_FUNC_get_ns_current_pid_tgid, task.ns_dev, task.ns_ino, &info, 4), -EINVAL);
  if (task.ns_ino == 0) return;
  EXPECT_EQ(call(BPF_FUNC_get_ns_current_pid_tgid, task.ns_dev, task.ns_ino, &info, sizeof info),
            0);
  EXPECT_EQ(info.pid, task.ns_pid);
  EXPECT_EQ(info.tgid, task.ns_tgid);
}

// The end of a page with nothing behind it.
class Edge {
 public:
  Edge() {
    mmap(pages_, kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  }
  ~Edge() { munmap(pages_, 2 * kPageSize); }
  Edge(const Edge&) = delete;
  Edge& operator=(const Edge&) = delete;
  char* end() const { return static_cast<char*>(pages_) + kPageSize; }

 private:
  void* pages_ = mmap(nullptr, 2 * kPageSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
};

TEST_F(Helpers, ProbesReadOrLeaveZeros) {
  const Edge edge;
  std::memcpy(edge.end() - 4, "abcd", 4);
  for (const int number :
       {BPF_FUNC_probe_read, BPF_FUNC_probe_read_user, BPF_FUNC_probe_read_kernel}) {
    char to[8];
    std::memset(to, 'x', sizeof to);
    EXPECT_EQ(call(number, to, 4, edge.end() - 4), 0);
    EXPECT_EQ(std::string(to, 8), "abcdxxxx");
    EXPECT_EQ(call(number, to, 5, edge.end() - 4), -EFAULT);
    EXPECT_EQ(std::string(to, 8), std::string(5, '\0') + "xxx");
    EXPECT_EQ(call(number, to, 0, edge.end()), 0);
    EXPECT_EQ(call(number, to, 8, 0), -EFAULT);
  }
}

TEST_F(Helpers, ProbedStringsEndBeforeWhatIsNotThere) {
  const Edge edge;
  std::memcpy(edge.end() - 4, "abc", 4);
  for (const int number :
       {BPF_FUNC_probe_read_str, BPF_FUNC_probe_read_user_str, BPF_FUNC_probe_read_kernel_str}) {
    char to[100];
    std::memset(to, 'x', sizeof to);
    EXPECT_EQ(call(number, to, sizeof to, edge.end() - 4), 4);
    EXPECT_STREQ(to, "abc");
    EXPECT_EQ(call(number, to, 3, edge.end() - 4), 3);
    EXPECT_STREQ(to, "ab");
    EXPECT_EQ(call(number, to, 1, edge.end() - 4), 1);
    EXPECT_STREQ(to, "");
    EXPECT_EQ(call(number, to, sizeof to, edge.end() - 1), 1);
    EXPECT_EQ(call(number, to, 0, edge.end() - 4), 0);
    EXPECT_EQ(call(number, to, sizeof to, edge.end()), -EFAULT);
    EXPECT_EQ(to[99], 0);
  }
  const std::string text(300, 'y');
  char all[400];
  EXPECT_EQ(call(BPF_FUNC_probe_read_kernel_str, all, sizeof all, text.c_str()), 301);
  EXPECT_EQ(all, text);
  std::memset(edge.end() - 4, 'z', 4);
  EXPECT_EQ(call(BPF_FUNC_probe_read_kernel_str, all, sizeof all, edge.end() - 4), -EFAULT);
}

TEST_F(Helpers, StringComparison) {
  EXPECT_EQ(call(BPF_FUNC_strncmp, "abc", 3, "abc"), 0);
  EXPECT_EQ(call(BPF_FUNC_strncmp, "abcd", 3, "abce"), 0);
  EXPECT_EQ(call(BPF_FUNC_strncmp, "abc", 4, "abd"), -1);
  EXPECT_EQ(call(BPF_FUNC_strncmp, "abd", 4, "abc"), 1);
  EXPECT_EQ(call(BPF_FUNC_strncmp, "ab\0x", 4, "ab\0y"), 0);
  EXPECT_EQ(call(BPF_FUNC_strncmp, "\xff", 1, "a"), 1);
}

struct NumberCase {
  const char* text;
  uint64_t flags;
  int64_t result;
  int64_t value;
};

TEST_F(Helpers, SignedNumbers) {
  const NumberCase kCases[] = {
      {"0", 0, 1, 0},
      {"10", 0, 2, 10},
      {" \t\n10 ", 0, 5, 10},
      {"-7x", 0, 2, -7},
      {"0x1F", 0, 4, 31},
      {"0x1F", 16, 4, 31},
      {"1f", 16, 2, 31},
      {"010", 0, 3, 8},
      {"010", 10, 3, 10},
      {"0xg", 0, 1, 0},
      {"9223372036854775807", 0, 19, INT64_MAX},
      {"-9223372036854775808", 0, 20, INT64_MIN},
      {"9223372036854775808", 0, -ERANGE, 0},
      {"-9223372036854775809", 0, -ERANGE, 0},
      {"99999999999999999999", 0, -ERANGE, 0},
      {"", 0, -EINVAL, 0},
      {"-", 0, -EINVAL, 0},
      {"x", 0, -EINVAL, 0},
      {"1", 2, -EINVAL, 0},
      {"1", 32, -EINVAL, 0},
  };
  for (const NumberCase& expected : kCases) {
    int64_t value = 0;
    EXPECT_EQ(
        call(BPF_FUNC_strtol, expected.text, std::strlen(expected.text), expected.flags, &value),
        expected.result)
        << expected.text;
    EXPECT_EQ(value, expected.value) << expected.text;
  }
}

TEST_F(Helpers, UnsignedNumbers) {
  uint64_t value = 0;
  EXPECT_EQ(call(BPF_FUNC_strtoul, "18446744073709551615", 20, 0, &value), 20);
  EXPECT_EQ(value, UINT64_MAX);
  EXPECT_EQ(call(BPF_FUNC_strtoul, "18446744073709551616", 20, 0, &value), -ERANGE);
  EXPECT_EQ(call(BPF_FUNC_strtoul, "-1", 2, 0, &value), -EINVAL);
}

TEST_F(Helpers, ForEachAndLoopCallBack) {
  Map& array = map({.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 4});
  const auto text = [&](const char* end) {
    return load(1, &array) + R"(
      *(u64 *)(r10 - 8) = 0
      ld_pseudo r2, 4, each
      r3 = r10
      r3 += -8
      r4 = 0
      call 164
      r1 = *(u64 *)(r10 - 8)
      r1 <<= 32
      r0 |= r1
      exit
    each:
      r5 = *(u32 *)(r2 + 0)
      r0 = *(u64 *)(r4 + 0)
      r0 += 1
      *(u64 *)(r4 + 0) = r0
      r0 = 0
)" + end + "\n exit";
  };
  EXPECT_EQ(run(program(text(""))), uint64_t{4} << 32 | 4);
  EXPECT_EQ(run(program(text("if r5 != 1 goto +1\n r0 = 1"))), uint64_t{2} << 32 | 2);
}

TEST_F(Helpers, LoopRefusesAndStops) {
  const auto text = [](const char* rounds, const char* flags, const char* verdict) {
    return std::string("r1 = ") + rounds + R"(
      ld_pseudo r2, 4, each
      r3 = 0
      r4 = )" +
           flags + R"(
      call 181
      exit
    each:
      r0 = )" +
           verdict + "\n exit";
  };
  EXPECT_EQ(run(program(text("8388608", "0", "1"))), 1u);
  EXPECT_EQ(run(program(text("5", "0", "0"))), 5u);
  EXPECT_EQ(run(program(text("0", "0", "0"))), 0u);
  EXPECT_EQ(run(program(text("8388609", "0", "0"))), static_cast<uint64_t>(-E2BIG));
  EXPECT_EQ(run(program(text("5", "1", "0"))), static_cast<uint64_t>(-EINVAL));
}

TEST_F(Helpers, Rings) {
  Map& ring = map({.type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096});
  EXPECT_EQ(call(BPF_FUNC_ringbuf_query, &ring, BPF_RB_RING_SIZE), 4096);
  EXPECT_EQ(call(BPF_FUNC_ringbuf_output, &ring, "12345678", 8, 0), 0);
  EXPECT_EQ(call(BPF_FUNC_ringbuf_query, &ring, BPF_RB_AVAIL_DATA), 16);
  EXPECT_EQ(call(BPF_FUNC_ringbuf_output, &ring, "12345678", 8, 16), -EINVAL);
  const int64_t record = call(BPF_FUNC_ringbuf_reserve, &ring, 100, 0);
  ASSERT_NE(record, 0);
  EXPECT_EQ(call(BPF_FUNC_ringbuf_submit, record, 0), 0);
  const int64_t other = call(BPF_FUNC_ringbuf_reserve, &ring, 100, 0);
  ASSERT_NE(other, 0);
  EXPECT_EQ(call(BPF_FUNC_ringbuf_discard, other, BPF_RB_NO_WAKEUP), 0);
  EXPECT_EQ(call(BPF_FUNC_ringbuf_reserve, &ring, 4096, 0), 0);
}

TEST_F(Helpers, Dynptrs) {
  char memory[16] = "0123456789abcde";
  alignas(8) bpf_dynptr dynptr{};
  EXPECT_EQ(call(BPF_FUNC_dynptr_from_mem, memory, sizeof memory, 1, &dynptr), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_dynptr_from_mem, memory, 1 << 24, 0, &dynptr), -E2BIG);
  EXPECT_EQ(call(BPF_FUNC_dynptr_data, &dynptr, 0, 1), 0);
  EXPECT_EQ(call(BPF_FUNC_dynptr_from_mem, memory, sizeof memory, 0, &dynptr), 0);
  char to[4];
  EXPECT_EQ(call(BPF_FUNC_dynptr_read, to, 4, &dynptr, 12, 0), 0);
  EXPECT_EQ(std::string(to), "cde");
  EXPECT_EQ(call(BPF_FUNC_dynptr_read, to, 4, &dynptr, 13, 0), -E2BIG);
  EXPECT_EQ(call(BPF_FUNC_dynptr_write, &dynptr, 2, "XY", 2, 0), 0);
  EXPECT_EQ(std::string(memory), "01XY456789abcde");
  EXPECT_EQ(call(BPF_FUNC_dynptr_data, &dynptr, 8, 8), static_cast<int64_t>(word(memory + 8)));
  EXPECT_EQ(call(BPF_FUNC_dynptr_data, &dynptr, 9, 8), 0);

  Map& ring = map({.type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096});
  EXPECT_EQ(call(BPF_FUNC_ringbuf_reserve_dynptr, &ring, 8192, 0, &dynptr), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_ringbuf_submit_dynptr, &dynptr, 0), 0);
  EXPECT_EQ(call(BPF_FUNC_ringbuf_reserve_dynptr, &ring, 8, 0, &dynptr), 0);
  EXPECT_EQ(call(BPF_FUNC_dynptr_write, &dynptr, 0, "12345678", 8, 0), 0);
  EXPECT_EQ(call(BPF_FUNC_ringbuf_submit_dynptr, &dynptr, 0), 0);
  EXPECT_EQ(call(BPF_FUNC_ringbuf_query, &ring, BPF_RB_AVAIL_DATA), 16);
}

TEST_F(Helpers, Stacks) {
  host_.set_stack({1, 2, 3}, {10, 20});
  uint64_t buffer[4] = {9, 9, 9, 9};
  EXPECT_EQ(call(BPF_FUNC_get_stack, &run_, buffer, sizeof buffer, 0), 24);
  EXPECT_EQ(buffer[0], 1u);
  EXPECT_EQ(buffer[3], 0u);
  EXPECT_EQ(call(BPF_FUNC_get_stack, &run_, buffer, sizeof buffer, BPF_F_USER_STACK | 1), 8);
  EXPECT_EQ(buffer[0], 20u);
  EXPECT_EQ(call(BPF_FUNC_get_stack, &run_, buffer, 8, 1), 8);
  EXPECT_EQ(buffer[0], 2u);
  EXPECT_EQ(call(BPF_FUNC_get_stack, &run_, buffer, sizeof buffer, 5), -EFAULT);
  EXPECT_EQ(call(BPF_FUNC_get_stack, &run_, buffer, 12, 0), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_get_stack, &run_, buffer, sizeof buffer, BPF_F_USER_BUILD_ID), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_get_stack, &run_, buffer, sizeof buffer, 1 << 12), -EINVAL);
  EXPECT_EQ(buffer[0], 0u);
  bpf_stack_build_id places[2];
  EXPECT_EQ(call(BPF_FUNC_get_stack, &run_, places, sizeof places,
                 BPF_F_USER_STACK | BPF_F_USER_BUILD_ID),
            static_cast<int64_t>(sizeof places));
  EXPECT_EQ(places[1].status, BPF_STACK_BUILD_ID_IP);
  EXPECT_EQ(places[1].ip, 20u);
  EXPECT_EQ(call(BPF_FUNC_get_task_stack, &buffer, buffer, sizeof buffer, BPF_F_USER_STACK),
            -EOPNOTSUPP);
  EXPECT_EQ(call(BPF_FUNC_get_task_stack, &buffer, buffer, sizeof buffer, 0), -EFAULT);
}

TEST_F(Helpers, Symbols) {
  host_.add_symbol("known", 0x1000);
  uint64_t address = 1;
  EXPECT_EQ(call(BPF_FUNC_kallsyms_lookup_name, "known", 6, 0, &address), 0);
  EXPECT_EQ(address, 0x1000u);
  EXPECT_EQ(call(BPF_FUNC_kallsyms_lookup_name, "unknown", 8, 0, &address), -ENOENT);
  EXPECT_EQ(address, 0u);
  EXPECT_EQ(call(BPF_FUNC_kallsyms_lookup_name, "known", 5, 0, &address), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_kallsyms_lookup_name, "known", 6, 1, &address), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_btf_find_by_name_kind, "int", 4, 1, 1), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_btf_find_by_name_kind, "int", 3, 1, 0), -EINVAL);
}

TEST_F(Helpers, SystemCallsOnlyWhereOneMaySleep) {
  EXPECT_EQ(call(BPF_FUNC_sys_bpf, BPF_PROG_GET_NEXT_ID, 0, 0), -EINVAL);
  kernel_.system_call = [](kshim*, int, kshim_uptr, uint32_t) { return 0L; };
  EXPECT_EQ(call(BPF_FUNC_sys_bpf, BPF_MAP_CREATE, 0, 0), -EPERM);
  EXPECT_EQ(call(BPF_FUNC_sys_close, 3), -EPERM);
}

// int f(int, int) and its type, as BTF has them.
TEST_F(Helpers, ArgumentsOfTracedFunctions) {
  const btf_type kTypes[] = {
      {0, BTF_KIND_INT << 24, {4}},
      {0, BTF_KIND_FUNC_PROTO << 24 | 2, {1}},
      {0, BTF_KIND_FUNC << 24, {2}},
  };
  const btf_type* by_id[] = {nullptr, &kTypes[0], &kTypes[1], &kTypes[2]};
  BtfObject btf;
  btf.types = by_id;
  btf.type_count = 4;
  kernel_.vmlinux = &btf;
  program_.attach_btf_id = 3;
  const uint64_t context[] = {10, 20, 30};
  uint64_t value = 0;
  EXPECT_EQ(call(BPF_FUNC_get_func_arg_cnt, context), 2);
  EXPECT_EQ(call(BPF_FUNC_get_func_arg, context, 1, &value), 0);
  EXPECT_EQ(value, 20u);
  EXPECT_EQ(call(BPF_FUNC_get_func_arg, context, 2, &value), -EINVAL);
  EXPECT_EQ(call(BPF_FUNC_get_func_ret, context, &value), -EOPNOTSUPP);
  program_.attach_type = BPF_TRACE_FEXIT;
  EXPECT_EQ(call(BPF_FUNC_get_func_ret, context, &value), 0);
  EXPECT_EQ(value, 30u);
  program_.attach_type = 0;
  kernel_.vmlinux = nullptr;
  EXPECT_EQ(call(BPF_FUNC_get_func_arg_cnt, context), 0);
}

}  // namespace
}  // namespace zext::shim
