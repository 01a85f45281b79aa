#include "kernel_shim/programs/test_run.h"

#include <errno.h>

#include <cstddef>

#include "kernel_shim/bpf/user_memory.h"

namespace zext::shim {
namespace {

bool agree(uint64_t address, uint32_t size) { return (address != 0) == (size != 0); }

uint32_t average(uint64_t sum, uint32_t count) {
  const uint64_t mean = sum / count;
  return mean > ~uint32_t{0} ? ~uint32_t{0} : static_cast<uint32_t>(mean);
}

}  // namespace

long command_prog_test_run(Call& call) {
  const auto& test = call.attr.test;
  if (!agree(test.ctx_in, test.ctx_size_in)) return -EINVAL;
  if (!agree(test.ctx_out, test.ctx_size_out)) return -EINVAL;
  Ref<Program> program;
  const int error =
      object_of_fd(call.kernel, static_cast<int>(test.prog_fd), KSHIM_PROGRAM, &program);
  if (error != 0) return error;
  const auto function = test_run_of(program->type);
  return function == nullptr ? -kNotSupported : function({.call = call, .program = *program});
}

TestRunFunction test_run_of(uint32_t type) {
  switch (type) {
    case BPF_PROG_TYPE_SOCKET_FILTER:
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT:
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_LWT_IN:
    case BPF_PROG_TYPE_LWT_OUT:
    case BPF_PROG_TYPE_LWT_XMIT:
    case BPF_PROG_TYPE_LWT_SEG6LOCAL:
      return test_run_skb;
    case BPF_PROG_TYPE_XDP:
      return test_run_xdp;
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
      return test_run_raw_tracepoint;
    case BPF_PROG_TYPE_SYSCALL:
      return test_run_syscall;
    default:
      return nullptr;
  }
}

int run_repeatedly(const TestRun& test, Run& run, TestResult* result) {
  // As often the CPU is free for others.
  constexpr uint32_t kPiece = 256;
  Kernel& kernel = test.call.kernel;
  const uint32_t repeat = test.test().repeat == 0 ? 1 : test.test().repeat;
  run.in_test_run = true;
  uint64_t nanoseconds = 0;
  uint64_t cycles = 0;
  for (uint32_t done = 0; done < repeat;) {
    if (done != 0 && kernel.host().interrupted()) return -EINTR;
    const uint32_t left = repeat - done;
    const uint32_t piece = left < kPiece ? left : kPiece;
    const ReadSection section(kernel);
    const uint64_t start = kernel.host().clock(KSHIM_CLOCK_MONOTONIC);
    for (uint32_t i = 0; i < piece; ++i) {
      run.cycles = 0;
      result->retval = static_cast<uint32_t>(program_run(kernel, test.program, run));
      cycles += run.cycles;
    }
    nanoseconds += kernel.host().clock(KSHIM_CLOCK_MONOTONIC) - start;
    done += piece;
  }
  result->duration = average(cycles != 0 ? cycles : nanoseconds, repeat);
  return 0;
}

int context_in(const TestRun& test, void* context, uint32_t known) {
  __builtin_memset(context, 0, known);
  const auto& attr = test.test();
  if (attr.ctx_in == 0) return attr.ctx_out == 0 ? 0 : 1;
  const int error = check_zero_tail(test.host(), attr.ctx_in, known, attr.ctx_size_in);
  if (error != 0) return error;
  const uint32_t size = attr.ctx_size_in < known ? attr.ctx_size_in : known;
  return test.host().copy_from_user(context, attr.ctx_in, size) == 0 ? 1 : -EFAULT;
}

int context_out(const TestRun& test, const void* context, uint32_t size) {
  const auto& attr = test.test();
  if (attr.ctx_out == 0) return 0;
  const bool cut = size > attr.ctx_size_out;
  const uint32_t copied = cut ? attr.ctx_size_out : size;
  if (test.host().copy_to_user(attr.ctx_out, context, copied) != 0) return -EFAULT;
  if (write_field(test, offsetof(bpf_attr, test.ctx_size_out), size) != 0) return -EFAULT;
  return cut ? -ENOSPC : 0;
}

int data_out(const TestRun& test, const void* data, uint32_t size, const TestResult& result) {
  const auto& attr = test.test();
  // A size of 0 says nothing of the room there is: then all is copied, as it has always been.
  const bool cut = attr.data_size_out != 0 && size > attr.data_size_out;
  const uint32_t copied = cut ? attr.data_size_out : size;
  if (attr.data_out != 0 && test.host().copy_to_user(attr.data_out, data, copied) != 0) {
    return -EFAULT;
  }
  if (write_field(test, offsetof(bpf_attr, test.data_size_out), size) != 0 ||
      write_field(test, offsetof(bpf_attr, test.retval), result.retval) != 0 ||
      write_field(test, offsetof(bpf_attr, test.duration), result.duration) != 0) {
    return -EFAULT;
  }
  return cut ? -ENOSPC : 0;
}

int write_field(const TestRun& test, uint64_t offset, uint32_t value) {
  const int error = test.host().copy_to_user(test.call.user + offset, &value, sizeof value);
  return error == 0 ? 0 : -EFAULT;
}

}  // namespace zext::shim
