// One instruction as the core retired it: the RVFI port of one cycle, as plain data.
//
//   while (auto r = model.retire(10'000)) compare(r->pc, r->rd, r->rd_value);
//
// The conventions are those of the RISC-V Formal Interface, with memory made simpler: `mem_addr` is
// the exact byte address, bit i of a mask stands for byte mem_addr + i, and data is
// right-justified.
#pragma once

#include <cstdint>

namespace zext::rtl_sim {

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

  bool operator==(const Retirement&) const = default;
};

}  // namespace zext::rtl_sim
