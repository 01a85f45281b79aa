#include "kernel_shim/helpers/helper.h"

#include <iterator>

#include "isa/ebpf/insn.h"
#include "kernel_shim/helpers/functions.h"

namespace zext::shim {

// For each row a null of its name, which is found where functions.h declares no function.
namespace no_helpers {
#define HELPER(number, name, ...) inline constexpr HelperFunction name = nullptr;
#include "verifier/platform/helpers.def"
}  // namespace no_helpers
namespace helpers {
// NOLINTNEXTLINE(google-build-using-namespace): what is not declared here is found there.
using namespace no_helpers;
}  // namespace helpers

namespace {

struct Entry {
  uint32_t number;
  HelperFunction function;
};

constexpr Entry kEntries[] = {
#define HELPER(number, name, ...) {number, helpers::name},
#include "verifier/platform/helpers.def"
};

// Rows are ascending without gaps: number n is at n - 1.
constexpr bool is_dense() {
  for (uint32_t i = 0; i < std::size(kEntries); ++i) {
    if (kEntries[i].number != i + 1) return false;
  }
  return true;
}
static_assert(is_dense());

}  // namespace

HelperFunction helper_function(uint32_t number) {
  return number == 0 || number > std::size(kEntries) ? nullptr : kEntries[number - 1].function;
}

verifier::Platform available(const verifier::Platform& platform) {
  verifier::Platform less = platform;
  for (uint32_t number = 0; number < 64 * verifier::kHelperWords; ++number) {
    if (helper_function(number) != nullptr || number == uint32_t{ebpf::kTailCallHelper}) continue;
    less.helpers[number / 64] &= ~(uint64_t{1} << (number % 64));
  }
  return less;
}

}  // namespace zext::shim
