// PROG_TEST_RUN of the same programs on the same packets: here, and by the kernel of this machine.
//
// Skipped where that kernel lets us load no programs. Only what 5.19 and later kernels agree on is
// compared.
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "kernel_shim/programs/context.h"
#include "kernel_shim/programs/test_run_testing.h"

namespace zext::shim {
namespace {

int host_bpf(int command, bpf_attr& attr) {
  const long result = syscall(SYS_bpf, command, &attr, sizeof attr);
  return result < 0 ? -errno : static_cast<int>(result);
}

int load_on_host(const std::vector<ebpf::Slot>& slots, uint32_t type) {
  static char log[1 << 16];
  bpf_attr attr{};
  attr.prog_type = type;
  attr.insns = reinterpret_cast<uint64_t>(slots.data());
  attr.insn_cnt = static_cast<uint32_t>(slots.size());
  attr.license = reinterpret_cast<uint64_t>("GPL");
  attr.log_buf = reinterpret_cast<uint64_t>(log);
  attr.log_size = sizeof log;
  attr.log_level = 1;
  const int fd = host_bpf(BPF_PROG_LOAD, attr);
  if (fd < 0 && fd != -EPERM) ADD_FAILURE() << "the kernel refuses: " << fd << "\n" << log;
  return fd;
}

// What is different for the two: how the packet's ends are read.
std::string with_pointers(std::string text, uint32_t type, bool host) {
  struct {
    const char* name;
    uint32_t skb;
    uint32_t xdp;
  } const kPointers[] = {
      {"DATA_END", offsetof(__sk_buff, data_end), offsetof(xdp_md, data_end)},
      {"DATA_META", offsetof(__sk_buff, data_meta), offsetof(xdp_md, data_meta)},
      {"DATA", offsetof(__sk_buff, data), offsetof(xdp_md, data)},
  };
  for (const auto& [name, skb, xdp] : kPointers) {
    const uint32_t narrow = type == BPF_PROG_TYPE_XDP ? xdp : skb;
    const uint32_t offset = host ? narrow : wide_offset(type, narrow);
    const std::string width = host ? "u32" : "u64";
    const std::string load = "*(" + width + " *)(r1 + " + std::to_string(offset) + ")";
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
      text.replace(at, std::string(name).size(), load);
    }
  }
  return text;
}

class TestRunOracle : public TestRunTest {
 protected:
  void SetUp() override {
    const int fd = load_on_host(ebpf::assemble("r0 = 0\n exit").value(), BPF_PROG_TYPE_XDP);
    if (fd >= 0) {
      close(fd);
      return;
    }
    std::printf("skipped: this machine's kernel loads no programs for us (%d)\n", fd);
    GTEST_SKIP() << "no bpf(2)";
  }

  // Runs it on both sides, and compares all that comes out.
  void compare(const std::string& text, uint32_t type, const Trial& trial) {
    SCOPED_TRACE(text);
    SCOPED_TRACE("context " + testing::PrintToString(trial.ctx_in));
    const auto slots = ebpf::assemble(with_pointers(text, type, true));
    ASSERT_TRUE(slots.has_value()) << describe(slots.error());
    const int fd = load_on_host(*slots, type);
    ASSERT_GE(fd, 0);
    Trial host = trial;
    host.fill(static_cast<uint32_t>(fd));
    const long expected = host_bpf(BPF_PROG_TEST_RUN, host.attr);
    close(fd);
    Trial own = trial;
    const long result = test_run(program(with_pointers(text, type, false), type), own);
    EXPECT_EQ(result, expected);
    EXPECT_EQ(own.attr.test.retval, host.attr.test.retval);
    EXPECT_EQ(own.attr.test.data_size_out, host.attr.test.data_size_out);
    EXPECT_EQ(own.attr.test.ctx_size_out, host.attr.test.ctx_size_out);
    EXPECT_EQ(own.data_out, host.data_out);
    EXPECT_EQ(own.ctx_out, host.ctx_out);
    EXPECT_EQ(own.ctx_in, host.ctx_in);
  }
};

Trial trial_of(Bytes packet) { return {.data_in = std::move(packet), .data_out = Bytes(4096)}; }

// Of a protocol that later kernels ask nothing of: they want whole headers of IP.
Bytes plain_frame(size_t size) {
  Bytes bytes = frame(size);
  bytes[12] = 0x88;
  bytes[13] = 0xb5;
  return bytes;
}

// Returns a field of the context.
std::string field(uint32_t offset) {
  return "r0 = *(u32 *)(r1 + " + std::to_string(offset) + ")\n exit";
}

// The program's verdict on bytes that are not there is 7.
std::string first_bytes(const char* start, const char* end, const char* then) {
  return std::string("r2 = ") + start + "\n r3 = " + end + R"(
      r4 = r2
      r4 += 20
      if r4 > r3 goto none
)" + then +
         R"(
      exit
    none:
      r0 = 7
      exit)";
}

TEST_F(TestRunOracle, FieldsOfSkb) {
  const uint32_t kFields[] = {offsetof(__sk_buff, len),      offsetof(__sk_buff, pkt_type),
                              offsetof(__sk_buff, mark),     offsetof(__sk_buff, queue_mapping),
                              offsetof(__sk_buff, protocol), offsetof(__sk_buff, vlan_present),
                              offsetof(__sk_buff, vlan_tci), offsetof(__sk_buff, priority),
                              offsetof(__sk_buff, ifindex),  offsetof(__sk_buff, ingress_ifindex),
                              offsetof(__sk_buff, tc_index), offsetof(__sk_buff, cb),
                              offsetof(__sk_buff, hash)};
  const uint32_t kClassifierFields[] = {
      offsetof(__sk_buff, wire_len), offsetof(__sk_buff, gso_segs), offsetof(__sk_buff, gso_size)};
  Bytes broadcast = frame(60);
  std::fill_n(broadcast.begin(), 6, 0xff);
  Bytes own = frame(1000);
  std::fill_n(own.begin(), 12, 0);
  Bytes length = frame(60);
  length[12] = 0;
  Bytes raw = length;
  raw[14] = raw[15] = 0xff;
  for (const Bytes& packet : {frame(64), broadcast, own, length, raw, plain_frame(15)}) {
    for (const uint32_t type : {BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SCHED_CLS}) {
      for (const uint32_t offset : kFields) compare(field(offset), type, trial_of(packet));
    }
    for (const uint32_t offset : kClassifierFields) {
      compare(field(offset), BPF_PROG_TYPE_SCHED_CLS, trial_of(packet));
    }
  }
}

TEST_F(TestRunOracle, PacketLoads) {
  for (const char* text :
       {"r6 = r1\n r0 = *(u8 *)skb[0]\n exit", "r6 = r1\n r0 = *(u16 *)skb[12]\n exit",
        "r6 = r1\n r0 = *(u32 *)skb[46]\n exit", "r6 = r1\n r0 = *(u32 *)skb[47]\n r0 = 9\n exit",
        "r6 = r1\n r0 = *(u16 *)skb[-0x1ffff4]\n exit",
        "r6 = r1\n r0 = *(u16 *)skb[-0x100000]\n exit",
        "r6 = r1\n r0 = *(u8 *)skb[-1]\n r0 = 9\n exit",
        "r6 = r1\n r7 = 3\n r0 = *(u16 *)skb[r7 + 12]\n exit"}) {
    compare(text, BPF_PROG_TYPE_SOCKET_FILTER, trial_of(frame(64)));
    compare(text, BPF_PROG_TYPE_SCHED_CLS, trial_of(frame(64)));
  }
}

TEST_F(TestRunOracle, DirectAccess) {
  for (const size_t size : {14u, 19u, 20u, 64u, 1500u}) {
    compare(first_bytes("DATA", "DATA_END", "r0 = *(u32 *)(r2 + 10)"), BPF_PROG_TYPE_SCHED_CLS,
            trial_of(plain_frame(size)));
    compare(first_bytes("DATA", "DATA_END", "*(u16 *)(r2 + 18) = 5\n r0 = 3"),
            BPF_PROG_TYPE_SCHED_CLS, trial_of(plain_frame(size)));
    compare(first_bytes("DATA", "DATA_END", "*(u64 *)(r2 + 1) = 77\n r0 = 2"), BPF_PROG_TYPE_XDP,
            trial_of(plain_frame(size)));
  }
}

TEST_F(TestRunOracle, SkbHelpers) {
  const std::string load = R"(
      r2 = OFFSET
      r3 = r10
      r3 += -8
      *(u64 *)(r10 - 8) = -1
      r4 = 4
      call 26
      r1 = *(u32 *)(r10 - 8)
      r0 += r1
      exit)";
  for (const char* offset : {"0", "10", "46", "47", "60", "61", "-1"}) {
    std::string text = load;
    text.replace(text.find("OFFSET"), 6, offset);
    compare(text, BPF_PROG_TYPE_SOCKET_FILTER, trial_of(frame(64)));
    compare(text, BPF_PROG_TYPE_SCHED_CLS, trial_of(frame(64)));
  }
  // store_bytes, l3_csum_replace, l4_csum_replace, change_tail, pull_data.
  for (const char* text :
       {"r2 = 20\n r3 = r10\n r3 += -8\n *(u64 *)(r10 - 8) = 0x1234\n r4 = 8\n r5 = 0\n call 9\n "
        "exit",
        "r2 = 57\n r3 = r10\n r3 += -8\n *(u64 *)(r10 - 8) = 0x1234\n r4 = 8\n r5 = 0\n call 9\n "
        "exit",
        "r2 = 24\n r3 = 0x1234\n r4 = 0x4321\n r5 = 2\n call 10\n exit",
        "r2 = 24\n r3 = 0x12345678\n r4 = 0x7654321\n r5 = 4\n call 10\n exit",
        "r2 = 24\n r3 = 0\n r4 = 0x7654321\n r5 = 0\n call 10\n exit",
        "r2 = 24\n r3 = 1\n r4 = 0x7654321\n r5 = 0\n call 10\n exit",
        "r2 = 25\n r3 = 1\n r4 = 2\n r5 = 2\n call 10\n exit",
        "r2 = 24\n r3 = 0x1234\n r4 = 0x4321\n r5 = 2\n call 11\n exit",
        "r2 = 24\n r3 = 0x12345678\n r4 = 0x7654321\n r5 = 0x14\n call 11\n exit",
        "r2 = 24\n r3 = 0\n r4 = 0x7654321\n r5 = 0x30\n call 11\n exit",
        "r2 = 64\n r3 = 0x1234\n r4 = 0x4321\n r5 = 2\n call 11\n exit",
        "r2 = 40\n r3 = 0\n call 38\n exit",
        "r2 = 100\n r3 = 0\n call 38\n exit",
        "r2 = 10\n r3 = 0\n call 38\n exit",
        "r2 = 70000\n r3 = 0\n call 38\n exit",
        "r2 = 40\n r3 = 1\n call 38\n exit",
        "r2 = 64\n call 39\n exit",
        "r2 = 65\n call 39\n exit",
        "r2 = 2\n r3 = 0\n call 43\n exit",
        "r2 = 3\n call 32\n exit",
        "r2 = 4\n call 32\n exit",
        "r2 = 5\n call 40\n exit"}) {
    compare(text, BPF_PROG_TYPE_SCHED_CLS, trial_of(frame(64)));
  }
}

TEST_F(TestRunOracle, XdpHelpers) {
  const auto adjust = [&](const char* call, const char* offset) {
    const std::string text = std::string("r2 = ") + offset + "\n call " + call + "\n exit";
    compare(text, BPF_PROG_TYPE_XDP, trial_of(frame(64)));
  };
  for (const char* offset :
       {"0", "4", "-4", "50", "51", "-50", "-216", "-217", "100", "3456", "3457", "0x7fffffff"}) {
    adjust("44", offset);
    adjust("65", offset);
  }
  // Later kernels allow more than 32 bytes.
  for (const char* offset : {"0", "4", "-4", "-32", "-28", "-2", "-217"}) adjust("54", offset);
  for (const char* offset : {"0", "60", "61", "64", "70000"}) {
    compare(std::string("r2 = ") + offset +
                "\n r3 = r10\n r3 += -8\n *(u64 *)(r10 - 8) = 5\n r4 = 4\n call 189\n"
                " r1 = *(u64 *)(r10 - 8)\n r0 += r1\n exit",
            BPF_PROG_TYPE_XDP, trial_of(frame(64)));
    compare(std::string("r2 = ") + offset +
                "\n r3 = r10\n r3 += -8\n *(u64 *)(r10 - 8) = 5\n r4 = 4\n call 190\n exit",
            BPF_PROG_TYPE_XDP, trial_of(frame(64)));
  }
  compare("call 188\n exit", BPF_PROG_TYPE_XDP, trial_of(frame(100)));
}

TEST_F(TestRunOracle, ContextsOfSkb) {
  const std::string text = R"(
      r2 = *(u32 *)(r1 + 8)
      r2 += 1
      *(u32 *)(r1 + 8) = r2
      *(u32 *)(r1 + 52) = 9
      r0 = *(u32 *)(r1 + 32)
      exit)";
  const auto with = [&](const auto& set) {
    __sk_buff context{};
    set(context);
    Trial trial = trial_of(frame(64));
    trial.ctx_in = bytes_of(context);
    trial.ctx_out = Bytes(sizeof context);
    compare(text, BPF_PROG_TYPE_SCHED_CLS, trial);
  };
  with([](__sk_buff&) {});
  with([](__sk_buff& skb) { skb.mark = 5; });
  with([](__sk_buff& skb) { skb.priority = 6; });
  with([](__sk_buff& skb) { skb.ifindex = 1; });
  with([](__sk_buff& skb) { skb.ifindex = 12345; });
  with([](__sk_buff& skb) { skb.ingress_ifindex = 11; });
  with([](__sk_buff& skb) { skb.cb[3] = 8; });
  with([](__sk_buff& skb) { skb.wire_len = 100; });
  with([](__sk_buff& skb) { skb.wire_len = 63; });
  with([](__sk_buff& skb) { skb.wire_len = 100'000; });
  with([](__sk_buff& skb) { skb.wire_len = 600'000; });
  with([](__sk_buff& skb) { skb.gso_segs = 65535; });
  with([](__sk_buff& skb) { skb.gso_segs = 65536; });
  with([](__sk_buff& skb) { skb.gso_size = 10; });
  with([](__sk_buff& skb) { skb.hwtstamp = 12; });
  with([](__sk_buff& skb) { skb.len = 64; });
  with([](__sk_buff& skb) { skb.protocol = 8; });
  with([](__sk_buff& skb) { skb.hash = 8; });
  for (const size_t size : {4u, 100u, 300u}) {
    Trial trial = trial_of(frame(64));
    trial.ctx_in = Bytes(size);
    trial.ctx_out = Bytes(size);
    compare(text, BPF_PROG_TYPE_SCHED_CLS, trial);
  }
}

TEST_F(TestRunOracle, ContextsOfXdp) {
  const std::string text = first_bytes("DATA_META", "DATA", "r0 = *(u32 *)(r2 + 0)");
  for (const uint32_t data : {0u, 4u, 20u, 32u, 3u}) {
    for (const uint32_t data_end : {64u, 65u}) {
      xdp_md context{};
      context.data = data;
      context.data_end = data_end;
      Trial trial = trial_of(frame(64));
      trial.ctx_in = bytes_of(context);
      trial.ctx_out = Bytes(sizeof context);
      compare(text, BPF_PROG_TYPE_XDP, trial);
      context.ingress_ifindex = 1;
      trial.ctx_in = bytes_of(context);
      compare(text, BPF_PROG_TYPE_XDP, trial);
      context.rx_queue_index = 1;
      trial.ctx_in = bytes_of(context);
      compare(text, BPF_PROG_TYPE_XDP, trial);
    }
  }
  compare(field(offsetof(xdp_md, ingress_ifindex)), BPF_PROG_TYPE_XDP, trial_of(frame(64)));
  compare(field(offsetof(xdp_md, rx_queue_index)), BPF_PROG_TYPE_XDP, trial_of(frame(64)));
}

TEST_F(TestRunOracle, Errors) {
  const std::string text = "r0 = 1\n exit";
  for (const uint32_t type : {BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SCHED_CLS,
                              BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_RAW_TRACEPOINT}) {
    for (const size_t size : {0u, 13u, 3712u, 3713u}) {
      // Packets of XDP may be of several pages there.
      if (type == BPF_PROG_TYPE_XDP && size > 3520) continue;
      compare(text, type, trial_of(frame(size)));
    }
    Trial cut{.data_in = frame(64), .data_out = Bytes(10)};
    compare(text, type, cut);
    Trial flags = trial_of(frame(64));
    flags.attr.test.flags = BPF_F_TEST_RUN_ON_CPU;
    compare(text, type, flags);
    Trial cpu = trial_of(frame(64));
    cpu.attr.test.cpu = 1;
    if (type != BPF_PROG_TYPE_XDP) compare(text, type, cpu);
    Trial none{};
    compare(text, type, none);
    Trial context{.ctx_in = Bytes(8)};
    compare(text, type, context);
    Trial out{.ctx_out = Bytes(8)};
    compare(text, type, out);
    Trial bad{};
    bad.attr.test.data_in = 8;
    bad.attr.test.data_size_in = 64;
    compare(text, type, bad);
  }
}

TEST_F(TestRunOracle, RawTracepoints) {
  const std::string text = "r0 = *(u64 *)(r1 + 8)\n exit";
  for (const size_t size : {16u, 96u, 97u}) {
    Trial trial{.ctx_in = Bytes(size, 3)};
    compare(text, BPF_PROG_TYPE_RAW_TRACEPOINT, trial);
    trial.attr.test.flags = BPF_F_TEST_RUN_ON_CPU;
    compare(text, BPF_PROG_TYPE_RAW_TRACEPOINT, trial);
    trial.attr.test.cpu = 1'000'000;
    compare(text, BPF_PROG_TYPE_RAW_TRACEPOINT, trial);
    trial.repeat = 1;
    compare(text, BPF_PROG_TYPE_RAW_TRACEPOINT, trial);
  }
}

}  // namespace
}  // namespace zext::shim
