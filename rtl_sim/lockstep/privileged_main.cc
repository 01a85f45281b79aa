// Random privileged programs in lockstep, one after the other, each failing one named.
//
//   bazel run //rtl_sim/lockstep:privileged -- PRESET FIRST LAST [HISTORY]
//
// Runs the seeds FIRST to LAST - 1; with HISTORY tells that many of the last instructions of both
// sides at each difference.
#include <cstdio>
#include <cstdlib>

#include "rtl_sim/lockstep/lockstep.h"
#include "rtl_sim/lockstep/privileged_program.h"

namespace zext::rtl_sim::lockstep {
namespace {

struct Totals {
  uint64_t instructions = 0, cycles = 0, interrupts = 0, failures = 0;
};

// What differed, in a line: where, and what was expected.
void tell(uint64_t seed, const Report& report, unsigned history) {
  if (!report.divergence) {
    std::printf("seed %lu: ends with %lu\n", seed, report.exit_code);
    return;
  }
  const Divergence& d = *report.divergence;
  std::printf("seed %lu, instruction %lu: %s is %#lx, QEMU's %#lx; pc %#lx, insn %08x; %s\n", seed,
              d.index, name(d.field), d.core_value, d.qemu_value, d.core.pc, d.core.insn,
              d.hint.c_str());
  if (history != 0) std::fputs(text(d).c_str(), stdout);
}

void run_one(uint64_t seed, const Options& options, unsigned history, Totals& totals) {
  const auto report = run(privileged_program({.seed = seed}), options);
  if (!report) {
    std::printf("seed %lu: %s\n", seed, report.error().message().c_str());
    ++totals.failures;
    return;
  }
  totals.instructions += report->instructions;
  totals.cycles += report->cycles;
  totals.interrupts += report->interrupts;
  if (report->passed()) return;
  ++totals.failures;
  tell(seed, *report, history);
}

int main_program(int argc, char** argv) {
  const auto preset = argc < 4 ? std::nullopt : preset_named(argv[1]);
  if (!preset) {
    std::fprintf(stderr, "usage: %s PRESET FIRST LAST [HISTORY]\n", argv[0]);
    return 2;
  }
  const uint64_t first = std::strtoull(argv[2], nullptr, 0);
  const uint64_t last = std::strtoull(argv[3], nullptr, 0);
  const auto history = static_cast<unsigned>(argc > 4 ? std::strtoul(argv[4], nullptr, 0) : 0);
  Options options;
  options.preset = *preset;
  options.max_instructions = 10'000'000;
  options.memory = privileged_memory();
  options.history = history;
  Totals totals;
  for (uint64_t seed = first; seed < last; ++seed) {
    run_one(seed, options, history, totals);
    std::fflush(stdout);
  }
  std::printf("%s: %lu programs, %lu failed; %lu instructions, %lu interrupts, CPI %.2f\n", argv[1],
              last - first, totals.failures, totals.instructions, totals.interrupts,
              totals.instructions == 0
                  ? 0.0
                  : static_cast<double>(totals.cycles) / static_cast<double>(totals.instructions));
  return totals.failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace zext::rtl_sim::lockstep

int main(int argc, char** argv) { return zext::rtl_sim::lockstep::main_program(argc, argv); }
