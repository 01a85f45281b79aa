#include "rtl_sim/core/testbench/lsu_bench.h"

#include <algorithm>
#include <cstring>
#include <sstream>
#include <type_traits>

#include "gtest/gtest.h"
#include "rtl_sim/core/testbench/lsu_overlay.h"

namespace lsu {
namespace {

// Values of core_pkg::bus_e.
constexpr unsigned kReadLine = 0;
constexpr unsigned kWriteBack = 1;
constexpr unsigned kRead = 2;

// No access takes as long, unless it never ends.
constexpr unsigned kForever = 5000;

// All of it in one string, numbers in hexadecimal.
template <typename... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  out << std::hex;
  const auto put = [&out](const auto& part) {
    if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(part)>>) {
      out << static_cast<uint64_t>(part);  // also what would be a character
    } else {
      out << part;
    }
  };
  (put(parts), ...);
  return out.str();
}

uint64_t load(const std::vector<uint8_t>& ram, uint64_t paddr) {
  uint64_t value = 0;
  std::memcpy(&value, &ram.at(paddr - kRamBase), 8);
  return value;
}

}  // namespace

Bench::Bench(uint32_t seed)
    : random_(seed), reference_(kCaches ? kLineBytes : 4096), ram_(kRamSize) {
  dut_.ram_base_i = kRamBase;
  dut_.ram_size_i = kRamSize;
  dut_.mode_i = 3;
  dut_.rst_ni = 1;
  dut_.eval();
  dut_.rst_ni = 0;
  dut_.eval();
  edge();
  dut_.rst_ni = 1;
  dut_.eval();
  cycles_ = 0;
}

Bench::~Bench() { dut_.final(); }

void Bench::fail(const std::string& what) {
  if (!failed_) ADD_FAILURE() << "cycle " << cycles_ << ": " << what << describe();
  failed_ = true;
}

std::string Bench::describe() const {
  if (!memory_) return "";
  return text("; op ", static_cast<int>(memory_->op), " funct3 ", memory_->funct3, " amo ",
              memory_->amo, " vaddr ", memory_->vaddr, " wdata ", memory_->wdata, " mode ",
              reference_.context.mode, " sv39 ", reference_.context.sv39, ", ", in_memory_,
              " cycles");
}

void Bench::poke(uint64_t paddr, uint64_t value, unsigned bytes) {
  reference_.write(paddr, value, bytes);
  std::memcpy(&ram_.at(paddr - kRamBase), &value, bytes);
}

// -------------------------------------------------------------------------------------------------
// Pipeline
// -------------------------------------------------------------------------------------------------

void Bench::issue(const Access& access) {
  while (execute_ && !failed_) cycle();
  execute_ = access;
}

void Bench::drain() {
  while ((execute_ || memory_ || walker_.state != Walker::State::kIdle) && !failed_) cycle();
}

void Bench::enter(const Context& context, bool sfence) {
  drain();
  reference_.context = context;
  dut_.mode_i = context.mode;
  dut_.sv39_i = context.sv39;
  dut_.asid_i = context.asid;
  dut_.sum_i = context.sum;
  dut_.mxr_i = context.mxr;
  dut_.pmp_cfg_i = 0;
  for (unsigned i = 0; i < 14; ++i) dut_.pmp_addr_i[i] = 0;
  for (size_t i = 0; i < kPmpEntries; ++i) {
    dut_.pmp_cfg_i |= uint64_t{context.pmp_cfg.at(i)} << (8 * i);
    for (unsigned bit = 0; bit < 54; ++bit) {
      const size_t place = (54 * i) + bit;
      dut_.pmp_addr_i[place / 32] |= static_cast<uint32_t>((context.pmp_addr.at(i) >> bit) & 1)
                                     << (place % 32);
    }
  }
  dut_.sfence_i = sfence;
  dut_.sfence_vaddr_valid_i = 0;
  dut_.sfence_asid_valid_i = 0;
  cycle();
  dut_.sfence_i = 0;
}

void Bench::clean() {
  drain();
  dut_.m_clean_i = 1;
  for (unsigned i = 0; !failed_; ++i) {
    dut_.eval();
    const bool done = dut_.m_clean_done_o != 0;
    cycle();
    if (done) break;
    if (i > 100 * kForever) fail("cleaning does not end");
  }
  dut_.m_clean_i = 0;
  if (kCaches && !std::ranges::equal(ram_, reference_.ram())) fail("memory is not clean");
}

void Bench::cycle() {
  if (failed_) return;
  drive_bus();
  drive_walker();
  dut_.x_valid_i = execute_.has_value();
  dut_.x_advance_i = 0;
  dut_.m_kill_i = 0;
  if (execute_) {
    dut_.x_op_i = execute_->op;
    dut_.x_funct3_i = execute_->funct3;
    dut_.x_amo_i = execute_->amo;
    dut_.x_addr_i = execute_->vaddr;
  }
  dut_.m_wdata_i = memory_ ? memory_->wdata : random_();
  const bool clear = chance(behaviour.clear);
  dut_.m_clear_reservation_i = clear;
  dut_.eval();

  const bool done = dut_.m_done_o != 0;
  const bool stall = dut_.x_stall_o != 0;
  if (done && !memory_) fail("done without an access");
  if (!stall && dut_.ptw_busy_i != 0) fail("no stall during a walk");
  // After the first cycle the first half of a store has ended a reservation, or without caches is
  // in memory; the core kills in the first cycle only.
  const bool killable = memory_ && (in_memory_ == 0 || memory_->op != kStore ||
                                    (memory_->vaddr % kLineBytes) + memory_->bytes() <= kLineBytes);
  const bool kill = memory_ && (in_memory_ == 0 ? chance(behaviour.kill)
                                                : killable && chance(behaviour.late_kill));
  const bool trap = done && !kill && dut_.m_fault_o != 0;
  const bool advance =
      execute_ && !stall && (!memory_ || done || kill) && !trap && !chance(behaviour.hold);
  dut_.x_advance_i = advance;
  dut_.m_kill_i = kill;
  dut_.m_clear_reservation_i = clear || trap;
  dut_.eval();
  if (done != (dut_.m_done_o != 0)) fail("done depends on kill or advance");
  if (stall != (dut_.x_stall_o != 0)) fail("stall depends on kill or advance");

  watch_bus();
  watch_walker();
  // The reservation ends after what is in this cycle.
  if (memory_ && (done || kill)) finish_access(kill);
  if (clear || trap) reference_.clear_reservation();
  if (memory_) {
    if (++in_memory_ > kForever) fail("never done");
  }
  if (done || kill) {
    memory_.reset();
    beat_.reset();
  }
  if (trap) execute_.reset();
  if (advance) {
    memory_ = execute_;
    execute_.reset();
    in_memory_ = 0;
  }
  edge();
}

void Bench::finish_access(bool kill) {
  if (kill) return;
  latencies_.push_back(in_memory_ + 1);
  const Access access = *memory_;
  if (reference_.device(access).has_value() != beat_.has_value()) {
    fail(beat_ ? "went to the bus" : "did not go to the bus");
  }
  const Outcome want = reference_.commit(access, beat_.value_or(Beat{}));
  outcomes.push_back(want);
  if ((dut_.m_fault_o != 0) != want.fault) {
    return fail(text("fault ", dut_.m_fault_o, " cause ", dut_.m_cause_o, ", want ", want.fault,
                     " ", want.cause));
  }
  if (want.fault && (dut_.m_cause_o != want.cause || dut_.m_tval_o != want.tval)) {
    return fail(text("cause ", dut_.m_cause_o, " tval ", dut_.m_tval_o, ", want ", want.cause, " ",
                     want.tval));
  }
  if (want.stale) return fail("A or D is clear");
  const bool result = access.op != kStore && !want.fault;
  if (result && dut_.m_result_o != want.result) {
    return fail(text("result ", dut_.m_result_o, ", want ", want.result));
  }
  if (!want.fault && dut_.m_paddr_o != want.paddr) {
    return fail(text("paddr ", dut_.m_paddr_o, ", want ", want.paddr));
  }
  if (dut_.m_rmask_o != want.rmask || dut_.m_wmask_o != want.wmask ||
      dut_.m_rdata_o != want.rdata || dut_.m_wdata_o != want.wdata) {
    return fail(text("rmask ", dut_.m_rmask_o, " wmask ", dut_.m_wmask_o, " rdata ", dut_.m_rdata_o,
                     " wdata ", dut_.m_wdata_o, ", want ", want.rmask, " ", want.wmask, " ",
                     want.rdata, " ", want.wdata));
  }
}

void Bench::edge() {
  // Memory without a cache writes before it reads.
  uint64_t ideal = dut_.ideal_rdata_i;
  if (dut_.ideal_req_o != 0 && dut_.ideal_we_o != 0) {
    for (unsigned i = 0; i < 8; ++i) {
      if (((dut_.ideal_mask_o >> i) & 1) != 0) {
        ram_.at(dut_.ideal_addr_o + i - kRamBase) =
            static_cast<uint8_t>(dut_.ideal_wdata_o >> (8 * i));
      }
    }
  }
  if (dut_.ideal_read_o != 0) {
    ideal = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const uint64_t paddr = dut_.ideal_raddr_o + i;
      const uint8_t byte =
          Reference::in_ram(paddr) ? ram_.at(paddr - kRamBase) : static_cast<uint8_t>(random_());
      ideal |= uint64_t{byte} << (8 * i);
    }
  }
  dut_.clk_i = 1;
  dut_.eval();
  dut_.ideal_rdata_i = ideal;
  dut_.clk_i = 0;
  dut_.eval();
  ++cycles_;
}

// -------------------------------------------------------------------------------------------------
// Bus
// -------------------------------------------------------------------------------------------------

void Bench::drive_bus() {
  dut_.bus_rvalid_i = 0;
  dut_.bus_err_i = static_cast<CData>(random_() & 1);
  dut_.bus_rdata_i = (uint64_t{random_()} << 32) | random_();
  if (line_.empty() && !single_) return;
  if (wait_ > 0) {
    --wait_;
    return;
  }
  if (!line_.empty() && line_.size() < kLineBytes / 8 && chance(behaviour.gap)) return;
  dut_.bus_rvalid_i = 1;
  if (single_) {
    dut_.bus_rdata_i = beat_ ? beat_->data : 0;
    dut_.bus_err_i = beat_ && beat_->error;
    single_ = false;
  } else {
    dut_.bus_rdata_i = load(ram_, line_.front());
    line_.pop_front();
  }
}

void Bench::watch_bus() {
  misses_ += dut_.ev_miss_o;
  write_backs_ += dut_.ev_write_back_o;
  if (dut_.bus_req_o == 0) return;
  const uint64_t address = dut_.bus_addr_o;
  if (dut_.bus_cmd_o == kWriteBack) {
    if (!Reference::in_ram(address) || address % 8 != 0) return fail("writes back to nowhere");
    if (!line_.empty() && line_.back() / kLineBytes == address / kLineBytes) {
      return fail("writes back the line that is read");
    }
    std::memcpy(&ram_.at(address - kRamBase), &dut_.bus_wdata_o, 8);
    return;
  }
  if (!line_.empty() || single_) return fail("two requests at once");
  wait_ =
      behaviour.min_latency - 1 + (random_() % (behaviour.max_latency - behaviour.min_latency + 1));
  if (dut_.bus_cmd_o == kReadLine) {
    if (!Reference::in_ram(address) || address % kLineBytes != 0) return fail("reads no line");
    for (uint64_t i = 0; i < kLineBytes; i += 8) line_.push_back(address + i);
    return;
  }
  single_ = true;
  if (!memory_ || dut_.m_kill_i != 0) return fail("no access goes to the bus");
  const std::optional<uint64_t> want = reference_.device(*memory_);
  const bool store = memory_->op == kStore;
  if (!want || *want != address || beat_) {
    return fail(text(address, " on the bus"));
  }
  if ((dut_.bus_cmd_o == kRead) == store || 1U << dut_.bus_size_o != memory_->bytes() ||
      (store && dut_.bus_wdata_o != memory_->wdata)) {
    return fail("wrong request on the bus");
  }
  if (!stores_done(dut_)) return fail("a store is pending");
  beat_ = Beat{.data = (uint64_t{random_()} << 32) | random_(), .error = address >= kErrorDevice};
}

// -------------------------------------------------------------------------------------------------
// Page walker
// -------------------------------------------------------------------------------------------------

void Bench::pause(Walker::State after) {
  walker_.after = after;
  walker_.state = Walker::State::kPause;
}

void Bench::drive_walker() {
  using State = Walker::State;
  if (walker_.state == State::kPause && !chance(behaviour.gap)) walker_.state = walker_.after;
  const State state = walker_.state;
  dut_.ptw_busy_i = state != State::kIdle;
  dut_.ptw_req_i = state == State::kRead || state == State::kWrite;
  dut_.ptw_we_i = state == State::kWrite;
  dut_.ptw_addr_i = walker_.slot;
  dut_.ptw_wdata_i = walker_.pte;
  dut_.walk_done_i = state == State::kDone && !walker_.fetch;
  dut_.walk_page_fault_i = walker_.page_fault;
  dut_.walk_access_fault_i = walker_.access_fault;
  dut_.walk_ppn_i = (walker_.pte >> 10) & ((uint64_t{1} << 44) - 1);
  dut_.walk_flags_i = walker_.pte & 0xff;
  dut_.walk_level_i = static_cast<CData>(walker_.level);
}

void Bench::watch_walker() {
  using State = Walker::State;
  switch (walker_.state) {
    case State::kIdle: {
      const bool fetch = !execute_ && !memory_ && chance(behaviour.fetch_walk);
      if (dut_.walk_req_o == 0 && !fetch) return;
      walker_ = Walker{.fetch = dut_.walk_req_o == 0, .store = dut_.walk_store_o != 0};
      walker_.vpn = walker_.fetch ? 0x40000 + (random_() % 32) : dut_.walk_vpn_o;
      walker_.slot = reference_.context.root + ((walker_.vpn >> 18) * 8);
      return pause(State::kRead);
    }
    case State::kRead:
      if (dut_.ptw_done_o != 0) read_entry();
      return;
    case State::kWrite:
      if (dut_.ptw_done_o == 0) return;
      walker_.access_fault = dut_.ptw_err_o != 0;
      if (walker_.access_fault == Reference::pmp(reference_.context, walker_.slot, 8, true, 1)) {
        return fail("walker's write: wrong error");
      }
      if (!walker_.access_fault) reference_.write(walker_.slot, walker_.pte, 8);
      return pause(State::kDone);
    case State::kDone:
      walker_.state = State::kIdle;
      return;
    case State::kPause:
      return;
  }
}

void Bench::read_entry() {
  using State = Walker::State;
  const bool good = Reference::in_ram(walker_.slot) &&
                    Reference::pmp(reference_.context, walker_.slot, 8, false, 1);
  if (good == (dut_.ptw_err_o != 0)) return fail("walker's read: wrong error");
  walker_.access_fault = !good;
  if (!good) return pause(State::kDone);
  const uint64_t pte = dut_.ptw_rdata_o;
  if (pte != reference_.read(walker_.slot, 8)) {
    return fail(text("walker reads ", pte, " at ", walker_.slot));
  }
  walker_.pte = pte;
  walker_.page_fault = (pte & 1) == 0;
  if (walker_.page_fault) return pause(State::kDone);
  if ((pte & 0xe) == 0) {
    --walker_.level;
    walker_.slot = ((pte >> 10) << 12) + (((walker_.vpn >> (9 * walker_.level)) & 0x1ff) * 8);
    return pause(State::kRead);
  }
  const Context& context = reference_.context;
  const bool user = (pte & 0x10) != 0;
  const bool mode_ok = context.mode == 0 ? user : !user || context.sum;
  const bool readable = (pte & 2) != 0 || (context.mxr && (pte & 8) != 0);
  walker_.page_fault = !mode_ok || !(walker_.store ? (pte & 4) != 0 : readable);
  const uint64_t set = walker_.store ? 0xc0 : 0x40;
  if (walker_.fetch || walker_.page_fault || (pte & set) == set) return pause(State::kDone);
  walker_.pte |= set;
  return pause(State::kWrite);
}

void Bench::compare_overlay() {
  const std::vector<uint8_t> seen = overlay(dut_, ram_);
  const auto [want, have] = std::ranges::mismatch(reference_.ram(), seen);
  if (want == reference_.ram().end()) return;
  fail(text("a debugger sees ", *have, " at ",
            kRamBase + static_cast<uint64_t>(have - seen.begin()), ", not ", *want));
}

}  // namespace lsu
