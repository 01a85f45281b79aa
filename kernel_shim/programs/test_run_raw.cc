// Programs whose context the caller gives byte by byte: raw tracepoints and system calls.
#include <errno.h>

#include <cstddef>

#include "kernel_shim/programs/test_run.h"

namespace zext::shim {
namespace {

// Linux: MAX_BPF_FUNC_ARGS, and the largest context of a system call's program.
constexpr uint32_t kMaxArguments = 12;
constexpr uint32_t kMaxContext = 65535;

struct OnCpu {
  const TestRun& test;
  void* context;
  uint32_t cpu = 0;
  bool any_cpu = true;
  bool done = false;
  uint32_t retval = 0;
};

// Runs it once, unless this is another CPU than it has to be.
void run_on(void* argument) {
  auto& on = *static_cast<OnCpu*>(argument);
  Kernel& kernel = on.test.call.kernel;
  const ReadSection section(kernel);
  if (!on.any_cpu && kernel.host().cpu_id() != on.cpu) return;
  Run run{.kernel = kernel, .program = &on.test.program, .context = on.context};
  run.in_test_run = true;
  on.retval = static_cast<uint32_t>(program_run(kernel, on.test.program, run));
  on.done = true;
}

int run_on_cpu(OnCpu& on) {
  run_on(&on);
  if (on.done) return 0;
  const Host& host = on.test.host();
  if (on.cpu >= host.cpu_count()) return -ENXIO;
  const kshim_host& functions = host.functions();
  if (functions.call_on_cpu == nullptr) return -ENXIO;
  const int error = functions.call_on_cpu(functions.context, on.cpu, run_on, &on);
  return error != 0 || on.done ? error : -ENXIO;
}

}  // namespace

long test_run_raw_tracepoint(const TestRun& test) {
  const auto& attr = test.test();
  if (attr.data_in != 0 || attr.data_out != 0 || attr.ctx_out != 0 || attr.duration != 0 ||
      attr.repeat != 0 || attr.batch_size != 0) {
    return -EINVAL;
  }
  uint64_t arguments[kMaxArguments] = {};
  const uint32_t size = attr.ctx_size_in;
  if (size < test.program.context_bytes || size > sizeof arguments) return -EINVAL;
  // Arguments are the caller's numbers, and none of them is the address of a buffer.
  if (test.program.uses_buffer) return -EINVAL;
  const bool chosen = (attr.flags & BPF_F_TEST_RUN_ON_CPU) != 0;
  if (!chosen && attr.cpu != 0) return -EINVAL;
  if (test.host().copy_from_user(arguments, attr.ctx_in, size) != 0) return -EFAULT;
  OnCpu on{.test = test, .context = arguments, .cpu = attr.cpu, .any_cpu = !chosen};
  const int error = run_on_cpu(on);
  if (error != 0) return error;
  return write_field(test, offsetof(bpf_attr, test.retval), on.retval);
}

long test_run_syscall(const TestRun& test) {
  const auto& attr = test.test();
  if (attr.data_in != 0 || attr.data_out != 0 || attr.ctx_out != 0 || attr.duration != 0 ||
      attr.repeat != 0 || attr.flags != 0 || attr.batch_size != 0) {
    return -EINVAL;
  }
  const uint32_t size = attr.ctx_size_in;
  if (size < test.program.context_bytes || size > kMaxContext) return -EINVAL;
  // What the program may read beyond what was given is zero, not somebody else's.
  const TestMemory memory(test.host(), kMaxContext + 1);
  if (memory.bytes() == nullptr) return -ENOMEM;
  __builtin_memset(memory.bytes(), 0, kMaxContext + 1);
  if (test.host().copy_from_user(memory.bytes(), attr.ctx_in, size) != 0) return -EFAULT;
  OnCpu on{.test = test, .context = memory.bytes()};
  run_on(&on);
  const int error = write_field(test, offsetof(bpf_attr, test.retval), on.retval);
  if (error != 0 || size == 0) return error;
  return test.host().copy_to_user(attr.ctx_in, memory.bytes(), size) == 0 ? 0 : -EFAULT;
}

}  // namespace zext::shim
