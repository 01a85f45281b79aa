// Options of verify(): how much it may spend, and what it is to keep.
//
//   verify(code, platform, {.max_steps = 100'000, .record_invariants = true});
#pragma once

#include <cstdint>

#include "verifier/cut_point.h"
#include "verifier/observer.h"
#include "verifier/refiner.h"

namespace zext::verifier {

struct Options {
  // Budgets; when one is spent the outcome is kResourceLimit.
  // Instructions explored, over all attempts; and as many again where the refiner is asked.
  uint64_t max_steps = 1'000'000;
  // Abstract states kept at a time: some 2 KiB each, up to 5 on average where stacks are full.
  uint32_t max_states = 40'000;
  // Asked from time to time whether the host's time is up; null: it never is.
  bool (*expired)(void* context) = nullptr;
  void* expired_context = nullptr;
  // Whether addresses may be seen as numbers, as by programs that root loads.
  bool privileged = true;
  // Every access must be aligned, as on hardware that demands it.
  bool strict_alignment = false;
  // Fill Verdict::invariants: costs a join at each step.
  bool record_invariants = false;
  // Looks on; null: nobody does, which costs nothing.
  const Observer* observer = nullptr;
  // Is told why the program is safe, if it is; null: nobody is.
  const CutPointReceiver* cut_points = nullptr;
  // Is asked where the domains cannot show an obligation; null: nobody is.
  const Refiner* refiner = nullptr;
};

}  // namespace zext::verifier
