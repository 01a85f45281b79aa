// Clocks.
#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim::helpers {
namespace {

// Nanoseconds of one of Linux's ticks: CONFIG_HZ=250, as distributions have it.
constexpr uint64_t kJiffy = 4'000'000;

}  // namespace

uint64_t ktime_get_ns(Run& run, const Arguments&) {
  return run.kernel.host().clock(KSHIM_CLOCK_MONOTONIC);
}

uint64_t ktime_get_boot_ns(Run& run, const Arguments&) {
  return run.kernel.host().clock(KSHIM_CLOCK_BOOT);
}

uint64_t ktime_get_coarse_ns(Run& run, const Arguments&) {
  return run.kernel.host().clock(KSHIM_CLOCK_COARSE);
}

uint64_t ktime_get_tai_ns(Run& run, const Arguments&) {
  return run.kernel.host().clock(KSHIM_CLOCK_TAI);
}

uint64_t jiffies64(Run& run, const Arguments&) {
  return run.kernel.host().clock(KSHIM_CLOCK_COARSE) / kJiffy;
}

}  // namespace zext::shim::helpers
