// Random code for one episode of a privileged program: runs in some mode, traps often, and ends.
//
//   std::vector<uint8_t> bytes = random_body(random, tables, {.mode = kUser, .sv39 = true});
//
// Every instruction that can trap is four bytes long, or has a c.nop behind it, so that a handler
// can go on four bytes later. Jumps go forwards only. The end is an ecall with kDone set.
#pragma once

#include <cstdint>
#include <vector>

#include "rtl_sim/lockstep/privileged_tables.h"
#include "rtl_sim/lockstep/random_code.h"

namespace zext::rtl_sim::lockstep {

struct BodyOptions {
  uint64_t mode = 0;      // that it starts in
  bool sv39 = false;      // satp translates
  bool may_wait = false;  // a WFI traps, whatever the mode
  bool aligned = false;   // no misaligned accesses: some PMP entry ends within the data
  unsigned items = 80;    // about as many instructions
};

std::vector<uint8_t> random_body(RandomCode& random, PageTables& tables,
                                 const BodyOptions& options);

}  // namespace zext::rtl_sim::lockstep
