#include "rtl_sim/lockstep/privileged_handlers.h"

#include "rtl_sim/lockstep/privileged_layout.h"
#include "rtl_sim/lockstep/random_code.h"

namespace zext::rtl_sim::lockstep {
namespace {

using rv64::Op;

constexpr unsigned kVectors = 16;

// One mode's names for the same things.
struct Names {
  rv64::Reg scratch;
  uint16_t status, epc, cause, tval, enable, pending;
  uint32_t return_bits;
};

class Handler {
 public:
  explicit Handler(const Names& names) : names_(names) {}

  // The table, what distinguishes traps, and what goes on; `end` is appended for the end.
  std::vector<uint8_t> with(const std::vector<uint8_t>& end);

 private:
  void add(Op op, unsigned rd, unsigned rs1, unsigned rs2, uint64_t imm = 0) {
    RandomCode::append(bytes_, RandomCode::make(op, rd, rs1, rs2, imm));
  }
  // A branch to the end, at `at`, where a register differs from (or is) x0.
  void branch(Op op, unsigned reg, uint64_t at) { add(op, 0, reg, 0, at - bytes_.size()); }

  Names names_;
  std::vector<uint8_t> bytes_;
};

std::vector<uint8_t> Handler::with(const std::vector<uint8_t>& end) {
  const unsigned scratch = names_.scratch;
  constexpr uint64_t kCommon = 4 * kVectors;
  constexpr uint64_t kInterrupt = kCommon + 13 * 4, kEnd = kInterrupt + 5 * 4;
  for (unsigned i = 0; i < kVectors; ++i) add(Op::kJal, 0, 0, 0, kCommon - bytes_.size());

  add(Op::kCsrrs, scratch, 0, 0, names_.cause);
  branch(Op::kBlt, scratch, kInterrupt);
  // To be compared: what the trap has left.
  add(Op::kCsrrs, kSeen, 0, 0, names_.status);
  add(Op::kCsrrs, kSeen, 0, 0, names_.tval);
  branch(Op::kBne, kDone, kEnd);
  add(Op::kAddi, scratch, scratch, 0, -1);  // fetch: access fault
  branch(Op::kBeq, scratch, kEnd);
  add(Op::kAddi, scratch, scratch, 0, -11);  // fetch: page fault
  branch(Op::kBeq, scratch, kEnd);
  add(Op::kCsrrs, scratch, 0, 0, names_.epc);
  add(Op::kAddi, scratch, scratch, 0, 4);
  add(Op::kCsrrw, 0, scratch, 0, names_.epc);
  RandomCode::append(bytes_, names_.return_bits, 4);
  // Where SRET traps (TSR), M mode's handler goes on here; what follows is the interrupt's code,
  // and leads to another SRET. Hence the end comes next by way of kDone.

  add(Op::kAddi, kSeen, 0, 0, 1);
  add(Op::kSll, kSeen, kSeen, scratch);  // the cause's number is in the low six bits
  add(Op::kCsrrc, 0, kSeen, 0, names_.enable);
  add(Op::kCsrrc, 0, kSeen, 0, names_.pending);
  RandomCode::append(bytes_, names_.return_bits, 4);

  bytes_.insert(bytes_.end(), end.begin(), end.end());
  return bytes_;
}

}  // namespace

std::vector<uint8_t> machine_handler() {
  std::vector<uint8_t> end;
  auto add = [&end](Op op, unsigned rd, unsigned rs1, unsigned rs2, uint64_t imm = 0) {
    RandomCode::append(end, RandomCode::make(op, rd, rs1, rs2, imm));
  };
  add(Op::kAddi, kDone, 0, 0, 0);
  RandomCode::load(end, kMachineScratch, kMprv);
  add(Op::kCsrrc, 0, kMachineScratch, 0, kMstatus);
  add(Op::kJalr, 0, kNextEpisode, 0, 0);
  return Handler({.scratch = kMachineScratch,
                  .status = kMstatus,
                  .epc = kMepc,
                  .cause = kMcause,
                  .tval = kMtval,
                  .enable = kMie,
                  .pending = kMip,
                  .return_bits = kMretBits})
      .with(end);
}

std::vector<uint8_t> supervisor_handler() {
  std::vector<uint8_t> end;
  RandomCode::append(end, RandomCode::make(Op::kAddi, kDone, 0, 0, 1));
  RandomCode::append(end, RandomCode::make(Op::kEcall, 0, 0, 0));
  return Handler({.scratch = kSupervisorScratch,
                  .status = kSstatus,
                  .epc = kSepc,
                  .cause = kScause,
                  .tval = kStval,
                  .enable = kSie,
                  .pending = kSip,
                  .return_bits = kSretBits})
      .with(end);
}

}  // namespace zext::rtl_sim::lockstep
