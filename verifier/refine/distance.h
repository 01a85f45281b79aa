// distances: how many instructions at least lie between each and one of the program.
//
//   const auto to = distances(code, 30);
//   to[4]                     // kUnreachable: no way leads from 4 to 30
//
// Calls are entered or stepped over; a function returns to all its callers.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/ebpf/decode.h"

namespace zext::verifier {

inline constexpr uint32_t kUnreachable = ~uint32_t{0};

std::vector<uint32_t> distances(const ebpf::Code& code, uint32_t target);

}  // namespace zext::verifier
