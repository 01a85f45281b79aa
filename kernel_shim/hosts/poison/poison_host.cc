#include "kernel_shim/hosts/poison/poison_host.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "kernel_shim/hosts/poison/poison_thread.h"

namespace zext::shim {
namespace {

// A number of the thread's that is not 0.
uint32_t thread_number() {
  static std::atomic<uint32_t> threads{0};
  thread_local const uint32_t own = ++threads;
  return own;
}

std::string address(const void* pointer) {
  char text[32];
  std::snprintf(text, sizeof text, "%p", pointer);
  return text;
}

}  // namespace

void PoisonHost::arm(const Plan& plan) {
  PoisonThread& own = poison_thread();
  own.plan = plan;
  own.seen = {};
  own.random = plan.seed;
  own.armed = true;
}

PoisonHost::Seen PoisonHost::disarm() {
  PoisonThread& own = poison_thread();
  own.armed = false;
  return own.seen;
}

void PoisonHost::violation(const char* what, const char* more) {
  const InHost in_host;
  const std::lock_guard guard(mutex_);
  // One kind of mistake may come a million times.
  if (violations_.size() < 20) violations_.push_back(std::string(what) + more);
}

std::string PoisonHost::take_violations() {
  const std::lock_guard guard(mutex_);
  std::string all;
  for (const std::string& line : violations_) all += line + "\n";
  violations_.clear();
  return all;
}

void PoisonHost::check_idle(const char* where) {
  const PoisonThread& own = poison_thread();
  if (!own.locks.empty()) violation(where, ": a lock was left held");
  if (own.irq != 0) violation(where, ": interrupts were left off");
  if (own.preempt != 0) violation(where, ": preemption was left off");
  if (own.reading != 0) violation(where, ": a read section was left open");
}

void PoisonHost::must_be_able_to_sleep(const char* what) {
  const PoisonThread& own = poison_thread();
  if (!own.locks.empty()) violation(what, " while a lock is held");
  if (own.irq != 0) violation(what, " with interrupts off");
  if (own.reading != 0) {
    violation(what, " in a read section");
  } else if (own.preempt != 0) {
    violation(what, " with preemption off");
  }
}

// --- locks

void PoisonHost::lock(kshim_lock* lock) {
  PoisonThread& own = poison_thread();
  const InHost in_host;
  if (std::ranges::find(own.locks, lock) != own.locks.end()) {
    std::fprintf(stderr, "PoisonHost: a thread takes a lock that it holds\n");
    std::abort();
  }
  if (own.irq == 0) violation("a lock is taken with interrupts on");
  {
    const std::lock_guard guard(mutex_);
    for (const kshim_lock* held : own.locks) {
      if (orders_.contains({lock, held})) {
        violations_.push_back("two locks are taken in both orders: " + address(held) + ", " +
                              address(lock));
      }
      orders_.insert({held, lock});
    }
  }
  std::atomic_ref<uint32_t> word(lock->words[0]);
  uint32_t free = 0;
  while (!word.compare_exchange_weak(free, thread_number(), std::memory_order_acquire)) {
    free = 0;
    sched_yield();
  }
  own.locks.push_back(lock);
}

void PoisonHost::unlock(kshim_lock* lock) {
  PoisonThread& own = poison_thread();
  const auto held = std::ranges::find(own.locks, lock);
  if (held == own.locks.end()) {
    std::fprintf(stderr, "PoisonHost: a thread releases a lock that it does not hold\n");
    std::abort();
  }
  own.locks.erase(held);
  std::atomic_ref<uint32_t>(lock->words[0]).store(0, std::memory_order_release);
}

void PoisonHost::forget_locks(const void* memory, uint64_t size) {
  const auto* first = static_cast<const uint8_t*>(memory);
  const auto inside = [&](const kshim_lock* lock) {
    const auto* at = reinterpret_cast<const uint8_t*>(lock);
    return at >= first && at < first + size;
  };
  const std::lock_guard guard(mutex_);
  std::erase_if(orders_,
                [&](const auto& pair) { return inside(pair.first) || inside(pair.second); });
}

// --- read sections

void PoisonHost::read_lock() {
  PoisonThread& own = poison_thread();
  if (own.reading++ != 0) return;
  own.phase = phase_.load();
  readers_[own.phase & 1].fetch_add(1);
}

void PoisonHost::read_unlock() {
  PoisonThread& own = poison_thread();
  if (own.reading == 0) {
    std::fprintf(stderr, "PoisonHost: a read section ends that was not begun\n");
    std::abort();
  }
  if (--own.reading == 0) readers_[own.phase & 1].fetch_sub(1);
}

void PoisonHost::synchronise() {
  must_be_able_to_sleep("synchronise");
  const std::lock_guard guard(synchronising_);
  // Twice: a reader may have read the phase before it changed, and counted itself after.
  for (int i = 0; i < 2; ++i) {
    const uint32_t old = phase_.fetch_add(1) & 1;
    while (readers_[old].load() != 0) sched_yield();
  }
}

}  // namespace zext::shim
