#include <iterator>

#include "verifier/platform/helper.h"
#include "verifier/platform/prototype.h"

namespace zext::verifier {
namespace prototype {
namespace {

constexpr Helper kRows[] = {
#define HELPER(number, name, traits, result, ...) \
  row(number, #name, traits, result __VA_OPT__(, ) __VA_ARGS__),
#include "verifier/platform/helpers.def"
};

constexpr bool ascending() {
  for (uint32_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].number != i + 1) return false;
  }
  return true;
}
static_assert(std::size(kRows) == 211 && ascending(), "helpers.def has each of 1 to 211, in order");

constexpr bool is_size(ArgumentKind kind) {
  return kind == ArgumentKind::kSize || kind == ArgumentKind::kSizeOrZero;
}

// Memory without a size of its own has one behind it, and a size has memory before it.
constexpr bool sizes_match(const Helper& helper) {
  for (size_t i = 0; i < helper.arguments.size(); ++i) {
    const Argument& argument = helper.arguments[i];
    const bool open = argument.kind == ArgumentKind::kMemory && argument.bytes == 0;
    const bool sized = i + 1 < helper.arguments.size() && is_size(helper.arguments[i + 1].kind);
    if (open != sized) return false;
  }
  return !is_size(helper.arguments[0].kind);
}

// Each pair of kinds that belong together does so in every row.
constexpr bool consistent(const Helper& helper) {
  bool map = false, constant = false;
  for (const Argument& argument : helper.arguments) {
    if (argument.kind == ArgumentKind::kMap) map = argument.maps != 0;
    if (argument.kind == ArgumentKind::kConstantSize) constant = true;
    const bool of_map =
        argument.kind == ArgumentKind::kMapKey || argument.kind == ArgumentKind::kMapValue;
    if (of_map && !map) return false;
    if ((argument.kind == ArgumentKind::kFunction) != (argument.callback != Callback::kNone)) {
      return false;
    }
  }
  if (helper.result.kind == ResultKind::kMapValue && !map) return false;
  return helper.result.kind != ResultKind::kRecord || constant;
}

constexpr bool all_consistent() {
  for (const Helper& helper : kRows) {
    if (!sizes_match(helper) || !consistent(helper)) return false;
  }
  return true;
}
static_assert(all_consistent(), "a row's arguments belong together");

}  // namespace
}  // namespace prototype

std::span<const Helper> helpers() { return prototype::kRows; }

}  // namespace zext::verifier
