// Prints docs/compatibility.md from the tables that the runtime works by.

#include <bpf/libbpf.h>
#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/compatibility/notes.h"
#include "kernel_shim/helpers/helper.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/programs/test_run.h"
#include "verifier/platform/platform.h"

namespace zext::shim {
namespace {

constexpr const char* kHead = R"(# Compatibility with Linux 5.19

What the runtime in [kernel_shim/](../kernel_shim) answers, and how that differs from Linux 5.19's
bpf(2). Generated from the tables that it works by: `bazel run //kernel_shim/compatibility:update`.
Rows without a note are as in Linux; what is not listed is refused as by a kernel without it.
)";

// Linux 5.19's last ones; the headers may know more.
constexpr uint32_t kMapTypes = BPF_MAP_TYPE_BLOOM_FILTER + 1;
constexpr uint32_t kProgramTypes = BPF_PROG_TYPE_SYSCALL + 1;

struct CommandRow {
  uint32_t number;
  const char* name;
};

constexpr CommandRow kCommands[] = {
#define COMMAND(number, last, name) {number, #number},
#include "kernel_shim/bpf/commands.def"
};

void print_commands() {
  fmt::print("\n## Commands\n\n| command | number | |\n|---|---|---|\n");
  for (const CommandRow& row : kCommands) {
    fmt::print("| {} | {} | supported |\n", std::string_view(row.name).substr(4), row.number);
  }
  for (const OtherCommand& other : kOtherCommands) {
    fmt::print("| {} | {} | not supported: {} |\n", other.name, other.number, other.text);
  }
}

void print_maps() {
  fmt::print("\n## Maps\n\n| type | number | |\n|---|---|---|\n");
  for (uint32_t type = 1; type < kMapTypes; ++type) {
    const char* name = libbpf_bpf_map_type_str(static_cast<bpf_map_type>(type));
    const char* note = note_of(kMapNotes, type);
    const bool known = map_ops(type) != nullptr;
    fmt::print("| {} | {} | {}{}{} |\n", name == nullptr ? "?" : name, type,
               known ? "supported" : "not supported", *note == '\0' ? "" : "; ", note);
  }
}

void print_helpers() {
  fmt::print(
      "\n## Helpers\n\nThe verifier knows the prototypes of all {}; these have a function, and "
      "programs that call others are refused (`unknown func bpf_...`).\n\n| helper | number |"
      "\n|---|---|\n",
      verifier::helpers().size());
  for (const verifier::Helper& helper : verifier::helpers()) {
    const bool tail_call = helper.number == BPF_FUNC_tail_call;
    if (!tail_call && helper_function(helper.number) == nullptr) continue;
    fmt::print("| bpf_{} | {} |\n", helper.name, helper.number);
  }
}

void print_programs() {
  fmt::print(
      "\n## Program types\n\n| type | number | loads | PROG_TEST_RUN |\n|---|---|---|---|\n");
  for (uint32_t type = 1; type < kProgramTypes; ++type) {
    const char* name = libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(type));
    const bool loads =
        verifier::find_platform(static_cast<uint8_t>(type), verifier::kAnyAttachType) != nullptr ||
        verifier::find_platform(static_cast<uint8_t>(type), 0) != nullptr;
    fmt::print("| {} | {} | {} | {} |\n", name == nullptr ? "?" : name, type, loads ? "yes" : "no",
               test_run_of(type) != nullptr ? "yes" : "");
  }
}

}  // namespace
}  // namespace zext::shim

int main() {
  fmt::print("{}", zext::shim::kHead);
  zext::shim::print_commands();
  zext::shim::print_maps();
  zext::shim::print_helpers();
  zext::shim::print_programs();
  return 0;
}
