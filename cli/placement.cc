#include "cli/placement.h"

#include <charconv>
#include <string_view>
#include <system_error>

namespace zext::cli {
namespace {

using object::Error;

// Decimal, or hexadecimal after 0x.
std::optional<uint64_t> number(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::expected<std::vector<jit::HelperAddress>, Error> addresses(
    const std::string& option, const std::vector<std::string>& given) {
  std::vector<jit::HelperAddress> result;
  result.reserve(given.size());
  for (const std::string& text : given) {
    const size_t equals = text.find('=');
    std::optional<uint64_t> id, address;
    if (equals != std::string::npos) {
      id = number(std::string_view(text).substr(0, equals));
      address = number(std::string_view(text).substr(equals + 1));
    }
    if (!id || !address || *id > INT32_MAX) {
      return std::unexpected(Error{.where = option + " " + text,
                                   .what = "not a function's number and its address",
                                   .hint = "for example " + option + " 5=0xffffffff80012340"});
    }
    result.push_back({.id = static_cast<int32_t>(*id), .address = *address});
  }
  return result;
}

}  // namespace

void add_placement_options(CLI::App& command, PlacementOptions& options) {
  command.add_option("--text-address", options.text_address,
                     "Where the first byte of the code will be; without it, it runs anywhere");
  command.add_option("--helper", options.helpers, "NUMBER=ADDRESS of a helper that may be called")
      ->allow_extra_args(false);
  command
      .add_option("--kernel-function", options.kernel_functions,
                  "BTFID=ADDRESS of a kernel function that may be called")
      ->allow_extra_args(false);
  command.add_flag("--pc-relative", options.pc_relative,
                   "Call helpers relative to the pc or not at all; needs --text-address");
}

std::expected<TextPlacement, Error> parse(const PlacementOptions& options, bool linked) {
  if (linked && (!options.text_address.empty() || !options.helpers.empty() ||
                 !options.kernel_functions.empty() || options.pc_relative)) {
    return std::unexpected(Error{.where = "--format elf",
                                 .what = "a linker decides where code and helpers are",
                                 .hint = "leave addresses to it, or take raw code"});
  }
  TextPlacement placement;
  if (!options.text_address.empty()) {
    placement.text_address = number(options.text_address);
    if (!placement.text_address) {
      return std::unexpected(Error{.where = "--text-address " + options.text_address,
                                   .what = "not a number of 64 bits",
                                   .hint = "for example --text-address 0xffffffff90000000"});
    }
  }
  auto helpers = addresses("--helper", options.helpers);
  if (!helpers) return std::unexpected(helpers.error());
  auto functions = addresses("--kernel-function", options.kernel_functions);
  if (!functions) return std::unexpected(functions.error());
  placement.helpers = std::move(*helpers);
  placement.kernel_functions = std::move(*functions);
  if (options.pc_relative) placement.reach = jit::HelperReach::kPcRelative;
  return placement;
}

}  // namespace zext::cli
