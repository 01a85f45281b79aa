// Machine: a run that stands before an instruction, and what of an abstract description is true of
// it.
//
//   const Machine machine{subject, moment, base};
//   machine.outside(picture)                    // "r3 is 17"; "" where it is inside
//
// Pointers count from the origin of the region that they lead to (verifier/type.h), which their
// address says by itself (verifier/replay/place.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/embedding/picture.h"
#include "verifier/replay/replay.h"
#include "verifier/subject.h"

namespace zext::embedding {

// A content as descriptions count: a number, or the offset in the region of the type.
struct Offset {
  enum class Kind : uint8_t {
    kKnown,
    kElsewhere,  // the address is not in such a region
    kUnknown,    // it may be; where it counts from is not to be seen
  };
  Kind kind = Kind::kKnown;
  uint64_t value = 0;
};

struct Machine {
  const verifier::Subject& subject;
  const verifier::Moment& moment;
  // Frames below the first one of the description: those of callers of a global function.
  uint32_t base = 0;

  Offset offset(verifier::Type type, uint8_t frame, uint64_t content) const;
  uint64_t slot(uint32_t frame, uint32_t at, uint32_t bytes) const;

  // What contradicts the picture, and how many contents were compared.
  std::string outside(const Picture& picture, uint64_t& compared) const;
  std::string outside(const verifier::RegisterFacts& registers, uint64_t& compared) const;

 private:
  bool inside(const verifier::RegisterFact& fact, uint64_t content, uint64_t& compared) const;
  bool right_map(const verifier::RegisterFact& fact, uint64_t content) const;
};

}  // namespace zext::embedding
