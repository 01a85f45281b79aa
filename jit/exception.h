// Exceptions: the loads that may fault, and how a kernel's trap handler goes on after one of them.
//
//   // Trap with scause (or mcause) 5 or 13, while text <= sepc < text + code.bytes.size():
//   const Exception* exception = find_exception(table, sepc - text);
//   if (exception == nullptr) panic();            // not a load that may fault
//   x[exception->reg] = 0;                        // the interrupted registers, as saved
//   sepc = text + exception->resume;              // and return from the trap
//
// or all of it by resume_after_fault. The contract with the code that `compile` makes:
//  - at the fault nothing has changed yet but scratch registers (jit/baseline/registers.h): memory,
//    sp and every eBPF register are as before the eBPF instruction;
//  - the handler keeps every other register, and may run on any stack but that of the program
//    below its sp, of which the program uses nothing;
//  - only the listed instruction can fault so: what computes its address accesses no memory.
// A load whose address the machine wants aligned traps with cause 4; a kernel that lets such loads
// trap emulates them before it looks here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "isa/ebpf/insn.h"
#include "isa/rv64/insn.h"

namespace zext::jit {

// A load that may fault. Offsets are from the first byte of the code.
struct Exception {
  uint32_t offset = 0;  // of the machine instruction
  uint32_t resume = 0;  // where to go on
  rv64::Reg reg = 0;    // becomes zero: the machine's register,
  ebpf::Reg dst = 0;    // which holds this one of eBPF's

  friend bool operator==(const Exception&, const Exception&) = default;
};

// The entry of the instruction at `offset`, null if that is no load that may fault. `table` is
// ascending by offset, as in Code::exceptions; any offset may be asked for. Safe in a trap handler:
// it takes no lock, allocates nothing and reads the table only.
constexpr const Exception* find_exception(std::span<const Exception> table, uint64_t offset) {
  size_t low = 0;
  size_t high = table.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (table[middle].offset < offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < table.size() && table[low].offset == offset ? &table[low] : nullptr;
}

// What a trap handler does after a load fault at `pc`, for code at `text`: clears the destination
// in `x` (x0 to x31 of the interrupted program) and moves `pc` on. False, and nothing changes, if
// the instruction at `pc` is no load that may fault.
constexpr bool resume_after_fault(std::span<const Exception> table, uint64_t text, uint64_t& pc,
                                  std::span<uint64_t, rv64::kRegisterCount> x) {
  const Exception* exception = find_exception(table, pc - text);
  if (exception == nullptr) return false;
  x[exception->reg] = 0;
  pc = text + exception->resume;
  return true;
}

}  // namespace zext::jit
