// LinksTest: an instance with programs that are functions of the test's, so that what is attached
// can be watched without an engine.
#pragma once

#include <gtest/gtest.h>
#include <linux/perf_event.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/hosts/process/process_host.h"
#include "kernel_shim/links/link.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {

// What program_run does in these tests.
inline std::function<uint64_t(Program&, shim::Run&)> run_program;

class LinksTest : public testing::Test {
 protected:
  explicit LinksTest(ProcessHost::Options options = {})
      : host_(std::move(options)), kernel_(Host(host_.functions()), kshim_config{}) {
    kernel_.start();
    kernel_.ops(KSHIM_PROGRAM).destroy = [](Kernel& kernel, Object& object) {
      auto& program = static_cast<Program&>(object);
      kernel.free(program, program.statistics, sizeof(ProgramStatistics) * kernel.cpu_count());
      kernel.destroy(program);
    };
    kernel_.ops(KSHIM_MAP) = {map_last_handle, map_destroy};
    kernel_.ops(KSHIM_LINK).destroy = link_destroy;
    kernel_.ops(KSHIM_PERF_EVENT).destroy = perf_event_destroy;
    links_start(kernel_);
    host_.serve(c_shim(kernel_), kshim_fire);
    host_.add_symbol("do_unlinkat", 0xffff'0000);
    run_program = [this](Program& program, shim::Run& run) {
      ran_.push_back(program.uid);
      cookies_.push_back(run.cookie);
      return program.uid == filter_ ? 0 : 1;
    };
  }
  ~LinksTest() override {
    host_.close_all();
    links_stop(kernel_);
    kernel_.stop();
  }

  // A program's descriptor; `number` is what ran_ then says.
  int program(uint32_t type, uint32_t number, uint32_t attach_type = 0) {
    auto* made = kernel_.make<Program>(KSHIM_PROGRAM);
    made->type = type;
    made->uid = number;
    made->attach_type = attach_type;
    made->attach_btf_id = 7;
    std::strncpy(made->attach_name, "sched_switch", sizeof made->attach_name - 1);
    made->statistics = static_cast<ProgramStatistics*>(
        kernel_.alloc_zeroed(*made, sizeof(ProgramStatistics) * kernel_.cpu_count()));
    EXPECT_EQ(kernel_.ids(KSHIM_PROGRAM).add(kernel_, *made), 0);
    const int fd = install_fd(kernel_, *made);
    put(kernel_, *made);
    return fd;
  }
  Program& program_at(int fd) { return static_cast<Program&>(object_of(host_.at(fd))); }
  Link& link_at(int fd) { return static_cast<Link&>(object_of(host_.at(fd))); }
  PerfEvent& event_at(int fd) { return static_cast<PerfEvent&>(object_of(host_.at(fd))); }

  template <typename Fill>
  long call(long (*command)(Call&), Fill&& fill) {
    Call call{.kernel = kernel_};
    fill(call.attr);
    return command(call);
  }
  long link_perf(int program, int event, uint64_t cookie = 0, uint32_t flags = 0) {
    return call(command_link_create, [&](bpf_attr& attr) {
      attr.link_create.prog_fd = static_cast<uint32_t>(program);
      attr.link_create.target_fd = static_cast<uint32_t>(event);
      attr.link_create.attach_type = BPF_PERF_EVENT;
      attr.link_create.flags = flags;
      attr.link_create.perf_event.bpf_cookie = cookie;
    });
  }
  long link(int program, uint32_t attach_type, uint32_t target = 0, uint32_t flags = 0) {
    return call(command_link_create, [&](bpf_attr& attr) {
      attr.link_create.prog_fd = static_cast<uint32_t>(program);
      attr.link_create.target_fd = target;
      attr.link_create.attach_type = attach_type;
      attr.link_create.flags = flags;
    });
  }
  long open_raw(int program, const char* name) {
    return call(command_raw_tracepoint_open, [&](bpf_attr& attr) {
      attr.raw_tracepoint.prog_fd = static_cast<uint32_t>(program);
      attr.raw_tracepoint.name = reinterpret_cast<uint64_t>(name);
    });
  }
  long update(long link, int program, uint32_t flags = 0, int old = 0) {
    return call(command_link_update, [&](bpf_attr& attr) {
      attr.link_update.link_fd = static_cast<uint32_t>(link);
      attr.link_update.new_prog_fd = static_cast<uint32_t>(program);
      attr.link_update.flags = flags;
      attr.link_update.old_prog_fd = static_cast<uint32_t>(old);
    });
  }
  long detach(long link) {
    return call(command_link_detach,
                [&](bpf_attr& attr) { attr.link_detach.link_fd = static_cast<uint32_t>(link); });
  }
  long open_perf(const perf_event_attr& attr, int pid = -1, int cpu = 0) {
    return kshim_perf_event_open(c_shim(kernel_), reinterpret_cast<uint64_t>(&attr), pid, cpu, -1,
                                 PERF_FLAG_FD_CLOEXEC);
  }
  static perf_event_attr attributes(uint32_t type, uint64_t config = 0) {
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = type;
    attr.config = config;
    return attr;
  }
  int tracepoint(const char* name) {
    return static_cast<int>(
        open_perf(attributes(PERF_TYPE_TRACEPOINT, host_.add_tracepoint(name, 64))));
  }
  int kprobe(const char* symbol, bool is_return = false) {
    perf_event_attr attr = attributes(kPerfTypeKprobe, is_return ? 1 : 0);
    attr.kprobe_func = reinterpret_cast<uint64_t>(symbol);
    return static_cast<int>(open_perf(attr));
  }
  long ioctl(int event, uint64_t request, uint64_t argument = 0) {
    return kshim_ioctl(c_shim(kernel_), host_.at(event), request, argument);
  }
  std::vector<uint32_t> take_ran() { return std::exchange(ran_, {}); }

  using Ran = std::vector<uint32_t>;
  ProcessHost host_;
  Kernel kernel_;
  Ran ran_;
  std::vector<uint64_t> cookies_;
  uint32_t filter_ = ~uint32_t{0};
};

}  // namespace zext::shim
