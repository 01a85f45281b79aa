// zext run, for an RV64 executable: it runs as it is, by the protocol of riscv-tests. It ends when
// it stores 2 * code + 1 to `tohost`; code 0 is success, any other the number of what failed.
//
//   if (is_rv64_elf(bytes)) return run_elf("add.elf", bytes, {.machine = Machine::kRtl});
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "cli/elf_machines.h"

namespace zext::cli {

// Of a run for which the user gives none: minutes of simulation.
inline constexpr uint64_t kDefaultMaxCycles = 1'000'000'000;

struct ElfRunOptions {
  std::string preset = "default";  // of the core
  uint64_t max_cycles = kDefaultMaxCycles;
  std::string signature;     // a file for what lies between begin_signature and end_signature
  std::string trace;         // a file for the core's waveform
  std::string trace_cycles;  // FROM:TO, the part of the run that it shows
};

// Whether bytes are an ELF file for RISC-V, by its machine field; of BPF ones another one is there.
bool is_rv64_elf(std::span<const uint8_t> bytes);

// Runs the file called `name` on a machine other than the interpreter, and reports on standard
// output: kAccepted if it ended with code 0, kRejected if with another, if it did not end, or if
// the machines diverged; kBadInput if it cannot run.
int run_elf(const std::string& name, std::span<const uint8_t> bytes, Machine machine,
            const ElfRunOptions& options, const std::optional<SeededFault>& fault, bool json);

}  // namespace zext::cli
