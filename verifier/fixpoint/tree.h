// Tree: the paths explored, as a tree of stretches; a stretch is open while work is left in it.
//
//   const uint32_t child = tree.child(stretch);      // at a fork or a kept state
//   tree.close(child);                               // its path ended
//
// Exploration is depth first, so the open stretches are the ancestors of the one being explored,
// besides forks that wait for their turn and have made nothing yet. That is what makes a symbol
// made in an open stretch one and the same value for everything explored now.
#pragma once

#include <cstdint>
#include <vector>

namespace zext::verifier {

class Tree {
 public:
  // The root, with one path in it.
  Tree() : stretches_{{.parent = 0, .pending = 1}} {}

  // A stretch that goes on where its parent's path stands. The first child takes the parent's path
  // over; each further one needs fork() before.
  uint32_t child(uint32_t parent) {
    stretches_.push_back({.parent = parent, .pending = 1});
    return static_cast<uint32_t>(stretches_.size()) - 1;
  }
  void fork(uint32_t stretch) { ++stretches_[stretch].pending; }

  // The path in this stretch ended; ends each ancestor that has nothing else left.
  void close(uint32_t stretch) {
    while (--stretches_[stretch].pending == 0 && stretch != 0) stretch = stretches_[stretch].parent;
  }

  bool open(uint32_t stretch) const { return stretches_[stretch].pending != 0; }

 private:
  struct Stretch {
    uint32_t parent = 0;
    uint32_t pending = 0;
  };
  std::vector<Stretch> stretches_;
};

}  // namespace zext::verifier
