// Flight: runs of an accepted program on random inputs, each step held against what the
// verification says of it.
//
//   Flight flight(subject, verdict, album, certificate, counts);
//   for (uint64_t seed = 0; flight.broken().empty() && !late(); ++seed) flight.run(seed);
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/embedding/machine.h"
#include "tests/embedding/picture.h"
#include "verifier/certificate/certificate.h"
#include "verifier/cfg/cfg.h"
#include "verifier/replay/replay.h"
#include "verifier/subject.h"
#include "verifier/verdict.h"

namespace zext::embedding {

struct Counts {
  uint64_t programs = 0;
  uint64_t runs = 0;
  uint64_t cut_short = 0;   // of runs: many instructions are an end, too
  uint64_t incomplete = 0;  // of runs: the replay cannot go on
  uint64_t steps = 0;
  uint64_t values = 0;         // registers and stack slots that were compared
  uint64_t passes = 0;         // of instructions with cut points
  uint64_t passes_in_one = 0;  //
  uint64_t rounds = 0;         // passes of loop heads, after one in a loop's cut point
  uint64_t rounds_in_one = 0;  //
};

class Flight {
 public:
  // All are referred to. The certificate may be null.
  Flight(std::string name, const verifier::Subject& subject, const verifier::Verdict& verdict,
         const Album& album, const verifier::certificate::Certificate* certificate, Counts& counts);

  void run(uint64_t seed);
  // What went wrong; "": nothing did.
  const std::string& broken() const { return broken_; }

 private:
  using CutPoint = verifier::certificate::CutPoint;

  void step(const verifier::Moment& moment, const verifier::Input& input);
  std::string outside(const verifier::Moment& moment);
  void pass(const verifier::Moment& moment, const verifier::Input& input);
  void leave_loops(const verifier::Moment& moment);
  bool in_one(const verifier::Moment& moment, const verifier::Input& input, bool loops) const;

  const std::string name_;
  const verifier::Subject& subject_;
  const verifier::Verdict& verdict_;
  const Album& album_;
  Counts& counts_;
  bool functions_apart_ = false;  // some are verified on their own, with frames of their own
  std::vector<uint32_t> probes_;
  std::map<uint32_t, std::vector<const CutPoint*>> points_;  // by pc
  const verifier::Cfg cfg_;
  // Loops that the run is in, and has been in a cut point of, by frames and the head's pc: its
  // rounds since then.
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> in_loops_;
  std::string broken_;
};

}  // namespace zext::embedding
