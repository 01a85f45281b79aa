// Where results go: JSON on standard output, bytes into files.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace zext::cli {

// Pretty-prints on standard output; bytes that are no UTF-8 are replaced.
void print_json(const nlohmann::json& value);

// Writes bytes to a file, or to standard output for "-". Gives kAccepted, or kBadInput after an
// error message.
int write_output(const std::string& file, std::span<const uint8_t> bytes);

}  // namespace zext::cli
