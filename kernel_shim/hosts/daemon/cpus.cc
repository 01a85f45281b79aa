#include "kernel_shim/hosts/daemon/cpus.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <string>

#include "kernel_shim/hosts/daemon/file.h"

namespace zext::shim::daemon {
namespace {

struct Own {
  uint32_t depth = 0;
  uint32_t cpu = 0;
  int preferred = -1;
};
thread_local Own own;

constexpr int kTriesBeforeSleep = 64;
// Time enough for most of what others do on the preferred one.
constexpr int kTriesBeforeAnother = 16;

}  // namespace

Cpus::Cpus(uint32_t count)
    : count_(count == 0 ? 1 : count), tokens_(std::make_unique<Token[]>(count_)) {}

void Cpus::disable_preemption() {
  if (own.depth++ == 0) own.cpu = take();
}

void Cpus::enable_preemption() {
  if (--own.depth == 0) tokens_[own.cpu].taken.store(false, std::memory_order_release);
}

void Cpus::prefer(uint32_t cpu) { own.preferred = static_cast<int>(cpu & 0xffff); }

bool Cpus::try_take(uint32_t cpu) {
  Token& token = tokens_[cpu];
  return !token.taken.load(std::memory_order_relaxed) &&
         !token.taken.exchange(true, std::memory_order_acquire);
}

uint32_t Cpus::take() {
  const int wanted = own.preferred >= 0 ? own.preferred : sched_getcpu();
  uint32_t cpu = wanted < 0 ? 0 : static_cast<uint32_t>(wanted) % count_;
  for (int tries = 0; own.preferred >= 0 && tries < kTriesBeforeAnother; ++tries) {
    if (try_take(cpu)) return cpu;
    sched_yield();
  }
  for (int tries = 0;; ++tries) {
    for (uint32_t i = 0; i < count_; ++i) {
      if (try_take(cpu)) return cpu;
      cpu = cpu + 1 == count_ ? 0 : cpu + 1;
    }
    // A simulated machine may be at it for long.
    constexpr timespec kPause = {.tv_sec = 0, .tv_nsec = 50'000};
    if (tries < kTriesBeforeSleep) {
      sched_yield();
    } else {
      nanosleep(&kPause, nullptr);
    }
  }
}

uint32_t Cpus::id() const {
  if (own.depth != 0) return own.cpu;
  if (own.preferred >= 0) return static_cast<uint32_t>(own.preferred) % count_;
  return static_cast<uint32_t>(gettid()) % count_;
}

// "0-3,8-11": one more than the last number.
uint32_t possible_cpus() {
  const std::string text = read_all("/sys/devices/system/cpu/possible");
  const size_t last = text.find_last_of(",-");
  if (text.empty()) return static_cast<uint32_t>(sysconf(_SC_NPROCESSORS_CONF));
  const char* number = text.c_str() + (last == std::string::npos ? 0 : last + 1);
  return static_cast<uint32_t>(strtoul(number, nullptr, 10)) + 1;
}

}  // namespace zext::shim::daemon
