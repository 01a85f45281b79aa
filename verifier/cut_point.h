// CutPointSeen: the states for which an accepted program is safe, and ends, one by one, for whoever
// makes a certificate of them (certificate/extract.h).
//
//   const CutPointReceiver receiver{.context = &list, .add = [](void* list, const CutPointSeen& p)
//   {...}}; verify(subject, {.cut_points = &receiver});
#pragma once

#include <cstdint>

namespace zext::verifier {

struct State;

// A state that stands for every execution that passes its instruction in a way that matters
// (fixpoint/cut_points.h). Valid during the call only.
struct CutPointSeen {
  uint32_t pc = 0;
  const State& state;
  // The cut point, counted from 0, at the head of the loop that it is in; ~0: it is in none.
  uint32_t parent = 0;
  bool loop = false;   // the head of a loop
  uint32_t round = 0;  // loop: the symbol that counts its rounds
};

struct CutPointReceiver {
  void* context = nullptr;
  // The program is accepted: for each of its cut points, in a weak topological order.
  void (*add)(void* context, const CutPointSeen& point) = nullptr;
};

}  // namespace zext::verifier
