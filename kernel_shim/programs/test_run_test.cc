// BPF_PROG_TEST_RUN: what goes in, what comes out, and what is refused.
#include <errno.h>

#include "kernel_shim/programs/context.h"
#include "kernel_shim/programs/test_run_testing.h"

namespace zext::shim {
namespace {

constexpr uint32_t kLength = offsetof(__sk_buff, len);

xdp_md metadata(uint32_t data, uint32_t data_end) {
  xdp_md given{};
  given.data = data;
  given.data_end = data_end;
  return given;
}

class TestRunCommand : public TestRunTest {
 protected:
  // A program that returns a 32-bit field of its context.
  Program& reading(uint32_t type, uint32_t offset) {
    return program("r0 = *(u32 *)(r1 + " + std::to_string(offset) + ")\n exit", type);
  }
};

TEST_F(TestRunCommand, SocketFiltersBeginBehindTheLinkHeader) {
  Trial test{.data_in = frame(64), .data_out = Bytes(100, 0xee)};
  ASSERT_EQ(test_run(reading(BPF_PROG_TYPE_SOCKET_FILTER, kLength), test), 0);
  EXPECT_EQ(test.attr.test.retval, 50u);
  EXPECT_EQ(test.attr.test.data_size_out, 64u);
  Bytes expected = frame(64);
  std::fill_n(expected.begin(), 14, 0);
  expected.resize(100, 0xee);
  EXPECT_EQ(test.data_out, expected);
}

TEST_F(TestRunCommand, ClassifiersSeeTheLinkHeader) {
  for (const uint32_t type : {BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT}) {
    Trial test{.data_in = frame(64), .data_out = Bytes(64)};
    ASSERT_EQ(test_run(reading(type, kLength), test), 0);
    EXPECT_EQ(test.attr.test.retval, 64u);
    EXPECT_EQ(test.data_out, frame(64));
  }
}

TEST_F(TestRunCommand, FieldsOfThePacket) {
  const auto field = [&](uint32_t offset, Bytes packet) {
    Trial test{.data_in = std::move(packet)};
    EXPECT_EQ(test_run(reading(BPF_PROG_TYPE_SCHED_CLS, offset), test), 0);
    return test.attr.test.retval;
  };
  EXPECT_EQ(field(offsetof(__sk_buff, protocol), frame()), 0x0008u);
  EXPECT_EQ(field(offsetof(__sk_buff, ifindex), frame()), 1u);
  EXPECT_EQ(field(offsetof(__sk_buff, wire_len), frame()), 0u);
  Bytes packet = frame();
  packet[0] = 2;
  EXPECT_EQ(field(offsetof(__sk_buff, pkt_type), packet), 3u);
  packet[0] = 1;
  EXPECT_EQ(field(offsetof(__sk_buff, pkt_type), packet), 2u);
  std::fill_n(packet.begin(), 6, 0);
  EXPECT_EQ(field(offsetof(__sk_buff, pkt_type), packet), 0u);
  packet[12] = 0;
  packet[13] = 50;
  EXPECT_EQ(field(offsetof(__sk_buff, protocol), packet), 0x0400u);
  packet[14] = packet[15] = 0xff;
  EXPECT_EQ(field(offsetof(__sk_buff, protocol), packet), 0x0100u);
}

TEST_F(TestRunCommand, SizesOfData) {
  Program& made = program("r0 = 0\n exit", BPF_PROG_TYPE_SCHED_CLS);
  Program& xdp = program("r0 = 2\n exit", BPF_PROG_TYPE_XDP);
  const auto with = [&](Program& program, size_t size) {
    Trial test{.data_in = frame(size)};
    return test_run(program, test);
  };
  EXPECT_EQ(with(made, 13), -EINVAL);
  EXPECT_EQ(with(made, 14), 0);
  EXPECT_EQ(with(made, 4096 - 64 - 320), 0);
  EXPECT_EQ(with(made, 4096 - 64 - 320 + 1), -EINVAL);
  EXPECT_EQ(with(xdp, 13), -EINVAL);
  EXPECT_EQ(with(xdp, 14), 0);
  EXPECT_EQ(with(xdp, 4096 - 256 - 320), 0);
  Trial none;
  EXPECT_EQ(test_run(made, none), -EINVAL);
  Trial bad;
  bad.attr.test.data_in = 8;
  bad.attr.test.data_size_in = 64;
  EXPECT_EQ(test_run(made, bad), -EFAULT);
}

TEST_F(TestRunCommand, DataThatDoesNotFitIsCut) {
  Program& made = program("r0 = 9\n exit", BPF_PROG_TYPE_SCHED_CLS);
  Trial test{.data_in = frame(64), .data_out = Bytes(20, 0xee)};
  test.data_out.resize(10);
  EXPECT_EQ(test_run(made, test), -ENOSPC);
  EXPECT_EQ(test.attr.test.data_size_out, 64u);
  EXPECT_EQ(test.attr.test.retval, 9u);
  const Bytes all = frame(64);
  EXPECT_EQ(test.data_out, Bytes(all.begin(), all.begin() + 10));
  Trial bad{.data_in = frame(64)};
  bad.attr.test.data_out = 8;
  bad.attr.test.data_size_out = 64;
  EXPECT_EQ(test_run(made, bad), -EFAULT);
  // A size without a buffer, and a buffer without a size.
  Trial size{.data_in = frame(64)};
  size.attr.test.data_size_out = 10;
  EXPECT_EQ(test_run(made, size), -ENOSPC);
  Bytes out(64);
  Trial buffer{.data_in = frame(64)};
  buffer.attr.test.data_out = reinterpret_cast<uint64_t>(out.data());
  EXPECT_EQ(test_run(made, buffer), 0);
  EXPECT_EQ(out, frame(64));
}

TEST_F(TestRunCommand, ContextIn) {
  Program& made = reading(BPF_PROG_TYPE_SCHED_CLS, offsetof(__sk_buff, mark));
  const auto with = [&]<typename T>(T __sk_buff::* field, uint64_t value) {
    __sk_buff context{};
    context.*field = static_cast<T>(value);
    Trial test{.data_in = frame(), .ctx_in = bytes_of(context)};
    const long error = test_run(made, test);
    return error != 0 ? error : static_cast<long>(test.attr.test.retval);
  };
  EXPECT_EQ(with(&__sk_buff::mark, 5), 5);
  EXPECT_EQ(with(&__sk_buff::priority, 5), 0);
  EXPECT_EQ(with(&__sk_buff::ingress_ifindex, 11), 0);
  EXPECT_EQ(with(&__sk_buff::ifindex, 1), 0);
  EXPECT_EQ(with(&__sk_buff::ifindex, 2), -ENODEV);
  EXPECT_EQ(with(&__sk_buff::tstamp, 7), 0);
  EXPECT_EQ(with(&__sk_buff::wire_len, 100), 0);
  EXPECT_EQ(with(&__sk_buff::wire_len, 63), -EINVAL);
  EXPECT_EQ(with(&__sk_buff::wire_len, 65536), 0);
  EXPECT_EQ(with(&__sk_buff::wire_len, 65537), -EINVAL);
  EXPECT_EQ(with(&__sk_buff::gso_segs, 8), 0);
  EXPECT_EQ(with(&__sk_buff::gso_segs, 65536), -EINVAL);
  EXPECT_EQ(with(&__sk_buff::gso_size, 10), 0);
  EXPECT_EQ(with(&__sk_buff::hwtstamp, 11), 0);
  for (const auto field :
       {&__sk_buff::len, &__sk_buff::pkt_type, &__sk_buff::queue_mapping, &__sk_buff::protocol,
        &__sk_buff::vlan_tci, &__sk_buff::tc_index, &__sk_buff::hash, &__sk_buff::tc_classid,
        &__sk_buff::data, &__sk_buff::data_end, &__sk_buff::napi_id, &__sk_buff::family,
        &__sk_buff::local_port, &__sk_buff::data_meta}) {
    EXPECT_EQ(with(field, 1), -EINVAL);
  }
}

TEST_F(TestRunCommand, ContextBeyondWhatIsKnownMustBeZero) {
  Program& made = program("r0 = 0\n exit", BPF_PROG_TYPE_SCHED_CLS);
  Trial zeros{.data_in = frame(), .ctx_in = Bytes(sizeof(__sk_buff) + 8)};
  EXPECT_EQ(test_run(made, zeros), 0);
  Trial more{.data_in = frame(), .ctx_in = Bytes(sizeof(__sk_buff) + 8)};
  more.ctx_in.back() = 1;
  EXPECT_EQ(test_run(made, more), -E2BIG);
  Trial shorter{.data_in = frame(), .ctx_in = Bytes(12)};
  shorter.ctx_in[8] = 7;
  Program& mark = reading(BPF_PROG_TYPE_SCHED_CLS, offsetof(__sk_buff, mark));
  ASSERT_EQ(test_run(mark, shorter), 0);
  EXPECT_EQ(shorter.attr.test.retval, 7u);
}

TEST_F(TestRunCommand, ContextOut) {
  Program& made = program(R"(
      *(u32 *)(r1 + 8) = 77
      *(u32 *)(r1 + 48) = 5
      r0 = 0
      exit)",
                          BPF_PROG_TYPE_SCHED_CLS);
  __sk_buff given{};
  given.priority = 6;
  given.ingress_ifindex = 11;
  given.ifindex = 1;
  for (unsigned i = 0; i < 5; ++i) given.cb[i] = i + 1;
  Trial test{.data_in = frame(), .ctx_in = bytes_of(given), .ctx_out = Bytes(sizeof given)};
  ASSERT_EQ(test_run(made, test), 0);
  EXPECT_EQ(test.attr.test.ctx_size_out, sizeof given);
  const auto out = from_bytes<__sk_buff>(test.ctx_out);
  EXPECT_EQ(out.mark, 77u);
  EXPECT_EQ(out.priority, 6u);
  EXPECT_EQ(out.ingress_ifindex, 11u);
  EXPECT_EQ(out.ifindex, 1u);
  EXPECT_EQ(out.cb[0], 5u);
  EXPECT_EQ(out.cb[4], 5u);
  EXPECT_EQ(out.wire_len, 64u);
  EXPECT_EQ(out.len, 0u);
  EXPECT_EQ(out.protocol, 0u);
  Trial cut{.data_in = frame(), .ctx_out = Bytes(8)};
  EXPECT_EQ(test_run(made, cut), -ENOSPC);
  EXPECT_EQ(cut.attr.test.ctx_size_out, sizeof given);
}

TEST_F(TestRunCommand, SizesAndAddressesOfContextsAgree) {
  Program& made = program("r0 = 0\n exit", BPF_PROG_TYPE_SCHED_CLS);
  for (const int wrong : {0, 1, 2, 3}) {
    Trial test{.data_in = frame()};
    auto& attr = test.attr.test;
    if (wrong == 0) attr.ctx_in = 8;
    if (wrong == 1) attr.ctx_size_in = 8;
    if (wrong == 2) attr.ctx_out = 8;
    if (wrong == 3) attr.ctx_size_out = 8;
    EXPECT_EQ(test_run(made, test), -EINVAL) << wrong;
  }
}

TEST_F(TestRunCommand, FlagsCpuAndBatchAreForOthers) {
  for (const uint32_t type :
       {BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_XDP}) {
    Program& made = program("r0 = 0\n exit", type);
    for (const int wrong : {0, 1, 2}) {
      Trial test{.data_in = frame()};
      if (wrong == 0) test.attr.test.flags = BPF_F_TEST_RUN_ON_CPU;
      if (wrong == 1) test.attr.test.batch_size = 1;
      if (wrong == 2) test.attr.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
      EXPECT_EQ(test_run(made, test), -EINVAL) << type << " " << wrong;
    }
  }
}

TEST_F(TestRunCommand, RepeatsOnOnePacketAndCounts) {
  Program& made = program(R"(
      r2 = *(u32 *)(r1 + 48)
      r2 += 1
      *(u32 *)(r1 + 48) = r2
      r0 = r2
      exit)",
                          BPF_PROG_TYPE_SCHED_CLS);
  Trial test{.data_in = frame(), .repeat = 1000};
  ASSERT_EQ(test_run(made, test), 0);
  EXPECT_EQ(test.attr.test.retval, 1000u);
  uint64_t runs = 0;
  for (uint32_t cpu = 0; cpu < kernel_.cpu_count(); ++cpu) runs += made.statistics[cpu].runs;
  EXPECT_EQ(runs, 1000u);
  kernel_.time_programs = true;
  ASSERT_EQ(test_run(made, test), 0);
  uint64_t nanoseconds = 0;
  for (uint32_t cpu = 0; cpu < kernel_.cpu_count(); ++cpu) {
    nanoseconds += made.statistics[cpu].nanoseconds;
  }
  EXPECT_GT(nanoseconds, 0u);
}

TEST_F(TestRunCommand, XdpMovesItsEnds) {
  // bpf_xdp_adjust_head(-4), bpf_xdp_adjust_tail(-10).
  Program& made = program(R"(
      r6 = r1
      r2 = -4
      call 44
      r1 = r6
      r2 = -10
      call 65
      r0 = 2
      exit)",
                          BPF_PROG_TYPE_XDP);
  Trial test{.data_in = frame(), .data_out = Bytes(64)};
  ASSERT_EQ(test_run(made, test), 0);
  EXPECT_EQ(test.attr.test.retval, 2u);
  EXPECT_EQ(test.attr.test.data_size_out, 58u);
  const Bytes all = frame();
  EXPECT_TRUE(std::equal(all.begin(), all.begin() + 54, test.data_out.begin() + 4));
}

TEST_F(TestRunCommand, XdpMetadata) {
  // r0 = *(u32 *)data_meta; bpf_xdp_adjust_meta(4).
  Program& made = program(
      "r6 = r1\n r7 = *(u64 *)(r1 + " + std::to_string(offsetof(XdpContext, data_meta)) + R"()
      r0 = *(u32 *)(r7 + 0)
      r6 = r6
      exit)",
      BPF_PROG_TYPE_XDP);
  const xdp_md given = metadata(4, 68);
  Bytes bytes = {1, 2, 3, 4};
  const Bytes packet = frame();
  bytes.insert(bytes.end(), packet.begin(), packet.end());
  Trial test{.data_in = bytes,
             .data_out = Bytes(68),
             .ctx_in = bytes_of(given),
             .ctx_out = Bytes(sizeof given)};
  ASSERT_EQ(test_run(made, test), 0);
  EXPECT_EQ(test.attr.test.retval, 0x04030201u);
  EXPECT_EQ(test.data_out, bytes);
  const auto out = from_bytes<xdp_md>(test.ctx_out);
  EXPECT_EQ(out.data, 4u);
  EXPECT_EQ(out.data_end, 68u);
}

TEST_F(TestRunCommand, XdpContextsThatAreRefused) {
  Program& made = reading(BPF_PROG_TYPE_XDP, offsetof(xdp_md, ingress_ifindex));
  const auto with = [&](const xdp_md& given) {
    Trial test{.data_in = frame(), .ctx_in = bytes_of(given)};
    return test_run(made, test);
  };
  const auto changed = [](uint32_t xdp_md::* field, uint32_t value) {
    xdp_md given = metadata(0, 64);
    given.*field = value;
    return given;
  };
  EXPECT_EQ(with(metadata(0, 64)), 0);
  EXPECT_EQ(with(metadata(32, 64)), 0);
  EXPECT_EQ(with(metadata(0, 63)), -EINVAL);
  EXPECT_EQ(with(metadata(0, 65)), -EINVAL);
  EXPECT_EQ(with(metadata(3, 64)), -EINVAL);
  EXPECT_EQ(with(metadata(36, 64)), -EINVAL);
  EXPECT_EQ(with(metadata(68, 64)), -EINVAL);
  EXPECT_EQ(with(changed(&xdp_md::data_meta, 4)), -EINVAL);
  EXPECT_EQ(with(changed(&xdp_md::egress_ifindex, 1)), -EINVAL);
  EXPECT_EQ(with(changed(&xdp_md::rx_queue_index, 1)), -EINVAL);
  EXPECT_EQ(with(changed(&xdp_md::ingress_ifindex, 1)), 0);
  EXPECT_EQ(with(changed(&xdp_md::ingress_ifindex, 99)), -ENODEV);
  xdp_md queue = changed(&xdp_md::ingress_ifindex, 1);
  queue.rx_queue_index = 1;
  EXPECT_EQ(with(queue), -EINVAL);
  made.attach_type = BPF_XDP_DEVMAP;
  EXPECT_EQ(with(metadata(0, 64)), -EINVAL);
}

TEST_F(TestRunCommand, RawTracepoints) {
  Program& made = program("r0 = *(u64 *)(r1 + 8)\n exit", BPF_PROG_TYPE_RAW_TRACEPOINT);
  made.context_bytes = 16;
  const uint64_t arguments[2] = {1, 42};
  Trial test{.ctx_in = bytes_of(arguments)};
  ASSERT_EQ(test_run(made, test), 0);
  EXPECT_EQ(test.attr.test.retval, 42u);
  Trial small{.ctx_in = Bytes(8)};
  EXPECT_EQ(test_run(made, small), -EINVAL);
  Trial large{.ctx_in = Bytes(12 * 8 + 1)};
  EXPECT_EQ(test_run(made, large), -EINVAL);
  for (const int wrong : {0, 1, 2, 3, 4, 5}) {
    Trial refused{.ctx_in = bytes_of(arguments)};
    auto& attr = refused.attr.test;
    if (wrong == 0) refused.data_in = frame();
    if (wrong == 1) refused.data_out = frame();
    if (wrong == 2) refused.ctx_out = Bytes(16);
    if (wrong == 3) attr.duration = 1;
    if (wrong == 4) refused.repeat = 1;
    if (wrong == 5) attr.cpu = 1;
    EXPECT_EQ(test_run(made, refused), -EINVAL) << wrong;
  }
}

TEST_F(TestRunCommand, RawTracepointsOnACpu) {
  Program& made = program("call 8\n exit", BPF_PROG_TYPE_RAW_TRACEPOINT);
  for (uint32_t cpu = 0; cpu < kernel_.cpu_count(); ++cpu) {
    Trial test;
    test.attr.test.flags = BPF_F_TEST_RUN_ON_CPU;
    test.attr.test.cpu = cpu;
    ASSERT_EQ(test_run(made, test), 0);
    EXPECT_EQ(test.attr.test.retval, cpu);
  }
  Trial test;
  test.attr.test.flags = BPF_F_TEST_RUN_ON_CPU;
  test.attr.test.cpu = kernel_.cpu_count();
  EXPECT_EQ(test_run(made, test), -ENXIO);
}

TEST_F(TestRunCommand, SystemCallsWriteTheirContextBack) {
  Program& made = program(R"(
      r0 = *(u64 *)(r1 + 0)
      *(u64 *)(r1 + 8) = 5
      exit)",
                          BPF_PROG_TYPE_SYSCALL);
  made.sleepable = true;
  Trial test{.ctx_in = bytes_of(std::array<uint64_t, 2>{4, 0})};
  ASSERT_EQ(test_run(made, test), 0);
  EXPECT_EQ(test.attr.test.retval, 4u);
  EXPECT_EQ(test.ctx_in[8], 5);
  Trial flags{.ctx_in = Bytes(16)};
  flags.attr.test.flags = 1;
  EXPECT_EQ(test_run(made, flags), -EINVAL);
  Trial large{.ctx_in = Bytes(65536)};
  EXPECT_EQ(test_run(made, large), -EINVAL);
}

// bpf_sys_bpf's attribute is in the program's own memory.
TEST_F(TestRunCommand, SystemCallsOfPrograms) {
  static uint64_t seen = 0;
  kernel_.system_call = [](kshim* shim, int command, kshim_uptr attr, uint32_t size) -> long {
    EXPECT_EQ(command, BPF_MAP_CREATE);
    EXPECT_EQ(size, 8u);
    EXPECT_EQ(kernel_of(shim).host().copy_from_user(&seen, attr, 8), 0);
    const uint64_t answer = 99;
    EXPECT_EQ(kernel_of(shim).host().copy_to_user(attr, &answer, 8), 0);
    EXPECT_EQ(kernel_of(shim).host().copy_from_user(&seen, 8, 8), -EFAULT);
    return 3;
  };
  Program& made = program(R"(
      *(u64 *)(r10 - 8) = 0x1234
      r1 = 0
      r2 = r10
      r2 += -8
      r3 = 8
      call 166
      r1 = *(u64 *)(r10 - 8)
      r0 <<= 8
      r0 += r1
      exit)",
                          BPF_PROG_TYPE_SYSCALL);
  made.sleepable = true;
  Trial test;
  ASSERT_EQ(test_run(made, test), 0);
  EXPECT_EQ(test.attr.test.retval, 3u * 256 + 99);
  EXPECT_EQ(seen, 0x1234u);
}

TEST_F(TestRunCommand, OtherTypesHaveNone) {
  for (const uint32_t type : std::array<uint32_t, 3>{BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_TRACEPOINT,
                                                     BPF_PROG_TYPE_PERF_EVENT}) {
    Trial test{.data_in = frame()};
    EXPECT_EQ(test_run(program("r0 = 0\n exit", type), test), -524);
  }
  Trial test{.data_in = frame()};
  Program& made = program("r0 = 0\n exit");
  ASSERT_EQ(test_run(made, test), 0);
  Call call{.kernel = kernel_, .attr = test.attr};
  EXPECT_EQ(command_prog_test_run(call), -EBADF);
}

TEST_F(TestRunCommand, AllMemoryIsGivenBack) {
  Program& made = program("r0 = 0\n exit", BPF_PROG_TYPE_SCHED_CLS);
  const ProcessHost::Counts before = host_.counts();
  Trial test{.data_in = frame(), .ctx_out = Bytes(8)};
  EXPECT_EQ(test_run(made, test), -ENOSPC);
  EXPECT_EQ(host_.counts(), before);
}

}  // namespace
}  // namespace zext::shim
