// cut_points: of the states kept in an exploration those that a proof needs, and how their loops
// nest.
//
//   const std::vector<CutPoint> cuts = cut_points(before, covers);
//   cuts[1].parent                     // 0: it is in the loop whose head is cuts[0]
//
// Between cut points an exploration only follows the program. An edge leads from the cut point that
// a path passed last to the next one that it passes, or that covers it. The result is a weak
// topological order of this graph (as in cfg/order.h): each edge leads to a later cut point, or to
// the head of a loop around where it starts; those that follow a head with it as parent, and their
// children, are its loop. Heads are the states of their loops that were kept first, so by the
// argument in explorer.h each is generalised, and came round to with its round symbol one more.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace zext::verifier {

struct CutPoint {
  static constexpr uint32_t kNone = ~uint32_t{0};

  uint32_t kept = 0;        // index of the state
  uint32_t parent = kNone;  // index in the result: head of the innermost loop that it is in
  bool loop = false;        // whether it is a head
};

// The end of a path: the state that it passed last (kNone: it passed none) and the one that covers
// it.
struct Cover {
  uint32_t from = CutPoint::kNone;
  uint32_t to = 0;
};

// `before` says of each state which one its path passed before it, if any; that is an earlier one.
std::vector<CutPoint> cut_points(std::span<const uint32_t> before, std::span<const Cover> covers);

}  // namespace zext::verifier
