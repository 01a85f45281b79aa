// History: what a run has asked of its surroundings: bytes of memory, helpers' answers. From it and
// an example of the words comes the input that makes the run happen.
//
//   for (const Event* event = machine.history.get(); event != nullptr; event = event->before.get())
//
// A list that the ways on from an instruction share.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "verifier/subject.h"
#include "verifier/symbolic/term.h"
#include "verifier/type.h"

namespace zext::verifier::symbolic {

// Memory that is somewhere else than other memory.
struct Region {
  Type type = Type::kUninitialised;
  uint32_t object = 0;
  friend bool operator==(const Region&, const Region&) = default;
};

struct Event {
  enum class Kind : uint8_t {
    kByte,     // `byte` is at `offset` of the region; `initial`: and was before the run
    kLookup,   // of `key` in `map`: the value is the region `object`, if it is there
    kElement,  // a callback is given an element of `map`: its key and value are regions
    kDecided,  // `object` is there, or is 0
    kPointer,  // a field of the context leads to `object`
    kCall,     // a helper's answer
    kLost,     // something that no input says was written
  };
  Kind kind = Kind::kByte;
  uint32_t pc = 0;
  Region region = {};
  Term offset = {};
  Term byte = {};
  bool initial = false;
  const Map* map = nullptr;
  std::vector<Term> key = {};
  uint32_t object = 0;      // kLookup, kElement: of the value; kCall: of a pointer that is given
  uint32_t key_object = 0;  // kElement
  bool null = false;        // kDecided
  Term result = {};         // kCall
  uint32_t bytes = 0;       // kCall: of the memory that the result points to
  uint32_t helper = 0;      // kCall: its number
  struct Fill {
    uint8_t reg = 0;
    std::vector<Term> bytes = {};
  };
  std::vector<Fill> fills = {};  // kCall
  std::shared_ptr<const Event> before = {};

  // Long lists are taken apart one by one, not by recursion.
  ~Event() {
    while (before != nullptr && before.use_count() == 1) {
      std::shared_ptr<const Event> next = before->before;
      before = std::move(next);
    }
  }
};

using History = std::shared_ptr<const Event>;

}  // namespace zext::verifier::symbolic
