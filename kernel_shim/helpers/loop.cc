// Helpers that call functions of the program back.
#include <errno.h>

#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim::helpers {
namespace {

// Linux: BPF_MAX_LOOPS.
constexpr uint32_t kMaxRounds = 8 << 20;

}  // namespace

uint64_t for_each_map_elem(Run& run, const Arguments& arguments) {
  Map& map = *pointer<Map>(arguments[0]);
  const auto for_each = map_ops(map.type)->for_each;
  if (for_each == nullptr) return result(-EINVAL);
  return result(for_each(run.kernel, map, run, arguments[1], arguments[2], arguments[3]));
}

uint64_t loop(Run& run, const Arguments& arguments) {
  const auto rounds = static_cast<uint32_t>(arguments[0]);
  const uint64_t function = arguments[1];
  const uint64_t context = arguments[2];
  if (arguments[3] != 0) return result(-EINVAL);
  if (rounds > kMaxRounds) return result(-E2BIG);
  for (uint32_t i = 0; i < rounds; ++i) {
    if (run.call(run, function, {i, context, 0, 0, 0}) != 0) return i + 1;
  }
  return rounds;
}

}  // namespace zext::shim::helpers
