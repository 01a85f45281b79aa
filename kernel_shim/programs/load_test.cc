// BPF_PROG_LOAD: errors as Linux 5.19 has them, in its order.
#include "kernel_shim/programs/load.h"

#include <errno.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "kernel_shim/programs/testing/loads.h"

namespace zext::shim {
namespace {

struct ErrorCase {
  const char* name;
  long expected = 0;
  uint32_t type = BPF_PROG_TYPE_SOCKET_FILTER;
  const char* text = "r0 = 0\nexit\n";
  uint32_t attach_type = 0;
  uint32_t flags = 0;
  uint32_t level = 0;
  void (*change)(bpf_attr&) = nullptr;
};

constexpr char kMisaligned[] =
    "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr4 = r2\nr4 += 8\nr0 = 0\n"
    "if r4 > r3 goto out\nr0 = *(u32 *)(r2 + 1)\nr0 = 0\nout:\nexit\n";

constexpr ErrorCase kErrorCases[] = {
    {.name = "unknown flag", .expected = -EINVAL, .flags = 1u << 6},
    {.name = "licence at a bad address",
     .expected = -EFAULT,
     .change = [](bpf_attr& a) { a.license = 1; }},
    {.name = "no instructions", .expected = -E2BIG, .change = [](bpf_attr& a) { a.insn_cnt = 0; }},
    {.name = "too many instructions",
     .expected = -E2BIG,
     .change = [](bpf_attr& a) { a.insn_cnt = 1'000'001; }},
    {.name = "instructions at a bad address",
     .expected = -EFAULT,
     .change = [](bpf_attr& a) { a.insns = 8; }},
    {.name = "no type", .expected = -EINVAL, .type = BPF_PROG_TYPE_UNSPEC},
    {.name = "type of a later kernel", .expected = -EINVAL, .type = 32},
    {.name = "name with a space",
     .expected = -EINVAL,
     .change = [](bpf_attr& a) { a.prog_name[0] = ' '; }},
    {.name = "name without an end",
     .expected = -EINVAL,
     .change = [](bpf_attr& a) { std::memset(a.prog_name, 'x', sizeof a.prog_name); }},
    {.name = "log without a level",
     .expected = -EINVAL,
     .change = [](bpf_attr& a) { a.log_size = 4096; }},
    {.name = "log too short",
     .expected = -EINVAL,
     .level = 1,
     .change = [](bpf_attr& a) { a.log_size = 64; }},
    {.name = "log of an unknown level", .expected = -EINVAL, .level = 8},
    {.name = "network card",
     .expected = -EINVAL,
     .change = [](bpf_attr& a) { a.prog_ifindex = 1; }},
    {.name = "attach type of another type",
     .expected = -EINVAL,
     .type = BPF_PROG_TYPE_CGROUP_SKB,
     .attach_type = BPF_CGROUP_SOCK_OPS},
    {.name = "attach type of no type",
     .expected = -EINVAL,
     .type = BPF_PROG_TYPE_EXT,
     .attach_type = BPF_XDP},
    {.name = "types of a kernel without any",
     .expected = -EINVAL,
     .type = BPF_PROG_TYPE_TRACING,
     .change = [](bpf_attr& a) { a.attach_btf_id = 1; }},
    {.name = "attached to no descriptor",
     .expected = -EINVAL,
     .type = BPF_PROG_TYPE_TRACING,
     .change = [](bpf_attr& a) { a.attach_prog_fd = 99; }},
    {.name = "sleeping, where nobody may",
     .expected = -EINVAL,
     .type = BPF_PROG_TYPE_XDP,
     .flags = BPF_F_SLEEPABLE},
    {.name = "syscall that does not sleep", .expected = -EINVAL, .type = BPF_PROG_TYPE_SYSCALL},
    {.name = "struct_ops", .expected = -524, .type = BPF_PROG_TYPE_STRUCT_OPS},
    {.name = "tracing of nothing", .expected = -EINVAL, .type = BPF_PROG_TYPE_TRACING},
    {.name = "line information of no types",
     .expected = -EBADF,
     .change = [](bpf_attr& a) { a.prog_btf_fd = 99, a.line_info_cnt = 1; }},
    {.name = "map of no descriptor",
     .expected = -EBADF,
     .text = "ld_pseudo r1, 1, 77\nr0 = 0\nexit\n"},
    {.name = "index without fd_array",
     .expected = -EPROTO,
     .text = "ld_pseudo r1, 5, 0\nr0 = 0\nexit\n"},
    {.name = "call out of the program", .expected = -EINVAL, .text = "call local +7\nexit\n"},
    {.name = "kernel function", .expected = -524, .text = "call btf 7\nexit\n"},
    {.name = "read before written", .expected = -EACCES, .text = "r0 = r3\nexit\n"},
    {.name = "out of the stack", .expected = -EACCES, .text = "r0 = *(u64 *)(r10 - 520)\nexit\n"},
    {.name = "unknown helper", .expected = -EINVAL, .text = "call 4711\nexit\n"},
    {.name = "helper of other types", .expected = -EINVAL, .text = "call 65\nexit\n"},
    {.name = "division by 0", .expected = -EINVAL, .text = "r0 = 1\nr0 /= 0\nexit\n"},
    {.name = "endless", .expected = -EINVAL, .text = "l:\ngoto l\n"},
    {.name = "returned range",
     .expected = -EINVAL,
     .type = BPF_PROG_TYPE_CGROUP_SKB,
     .text = "r0 = 2\nexit\n"},
    {.name = "strict alignment",
     .expected = -EACCES,
     .type = BPF_PROG_TYPE_XDP,
     .text = kMisaligned,
     .flags = BPF_F_STRICT_ALIGNMENT},
    {.name = "any alignment", .expected = 0, .type = BPF_PROG_TYPE_XDP, .text = kMisaligned},
};

TEST(LoadErrors, AreLinuxs) {
  Loads loads;
  for (const ErrorCase& row : kErrorCases) {
    const LoadText program{.type = row.type,
                           .text = row.text,
                           .attach_type = row.attach_type,
                           .flags = row.flags,
                           .level = row.level};
    const Loaded loaded = loads.load(program, [&](bpf_attr& attr) {
      if (row.change != nullptr) row.change(attr);
    });
    EXPECT_EQ(loaded.result < 0 ? loaded.result : 0, row.expected) << row.name;
  }
}

TEST(Load, TypesThatNeedNothing) {
  Loads loads;
  for (uint32_t type = 1; type <= BPF_PROG_TYPE_SYSCALL; ++type) {
    LoadText program{.type = type};
    switch (type) {
      case BPF_PROG_TYPE_TRACING:
      case BPF_PROG_TYPE_STRUCT_OPS:
      case BPF_PROG_TYPE_EXT:
      case BPF_PROG_TYPE_LSM:
        continue;
      case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
        program.attach_type = BPF_CGROUP_INET4_CONNECT;
        break;
      case BPF_PROG_TYPE_CGROUP_SOCKOPT:
        program.attach_type = BPF_CGROUP_GETSOCKOPT;
        break;
      case BPF_PROG_TYPE_SK_LOOKUP:
        program.attach_type = BPF_SK_LOOKUP;
        break;
      case BPF_PROG_TYPE_SYSCALL:
        program.flags = BPF_F_SLEEPABLE;
        break;
      default:
        break;
    }
    const Loaded loaded = loads.load(program);
    EXPECT_GE(loaded.result, 3) << type;
    loads.close(loaded.result);
  }
}

// As on Linux: bpftool shows this tag for these two instructions.
TEST(Load, TagsAreLinuxs) {
  Loads loads;
  const Loaded loaded = loads.load({});
  const uint8_t expected[] = {0xa0, 0x4f, 0x5e, 0xef, 0x06, 0xa7, 0xf5, 0x55};
  EXPECT_EQ(std::memcmp(loads.program(loaded.result).tag, expected, sizeof expected), 0);
}

TEST(Load, MapsAreKeptWhileTheProgramLives) {
  Loads loads;
  const int map = loads.map(BPF_MAP_TYPE_ARRAY, 4, 8, 1);
  const std::string number = std::to_string(map);
  const Loaded loaded = loads.load({.text = "ld_pseudo r1, 1, " + number + "\nld_pseudo r2, 2, " +
                                            number + ", 4\nr0 = *(u32 *)(r2 + 0)\nexit\n"});
  ASSERT_GE(loaded.result, 3);
  loads.close(map);
  Program& program = loads.program(loaded.result);
  ASSERT_EQ(program.map_count, 1u);
  EXPECT_EQ(program.maps[0]->references.load(), 1u);
  // As shown: by id; as run: by address.
  EXPECT_EQ(program.xlated[0].imm, static_cast<int32_t>(program.maps[0]->id));
  EXPECT_EQ(program.xlated[0].src(), BPF_PSEUDO_MAP_FD);
  EXPECT_EQ(program.xlated[2].src(), BPF_PSEUDO_MAP_VALUE);
  EXPECT_EQ(program.xlated[3].imm, 4);
  EXPECT_EQ(program.insns[0].src(), 0);
  const uint64_t address = static_cast<uint32_t>(program.insns[0].imm) |
                           uint64_t{static_cast<uint32_t>(program.insns[1].imm)} << 32;
  EXPECT_EQ(address, user(program.maps[0]));
}

TEST(Load, BindMapKeepsAnotherMap) {
  Loads loads;
  const Loaded loaded = loads.load({});
  const auto bind = [&](int map) {
    bpf_attr attr{};
    attr.prog_bind_map.prog_fd = static_cast<uint32_t>(loaded.result);
    attr.prog_bind_map.map_fd = static_cast<uint32_t>(map);
    return loads.bpf(BPF_PROG_BIND_MAP, attr);
  };
  for (uint32_t i = 1; i <= 70; ++i) {
    const int map = loads.map(BPF_MAP_TYPE_ARRAY, 4, 4, 1);
    EXPECT_EQ(bind(map), 0);
    EXPECT_EQ(bind(map), 0);
    loads.close(map);
    EXPECT_EQ(loads.program(loaded.result).map_count, i);
  }
  EXPECT_EQ(bind(-1), -EBADF);
  EXPECT_EQ(bind(static_cast<int>(loaded.result)), -EINVAL);
}

TEST(Load, PacketPointersBecomeWide) {
  Loads loads;
  const Loaded loaded = loads.load({.type = BPF_PROG_TYPE_XDP,
                                    .text = "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\n"
                                            "r0 = *(u32 *)(r1 + 12)\nexit\n"});
  ASSERT_GE(loaded.result, 3);
  const Program& program = loads.program(loaded.result);
  const uint8_t wide = ebpf::row_of(ebpf::Op::kLoad64).opcode;
  EXPECT_EQ(program.insns[0].opcode, wide);
  EXPECT_EQ(program.insns[1].opcode, wide);
  EXPECT_NE(program.insns[2].opcode, wide);
  EXPECT_EQ(program.xlated[0].offset, 0);
}

TEST(Load, UnprivilegedUsersMayLittle) {
  kshim_config config{};
  config.allow_unprivileged = true;
  Loads loads({.capabilities = 0, .user = 1000}, config);
  EXPECT_EQ(loads.load({.type = BPF_PROG_TYPE_XDP}).result, -EPERM);
  EXPECT_EQ(loads.load({.type = BPF_PROG_TYPE_KPROBE}).result, -EPERM);
  EXPECT_GE(loads.load({}).result, 3);
  // An address for a number.
  EXPECT_EQ(loads.load({.text = "r0 = r10\nexit\n"}).result, -EACCES);
  EXPECT_EQ(loads.load({.text = "call f\nexit\nf:\nr0 = 0\nexit\n"}).result, -EPERM);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "r0 = 0\n";
  EXPECT_EQ(loads.load({.text = many + "exit\n"}).result, -E2BIG);
}

// Of a raw tracepoint whose first argument points to a buffer: there are none to attach it to.
TEST(Load, ProgramsThatTouchABufferAreKnown) {
  Loads loads;
  const auto uses_buffer = [&](const std::string& text) {
    const Loaded loaded = loads.load({.type = BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, .text = text});
    EXPECT_GE(loaded.result, 3);
    return loads.program(loaded.result).uses_buffer;
  };
  EXPECT_TRUE(uses_buffer("r6 = *(u64 *)(r1 + 0)\nr0 = *(u64 *)(r6 + 8)\nr0 = 0\nexit\n"));
  EXPECT_FALSE(uses_buffer("r6 = *(u64 *)(r1 + 0)\nr0 = 0\nexit\n"));
}

TEST(Load, ContextsAreMeasured) {
  Loads loads;
  const Loaded loaded =
      loads.load({.type = BPF_PROG_TYPE_TRACEPOINT,
                  .text = "r0 = *(u64 *)(r1 + 8)\nr0 = *(u32 *)(r1 + 40)\nexit\n"});
  ASSERT_GE(loaded.result, 3);
  EXPECT_EQ(loads.program(loaded.result).context_bytes, 44u);
}

TEST(Load, UnprivilegedUsersMayNothingByDefault) {
  Loads loads({.capabilities = 0, .user = 1000});
  EXPECT_EQ(loads.load({}).result, -EPERM);
}

TEST(Load, ProgramArraysTakeOneKind) {
  Loads loads;
  const int map = loads.map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2);
  const std::string text =
      "ld_pseudo r2, 1, " + std::to_string(map) + "\nr3 = 0\ncall 12\nr0 = 0\nexit\n";
  EXPECT_GE(loads.load({.type = BPF_PROG_TYPE_XDP, .text = text}).result, 3);
  EXPECT_EQ(loads.load({.type = BPF_PROG_TYPE_SCHED_CLS, .text = text}).result, -EINVAL);
}

TEST(Load, TracingProgramsGetNoLocks) {
  Loads loads;
  const int map = loads.map(BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_NO_PREALLOC);
  const std::string text = "ld_pseudo r1, 1, " + std::to_string(map) + "\nr0 = 0\nexit\n";
  EXPECT_EQ(loads.load({.type = BPF_PROG_TYPE_PERF_EVENT, .text = text}).result, -EINVAL);
  EXPECT_GE(loads.load({.type = BPF_PROG_TYPE_KPROBE, .text = text}).result, 3);
}

// libbpf leaves such a call where the kernel lacks a field that the program asked for.
TEST(LoadTest, CodeThatNothingReachesMayHaveNoMeaning) {
  Loads loads;
  const Loaded loaded =
      loads.load({.text = "r0 = 0\nif r0 == 0 goto out\ncall 195896080\nout:\nexit\n"});
  ASSERT_GE(loaded.result, 0);
  const Program& program = loads.program(loaded.result);
  EXPECT_EQ(program.insns[2].offset, -1);
  EXPECT_NE(program.insns[2].opcode, program.xlated[2].opcode);
}

// The load of a packet pointer is rewritten, which would be wrong for the stack.
TEST(LoadTest, OneLoadCannotBeOfContextAndStack) {
  Loads loads;
  const Loaded loaded = loads.load({.type = BPF_PROG_TYPE_XDP,
                                    .text = "r2 = r1\nr3 = 0\n*(u64 *)(r10 - 8) = r3\n"
                                            "r5 = *(u32 *)(r1 + 12)\nif r5 == 0 goto there\n"
                                            "r2 = r10\nr2 += -8\nthere:\n"
                                            "r0 = *(u32 *)(r2 + 0)\nr0 = 2\nexit\n"});
  EXPECT_LT(loaded.result, 0);
}

// What a frozen map holds is known, as Linux knows it: .rodata decides which code is dead.
TEST(LoadTest, FrozenConstantsAreKnown) {
  Loads loads;
  const int map = loads.map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_RDONLY_PROG);
  ASSERT_GE(map, 0);
  const std::string text = "ld_pseudo r1, 2, " + std::to_string(map) +
                           ", 0\nr0 = *(u64 *)(r1 + 0)\nif r0 == 0 goto out\n"
                           "call 195896080\nout:\nr0 = 0\nexit\n";
  EXPECT_EQ(loads.load({.text = text}).result, -EINVAL);
  bpf_attr freeze{};
  freeze.map_fd = static_cast<uint32_t>(map);
  ASSERT_EQ(loads.bpf(BPF_MAP_FREEZE, freeze), 0);
  EXPECT_GE(loads.load({.text = text}).result, 0);
}

}  // namespace
}  // namespace zext::shim
