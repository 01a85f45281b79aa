#include "cli/report.h"

#include <fmt/core.h>

#include "cli/exit_code.h"
#include "cli/output.h"

namespace zext::cli {

int report(const object::Error& error, bool json) {
  if (json) {
    print_json({{"error", {{"where", error.where}, {"what", error.what}, {"hint", error.hint}}}});
  } else {
    fmt::print(stderr, "zext: error: {}\n", error.to_string());
  }
  return kBadInput;
}

}  // namespace zext::cli
