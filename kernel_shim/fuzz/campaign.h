// Campaign: sequences one after the other, each on an instance of its own, with checks at its end.
//
//   Campaign campaign({.seed = 7, .calls = 300});
//   std::string mistake = campaign.run_one(seed);     // empty, or what was wrong
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel_shim/fuzz/sequence.h"

namespace zext::shim::fuzz {

struct CampaignOptions {
  size_t calls = 300;                // of a sequence
  uint32_t threads = 1;              // each makes its own sequence on the same instance
  uint32_t failures = 0;             // of a thousand allocations, copies ... that are made to fail
  bool check_failing_calls = false;  // that they change nothing (one thread, no failures)
};

// Runs the sequence of this seed: what went wrong, or nothing. `results`: what the calls of the
// first thread answered. Leaks and broken locks end the process (ProcessHost, PoisonHost).
std::string run_sequence(uint64_t seed, const CampaignOptions& options,
                         std::vector<long>* results = nullptr);
// The same of calls that are given, in one thread.
std::string run_calls(const std::vector<Op>& ops, const CampaignOptions& options,
                      std::vector<long>* results = nullptr);

}  // namespace zext::shim::fuzz
