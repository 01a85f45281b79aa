// Pictures: what an exploration knows before each instruction, with so many frames, of registers
// and of stack slots: the join of all states that it passed.
//
//   Album album;
//   verify(subject, {.observer = &album.observer()});       // accepted
//   for (const auto& [frames, picture] : album.at(pc)) ...
//
// Only the attempt that accepted counts: a new one begins a new album.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "verifier/facts.h"
#include "verifier/observer.h"
#include "verifier/state/state.h"

namespace zext::embedding {

struct Cell {
  uint16_t at = 0;  // from the lowest of the frame's 512 bytes
  uint8_t bytes = 0;
  verifier::RegisterFact fact;
};

struct Picture {
  verifier::RegisterFacts registers;
  std::vector<std::vector<Cell>> frames;  // the outermost first; cells that every state had
};

class Album {
 public:
  Album();
  Album(const Album&) = delete;
  Album& operator=(const Album&) = delete;

  const verifier::Observer& observer() const { return observer_; }
  // By the number of frames; none where no state was.
  const std::map<size_t, Picture>& at(uint32_t pc) const;

 private:
  void add(uint32_t pc, const verifier::State& state);

  verifier::Observer observer_;
  std::map<uint32_t, std::map<size_t, Picture>> pictures_;
};

}  // namespace zext::embedding
