// The memory that zext and the plugin inside QEMU share: what to do, a ring of records, the end;
// and in the other direction a ring of leads, when QEMU follows the core.
//
// One producer (QEMU's vCPU thread) and one consumer (zext). The consumer looks for a moment when
// the ring is empty, then sleeps on a futex; the producer sleeps at once when it is full. Both
// sleep for short times and look again, so that neither has to pay for a memory fence at each
// record to make lost wake-ups impossible.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace zext::rtl_sim::qemu {

// What zext asks of the plugin. Written before QEMU starts, constant from then on.
struct Request {
  uint64_t memory_base = 0;
  uint64_t memory_size = 0;
  uint64_t tohost = 0;
  uint64_t has_tohost = 0;
  uint64_t max_instructions = UINT64_MAX;
  uint64_t stream = 0;       // whether to produce records, else only count
  uint64_t follow = 0;       // see Options
  uint64_t pmp_entries = 0;  // see Options
  int32_t memory_fd = -1;    // guest memory, inherited
};

// One retired instruction. A cache line, so that a record costs one line of traffic.
struct alignas(64) Record {
  enum Flag : uint8_t {
    kTrap = 1,       // `cause`, and its tval in mem_addr
    kInterrupt = 2,  // first instruction after an interrupt: `cause`, unless it trapped as well
    kWantsValue = 4,
    kUnknown = 8,
    kCorrected = 16,
    kCsrWrite = 32,  // the CSR's value in mem_wdata
  };

  uint64_t pc = 0;
  uint64_t next_pc = 0;
  uint64_t rd_value = 0;
  uint64_t mem_addr = 0;
  uint64_t mem_rdata = 0;
  uint64_t mem_wdata = 0;
  uint64_t mem_paddr = 0;
  uint32_t insn = 0;
  uint8_t rd = 0;
  uint8_t flags = 0;
  uint8_t bytes = 0;       // read, plus 16 times those written
  uint8_t cause_mode = 0;  // the cause without its interrupt bit, plus 64 times the privilege mode

  uint8_t read_bytes() const { return bytes % 16; }
  uint8_t written_bytes() const { return bytes / 16; }
  uint8_t cause() const { return cause_mode % 64; }
  uint8_t mode() const { return cause_mode / 64; }
  void set_cause(uint64_t cause) {
    cause_mode = static_cast<uint8_t>((cause_mode & 0xc0) | (cause & 0x3f));
  }
};
static_assert(sizeof(Record) == 64);

// What the leader did at an instruction that its follower cannot know by itself.
struct Lead {
  enum Flag : uint32_t {
    kInterrupt = 1,  // an interrupt came before it: `cause`
    kValue = 2,      // what it wrote to rd: `value`
  };
  static constexpr uint32_t kUnknownCause = UINT32_MAX;

  uint64_t index = 0;  // of the instruction
  uint64_t value = 0;
  uint32_t cause = 0;
  uint32_t flags = 0;
};

enum class State : uint32_t {
  kStarting,
  kRunning,           // the first instruction was reached
  kTohost,            // ended: non-zero value stored
  kInstructionLimit,  // ended
  kUnsuitable,        // ended: `error` says what this QEMU lacks
};

// A futex word that one side sleeps on and the other rings.
struct Bell {
  std::atomic<uint32_t> rung = 0;
  std::atomic<uint32_t> sleeper = 0;

  // Sleeps until rung, at most `nanoseconds`, unless `ready` already holds.
  template <class Ready>
  void sleep(long nanoseconds, Ready ready) {
    const uint32_t before = rung.load(std::memory_order_acquire);
    sleeper.store(1, std::memory_order_seq_cst);
    if (!ready()) {
      const timespec limit{0, nanoseconds};
      syscall(SYS_futex, &rung, FUTEX_WAIT, before, &limit, nullptr, 0);
    }
    sleeper.store(0, std::memory_order_relaxed);
  }

  // Wakes the sleeper, if there is one.
  void ring() {
    if (sleeper.load(std::memory_order_relaxed) == 0) return;
    rung.fetch_add(1, std::memory_order_release);
    syscall(SYS_futex, &rung, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  }
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

struct Channel {
  static constexpr uint64_t kRecords = 4096;  // a power of two; 256 KiB stay in a core's cache
  static constexpr long kSleep = 1'000'000;   // nanoseconds; bounds the cost of a lost wake-up
  static constexpr int kSpins = 64;           // looks before sleeping
  static constexpr uint64_t kMagic = 0x7a65787431000002;  // changes with this file

  uint64_t magic = kMagic;
  Request request;

  // The plugin's side.
  alignas(64) std::atomic<uint64_t> produced = 0;  // records, or instructions without records
  alignas(64) std::atomic<State> state = State::kStarting;
  uint64_t tohost_value = 0;
  uint64_t instructions = 0;
  uint64_t nanoseconds = 0;  // from the first instruction to the end
  char error[512] = {};

  // zext's side.
  alignas(64) std::atomic<uint64_t> consumed = 0;
  std::atomic<uint64_t> led = 0;    // instructions that the leader has told; all of their leads
  std::atomic<uint64_t> leads = 0;  // in the ring up to here

  alignas(64) Bell consumer;
  alignas(64) Bell producer;

  Record records[kRecords];
  Lead lead_ring[kRecords];  // at most one an instruction, and these are bounded by the records

  Record& record(uint64_t index) { return records[index % kRecords]; }
  Lead& lead(uint64_t index) { return lead_ring[index % kRecords]; }
  bool ended() const {
    const State now = state.load(std::memory_order_acquire);
    return now != State::kStarting && now != State::kRunning;
  }
};

// Some two microseconds between two looks at what the other side writes. Looking more often would
// take the cache line away from it each time, and let it get ahead by less.
inline void relax() {
  for (int i = 0; i < 64; ++i) __builtin_ia32_pause();
}

}  // namespace zext::rtl_sim::qemu
