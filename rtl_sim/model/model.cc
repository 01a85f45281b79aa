#include "rtl_sim/model/model.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "Vsoc.h"
#include "Vsoc___024root.h"
#include "rtl_sim/model/ram.h"
#include "verilated.h"

#if ZEXT_MODEL_TRACE
#include "verilated_fst_c.h"
#endif

namespace zext::rtl_sim {
namespace {

std::string hex(uint64_t value) {
  char text[19];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::unexpected<Error> outside_memory(uint64_t address, uint64_t bytes, const MemoryRange& memory) {
  return std::unexpected(Error{"outside memory",
                               std::to_string(bytes) + " bytes at " + hex(address),
                               "memory is " + hex(memory.size) + " bytes at " + hex(memory.base)});
}

Retirement retirement_of(const Vsoc& top) {
  return {
      .order = top.rvfi_order_o,
      .cycle = top.cycle_o,
      .pc = top.rvfi_pc_rdata_o,
      .next_pc = top.rvfi_pc_wdata_o,
      .insn = top.rvfi_insn_o,
      .trap = top.rvfi_trap_o != 0,
      .interrupt = top.rvfi_intr_o != 0,
      .cause = top.rvfi_cause_o,
      .tval = top.rvfi_tval_o,
      .rs1 = top.rvfi_rs1_addr_o,
      .rs2 = top.rvfi_rs2_addr_o,
      .rs1_value = top.rvfi_rs1_rdata_o,
      .rs2_value = top.rvfi_rs2_rdata_o,
      .rd = top.rvfi_rd_addr_o,
      .rd_value = top.rvfi_rd_wdata_o,
      .mem_addr = top.rvfi_mem_addr_o,
      .mem_rmask = top.rvfi_mem_rmask_o,
      .mem_wmask = top.rvfi_mem_wmask_o,
      .mem_rdata = top.rvfi_mem_rdata_o,
      .mem_wdata = top.rvfi_mem_wdata_o,
      .csr_write = top.rvfi_csr_write_o != 0,
      .csr = top.rvfi_csr_addr_o,
      .csr_value = top.rvfi_csr_wdata_o,
  };
}

}  // namespace

class Model::Impl {
 public:
  Impl(const ModelConfig& config, std::unique_ptr<Ram> memory)
      : config_(config), ram_(std::move(memory)), top_(prepare(&context_)) {
#if ZEXT_MODEL_TRACE
    if (!config_.trace_file.empty()) {
      context_.traceEverOn(true);
      top_.trace(&trace_, 99);
      trace_.open(config_.trace_file.c_str());
    }
#endif
    top_.ram_base_i = ram_->range().base;
    top_.ram_size_i = ram_->range().size;
    top_.ram_handle_i = ram_->handle();
    reset(ram_->range().base);
  }

  ~Impl() {
    // Verilator's destructors look for the thread's current context: it must be this model's.
    Verilated::threadContextp(&context_);
    top_.final();
#if ZEXT_MODEL_TRACE
    if (!config_.trace_file.empty()) trace_.close();
#endif
  }

  void reset(uint64_t pc) {
    // What has retired is kept, although its register is only written at the next edge; what has
    // not must leave no trace, hence the reset before that edge.
    if (top_.rvfi_valid_o && top_.rvfi_rd_addr_o != 0) {
      registers()[top_.rvfi_rd_addr_o] = top_.rvfi_rd_wdata_o;
    }
    top_.boot_addr_i = pc;
    top_.rst_ni = 0;
    top_.eval();
    for (int i = 0; i < 3; ++i) evaluate_cycle();
    top_.rst_ni = 1;
    top_.eval();
    instructions_ = 0;
    exit_value_.reset();
    ram_->acknowledge();
  }

  // One clock cycle; afterwards the outputs show what retired in it.
  void tick() {
    evaluate_cycle();
    instructions_ += top_.rvfi_valid_o;
  }

  bool retired() const { return top_.rvfi_valid_o; }
  Retirement retirement() const { return retirement_of(top_); }

  // Notes the program's end if the retirement of this cycle is the store that tells it.
  void note_exit() {
    if (top_.rvfi_valid_o && top_.rvfi_mem_wmask_o != 0 && top_.rvfi_mem_wdata_o != 0 &&
        ram_->tohost_address() == top_.rvfi_mem_addr_o) {
      exit_value_ = top_.rvfi_mem_wdata_o;
    }
  }

  Outcome run(uint64_t max_cycles);

  VlUnpacked<QData, 32>& registers() {
    return top_.rootp->soc__DOT__u_core__DOT__u_decode__DOT__u_regfile__DOT__registers_q;
  }

  Ram& ram() { return *ram_; }
  Vsoc& top() { return top_; }
  std::optional<uint64_t> exit_value() const { return exit_value_; }
  uint64_t instructions() const { return instructions_; }

 private:
  // One thread: a second only costs time, for a design of this size.
  static VerilatedContext* prepare(VerilatedContext* context) {
    context->threads(1);
    Verilated::threadContextp(context);
    return context;
  }

  void evaluate_cycle() {
    top_.clk_i = 1;
    top_.eval();
    dump(0);
    top_.clk_i = 0;
    top_.eval();
    dump(1);
  }

  void dump([[maybe_unused]] int half) {
#if ZEXT_MODEL_TRACE
    if (config_.trace_file.empty()) return;
    const uint64_t cycle = top_.cycle_o;
    if (cycle >= config_.trace_from && cycle < config_.trace_to) trace_.dump(2 * time_ + half);
    time_ += half;
#endif
  }

  std::string describe_hang(uint64_t cycles);

  ModelConfig config_;
  std::unique_ptr<Ram> ram_;
  VerilatedContext context_;
  Vsoc top_;
#if ZEXT_MODEL_TRACE
  VerilatedFstC trace_;
  uint64_t time_ = 0;
#endif
  uint64_t instructions_ = 0;
  std::optional<uint64_t> exit_value_;
};

Outcome Model::Impl::run(uint64_t max_cycles) {
  // A request that was no exit has been seen by the caller: go on.
  if (exit_value_ && (*exit_value_ & 1) == 0) {
    exit_value_.reset();
    ram_->acknowledge();
  }
  // The last cycles before the limit are watched, for the report of a hang.
  const uint64_t watched = std::min<uint64_t>(max_cycles, 1'000);
  const uint64_t first_cycle = top_.cycle_o;
  const uint64_t first_instruction = instructions_;
  Outcome outcome;
  uint64_t left = max_cycles;
  while (left > watched && !ram_->tohost_written()) {
    tick();
    --left;
  }
  if (!ram_->tohost_written()) {
    outcome.hang = describe_hang(left);
    left = 0;
  }
  // The store is sent before it retires; it cannot fail any more, and takes two cycles at most.
  note_exit();
  while (ram_->tohost_written() && !exit_value_) {
    tick();
    note_exit();
  }
  outcome.cycles = top_.cycle_o - first_cycle;
  outcome.instructions = instructions_ - first_instruction;
  if (exit_value_) {
    outcome.hang.clear();
    outcome.tohost = *exit_value_;
    outcome.stop = (*exit_value_ & 1) ? Outcome::Stop::kExited : Outcome::Stop::kHtifRequest;
    outcome.exit_code = *exit_value_ >> 1;
  }
  return outcome;
}

// Runs the last `cycles` of the budget and says what happened in them.
std::string Model::Impl::describe_hang(uint64_t cycles) {
  uint64_t lowest = UINT64_MAX, highest = 0, retired_count = 0, traps = 0;
  const uint64_t budget = cycles;
  for (; cycles > 0 && !ram_->tohost_written(); --cycles) {
    tick();
    if (!retired()) continue;
    ++retired_count;
    traps += top_.rvfi_trap_o;
    lowest = std::min<uint64_t>(lowest, top_.rvfi_pc_rdata_o);
    highest = std::max<uint64_t>(highest, top_.rvfi_pc_rdata_o);
  }
  if (retired_count == 0) {
    return "nothing retired in the last " + std::to_string(budget) + " cycles; the last was at " +
           hex(top_.rvfi_pc_rdata_o);
  }
  return "no exit; in the last " + std::to_string(budget) + " cycles " +
         std::to_string(retired_count) + " instructions retired between " + hex(lowest) + " and " +
         hex(highest) + ", " + std::to_string(traps) + " of them trapping";
}

std::expected<Model, Error> Model::create(const ModelConfig& config) {
#if !ZEXT_MODEL_TRACE
  if (!config.trace_file.empty()) {
    return std::unexpected(Error{"this model was built without tracing", config.trace_file,
                                 "link //rtl_sim/model:model_trace instead"});
  }
#endif
  auto ram = Ram::create(config.memory);
  if (!ram) return std::unexpected(ram.error());
  return Model(std::make_unique<Impl>(config, std::move(*ram)));
}

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

std::expected<void, Error> Model::load(const Image& image) {
  Ram& ram = impl_->ram();
  for (const Segment& segment : image.segments) {
    if (!ram.range().contains(segment.address, segment.memory_size())) {
      return outside_memory(segment.address, segment.memory_size(), ram.range());
    }
  }
  if (image.tohost && !ram.range().contains(*image.tohost, 8)) {
    return outside_memory(*image.tohost, 8, ram.range());
  }
  if (auto started = set_pc(image.entry); !started) return started;
  ram.clear();
  ram.watch(image.tohost);
  for (const Segment& segment : image.segments) {
    std::ranges::copy(segment.bytes, ram.bytes().begin() + (segment.address - ram.range().base));
  }
  for (unsigned i = 0; i < 32; ++i) impl_->registers()[i] = 0;
  return {};
}

std::optional<Retirement> Model::retire(uint64_t max_cycles) {
  for (uint64_t i = 0; i < max_cycles; ++i) {
    impl_->tick();
    if (!impl_->retired()) continue;
    impl_->note_exit();
    return impl_->retirement();
  }
  return std::nullopt;
}

Outcome Model::run(uint64_t max_cycles) { return impl_->run(max_cycles); }

std::optional<uint64_t> Model::exited() const {
  const auto value = impl_->exit_value();
  if (!value || (*value & 1) == 0) return std::nullopt;
  return *value >> 1;
}

uint64_t Model::reg(unsigned index) const {
  // The port shows the write that the register file makes at the next edge.
  const Vsoc& top = impl_->top();
  if (index != 0 && top.rvfi_valid_o && top.rvfi_rd_addr_o == index) return top.rvfi_rd_wdata_o;
  return index < 32 ? impl_->registers()[index] : 0;
}

void Model::set_reg(unsigned index, uint64_t value) {
  if (index > 0 && index < 32) impl_->registers()[index] = value;
}

std::expected<void, Error> Model::set_pc(uint64_t pc) {
  if ((pc & 1) != 0 || !impl_->ram().range().contains(pc, 2)) {
    return std::unexpected(Error{"cannot start there", hex(pc), "give an even address in memory"});
  }
  impl_->reset(pc);
  return {};
}

std::expected<void, Error> Model::read(uint64_t address, std::span<uint8_t> bytes) const {
  const Ram& ram = impl_->ram();
  if (!ram.range().contains(address, bytes.size())) {
    return outside_memory(address, bytes.size(), ram.range());
  }
  std::ranges::copy(ram.bytes().subspan(address - ram.range().base, bytes.size()), bytes.begin());
  return {};
}

std::expected<void, Error> Model::write(uint64_t address, std::span<const uint8_t> bytes) {
  Ram& ram = impl_->ram();
  if (!ram.range().contains(address, bytes.size())) {
    return outside_memory(address, bytes.size(), ram.range());
  }
  std::ranges::copy(bytes, ram.bytes().begin() + (address - ram.range().base));
  return {};
}

std::span<const uint8_t> Model::memory() const { return impl_->ram().bytes(); }

uint64_t Model::cycles() const { return impl_->top().cycle_o; }
uint64_t Model::instructions() const { return impl_->instructions(); }

void Model::inject_fault(uint64_t order, uint64_t mask) {
  impl_->top().fault_enable_i = mask != 0;
  impl_->top().fault_order_i = order;
  impl_->top().fault_mask_i = mask;
}

void Model::set_interrupts(bool software, bool timer, bool external) {
  impl_->top().irq_software_i = software;
  impl_->top().irq_timer_i = timer;
  impl_->top().irq_external_i = external;
}

}  // namespace zext::rtl_sim
