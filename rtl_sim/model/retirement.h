// One instruction as the core retired it: the RVFI port of one lane, as plain data.
//
//   while (auto r = model.retire(10'000)) compare(r->pc, r->rd, r->rd_value);
//
// The conventions are those of the RISC-V Formal Interface, with memory made simpler: `mem_addr` is
// the exact byte address, bit i of a mask stands for byte mem_addr + i, and data is
// right-justified.
#pragma once

#include <cstddef>
#include <cstdint>

namespace zext::rtl_sim {

// What a cycle without a retirement was lost to: core_pkg::lost_e.
enum class Lost : uint8_t {
  kNone,
  kOperand,      // waits for a result: load, product, CSR
  kDivide,       // waits for the divider
  kMispredict,   // wrong guess at a branch or jump
  kFlush,        // trap, return from one, fence.i, sfence.vma, CSR that changes translation
  kIcache,       // line of instructions from memory
  kItlb,         // page-table walk for instructions
  kDcache,       // line of data from memory
  kDtlb,         // page-table walk for data
  kStoreBuffer,  // no room for a store
  kUncached,     // device
  kSplit,        // second half of a misaligned access, write of an atomic
  kFence,        // write-back for fence.i
  kWait,         // wfi
  kFetch,        // first instruction after reset; too few instructions fetched
};
inline constexpr size_t kLostCauses = 15;

// In a word or two: "mispredict", "data cache miss", ...
const char* name(Lost cause);

enum class Mode : uint8_t { kUser = 0, kSupervisor = 1, kMachine = 3 };

struct Retirement {
  uint64_t order = 0;      // 0 for the first instruction after reset, then +1 each
  uint64_t cycle = 0;      // cycles since reset at which it left the pipeline
  uint64_t pc = 0;         // address of this instruction
  uint64_t next_pc = 0;    // address of the next; the trap handler's if `trap`
  uint32_t insn = 0;       // as fetched: the upper half is 0 for a compressed instruction
  bool trap = false;       // raised an exception: nothing but trap CSRs was written
  bool interrupt = false;  // the first instruction after an interrupt was taken
  uint64_t cause = 0;      // mcause, when `trap` or `interrupt`
  uint64_t tval = 0;       // mtval, when `trap`
  uint8_t rs1 = 0;         // registers read; 0 when the instruction has no such operand
  uint8_t rs2 = 0;
  uint64_t rs1_value = 0;
  uint64_t rs2_value = 0;
  uint8_t rd = 0;          // register written; 0 for none
  uint64_t rd_value = 0;   // 0 when rd is 0
  uint64_t mem_addr = 0;   // data access; meaningful when a mask is non-zero
  uint8_t mem_rmask = 0;   // bytes read (both masks are set for an AMO)
  uint8_t mem_wmask = 0;   // bytes written (0 for an SC that failed)
  uint64_t mem_rdata = 0;  // as read, zero-extended
  uint64_t mem_wdata = 0;  // as written, zero-extended
  bool csr_write = false;  // a CSR instruction wrote `csr` (its value after WARL rules: csr_value)
  uint16_t csr = 0;
  uint64_t csr_value = 0;

  Mode mode = Mode::kMachine;  // privilege it ran in
  uint64_t mem_paddr = 0;      // mem_addr after translation
  // When it entered these stages, in cycles since reset; retired at `cycle`.
  uint64_t decode_cycle = 0;
  uint64_t execute_cycle = 0;
  uint64_t memory_cycle = 0;
  // Cycles right before `cycle` in which nothing retired, and why in the last of them.
  uint32_t lost_cycles = 0;
  Lost lost = Lost::kNone;
  uint8_t lane = 0;  // 1: retired together with the one before it

  bool operator==(const Retirement&) const = default;
};

}  // namespace zext::rtl_sim
