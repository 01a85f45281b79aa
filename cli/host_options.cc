#include "cli/host_options.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "cli/exit_code.h"
#include "cli/input.h"
#include "object/core_relocation.h"
#include "verifier/platform/platform.h"

namespace zext::cli {
namespace {

constexpr char kKernelTypes[] = "/sys/kernel/btf/vmlinux";

// Whether a program traces functions of the kernel, or depends on the layout of its types.
bool needs_types(const object::Program& program) {
  if (!program.core.empty()) return true;
  const auto* platform =
      verifier::find_platform(static_cast<uint8_t>(program.type), program.attach_type);
  return platform != nullptr && platform->entry == verifier::Entry::kBtf;
}

// The kernel's types where a program needs them: those that --btf names, or this machine's.
std::expected<void, object::Error> find_types(const HostOptions& options,
                                              const object::Object& object, Host& host) {
  if (options.btf == "none") return {};
  std::string path = options.btf;
  if (path.empty()) {
    const bool needed = std::ranges::any_of(object.programs, needs_types);
    if (!needed || !std::filesystem::exists(kKernelTypes)) return {};
    path = kKernelTypes;
  }
  auto kernel = verifier::Kernel::load(path);
  if (!kernel) return std::unexpected(kernel.error());
  host.kernel = std::move(*kernel);
  return {};
}

object::Error no_platform(const std::string& name, std::span<const verifier::Platform> rows) {
  std::string names;
  for (const verifier::Platform& row : rows) {
    names += (names.empty() ? "" : ", ") + std::string(row.name);
  }
  return {.where = "--platform " + name, .what = "no such platform", .hint = "one of " + names};
}

// FILE.json, of whose rows each program takes its own, or FILE.json:NAME, which all take.
std::expected<void, object::Error> read_platforms(const std::string& option, Host& host) {
  constexpr std::string_view kEnding = ".json";
  const size_t end = option.find(kEnding) + kEnding.size();
  const std::string file = option.substr(0, end);
  const auto bytes = read_bytes(file);
  if (!bytes) return std::unexpected(bytes.error());
  auto set =
      verifier::load_json({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, file);
  if (!set) return std::unexpected(set.error());
  host.platforms = std::move(*set);
  if (end >= option.size()) return {};
  host.platform = host.platforms->find(option.substr(end + 1).c_str());
  if (host.platform == nullptr) {
    return std::unexpected(no_platform(option, host.platforms->platforms()));
  }
  return {};
}

std::expected<void, object::Error> find_platforms(const std::string& option, Host& host) {
  if (option.empty()) return {};
  if (option.find(".json") != std::string::npos) return read_platforms(option, host);
  host.platform = verifier::find_platform(option.c_str());
  if (host.platform == nullptr) return std::unexpected(no_platform(option, verifier::platforms()));
  return {};
}

}  // namespace

std::expected<Host, object::Error> find_host(const HostOptions& options, object::Object& object) {
  Host host;
  if (auto found = find_types(options, object, host); !found) return std::unexpected(found.error());
  if (host.kernel) {
    const auto applied = object::apply_core(object, host.kernel->btf());
    if (!applied) return std::unexpected(applied.error());
  }
  if (auto found = find_platforms(options.platform, host); !found) {
    return std::unexpected(found.error());
  }
  return host;
}

// The worse of two verdicts: bad input, a rejection, a spent budget.
int worse(int a, int b) {
  const auto rank = [](int code) {
    return code == kBadInput ? 3 : code == kRejected ? 2 : code == kResourceLimit ? 1 : 0;
  };
  return rank(a) >= rank(b) ? a : b;
}

void add_host_options(CLI::App& command, HostOptions& options) {
  command.add_option("--btf", options.btf,
                     "BTF file of the kernel that is to run the programs, or 'none'; by default "
                     "this machine's, where a program needs it");
  command.add_option("--platform", options.platform,
                     "Take this platform, whatever the section says: xdp, sched_cls, ...; "
                     "or the rows of a file of one's own: FILE.json, FILE.json:NAME");
}

}  // namespace zext::cli
