// The load and store unit with everything around it: bus, page walker, pipeline; each with random
// delays, and each checking what it is asked.
#ifndef RTL_SIM_CORE_TESTBENCH_LSU_BENCH_H_
#define RTL_SIM_CORE_TESTBENCH_LSU_BENCH_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "Vlsu.h"
#include "rtl_sim/core/testbench/lsu_reference.h"

namespace lsu {

// What the bench is built for: with caches or without.
inline constexpr bool kCaches = LSU_LINE_BYTES != 0;
inline constexpr uint64_t kLineBytes = kCaches ? LSU_LINE_BYTES : 64;

// An access to an error region is answered by an error.
inline constexpr uint64_t kDevice = 0x1000'0000;
inline constexpr uint64_t kErrorDevice = 0x1000'0800;

// How the surroundings behave; chances in percent.
struct Behaviour {
  unsigned min_latency = 1;  // of the bus: from request to the first beat
  unsigned max_latency = 1;
  unsigned gap = 0;         // between beats, and in the walker
  unsigned hold = 0;        // execute does not advance although it could
  unsigned kill = 0;        // in an access's first cycle in memory
  unsigned late_kill = 0;   // in any other
  unsigned fetch_walk = 0;  // a walk for fetch, when the pipeline is empty
  unsigned clear = 0;       // the reservation is ended, in any cycle
};

class Bench {
 public:
  explicit Bench(uint32_t seed);
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  // Puts an access into execute, once it is free, and runs a cycle or more until then.
  void issue(const Access& access);
  // Runs until nothing is in execute and memory.
  void drain();
  // One cycle.
  void cycle();
  // drain(), then puts the reference's context in force; sfence.vma on demand.
  void enter(const Context& context, bool sfence);
  // drain(), then cleans the cache as fence.i does, and compares memory.
  void clean();
  // Compares what a debugger must see of memory, cached or not, with the reference.
  void compare_overlay();
  // Changes memory behind the cache, which must not have the bytes.
  void poke(uint64_t paddr, uint64_t value, unsigned bytes);

  Reference& reference() { return reference_; }
  // Whether something went wrong; then everything above does nothing.
  bool failed() const { return failed_; }
  // Cycles in memory of the accesses that finished.
  const std::vector<unsigned>& latencies() const { return latencies_; }
  std::vector<Outcome> outcomes;
  uint64_t cycles() const { return cycles_; }
  unsigned misses() const { return misses_; }
  unsigned write_backs() const { return write_backs_; }

  Behaviour behaviour;

 private:
  // A walk as the page walker does it, through the unit's port.
  struct Walker {
    enum class State : uint8_t { kIdle, kPause, kRead, kWrite, kDone } state = State::kIdle;
    bool fetch = false;
    bool store = false;
    uint64_t vpn = 0;
    int level = 2;
    uint64_t slot = 0;
    uint64_t pte = 0;
    bool page_fault = false;
    bool access_fault = false;
    State after = State::kIdle;  // the pause
  };

  bool chance(unsigned percent) { return random_() % 100 < percent; }
  void drive_bus();
  void drive_walker();
  void watch_bus();
  void watch_walker();
  void read_entry();
  void pause(Walker::State after);
  void finish_access(bool kill);
  void edge();
  void fail(const std::string& what);
  std::string describe() const;

  Vlsu dut_;
  std::mt19937 random_;
  Reference reference_;
  std::vector<uint8_t> ram_;  // what the bus sees
  uint64_t cycles_ = 0;
  bool failed_ = false;

  std::optional<Access> execute_, memory_;
  unsigned in_memory_ = 0;  // cycles that memory_ has been there
  std::optional<Beat> beat_;
  std::vector<unsigned> latencies_;
  unsigned misses_ = 0;
  unsigned write_backs_ = 0;

  // Answer in progress: beats to come, and cycles until the next.
  std::deque<uint64_t> line_;
  bool single_ = false;
  unsigned wait_ = 0;
  Walker walker_;
};

}  // namespace lsu

#endif  // RTL_SIM_CORE_TESTBENCH_LSU_BENCH_H_
