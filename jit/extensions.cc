#include "jit/extensions.h"

namespace zext::jit {
namespace {

using rv64::Extension;

std::optional<Extensions> letter(char name) {
  switch (name) {
    case 'i':
      return Extensions{Extension::kI};
    case 'm':
      return Extensions{Extension::kM};
    case 'a':
      return Extensions{Extension::kA};
    case 'c':
      return Extensions{Extension::kC};
    case 'f':
    case 'd':
      return Extensions{};
    case 'g':
      return kRequired | Extensions{Extension::kZicsr, Extension::kZifencei};
    default:
      return std::nullopt;
  }
}

std::optional<Extensions> word(std::string_view name) {
  struct Named {
    std::string_view name;
    Extension extension;
  };
  static constexpr Named kNames[] = {
      {"zicsr", Extension::kZicsr}, {"zifencei", Extension::kZifencei},
      {"zba", Extension::kZba},     {"zbb", Extension::kZbb},
      {"zbs", Extension::kZbs},     {"zicond", Extension::kZicond},
  };
  for (const Named& named : kNames) {
    if (named.name == name) return Extensions{named.extension};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Extensions> parse_march(std::string_view march) {
  constexpr std::string_view kBase = "rv64";
  if (!march.starts_with(kBase)) return std::nullopt;
  march.remove_prefix(kBase.size());
  Extensions result;
  size_t end = march.find('_');
  for (const char name : march.substr(0, end)) {
    const auto found = letter(name);
    if (!found) return std::nullopt;
    result = result | *found;
  }
  while (end != std::string_view::npos) {
    march.remove_prefix(end + 1);
    end = march.find('_');
    const auto found = word(march.substr(0, end));
    if (!found) return std::nullopt;
    result = result | *found;
  }
  if (!result.has(Extension::kI)) return std::nullopt;
  return result;
}

}  // namespace zext::jit
