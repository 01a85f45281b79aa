// Options of verify(): how much it may spend, and what it is to keep.
//
//   verify(code, platform, {.max_steps = 100'000, .record_invariants = true});
#pragma once

#include <cstdint>

namespace zext::verifier {

struct Options {
  // Budgets; when one is spent the outcome is kResourceLimit.
  uint64_t max_steps = 1'000'000;  // instructions explored, over all attempts
  // Abstract states kept at a time: some 2 KiB each, up to 5 on average where stacks are full.
  uint32_t max_states = 40'000;
  // Fill Verdict::invariants: costs a join at each step.
  bool record_invariants = false;
};

}  // namespace zext::verifier
