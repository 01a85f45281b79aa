#include "kernel_shim/links/link.h"

#include <errno.h>

#include "kernel_shim/links/links_fixture.h"

namespace zext::shim {
namespace {

TEST_F(LinksTest, ProbesRunWhatIsLinkedToThem) {
  const int event = kprobe("do_unlinkat");
  ASSERT_GE(event, 3);
  const int probe = program(BPF_PROG_TYPE_KPROBE, 1);
  const long link = link_perf(probe, event, 42);
  ASSERT_GE(link, 3);
  EXPECT_EQ(host_.fire_probe("do_unlinkat", nullptr), 1);
  EXPECT_EQ(take_ran(), Ran{1});
  EXPECT_EQ(cookies_.back(), 42);
  EXPECT_EQ(ProcessHost::last_result(), 1);
  filter_ = 1;
  host_.fire_probe("do_unlinkat", nullptr);
  EXPECT_EQ(ProcessHost::last_result(), 0);
  EXPECT_EQ(host_.fire_probe("do_unlinkat", nullptr, true), 0);
  // The link keeps the event: only its own end disarms the probe.
  host_.close(event);
  host_.close(probe);
  take_ran();
  EXPECT_EQ(host_.fire_probe("do_unlinkat", nullptr), 1);
  EXPECT_EQ(take_ran(), Ran{1});
  host_.close(static_cast<int>(link));
  EXPECT_EQ(host_.fire_probe("do_unlinkat", nullptr), 0);
}

TEST_F(LinksTest, LinkCreateChecksLikeLinux) {
  const int event = kprobe("do_unlinkat");
  const int probe = program(BPF_PROG_TYPE_KPROBE, 1);
  const int tracing = program(BPF_PROG_TYPE_TRACEPOINT, 2);
  EXPECT_EQ(link_perf(probe, -1), -EBADF);
  EXPECT_EQ(link_perf(probe, 99), -EBADF);
  EXPECT_EQ(link_perf(probe, tracing), -EBADF);
  EXPECT_EQ(link_perf(99, event), -EBADF);
  EXPECT_EQ(link_perf(event, event), -EINVAL);
  EXPECT_EQ(link_perf(probe, event, 0, 1), -EINVAL);
  EXPECT_EQ(link_perf(tracing, event), -EINVAL);
  EXPECT_EQ(link(tracing, BPF_XDP), -EINVAL);
  EXPECT_EQ(link(probe, BPF_TRACE_KPROBE_MULTI), -EOPNOTSUPP);
  EXPECT_EQ(link(program(BPF_PROG_TYPE_SOCKET_FILTER, 3), BPF_PERF_EVENT), -EINVAL);
  EXPECT_EQ(link(program(BPF_PROG_TYPE_RAW_TRACEPOINT, 3), BPF_TRACE_RAW_TP), -EINVAL);
  EXPECT_EQ(link(program(BPF_PROG_TYPE_TRACING, 3, BPF_TRACE_FENTRY), BPF_TRACE_FEXIT), -EINVAL);
  EXPECT_EQ(link(program(BPF_PROG_TYPE_TRACING, 3, BPF_TRACE_ITER), BPF_TRACE_ITER), -ENOENT);
  EXPECT_EQ(link(program(BPF_PROG_TYPE_TRACING, 3, BPF_TRACE_ITER), BPF_TRACE_ITER, 5), -EINVAL);
  EXPECT_EQ(link(program(BPF_PROG_TYPE_EXT, 3), 0), -EINVAL);
  EXPECT_EQ(link(program(BPF_PROG_TYPE_SK_LOOKUP, 3, 0), BPF_SK_LOOKUP), -EINVAL);
  const long first = link_perf(probe, event);
  EXPECT_GE(first, 3);
  EXPECT_EQ(link_perf(probe, event), -EEXIST);
  EXPECT_EQ(link_perf(program(BPF_PROG_TYPE_KPROBE, 4), event), -EEXIST);
}

TEST_F(LinksTest, TracepointsRunProgramsInOrder) {
  const int first = program(BPF_PROG_TYPE_TRACEPOINT, 1);
  const int second = program(BPF_PROG_TYPE_TRACEPOINT, 2);
  const long one = link_perf(first, tracepoint("sched_switch"), 10);
  EXPECT_GE(link_perf(second, tracepoint("sched_switch"), 20), 0);
  EXPECT_EQ(link_perf(first, tracepoint("sched_switch")), -EEXIST);
  EXPECT_GE(link_perf(first, tracepoint("sys_enter")), 0);
  EXPECT_EQ(host_.fire_tracepoint("sched_switch", nullptr), 1);
  EXPECT_EQ(take_ran(), (Ran{1, 2}));
  EXPECT_EQ(cookies_, (std::vector<uint64_t>{10, 20}));
  filter_ = 1;
  host_.fire_tracepoint("sched_switch", nullptr);
  EXPECT_EQ(take_ran(), (Ran{1, 2}));
  EXPECT_EQ(ProcessHost::last_result(), 0);
  host_.close(static_cast<int>(one));
  host_.fire_tracepoint("sched_switch", nullptr);
  EXPECT_EQ(take_ran(), Ran{2});
  EXPECT_EQ(ProcessHost::last_result(), 1);
}

TEST_F(LinksTest, ManyProgramsOnOneTracepoint) {
  std::vector<long> links;
  for (uint32_t i = 0; i < 64; ++i) {
    links.push_back(link_perf(program(BPF_PROG_TYPE_TRACEPOINT, i), tracepoint("sys_exit")));
    ASSERT_GE(links.back(), 3);
  }
  EXPECT_EQ(link_perf(program(BPF_PROG_TYPE_TRACEPOINT, 64), tracepoint("sys_exit")), -E2BIG);
  for (uint32_t i = 0; i < 64; i += 2) host_.close(static_cast<int>(links[i]));
  host_.fire_tracepoint("sys_exit", nullptr);
  const Ran ran = take_ran();
  ASSERT_EQ(ran.size(), 32);
  for (uint32_t i = 0; i < 32; ++i) EXPECT_EQ(ran[i], 2 * i + 1);
}

TEST_F(LinksTest, RawTracepoints) {
  const int raw = program(BPF_PROG_TYPE_RAW_TRACEPOINT, 1);
  const long first = open_raw(raw, "sched_switch");
  ASSERT_GE(first, 3);
  EXPECT_EQ(open_raw(raw, "sched_switch"), -EEXIST);
  EXPECT_EQ(open_raw(raw, "nothing"), -ENOENT);
  EXPECT_EQ(open_raw(raw, nullptr), -EFAULT);
  EXPECT_EQ(open_raw(99, "sched_switch"), -EBADF);
  EXPECT_EQ(open_raw(program(BPF_PROG_TYPE_KPROBE, 2), "sched_switch"), -EINVAL);
  const int typed = program(BPF_PROG_TYPE_TRACING, 3, BPF_TRACE_RAW_TP);
  EXPECT_EQ(open_raw(typed, "sched_switch"), -EINVAL);
  EXPECT_GE(open_raw(typed, nullptr), 3);
  uint64_t arguments[12] = {};
  EXPECT_EQ(host_.fire_raw_tracepoint("sched_switch", arguments), 1);
  EXPECT_EQ(take_ran(), (Ran{1, 3}));
  EXPECT_STREQ(link_at(static_cast<int>(first)).target, "sched_switch");
}

TEST_F(LinksTest, TrampolinesRunTheLastFirst) {
  const int first = program(BPF_PROG_TYPE_TRACING, 1, BPF_TRACE_FENTRY);
  const int second = program(BPF_PROG_TYPE_TRACING, 2, BPF_TRACE_FENTRY);
  const long one = open_raw(first, nullptr);
  ASSERT_GE(one, 3);
  EXPECT_EQ(open_raw(first, nullptr), -EBUSY);
  EXPECT_GE(link(second, BPF_TRACE_FENTRY), 3);
  uint64_t arguments[12] = {};
  host_.fire_attached(BPF_TRACE_FENTRY, 7, arguments);
  EXPECT_EQ(take_ran(), (Ran{2, 1}));
  EXPECT_EQ(update(one, second), -EINVAL);
  EXPECT_EQ(detach(one), -EOPNOTSUPP);
  host_.close(static_cast<int>(one));
  EXPECT_GE(open_raw(first, nullptr), 3);
}

TEST_F(LinksTest, ModifyReturnEndsAtTheFirstThatDecides) {
  run_program = [this](Program& program, shim::Run&) {
    ran_.push_back(program.uid);
    return program.uid == 2 ? uint64_t{77} : 0;
  };
  for (uint32_t i = 1; i <= 3; ++i) {
    ASSERT_GE(open_raw(program(BPF_PROG_TYPE_TRACING, i, BPF_MODIFY_RETURN), nullptr), 3);
  }
  uint64_t arguments[12] = {};
  host_.fire_attached(BPF_MODIFY_RETURN, 7, arguments);
  EXPECT_EQ(take_ran(), (Ran{3, 2}));
  EXPECT_EQ(ProcessHost::last_result(), 77);
}

TEST_F(LinksTest, XdpIsUpdatedAndDetached) {
  const int first = program(BPF_PROG_TYPE_XDP, 1, BPF_XDP);
  const int second = program(BPF_PROG_TYPE_XDP, 2, BPF_XDP);
  run_program = [this](Program& program, shim::Run& run) {
    ran_.push_back(program.uid);
    --run.packet->data;
    return uint64_t{program.uid};
  };
  const long xdp = link(first, BPF_XDP, 1);
  ASSERT_GE(xdp, 3);
  EXPECT_EQ(link(second, BPF_XDP, 1), -EBUSY);
  EXPECT_EQ(link(second, BPF_XDP, 1, 1), -EINVAL);
  EXPECT_EQ(link(second, BPF_XDP, 1, 6), -EINVAL);
  uint8_t bytes[64] = {};
  kshim_packet packet{};
  packet.head = bytes;
  packet.data = bytes + 16;
  packet.end = bytes + 48;
  packet.limit = bytes + 64;
  EXPECT_EQ(host_.fire_attached(BPF_XDP, 1, &packet), 1);
  EXPECT_EQ(ProcessHost::last_result(), 1);
  EXPECT_EQ(packet.data, bytes + 15);
  EXPECT_EQ(update(xdp, second, BPF_F_REPLACE, second), -EPERM);
  EXPECT_EQ(update(xdp, second, 0, first), -EINVAL);
  EXPECT_EQ(update(xdp, second, 1), -EINVAL);
  EXPECT_EQ(update(xdp, program(BPF_PROG_TYPE_KPROBE, 9)), -EINVAL);
  EXPECT_EQ(update(first, second), -EINVAL);
  EXPECT_EQ(update(99, second), -EBADF);
  EXPECT_EQ(update(xdp, second, BPF_F_REPLACE, first), 0);
  host_.close(second);
  host_.fire_attached(BPF_XDP, 1, &packet);
  EXPECT_EQ(ProcessHost::last_result(), 2);
  EXPECT_EQ(detach(xdp), 0);
  EXPECT_EQ(detach(xdp), 0);
  EXPECT_EQ(host_.fire_attached(BPF_XDP, 1, &packet), 0);
  EXPECT_EQ(update(xdp, first), -ENOLINK);
  EXPECT_GE(link(first, BPF_XDP, 1), 3);
}

TEST_F(LinksTest, RecursionRunsNothingAndIsCounted) {
  const int outer = program(BPF_PROG_TYPE_KPROBE, 1);
  const int inner = program(BPF_PROG_TYPE_TRACEPOINT, 2);
  ASSERT_GE(link_perf(outer, kprobe("do_unlinkat")), 3);
  ASSERT_GE(link_perf(inner, tracepoint("sched_switch")), 3);
  run_program = [this](Program& program, shim::Run&) {
    ran_.push_back(program.uid);
    host_.fire_tracepoint("sched_switch", nullptr);
    return uint64_t{1};
  };
  host_.fire_probe("do_unlinkat", nullptr);
  EXPECT_EQ(take_ran(), Ran{1});
  uint64_t misses = 0;
  for (uint32_t i = 0; i < kernel_.cpu_count(); ++i) {
    misses += program_at(inner).statistics[i].misses;
  }
  EXPECT_EQ(misses, 1);
}

TEST_F(LinksTest, StaleCookiesFireNothing) {
  const long first = link_perf(program(BPF_PROG_TYPE_KPROBE, 1), kprobe("do_unlinkat"));
  const uint64_t cookie = 1;
  EXPECT_EQ(kshim_fire(c_shim(kernel_), cookie, nullptr), 1);
  EXPECT_EQ(kshim_fire(c_shim(kernel_), 0, nullptr), 1);
  EXPECT_EQ(kshim_fire(c_shim(kernel_), ~uint64_t{0}, nullptr), 1);
  EXPECT_EQ(take_ran(), Ran{});
  host_.close(static_cast<int>(first));
}

TEST_F(LinksTest, InformationOfLinks) {
  const long raw = open_raw(program(BPF_PROG_TYPE_RAW_TRACEPOINT, 1), "sched_switch");
  char name[16] = {};
  bpf_link_info info{};
  Call call{.kernel = kernel_};
  bpf_attr user{};
  call.user = reinterpret_cast<uint64_t>(&user);
  call.attr.info.info = reinterpret_cast<uint64_t>(&info);
  call.attr.info.info_len = sizeof info;
  info.raw_tracepoint.tp_name = reinterpret_cast<uint64_t>(name);
  info.raw_tracepoint.tp_name_len = sizeof name;
  Link& link = link_at(static_cast<int>(raw));
  EXPECT_EQ(link_info(call, link), 0);
  EXPECT_EQ(info.type, BPF_LINK_TYPE_RAW_TRACEPOINT);
  EXPECT_EQ(info.id, link.id);
  EXPECT_EQ(info.prog_id, link.program->id);
  EXPECT_STREQ(name, "sched_switch");
  EXPECT_EQ(info.raw_tracepoint.tp_name_len, 13);
  EXPECT_EQ(user.info.info_len, sizeof info);
  info.raw_tracepoint.tp_name_len = 6;
  EXPECT_EQ(link_info(call, link), -ENOSPC);
  EXPECT_STREQ(name, "sched");
  info.raw_tracepoint.tp_name_len = 0;
  EXPECT_EQ(link_info(call, link), -EINVAL);
  info.raw_tracepoint.tp_name = 0;
  EXPECT_EQ(link_info(call, link), 0);
  EXPECT_EQ(info.raw_tracepoint.tp_name_len, 13);
}

class NoAttachPoints : public LinksTest {
 protected:
  NoAttachPoints() : LinksTest({.attach_points = false}) {}
};

TEST_F(NoAttachPoints, AnswersLikeAKernelWithoutThem) {
  EXPECT_EQ(open_raw(program(BPF_PROG_TYPE_RAW_TRACEPOINT, 1), "sched_switch"), -ENOENT);
  EXPECT_EQ(open_raw(program(BPF_PROG_TYPE_TRACING, 1, BPF_TRACE_FENTRY), nullptr), -kNotSupported);
  EXPECT_EQ(link(program(BPF_PROG_TYPE_XDP, 1, BPF_XDP), BPF_XDP, 1), -EINVAL);
  EXPECT_EQ(link(program(BPF_PROG_TYPE_SOCK_OPS, 1), BPF_CGROUP_SOCK_OPS, 5), -EINVAL);
  EXPECT_EQ(kprobe("do_unlinkat"), -ENOENT);
  EXPECT_EQ(open_perf(attributes(PERF_TYPE_TRACEPOINT, 100)), -ENOENT);
  EXPECT_EQ(open_perf(attributes(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK)), -ENOENT);
  EXPECT_GE(open_perf(attributes(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT)), 3);
}

}  // namespace
}  // namespace zext::shim
