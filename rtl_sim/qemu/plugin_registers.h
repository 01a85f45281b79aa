// Where this QEMU keeps the guest's registers: found by probing, since no interface tells it.
//
//   auto found = Registers::find();            // on the vCPU's thread, between two instructions
//   uint64_t a0 = found->gpr[10];
//
// Each place is found by writing values through QEMU's own gdb and CSR functions and looking for
// them in the CPU's object; it counts only if it is the only one and if it reads back. So another
// version of QEMU gives either right registers or an error, never wrong ones.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace zext::rtl_sim::qemu {

struct Registers {
  // What a trap into one mode writes.
  struct Trap {
    uint64_t* epc = nullptr;
    uint64_t* cause = nullptr;
    uint64_t* tval = nullptr;
  };

  void* cpu = nullptr;      // what QEMU's functions call CPU
  uint64_t* gpr = nullptr;  // x0 to x31; at the same address is what they call env
  uint64_t* mode = nullptr;
  uint64_t* mstatus = nullptr;
  uint64_t* satp = nullptr;
  Trap machine, supervisor;

  // Leaves each register as it was. Errors: what this QEMU lacks, in words for the user.
  static std::expected<Registers, std::string> find();
};

}  // namespace zext::rtl_sim::qemu
