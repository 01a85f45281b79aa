// What verify() says of an object's programs, as one answer: what `zext verify` tells of a file.
//
//   const Judgement judgement = judge(read(build));
//   if (!judgement.accepted) std::puts(judgement.message.c_str());
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace zext::corpus {

struct Judgement {
  bool accepted = false;
  std::string reason;       // of a rejection: "packet-bounds"; or "resource-limit"
  std::string message;      // the first line of `zext verify`: place, reason, sentence
  double milliseconds = 0;  // verification of all its programs
};

// Accepted when each program of the object is; else the first one that is not speaks for it.
// Throws when the bytes are no object, or hold no program that can be asked about.
Judgement judge(const std::vector<uint8_t>& object);

}  // namespace zext::corpus
