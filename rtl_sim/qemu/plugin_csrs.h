// Makes the values that QEMU's CSRs can hold those that ours can.
//
//   if (auto made = legalize_csrs(env, mode, /*pmp_entries=*/8); !made) refuse(made.error());
//
// The manual leaves much to the implementation (WARL, WLRL), and QEMU 7.2 allows more than it does:
// fields of extensions that are switched off, and modes that are reserved. What is written to a CSR
// is made legal before QEMU gets it; QEMU itself still does everything else. The rules stand in
// plugin_csrs.cc, one a CSR, and come from the manual and rtl_sim/core/README.md.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace zext::rtl_sim::qemu {

// Errors: what this QEMU lacks. Before its first instruction; `mode` points to the privilege mode.
std::expected<void, std::string> legalize_csrs(void* env, const uint64_t* mode,
                                               unsigned pmp_entries);

// What the guest has set in mip: SSIP, STIP, SEIP. QEMU's own mip does not get it, so that nothing
// is taken but what the plugin raises.
uint64_t software_interrupts();

}  // namespace zext::rtl_sim::qemu
