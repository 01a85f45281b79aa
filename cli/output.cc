#include "cli/output.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/exit_code.h"
#include "cli/report.h"

namespace zext::cli {

void print_json(const nlohmann::json& value) {
  fmt::print("{}\n", value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

int write_output(const std::string& file, std::span<const uint8_t> bytes) {
  const bool standard_output = file == "-";
  std::FILE* out = standard_output ? stdout : std::fopen(file.c_str(), "wb");
  bool good = out != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
  if (out != nullptr) good = (standard_output ? std::fflush(out) : std::fclose(out)) == 0 && good;
  if (good) return kAccepted;
  return report({.where = file, .what = std::strerror(errno), .hint = "choose another file for -o"},
                false);
}

}  // namespace zext::cli
