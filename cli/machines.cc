#include "cli/machines.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "cli/image.h"
#include "isa/ebpf/interpreter.h"
#include "rtl_sim/lockstep/lockstep.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/qemu/qemu.h"

namespace zext::cli {
namespace {

namespace sim = rtl_sim;

constexpr std::pair<Machine, const char*> kMachineNames[] = {
    {Machine::kInterpreter, "interpreter"},
    {Machine::kQemu, "qemu"},
    {Machine::kRtl, "rtl"},
    {Machine::kLockstep, "lockstep"},
};

// An instruction of the core takes a few cycles; this many for each is a hang.
constexpr uint64_t kCyclesPerInstruction = 200;

// Of an entry of the exception table in memory, and what the table's alignment takes.
constexpr uint64_t kMaxExceptionBytes = 24;

// All of a setting.
sim::MemoryRange memory_of(const Setting& setting) {
  constexpr uint64_t kChunk = uint64_t{1} << 20;
  uint64_t end = kMemoryEnd;
  for (const Region& region : setting.regions) {
    end = std::max(end, (region.address + region.bytes.size() + kChunk - 1) / kChunk * kChunk);
  }
  return {.base = kStartAddress, .size = end - kStartAddress};
}

object::Error converted(const sim::Error& error) {
  return {.where = error.where.empty() ? "the machine" : error.where,
          .what = error.what,
          .hint = error.fix};
}

// What a run left behind, in the order of `ranges_of`.
std::vector<sim::MemoryRange> ranges_of(const Setting& setting) {
  std::vector<sim::MemoryRange> ranges = {{.base = kResult, .size = 32}};
  for (const Region& region : setting.regions) {
    if (!region.bytes.empty()) {
      ranges.push_back({.base = region.address, .size = region.bytes.size()});
    }
  }
  return ranges;
}

uint64_t word_at(const std::vector<uint8_t>& bytes, size_t at) {
  uint64_t value = 0;
  for (size_t i = 8; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

void take_memory(Execution& execution, const Setting& setting,
                 std::vector<std::vector<uint8_t>> dump) {
  size_t next = 1;
  for (const Region& region : setting.regions) {
    execution.memory.push_back(region.bytes.empty() ? std::vector<uint8_t>()
                                                    : std::move(dump[next++]));
  }
}

// The end of a run that stored `tohost`: the result, or the trap that the start-up code recorded.
void finish(Execution& execution, uint64_t exit_code, const Setting& setting,
            std::vector<std::vector<uint8_t>> dump) {
  const std::vector<uint8_t> mailbox = dump.front();
  take_memory(execution, setting, std::move(dump));
  if (exit_code == 0) {
    execution.r0 = word_at(mailbox, 0);
    return;
  }
  execution.end = Execution::End::kFaulted;
  execution.failure =
      fmt::format("trap: mcause {}, mepc {:#x} ({:#x} bytes into the program's code), mtval {:#x}",
                  word_at(mailbox, 8), word_at(mailbox, 16), word_at(mailbox, 16) - kTextAddress,
                  word_at(mailbox, 24));
}

void stop_at_limit(Execution& execution, const std::string& where) {
  execution.end = Execution::End::kLimit;
  execution.failure = "the instruction limit was reached" + (where.empty() ? "" : ": " + where);
}

std::expected<Execution, object::Error> on_qemu(const sim::Image& image, const Setting& setting,
                                                const RunLimits& limits) {
  auto outcome = sim::qemu::run(image, {.max_instructions = limits.max_instructions,
                                        .memory = memory_of(setting),
                                        .dump = ranges_of(setting)});
  if (!outcome) return std::unexpected(converted(outcome.error()));
  Execution execution;
  execution.instructions = outcome->instructions;
  execution.seconds = outcome->seconds;
  if (outcome->stop == sim::qemu::Outcome::Stop::kExited) {
    finish(execution, outcome->exit_code, setting, std::move(outcome->memory));
  } else {
    stop_at_limit(execution, "");
  }
  return execution;
}

std::vector<std::vector<uint8_t>> dump_of(const sim::Model& model, const Setting& setting) {
  std::vector<std::vector<uint8_t>> dump;
  for (const sim::MemoryRange& range : ranges_of(setting)) {
    const uint64_t offset = range.base - kStartAddress;
    const auto bytes = model.memory().subspan(offset, range.size);
    dump.emplace_back(bytes.begin(), bytes.end());
  }
  return dump;
}

std::expected<Execution, object::Error> on_core(const sim::Image& image, const Setting& setting,
                                                const RunLimits& limits, Profile profile) {
  auto model = sim::Model::create({.memory = memory_of(setting), .trace_file = ""});
  if (!model) return std::unexpected(converted(model.error()));
  if (auto loaded = model->load(image); !loaded) {
    return std::unexpected(converted(loaded.error()));
  }
  if (limits.fault) model->inject_fault(limits.fault->order, limits.fault->mask);
  Execution execution;
  const auto start = std::chrono::steady_clock::now();
  while (!model->exited() && execution.instructions < limits.max_instructions) {
    const auto retirement = model->retire(kCyclesPerInstruction * 10);
    if (!retirement) break;
    ++execution.instructions;
    profile.retired(retirement->pc, retirement->cycle);
  }
  execution.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  execution.cycles = model->cycles();
  execution.profile = std::move(profile);
  if (const auto exit_code = model->exited()) {
    finish(execution, *exit_code, setting, dump_of(*model, setting));
  } else {
    stop_at_limit(execution, execution.instructions < limits.max_instructions
                                 ? "the core no longer retires instructions"
                                 : "");
  }
  return execution;
}

std::expected<Execution, object::Error> in_lockstep(const sim::Image& image, const Setting& setting,
                                                    const RunLimits& limits, Profile profile) {
  sim::lockstep::Options options;
  options.max_instructions = limits.max_instructions;
  options.memory = memory_of(setting);
  options.dump = ranges_of(setting);
  if (limits.fault) {
    options.fault = sim::lockstep::Fault{.order = limits.fault->order, .mask = limits.fault->mask};
  }
  auto report = sim::lockstep::run(image, options, [&](const sim::Retirement& retirement) {
    profile.retired(retirement.pc, retirement.cycle);
  });
  if (!report) return std::unexpected(converted(report.error()));
  Execution execution;
  execution.instructions = report->instructions;
  execution.cycles = report->cycles;
  execution.seconds = report->seconds;
  execution.profile = std::move(profile);
  if (report->divergence) {
    execution.end = Execution::End::kDiverged;
    execution.failure = sim::lockstep::text(*report->divergence);
  } else if (report->stop == sim::lockstep::Report::Stop::kExited) {
    finish(execution, report->exit_code, setting, std::move(report->memory));
  } else {
    stop_at_limit(execution, "");
  }
  return execution;
}

}  // namespace

const char* name_of(Machine machine) {
  for (const auto& [candidate, name] : kMachineNames) {
    if (candidate == machine) return name;
  }
  return "";
}

std::optional<Machine> parse_machine(const std::string& name) {
  for (const auto& [machine, candidate] : kMachineNames) {
    if (name == candidate) return machine;
  }
  return std::nullopt;
}

Execution interpret(const ebpf::Code& code, const Setting& setting, const RunLimits& limits) {
  Execution execution;
  ebpf::Memory memory;
  for (const Region& region : setting.regions) execution.memory.push_back(region.bytes);
  for (size_t i = 0; i < setting.regions.size(); ++i) {
    memory.add({.base = setting.regions[i].address,
                .bytes = execution.memory[i],
                .writable = setting.regions[i].writable});
  }
  const auto helpers = interpreted(setting.helpers);
  std::optional<std::span<const uint8_t>> packet;
  if (setting.packet) packet = execution.memory[*setting.packet];
  const auto start = std::chrono::steady_clock::now();
  const auto result = ebpf::run(code, memory, setting.arguments,
                                {.helpers = helpers,
                                 .limits = {.max_instructions = limits.max_instructions},
                                 .stack_top = kInterpreterStackTop,
                                 .addresses = setting.addresses(),
                                 .packet = packet,
                                 .trace = {},
                                 .probes = setting.probes});
  execution.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (result) {
    execution.r0 = result->r0;
    execution.instructions = result->instructions;
    return execution;
  }
  execution.instructions = result.error().instructions;
  execution.failure = ebpf::describe(result.error());
  execution.end = result.error().kind == ebpf::Fault::Kind::kInstructionLimit
                      ? Execution::End::kLimit
                      : Execution::End::kFaulted;
  return execution;
}

std::expected<Execution, object::Error> execute(Machine machine, const jit::Code& text,
                                                uint32_t slots, const Setting& setting,
                                                const RunLimits& limits) {
  if (text.bytes.size() + kMaxExceptionBytes * text.exceptions.size() >
      kHelperAddress - kTextAddress) {
    return std::unexpected(object::Error{
        .where = "the program's machine code",
        .what = fmt::format("{} bytes are more than the machine's memory holds", text.bytes.size()),
        .hint = "run it on the interpreter"});
  }
  const sim::Image image = make_image(text.bytes, text.entry, setting, text.exceptions);
  Profile profile(text, kTextAddress, slots);
  auto execution = machine == Machine::kQemu ? on_qemu(image, setting, limits)
                   : machine == Machine::kRtl
                       ? on_core(image, setting, limits, std::move(profile))
                       : in_lockstep(image, setting, limits, std::move(profile));
  if (execution) execution->machine = machine;
  return execution;
}

}  // namespace zext::cli
