// ifetch with a bus, a page walker and ideal memory around it, checked in each cycle against
// FetchReference: whatever is said to be there must be there, and a fault must be the right one.
//
//   FetchReference reference(seed, 0x4000);
//   FetchBench bench(reference, seed);
//   bench.begin();              // the outputs of this cycle are now valid, and were checked
//   bench.end(bench.pc() + 4);  // the edge: this address is the next cycle's
#ifndef RTL_SIM_CORE_TESTBENCH_IFETCH_BENCH_H_
#define RTL_SIM_CORE_TESTBENCH_IFETCH_BENCH_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>

#include "Vifetch.h"
#include "rtl_sim/core/testbench/ifetch_reference.h"

namespace zext::rtl_sim {

#if ZEXT_LINE_BYTES == 0
constexpr bool kCaches = false;
constexpr uint64_t kLineBytes = 64;  // unused
#else
constexpr bool kCaches = true;
constexpr uint64_t kLineBytes = ZEXT_LINE_BYTES;
#endif

// What one cycle asks of ifetch besides an address.
struct FetchEvents {
  bool quiet = true;
  bool invalidate = false;
  bool rewrite = false;  // memory changes too, just before the edge; only with invalidate
  bool sfence = false;
  bool by_address = false;
  bool by_asid = false;
  bool remap = false;  // the page changes too, just before the edge; only with sfence
  uint32_t vpn = 0;
};

class FetchBench {
 public:
  FetchBench(FetchReference& reference, uint64_t seed);

  // Latencies: fixed, else random ones up to the number given.
  void set_bus_latency(unsigned cycles, bool random);
  void set_walk_latency(unsigned cycles) { walk_latency_ = cycles; }

  void begin(const FetchEvents& events = {});
  void end(uint64_t next_pc);

  // Stays at pc until it is ready, which it must be in time. Returns the cycles lost.
  unsigned go(uint64_t pc);

  uint64_t pc() const { return pc_; }
  bool ready() const { return dut_->d_ready_o != 0; }
  unsigned count() const { return dut_->d_count_o; }
  bool fault() const { return dut_->d_fault_o != 0; }
  unsigned cause() const { return dut_->d_cause_o; }
  bool walking() const { return dut_->walk_req_o != 0; }
  bool refilling() const { return !beats_.empty(); }

  uint64_t requests = 0;  // of lines
  uint64_t walks = 0;

 private:
  struct Walk {
    Leaf leaf;
    unsigned wait = 0;
  };

  void drive(const FetchEvents& events);
  void check_window() const;
  void check_request();
  void check_walk();
  uint64_t random(uint64_t below) { return rng_() % below; }

  FetchReference& reference_;
  std::unique_ptr<Vifetch> dut_;
  std::mt19937_64 rng_;
  FetchEvents events_;
  uint64_t pc_ = 0;
  uint64_t ideal_data_ = 0;
  std::deque<uint64_t> beats_;  // of the line that is on its way
  unsigned bus_wait_ = 0;
  unsigned bus_latency_ = 4;
  bool bus_random_ = false;
  std::optional<Walk> walk_;
  unsigned walk_latency_ = 4;
  bool walk_allowed_ = false;  // by the cycle before
  uint32_t walk_vpn_ = 0;
};

}  // namespace zext::rtl_sim

#endif  // RTL_SIM_CORE_TESTBENCH_IFETCH_BENCH_H_
