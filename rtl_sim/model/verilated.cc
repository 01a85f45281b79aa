// Simulation over one verilated preset. Compiled once for each, with
//
//   ZEXT_TOP          the generated class: Vsoc_small
//   ZEXT_HEADER       <Vsoc_small.h>
//   ZEXT_ROOT_HEADER  <Vsoc_small___024root.h>
//   ZEXT_MAKE         the function that makes one: make_small
//   ZEXT_TRACE        1 if it can write waveforms
//   ZEXT_CACHES       1 if the preset has caches
#include <algorithm>
#include <memory>
#include <span>
#include <type_traits>

#include ZEXT_HEADER
#include ZEXT_ROOT_HEADER
#include "rtl_sim/model/bytes.h"
#include "rtl_sim/model/data_cache.h"
#include "rtl_sim/model/simulation.h"
#include "verilated.h"

#if ZEXT_TRACE
#include "verilated_fst_c.h"
#endif

namespace zext::rtl_sim {
namespace {

using Top = ZEXT_TOP;

class VerilatedSimulation final : public Simulation {
 public:
  explicit VerilatedSimulation(const SimulationConfig& config)
      : config_(config), top_(prepare(&context_, config)) {
#if ZEXT_TRACE
    if (!config_.trace_file.empty()) {
      context_.traceEverOn(true);
      top_.trace(&trace_, 99);
      trace_.open(config_.trace_file.c_str());
    }
#endif
    top_.handle_i = config_.bus->handle();
    top_.ram_base_i = config_.bus->ram().range().base;
    top_.ram_size_i = config_.bus->ram().range().size;
    top_.miss_latency_i = static_cast<uint16_t>(config_.miss_latency);
    // So that the first reset is an edge.
    top_.rst_ni = 1;
    top_.eval();
  }

  ~VerilatedSimulation() override {
    // Verilator's destructors look for the thread's current context: it must be this model's.
    Verilated::threadContextp(&context_);
    top_.final();
#if ZEXT_TRACE
    if (!config_.trace_file.empty()) trace_.close();
#endif
  }

  void reset(uint64_t pc) override;
  Ran run(uint64_t cycles, const Watch& watch, bool each) override;
  Bundle bundle() const override;

  uint64_t cycle() const override { return top_.cycle_o; }

  void set_register(unsigned index, uint64_t value) override {
    registers_[index] = register_file()[index] = value;
  }

  void set_interrupts(bool software, bool timer, bool external) override {
    top_.irq_software_i = software;
    top_.irq_timer_i = timer;
    top_.irq_external_i = external;
  }

  void inject_fault(uint64_t order, uint64_t mask) override {
    top_.fault_enable_i = mask != 0;
    top_.fault_order_i = order;
    top_.fault_mask_i = mask;
  }

#if ZEXT_CACHES
  void publish() override { DataCache(*top_.rootp).publish(config_.bus->ram()); }
  void patch(uint64_t address, std::span<const uint8_t> bytes) override {
    DataCache(*top_.rootp).patch(address, bytes);
  }
  bool settled() const override { return DataCache(*top_.rootp).settled(); }
  void forget_instructions() override;
#else
  void publish() override {}
  void patch(uint64_t /*address*/, std::span<const uint8_t> /*bytes*/) override {}
  bool settled() const override { return true; }
  void forget_instructions() override {}
#endif

  void save(std::vector<uint8_t>& state) const override;
  bool restore(std::span<const uint8_t>& state) override;

 private:
  // One thread: a second only costs time, for a design of this size.
  static VerilatedContext* prepare(VerilatedContext* context, const SimulationConfig& config) {
    context->threads(1);
    context->randReset(config.seed == 0 ? 0 : 2);
    // The generator takes 31 bits, of which 0 would mean the time of day.
    context->randSeed(static_cast<int>((config.seed ^ config.seed >> 31) % 0x7fff'ffff) + 1);
    Verilated::threadContextp(context);
    return context;
  }

  VlUnpacked<QData, 32>& register_file() {
    return top_.rootp->soc__DOT__u_core__DOT__u_regfile__DOT__registers_q;
  }

  void tick() {
    top_.irq_sources_i = lines_;
    top_.clk_i = 1;
    top_.eval();
    dump(0);
    top_.clk_i = 0;
    top_.eval();
    dump(1);
  }

  void dump([[maybe_unused]] int half) {
#if ZEXT_TRACE
    if (config_.trace_file.empty()) return;
    const uint64_t cycle = top_.cycle_o;
    if (cycle >= config_.trace_from && cycle < config_.trace_to) trace_.dump(2 * time_ + half);
    time_ += half;
#endif
  }

  bool watched(const Watch& watch, bool two) const {
    const bool stores = top_.rvfi_mem_wmask_o != 0 && top_.rvfi_mem_paddr_o == watch.tohost;
    return stores || top_.rvfi0_pc_wdata_o == watch.pc ||
           (two && top_.rvfi1_pc_wdata_o == watch.pc);
  }

  // The low half of a cycle number of the recent past, made whole.
  uint64_t whole(uint32_t low) const {
    return top_.cycle_o - static_cast<uint32_t>(static_cast<uint32_t>(top_.cycle_o) - low);
  }

  void add_lane_1(Retirement& r) const;
  void add_shared(Retirement& r) const;

  // The generated model's own data lies between its base class and the pointer to its surroundings.
  // It is plain: numbers and arrays of them.
  std::span<uint8_t> state() const {
    auto* const first = reinterpret_cast<uint8_t*>(top_.rootp) + sizeof(VerilatedModule);
    auto* const end = reinterpret_cast<uint8_t*>(
        const_cast<void*>(static_cast<const void*>(&top_.rootp->vlSymsp)));
    return {first, end};
  }

  SimulationConfig config_;
  const uint32_t& lines_ = config_.bus->lines();
  VerilatedContext context_;
  Top top_;
#if ZEXT_TRACE
  VerilatedFstC trace_;
  uint64_t time_ = 0;
#endif
};

void VerilatedSimulation::reset(uint64_t pc) {
  // What has retired is kept, although registers may only be written at the next edge; what has not
  // must leave no trace, hence the reset before that edge.
  top_.boot_addr_i = pc;
  top_.rst_ni = 0;
  top_.eval();
  for (int i = 0; i < 3; ++i) tick();
  top_.rst_ni = 1;
  top_.eval();
  for (unsigned i = 0; i < registers_.size(); ++i) register_file()[i] = registers_[i];
  instructions_ = 0;
  lost_ = {};
  lost_cycles_ = 0;
  lost_cause_ = Lost::kNone;
}

Simulation::Ran VerilatedSimulation::run(uint64_t cycles, const Watch& watch, bool each) {
  for (uint64_t i = 1; i <= cycles; ++i) {
    // Here, not after the cycle: bundle() tells how many were lost before what retired in it.
    if (top_.rvfi_valid_o != 0) lost_cycles_ = 0;
    tick();
    if (top_.rvfi_valid_o == 0) {
      ++lost_[top_.lost_o];
      ++lost_cycles_;
      lost_cause_ = static_cast<Lost>(top_.lost_o);
      continue;
    }
    const bool two = (top_.rvfi_valid_o & 2) != 0;
    if (each || watched(watch, two)) [[unlikely]]
      return {i, true};
    registers_[top_.rvfi0_rd_addr_o] = top_.rvfi0_rd_wdata_o;
    if (two) registers_[top_.rvfi1_rd_addr_o] = top_.rvfi1_rd_wdata_o;
    instructions_ += two ? 2 : 1;
  }
  return {cycles, false};
}

Bundle VerilatedSimulation::bundle() const {
  Bundle bundle;
  if (top_.rvfi_valid_o == 0) return bundle;
  bundle.count = (top_.rvfi_valid_o & 2) != 0 ? 2 : 1;
  bundle.lanes[0] = {
      .order = top_.rvfi_order_o,
      .cycle = top_.cycle_o,
      .pc = top_.rvfi0_pc_rdata_o,
      .next_pc = top_.rvfi0_pc_wdata_o,
      .insn = top_.rvfi0_insn_o,
      .interrupt = top_.rvfi_intr_o != 0,
      .cause = top_.rvfi_intr_o != 0 ? top_.rvfi_cause_o : 0,
      .rs1 = top_.rvfi0_rs1_addr_o,
      .rs2 = top_.rvfi0_rs2_addr_o,
      .rs1_value = top_.rvfi0_rs1_rdata_o,
      .rs2_value = top_.rvfi0_rs2_rdata_o,
      .rd = top_.rvfi0_rd_addr_o,
      .rd_value = top_.rvfi0_rd_wdata_o,
      .mode = static_cast<Mode>(top_.rvfi_mode_o),
      .decode_cycle = whole(top_.rvfi0_times_o[0]),
      .execute_cycle = whole(top_.rvfi0_times_o[1]),
      .memory_cycle = whole(top_.rvfi0_times_o[2]),
      .lost_cycles = lost_cycles_,
      .lost = lost_cycles_ == 0 ? Lost::kNone : lost_cause_,
  };
  if (bundle.count == 2) add_lane_1(bundle.lanes[1]);
  add_shared(bundle.lanes[top_.rvfi_lane_o]);
  return bundle;
}

void VerilatedSimulation::add_lane_1(Retirement& r) const {
  r = {
      .order = top_.rvfi_order_o + 1,
      .cycle = top_.cycle_o,
      .pc = top_.rvfi1_pc_rdata_o,
      .next_pc = top_.rvfi1_pc_wdata_o,
      .insn = top_.rvfi1_insn_o,
      .rs1 = top_.rvfi1_rs1_addr_o,
      .rs2 = top_.rvfi1_rs2_addr_o,
      .rs1_value = top_.rvfi1_rs1_rdata_o,
      .rs2_value = top_.rvfi1_rs2_rdata_o,
      .rd = top_.rvfi1_rd_addr_o,
      .rd_value = top_.rvfi1_rd_wdata_o,
      .mode = static_cast<Mode>(top_.rvfi_mode_o),
      .decode_cycle = whole(top_.rvfi1_times_o[0]),
      .execute_cycle = whole(top_.rvfi1_times_o[1]),
      .memory_cycle = whole(top_.rvfi1_times_o[2]),
      .lane = 1,
  };
}

// What at most one instruction of a bundle does.
void VerilatedSimulation::add_shared(Retirement& r) const {
  r.trap = top_.rvfi_trap_o != 0;
  if (r.trap || r.interrupt) r.cause = top_.rvfi_cause_o;
  if (r.trap) r.tval = top_.rvfi_tval_o;
  r.mem_addr = top_.rvfi_mem_addr_o;
  r.mem_paddr = top_.rvfi_mem_paddr_o;
  r.mem_rmask = top_.rvfi_mem_rmask_o;
  r.mem_wmask = top_.rvfi_mem_wmask_o;
  r.mem_rdata = top_.rvfi_mem_rdata_o;
  r.mem_wdata = top_.rvfi_mem_wdata_o;
  r.csr_write = top_.rvfi_csr_write_o != 0;
  r.csr = top_.rvfi_csr_addr_o;
  r.csr_value = top_.rvfi_csr_wdata_o;
}

#if ZEXT_CACHES
// As icache.sv says it is done.
void VerilatedSimulation::forget_instructions() {
  auto& root = *top_.rootp;
  root.soc__DOT__u_core__DOT__u_ifetch__DOT__gen_cache__DOT__u_icache__DOT__even_valid_q = {};
  root.soc__DOT__u_core__DOT__u_ifetch__DOT__gen_cache__DOT__u_icache__DOT__odd_valid_q = {};
  root.soc__DOT__u_core__DOT__u_ifetch__DOT__gen_cache__DOT__u_icache__DOT__refill_stale_q = 1;
}
#endif

void VerilatedSimulation::save(std::vector<uint8_t>& state) const {
  put_block(state, this->state());
  put(state, instructions_);
  put(state, registers_);
  put(state, lost_);
  put(state, lost_cycles_);
  put(state, lost_cause_);
}

bool VerilatedSimulation::restore(std::span<const uint8_t>& state) {
  std::span<const uint8_t> block;
  if (!get_block(state, block) || block.size() != this->state().size()) return false;
  // The straps of the saved one point to its own surroundings.
  const auto handle = top_.handle_i;
  std::ranges::copy(block, this->state().begin());
  top_.handle_i = handle;
  return get(state, instructions_) && get(state, registers_) && get(state, lost_) &&
         get(state, lost_cycles_) && get(state, lost_cause_);
}

}  // namespace

std::unique_ptr<Simulation> ZEXT_MAKE(const SimulationConfig& config) {
  return std::make_unique<VerilatedSimulation>(config);
}

}  // namespace zext::rtl_sim
