// What `zext run` found, judged and told: as text for people, as JSON for programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/machines.h"
#include "isa/ebpf/decode.h"
#include "object/program.h"

namespace zext::cli {

struct RunReport {
  const object::Program& program;
  std::vector<Execution> executions;  // the interpreter's first, then another machine's
  std::vector<std::string> regions;   // names, in the order of Execution::memory
  std::optional<uint64_t> expected;   // r0, where --expect gives it
  bool profile = false;               // tell each instruction's cycles

  // Filled in by judge().
  int exit_code = kAccepted;
  std::vector<std::string> complaints;
};

// Compares: every execution returned, r0 and memory are the interpreter's, r0 is the one expected.
void judge(RunReport& report);

std::string to_text(const RunReport& report, const ebpf::Code& code);
std::string to_json(const RunReport& report, const ebpf::Code& code);

}  // namespace zext::cli
