#include "rtl_sim/core/testbench/ifetch_bench.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace zext::rtl_sim {
namespace {

constexpr unsigned kPatience = 2000;  // cycles

uint32_t vpn_of(uint64_t pc) { return static_cast<uint32_t>(pc >> 12 & 0x7ff'ffff); }

bool ends_page(uint64_t pc) { return pc % 4096 == 4094; }

bool is_long(uint16_t halfword) { return (halfword & 3) == 3; }

}  // namespace

FetchBench::FetchBench(FetchReference& reference, uint64_t seed)
    : reference_(reference), dut_(std::make_unique<Vifetch>()), rng_(seed) {
  dut_->clk_i = 0;
  dut_->rst_ni = 0;
  drive({});
  dut_->eval();
  dut_->clk_i = 1;
  dut_->eval();
  dut_->clk_i = 0;
  dut_->eval();
  dut_->rst_ni = 1;
}

void FetchBench::set_bus_latency(unsigned cycles, bool random) {
  bus_latency_ = cycles;
  bus_random_ = random;
}

void FetchBench::drive(const FetchEvents& events) {
  dut_->mode_i = reference_.mode;
  dut_->sv39_i = reference_.sv39;
  dut_->asid_i = reference_.asid;
  dut_->ram_base_i = kRamBase;
  dut_->ram_size_i = reference_.ram_size;
  dut_->pmp_cfg_i = 0;
  for (unsigned i = 0; i < kPmpEntries; ++i) {
    dut_->pmp_cfg_i |= uint64_t{reference_.pmp_cfg[i]} << 8 * i;
    for (unsigned bit = 0; bit < 54; ++bit) {
      const unsigned at = 54 * i + bit;
      const uint32_t mask = uint32_t{1} << at % 32;
      auto& word = dut_->pmp_addr_i.at(at / 32);
      word = (reference_.pmp_addr[i] >> bit & 1) != 0 ? word | mask : word & ~mask;
    }
  }

  dut_->quiet_i = events.quiet;
  dut_->invalidate_i = events.invalidate;
  dut_->sfence_i = events.sfence;
  dut_->sfence_vaddr_valid_i = events.by_address;
  dut_->sfence_vpn_i = events.vpn;
  dut_->sfence_asid_valid_i = events.by_asid;
  dut_->sfence_asid_i = reference_.asid;

  dut_->bus_rvalid_i = !beats_.empty() && bus_wait_ == 0;
  dut_->bus_rdata_i = dut_->bus_rvalid_i != 0 ? beats_.front() : rng_();
  dut_->walk_done_i = walk_ && walk_->wait == 0;
  if (dut_->walk_done_i != 0) {
    dut_->walk_page_fault_i = walk_->leaf.cause == kFetchPage;
    dut_->walk_access_fault_i = walk_->leaf.cause == kFetchAccess;
    dut_->walk_ppn_i = walk_->leaf.ppn;
    dut_->walk_flags_i = walk_->leaf.flags;
    dut_->walk_level_i = walk_->leaf.level;
  }
  dut_->ideal_rdata_i = ideal_data_;
  dut_->d_pc_i = pc_;
}

void FetchBench::begin(const FetchEvents& events) {
  events_ = events;
  drive(events);
  dut_->f_pc_i = pc_;
  dut_->eval();
  check_walk();
  check_window();
}

void FetchBench::check_window() const {
  if (!ready()) return;
  ASSERT_LE(count(), 4U);
  for (unsigned i = 0; i < count(); ++i) {
    const FetchedHalfword expected = reference_.at(pc_ + 2 * i);
    ASSERT_EQ(expected.cause, 0U) << "halfword " << i << " of " << std::hex << pc_;
    ASSERT_EQ(dut_->d_data_o >> 16 * i & 0xffff, expected.data)
        << "halfword " << i << " of " << std::hex << pc_;
  }
  if (fault()) {
    ASSERT_LT(count(), 2U) << std::hex << pc_;
    ASSERT_EQ(reference_.at(pc_ + 2 * count()).cause, cause())
        << "after " << count() << " halfwords of " << std::hex << pc_;
  } else if (count() < 2) {
    ASSERT_EQ(count(), 1U) << std::hex << pc_;
    ASSERT_TRUE(ends_page(pc_)) << std::hex << pc_;
    ASSERT_FALSE(is_long(reference_.at(pc_).data)) << std::hex << pc_;
  }
}

// A walk needs a quiet core and a page that decode has to know.
void FetchBench::check_walk() {
  if (walking() && !walk_) {
    ASSERT_TRUE(walk_allowed_);
    const uint32_t vpn = dut_->walk_vpn_o;
    ASSERT_TRUE(vpn == walk_vpn_ || vpn == ((walk_vpn_ + 1) & 0x7ff'ffff));
    const unsigned wait = walk_latency_ == 0 ? 0 : static_cast<unsigned>(random(walk_latency_));
    walk_ = Walk{.leaf = reference_.permitted_walk(vpn), .wait = wait};
    walk_vpn_ = vpn;
    ++walks;
    // The walker may be as quick as it likes.
    drive(events_);
    dut_->eval();
  }
  if (walk_) {
    ASSERT_TRUE(walking());
    ASSERT_EQ(dut_->walk_vpn_o, walk_vpn_);
  }
}

// Only lines that the window needs, and of which it may have a part, are asked for.
void FetchBench::check_request() {
  ASSERT_EQ(dut_->ev_miss_o, dut_->bus_req_o);
  if (dut_->bus_req_o == 0) return;
  ASSERT_TRUE(kCaches);
  ASSERT_FALSE(refilling());
  const uint64_t line = dut_->bus_addr_o;
  ASSERT_EQ(line % kLineBytes, 0U);
  bool wanted = false;
  for (unsigned i = 0; i < 4; ++i) {
    const FetchedHalfword halfword = reference_.at(pc_ + 2 * i);
    if (halfword.cause != 0) break;
    wanted |= halfword.paddr / kLineBytes * kLineBytes == line;
  }
  ASSERT_TRUE(wanted) << std::hex << pc_ << " asks for " << line;
  for (uint64_t at = 0; at < kLineBytes; at += 8) beats_.push_back(reference_.read(line + at));
  bus_wait_ = bus_random_ ? static_cast<unsigned>(random(bus_latency_)) : bus_latency_ - 1;
  ++requests;
}

void FetchBench::end(uint64_t next_pc) {
  const auto outputs = [this] {
    return std::tuple(dut_->d_ready_o, dut_->d_data_o, dut_->d_count_o, dut_->d_fault_o,
                      dut_->d_cause_o, dut_->d_lost_o, dut_->bus_req_o);
  };
  const auto before = outputs();
  dut_->f_pc_i = next_pc;
  dut_->eval();
  ASSERT_EQ(outputs(), before) << "the next address has changed this cycle";

  if (dut_->bus_rvalid_i != 0) {
    beats_.pop_front();
    bus_wait_ = bus_random_ && random(4) == 0 ? 2 : 0;
  } else if (bus_wait_ > 0) {
    --bus_wait_;
  }
  check_request();
  if (dut_->walk_done_i != 0) {
    walk_.reset();
  } else if (walk_ && walk_->wait > 0) {
    --walk_->wait;
  }
  if (!walk_) {
    walk_allowed_ = events_.quiet;
    walk_vpn_ = vpn_of(pc_);
  }

  const uint64_t ideal_addr = dut_->ideal_raddr_o;
  if (events_.rewrite) reference_.rewrite();
  if (events_.remap) reference_.remap(events_.vpn);
  ideal_data_ = reference_.read(ideal_addr);

  dut_->clk_i = 1;
  dut_->eval();
  dut_->clk_i = 0;
  dut_->eval();
  pc_ = next_pc;
}

unsigned FetchBench::go(uint64_t pc) {
  unsigned lost = 0;
  begin();
  end(pc);
  for (begin(); !ready(); begin()) {
    end(pc);
    if (++lost == kPatience) {
      ADD_FAILURE() << "never ready: " << std::hex << pc;
      break;
    }
  }
  return lost;
}

}  // namespace zext::rtl_sim
