// Test runs: BPF_PROG_TEST_RUN, one file a family of program types.
//
//   long error = test_run_xdp({.call = call, .program = *program});
//
// What each accepts, in which order it refuses, and what it writes back is Linux 5.19's.
#pragma once

#include <linux/bpf.h>

#include <cstdint>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {

struct TestRun {
  Call& call;
  Program& program;

  const auto& test() const { return call.attr.test; }
  const Host& host() const { return call.kernel.host(); }
};

inline constexpr uint32_t kEthernetHeader = 14;
// Linux: SKB_DATA_ALIGN(sizeof(struct skb_shared_info)), which stays free at a page's end.
inline constexpr uint32_t kTailroom = 320;
inline constexpr uint32_t kLoopbackIndex = 1;  // the only interface there is

long test_run_skb(const TestRun& test);
long test_run_xdp(const TestRun& test);
long test_run_raw_tracepoint(const TestRun& test);
long test_run_syscall(const TestRun& test);

using TestRunFunction = long (*)(const TestRun& test);
// Of a program type, or null: it has none, and PROG_TEST_RUN is -ENOTSUPP.
TestRunFunction test_run_of(uint32_t type);

struct TestResult {
  uint32_t retval = 0;
  uint32_t duration = 0;  // of one run: nanoseconds, or cycles where the engine counts them
};

// Runs it as often as was asked for: 0, or -EINTR where the caller should stop.
int run_repeatedly(const TestRun& test, Run& run, TestResult* result);

// The context given, its rest zeroed: 1; 0 where the caller has none, neither in nor out; -E2BIG
// where what is behind `known` bytes is not 0; -EFAULT.
int context_in(const TestRun& test, void* context, uint32_t known);
// Copies it out: 0, -ENOSPC where it did not fit and is cut, -EFAULT.
int context_out(const TestRun& test, const void* context, uint32_t size);
// Copies the packet and the results out: likewise.
int data_out(const TestRun& test, const void* data, uint32_t size, const TestResult& result);
// One field of the caller's attribute: 0 or -EFAULT.
int write_field(const TestRun& test, uint64_t offset, uint32_t value);

// Memory of the host's for one test.
class TestMemory {
 public:
  TestMemory(const Host& host, uint64_t size)
      : host_(host), size_(size), bytes_(static_cast<uint8_t*>(host.alloc(size))) {}
  ~TestMemory() { host_.free(bytes_, size_); }
  TestMemory(const TestMemory&) = delete;
  TestMemory& operator=(const TestMemory&) = delete;
  uint8_t* bytes() const { return bytes_; }  // null: there was none

 private:
  const Host& host_;
  uint64_t size_;
  uint8_t* bytes_;
};

}  // namespace zext::shim
