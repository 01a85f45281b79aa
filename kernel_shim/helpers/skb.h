// What helpers on __sk_buff have in common.
#pragma once

#include <cstdint>

#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/programs/context.h"

namespace zext::shim::helpers {

// Offsets are 32 bits of which Linux wants 31.
inline constexpr uint32_t kMaxOffset = 0x7fff'ffff;

inline SkbContext& skb_of(uint64_t argument) { return *pointer<SkbContext>(argument); }
inline uint64_t skb_length(const Run& run) {
  return static_cast<uint64_t>(run.packet->end - run.packet->data);
}

}  // namespace zext::shim::helpers
