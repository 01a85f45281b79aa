#include "kernel_shim/hosts/daemon/sampler.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>

#include "kernel_shim/hosts/daemon/daemon.h"

namespace zext::shim::daemon {
namespace {

constexpr uint64_t kLeastPeriod = 1'000'000;

}  // namespace

Sampler::~Sampler() {
  {
    const std::lock_guard guard(mutex_);
    ends_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void* Sampler::add(uint64_t cookie, uint64_t period, int32_t cpu) {
  const std::lock_guard guard(mutex_);
  period = std::max(period, kLeastPeriod);
  ticks_.push_back(
      {.cookie = cookie, .period = period, .next = now(CLOCK_MONOTONIC) + period, .cpu = cpu});
  if (!thread_.joinable()) thread_ = std::thread(&Sampler::run, this);
  changed_.notify_all();
  return &ticks_.back();
}

void Sampler::remove(void* handle) {
  const std::lock_guard guard(mutex_);
  ticks_.remove_if([handle](const Tick& tick) { return &tick == handle; });
}

void Sampler::run() {
  std::unique_lock guard(mutex_);
  while (!ends_) {
    if (ticks_.empty()) {
      changed_.wait(guard);
      continue;
    }
    const uint64_t time = now(CLOCK_MONOTONIC);
    uint64_t next = time + kLeastPeriod * 1000;
    for (Tick& tick : ticks_) {
      if (tick.next <= time) {
        fire(tick);
        // What was missed is not made up for.
        tick.next = std::max(tick.next + tick.period, time);
      }
      next = std::min(next, tick.next);
    }
    changed_.wait_for(guard, std::chrono::nanoseconds(next > time ? next - time : kLeastPeriod));
  }
}

void Sampler::fire(const Tick& tick) {
  Call call;
  call.has_task = true;
  const std::string name = "swapper/" + std::to_string(std::max(tick.cpu, 0));
  memcpy(call.task.comm, name.data(), std::min(name.size(), sizeof call.task.comm - 1));
  const CallScope scope(call);
  if (tick.cpu >= 0) Cpus::prefer(static_cast<uint32_t>(tick.cpu));
  kshim_fire(shim_, tick.cookie, nullptr);
}

}  // namespace zext::shim::daemon
