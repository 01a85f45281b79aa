#include "cli/elf_machines.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "rtl_sim/lockstep/lockstep.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/qemu/qemu.h"

namespace zext::cli {
namespace {

namespace sim = rtl_sim;

object::Error converted(const sim::Error& error) {
  return {.where = error.where.empty() ? "the machine" : error.where,
          .what = error.what,
          .hint = error.fix};
}

std::vector<sim::MemoryRange> dumps_of(const ElfRun& run) {
  if (!run.dump || run.dump->size == 0) return {};
  return {*run.dump};
}

std::vector<uint8_t> first_of(std::vector<std::vector<uint8_t>> dumps) {
  return dumps.empty() ? std::vector<uint8_t>() : std::move(dumps.front());
}

std::string no_end(uint64_t limit, const char* unit) {
  return fmt::format("it did not end within {} {}", limit, unit);
}

std::expected<ElfOutcome, object::Error> on_core(const sim::Image& image, const ElfRun& run) {
  sim::ModelConfig config;
  config.preset = run.preset;
  config.trace_file = run.trace;
  config.trace_from = run.trace_from;
  config.trace_to = run.trace_to;
  config.console = run.console;
  auto model = sim::Model::create(config);
  if (!model) return std::unexpected(converted(model.error()));
  if (auto loaded = model->load(image); !loaded) return std::unexpected(converted(loaded.error()));
  if (run.fault) model->inject_fault(run.fault->order, run.fault->mask);
  const auto start = std::chrono::steady_clock::now();
  const sim::Outcome ended = model->run(run.max_cycles);
  ElfOutcome outcome;
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  outcome.exit_code = ended.exit_code;
  outcome.tohost = ended.tohost;
  outcome.instructions = ended.instructions;
  outcome.cycles = ended.cycles;
  if (ended.stop == sim::Outcome::Stop::kHtifRequest) {
    outcome.end = ElfOutcome::End::kUnserved;
  } else if (ended.stop != sim::Outcome::Stop::kExited) {
    outcome.end = ElfOutcome::End::kHang;
    outcome.report = no_end(run.max_cycles, "cycles") + "\n" + ended.hang;
  }
  if (run.dump) {
    outcome.dump.resize(run.dump->size);
    if (auto read = model->read(run.dump->base, outcome.dump); !read) {
      return std::unexpected(converted(read.error()));
    }
  }
  return outcome;
}

std::expected<ElfOutcome, object::Error> on_qemu(const sim::Image& image, const ElfRun& run) {
  sim::qemu::Options options;
  options.max_instructions = run.max_cycles;
  options.dump = dumps_of(run);
  auto ended = sim::qemu::run(image, options);
  if (!ended && ended.error().what == sim::qemu::kStalled) {
    ElfOutcome outcome;
    outcome.end = ElfOutcome::End::kHang;
    outcome.report = "it waits for an interrupt that does not come, or so it seems";
    return outcome;
  }
  if (!ended) return std::unexpected(converted(ended.error()));
  ElfOutcome outcome;
  outcome.exit_code = ended->exit_code;
  outcome.tohost = ended->tohost;
  outcome.instructions = ended->instructions;
  outcome.seconds = ended->seconds;
  outcome.dump = first_of(std::move(ended->memory));
  if (ended->stop == sim::qemu::Outcome::Stop::kHtifRequest) {
    outcome.end = ElfOutcome::End::kUnserved;
  } else if (ended->stop == sim::qemu::Outcome::Stop::kInstructionLimit) {
    outcome.end = ElfOutcome::End::kHang;
    outcome.report = no_end(run.max_cycles, "instructions");
  }
  return outcome;
}

std::expected<ElfOutcome, object::Error> in_lockstep(const sim::Image& image, const ElfRun& run) {
  sim::lockstep::Options options;
  options.max_instructions = run.max_cycles;
  options.preset = run.preset;
  options.dump = dumps_of(run);
  if (run.fault) {
    options.fault = sim::lockstep::Fault{.order = run.fault->order, .mask = run.fault->mask};
  }
  uint64_t last_pc = image.entry;
  auto ended = sim::lockstep::run(
      image, options, [&](const sim::Retirement& retirement) { last_pc = retirement.pc; });
  if (!ended) return std::unexpected(converted(ended.error()));
  ElfOutcome outcome;
  outcome.exit_code = ended->exit_code;
  outcome.tohost = ended->tohost;
  outcome.instructions = ended->instructions;
  outcome.cycles = ended->cycles;
  outcome.seconds = ended->seconds;
  outcome.dump = first_of(std::move(ended->memory));
  if (ended->divergence) {
    outcome.end = ElfOutcome::End::kDiverged;
    outcome.report = sim::lockstep::text(*ended->divergence);
  } else if (ended->stop == sim::lockstep::Report::Stop::kHtifRequest) {
    outcome.end = ElfOutcome::End::kUnserved;
  } else if (ended->stop != sim::lockstep::Report::Stop::kExited) {
    outcome.end = ElfOutcome::End::kHang;
    outcome.report =
        no_end(run.max_cycles, "instructions") + fmt::format("; the last was at {:#x}", last_pc);
  }
  return outcome;
}

}  // namespace

std::expected<ElfOutcome, object::Error> execute_elf(Machine machine, const sim::Image& image,
                                                     const ElfRun& run) {
  if (machine == Machine::kQemu) return on_qemu(image, run);
  return machine == Machine::kRtl ? on_core(image, run) : in_lockstep(image, run);
}

}  // namespace zext::cli
