// How long the running kernel's verifier takes: what its log says, loading with libbpf.
//
//   if (!corpus::why_not_linux()) linux_times(bytes, {})["count_packets"]     // milliseconds
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/verifier/sample.h"

namespace zext::bench {

// By program: the median of the rounds. Programs that it did not accept are missing. Nothing stays
// loaded.
std::map<std::string, double> linux_times(const std::vector<uint8_t>& object,
                                          const Repetition& repetition);

}  // namespace zext::bench
