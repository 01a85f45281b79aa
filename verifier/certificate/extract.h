// extract: what the analysis found of an accepted program, as a certificate.
//
//   Extraction extraction(subject);
//   const Verdict verdict = verify(subject, {.cut_points = &extraction.receiver()});
//   if (verdict.outcome == Outcome::kAccepted) write(*extraction.certificate());
//
// The cut points are in a weak topological order (fixpoint/cut_points.h). Say that an edge leads
// from one to the next that an execution passes. Then it leads either to a later one, or to the
// head of a loop around where it starts, whose round is one more then. Either way the rounds of
// loops around both ends keep their values. A loop may be entered beside its head.
#pragma once

#include <expected>
#include <string>

#include "verifier/certificate/certificate.h"
#include "verifier/cut_point.h"
#include "verifier/state/state.h"
#include "verifier/subject.h"

namespace zext::verifier::certificate {

class Extraction {
 public:
  // `subject` must outlive it.
  explicit Extraction(const Subject& subject);
  Extraction(const Extraction&) = delete;
  Extraction& operator=(const Extraction&) = delete;

  const CutPointReceiver& receiver() const { return receiver_; }

  // Of the program that was accepted; or what cannot be said in certificates. Certificate::subject
  // is left 0.
  const std::expected<Certificate, std::string>& certificate() const { return certificate_; }

 private:
  static void add(void* context, const CutPointSeen& point);

  const Subject& subject_;
  CutPointReceiver receiver_;
  std::expected<Certificate, std::string> certificate_;
};

// The same of one state, at pc; in no loop. What certificates cannot say: dynptrs and iterators on
// the stack, and RCU sections.
std::expected<CutPoint, std::string> describe(const State& state, const Subject& subject,
                                              uint32_t pc);

// A map's number in certificates, or kNone for one that the subject does not know. An inner map
// that the subject lists itself has its own number.
uint32_t map_number(const Map* map, const Subject& subject);

}  // namespace zext::verifier::certificate
