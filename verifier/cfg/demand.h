// Demand: what the rest of a function may still read, beyond registers: stack slots; and what it
// may compute addresses and sizes from.
//
//   const Demand demand = Demand::of(code, cfg, &platform);
//   demand.before[block].live_slots                 // bit i: the bytes r10 - 8 * (i + 1) and up
//
// Both are guesses in the sense that nothing depends on their truth: what is not in demand is
// forgotten where paths meet, which is always sound, and makes more of them meet.
#pragma once

#include <cstdint>
#include <vector>

#include "verifier/cfg/cfg.h"

namespace zext::verifier {

struct Demand {
  struct Set {
    uint64_t live_slots = 0;  // may be loaded through r10 before they are stored
    uint16_t registers = 0;   // addresses, sizes or what bounds them may be computed from them
    uint64_t slots = 0;       // the same of what is spilled there
    friend bool operator==(const Set&, const Set&) = default;
  };

  std::vector<Set> before;  // by block: at its first instruction

  static Demand of(const ebpf::Code& code, const Cfg& cfg, const Platform* platform = nullptr);
};

}  // namespace zext::verifier
