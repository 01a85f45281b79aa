// Placement: where the text is, where what it calls is, and which of that cannot be.
//
//   const HelperTable helpers(options.helpers);
//   const HelperAddress* helper = helpers.find(5);
//   if (const auto error = misplaced(options, size)) return std::unexpected(*error);
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "jit/compile.h"

namespace zext::jit {

// Addresses by number, found in logarithmic time. Of two for one number the first counts.
class HelperTable {
 public:
  // `helpers` outlives the table.
  explicit HelperTable(std::span<const HelperAddress> helpers) {
    sorted_.reserve(helpers.size());
    for (const HelperAddress& helper : helpers) sorted_.push_back(&helper);
    std::sort(sorted_.begin(), sorted_.end(), [](const HelperAddress* a, const HelperAddress* b) {
      return a->id != b->id ? a->id < b->id : a < b;
    });
  }

  // None: null.
  const HelperAddress* find(int64_t id) const {
    const auto found = std::lower_bound(
        sorted_.begin(), sorted_.end(), id,
        [](const HelperAddress* helper, int64_t wanted) { return helper->id < wanted; });
    return found != sorted_.end() && (*found)->id == id ? *found : nullptr;
  }

 private:
  std::vector<const HelperAddress*> sorted_;
};

// Why a program of `size` bytes cannot be at the options' address; none if it can, or if no address
// is given.
inline std::optional<Error> misplaced(const Options& options, uint64_t size) {
  if (!options.text_address || options.relocatable) return std::nullopt;
  const uint64_t address = *options.text_address;
  const auto bad = [](const char* why) {
    return Error{.kind = Error::Kind::kBadTextAddress, .pc = 0, .why = why};
  };
  const bool compressed = options.extensions.has(rv64::Extension::kC);
  if (address % (compressed ? 2 : 4) != 0) {
    return bad(compressed ? "machine code starts at an even address"
                          : "machine code without the C extension starts at a multiple of 4");
  }
  // Its last byte may be the address space's last.
  if (size != 0 && address + (size - 1) < address) {
    return bad("the machine code would go past the end of the address space; place it lower");
  }
  return std::nullopt;
}

}  // namespace zext::jit
