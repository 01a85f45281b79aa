#include "bench/jit/measure.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "bench/jit/core_run.h"
#include "cli/input.h"
#include "cli/machines.h"
#include "cli/pipeline.h"
#include "isa/ebpf/interpreter.h"

namespace zext::bench {
namespace {

using object::Error;

constexpr const char* kNames[kVariantCount] = {"ours",    "ours_b", "clang",
                                               "clang_b", "gcc",    "gcc_b"};
constexpr const char* kMarchB = "rv64imac_zicsr_zifencei_zba_zbb_zbs";

Error disagreement(const Kernel& kernel, const std::string& who, uint64_t got, uint64_t expected) {
  return {.where = fmt::format("{}, {}", kernel.name, who),
          .what = got == expected ? "the buffer is another than this machine's own code leaves"
                                  : fmt::format("r0 is {:#x}; this machine's own code gives {:#x}",
                                                got, expected),
          .hint = "the kernel is undefined, or one of the compilers is wrong"};
}

// "Lsh32Imm" for what has widths and sources, else the table's name.
std::string name_of(const ebpf::Row& row) {
  if (row.kind != ebpf::Kind::kAlu && row.kind != ebpf::Kind::kJump) return row.name;
  return fmt::format("{}{}{}", row.name, row.width,
                     row.source == ebpf::Source::kRegister ? "Reg" : "Imm");
}

struct Counts {
  std::vector<uint64_t> executed;  // by slot
};

void count_step(void* context, uint32_t pc, const ebpf::Registers&) {
  ++static_cast<Counts*>(context)->executed[pc];
}

// Everything about one kernel that its variants are judged by.
struct Subject {
  const Kernel& kernel;
  cli::Setting setting;
  std::vector<uint8_t> memory;  // afterwards, by this machine's own code
  uint64_t r0 = 0;
  // What it calls, and the code of that: clang's for all that is ours.
  cli::Setting callable = {};
  std::vector<rtl_sim::Segment> helper_code = {};
};

std::expected<Subject, Error> run_on_host(const Kernel& kernel, const std::string& folder) {
  auto setting = cli::make_setting(object::ProgramType::kPlainMemory, input_of(kernel));
  if (!setting) return std::unexpected(setting.error());
  Subject subject{
      .kernel = kernel, .setting = std::move(*setting), .memory = input_of(kernel), .r0 = 0};
  subject.r0 = kernel.host(subject.memory.data(), subject.memory.size());
  const auto native = read_function(fmt::format("{}{}.clang.elf", folder, kernel.name));
  if (!native) return std::unexpected(native.error());
  subject.callable.helpers = native->helpers;
  for (const rtl_sim::Segment& segment : native->data) {
    if (segment.address == cli::kHelperAddress) subject.helper_code.push_back(segment);
  }
  return subject;
}

std::expected<Counts, Error> interpret(const ebpf::Code& code, const Subject& subject,
                                       Figures& figures) {
  Counts counts{.executed = std::vector<uint64_t>(code.size())};
  std::vector<uint8_t> bytes = subject.setting.regions.front().bytes;
  ebpf::Memory memory;
  memory.add({.base = cli::kMemoryAddress, .bytes = bytes, .writable = true});
  const auto helpers = cli::interpreted(subject.callable.helpers);
  const auto result = ebpf::run(code, memory, subject.setting.arguments,
                                {.helpers = helpers,
                                 .limits = {},
                                 .stack_top = cli::kInterpreterStackTop,
                                 .packet = std::nullopt,
                                 .trace = {.step = count_step, .context = &counts}});
  if (!result) {
    return std::unexpected(Error{.where = subject.kernel.name,
                                 .what = ebpf::describe(result.error()),
                                 .hint = "the kernel leaves its buffer or its frame"});
  }
  if (result->r0 != subject.r0 || bytes != subject.memory) {
    return std::unexpected(disagreement(subject.kernel, "interpreter", result->r0, subject.r0));
  }
  figures.r0 = result->r0;
  figures.ebpf_executed = result->instructions;
  return counts;
}

// Seconds of one compilation, over enough of them to be measured.
std::expected<double, Error> compile_time(const object::Program& program, const ebpf::Code& code,
                                          const cli::Setting& callable) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  for (unsigned rounds = 1;; ++rounds) {
    const auto compiled = cli::compile_for(callable, program, code, cli::kDefaultMarch);
    if (!compiled) return std::unexpected(compiled.error());
    const std::chrono::duration<double> elapsed = Clock::now() - start;
    if (elapsed.count() > 0.01) return elapsed.count() / rounds;
  }
}

// The cost of a run that gave what this machine's own code gives.
std::expected<Cost, Error> checked_cost(const std::expected<CoreRun, Error>& run,
                                        const Subject& subject, const std::string& who) {
  if (!run) {
    Error error = run.error();
    error.where = fmt::format("{}, {}", subject.kernel.name, who);
    return std::unexpected(error);
  }
  if (run->r0 != subject.r0 || run->memory != subject.memory) {
    return std::unexpected(disagreement(subject.kernel, who, run->r0, subject.r0));
  }
  return run->cost;
}

std::expected<void, Error> run_variant(Variant variant, const Function& function,
                                       const Subject& subject, Figures& figures,
                                       const std::function<void(uint64_t, uint64_t)>& retired) {
  const auto cost = checked_cost(run_on_core(function, subject.setting, retired), subject,
                                 bench::name_of(variant));
  if (!cost) return std::unexpected(cost.error());
  figures.costs[static_cast<size_t>(variant)] = *cost;
  return {};
}

std::expected<void, Error> run_ours(Variant variant, const object::Program& program,
                                    const ebpf::Code& code, const Subject& subject,
                                    const Counts& counts, Figures& figures) {
  const bool plain = variant == Variant::kOurs;
  const auto compiled =
      cli::compile_for(subject.callable, program, code, plain ? cli::kDefaultMarch : kMarchB);
  if (!compiled) return std::unexpected(compiled.error());
  cli::Profile profile(*compiled, cli::kTextAddress, code.size());
  const auto run = run_variant(
      variant, {.text = compiled->bytes, .entry = compiled->entry, .data = subject.helper_code},
      subject, figures, [&](uint64_t pc, uint64_t cycle) { profile.retired(pc, cycle); });
  if (!run || !plain) return run;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    OpCost& op = figures.ops[name_of(code.insns[pc].row())];
    op.executed += counts.executed[pc];
    op.instructions += profile.at(pc).instructions;
  }
  figures.ops["(frame)"].instructions += profile.frame().instructions;
  return {};
}

std::expected<void, Error> run_native(Variant variant, const std::string& folder,
                                      const Subject& subject, Figures& figures) {
  const auto function =
      read_function(fmt::format("{}{}.{}.elf", folder, subject.kernel.name, name_of(variant)));
  if (!function) return std::unexpected(function.error());
  return run_variant(variant, *function, subject, figures, [](uint64_t, uint64_t) {});
}

std::expected<void, Error> measure_program(const object::Object& object, const Subject& subject,
                                           const std::string& folder, Figures& figures) {
  const object::Program& program = object.programs.front();
  const auto code = cli::decode(program);
  if (!code) return std::unexpected(code.error());
  for (uint32_t pc = 0; pc < code->size(); pc = code->next(pc)) ++figures.ebpf_length;
  const auto verification = cli::verify(object, program, *code);
  if (!verification) return std::unexpected(verification.error());
  figures.verified = verification->accepted();
  const auto counts = interpret(*code, subject, figures);
  if (!counts) return std::unexpected(counts.error());
  const auto seconds = compile_time(program, *code, subject.callable);
  if (!seconds) return std::unexpected(seconds.error());
  figures.compile_seconds = *seconds;
  for (const Variant variant : kVariants) {
    const bool ours = variant == Variant::kOurs || variant == Variant::kOursB;
    const auto run = ours ? run_ours(variant, program, *code, subject, *counts, figures)
                          : run_native(variant, folder, subject, figures);
    if (!run) return run;
  }
  return {};
}

std::expected<cli::Input, Error> read_kernel(const Kernel& kernel, const std::string& folder) {
  return cli::read_input({.file = folder + kernel.name + ".bpf.o",
                          .raw = false,
                          .type = std::nullopt,
                          .program = kernel.name});
}

}  // namespace

const char* name_of(Variant variant) { return kNames[static_cast<size_t>(variant)]; }

std::expected<Figures, Error> measure(const Kernel& kernel, const std::string& folder) {
  const auto input = read_kernel(kernel, folder);
  if (!input) return std::unexpected(input.error());
  const auto subject = run_on_host(kernel, folder);
  if (!subject) return std::unexpected(subject.error());
  Figures figures;
  figures.kernel = kernel;
  const auto measured = measure_program(input->object, *subject, folder, figures);
  if (!measured) return std::unexpected(measured.error());
  return figures;
}

std::expected<Cost, Error> cost_on(rtl_sim::Preset preset, const Kernel& kernel,
                                   const std::string& folder) {
  const auto input = read_kernel(kernel, folder);
  if (!input) return std::unexpected(input.error());
  const auto subject = run_on_host(kernel, folder);
  if (!subject) return std::unexpected(subject.error());
  const object::Program& program = input->object.programs.front();
  const auto code = cli::decode(program);
  if (!code) return std::unexpected(code.error());
  const auto compiled = cli::compile_for(subject->callable, program, *code, kMarchB);
  if (!compiled) return std::unexpected(compiled.error());
  const auto run = run_on_core(
      {.text = compiled->bytes, .entry = compiled->entry, .data = subject->helper_code},
      subject->setting, [](uint64_t, uint64_t) {}, preset);
  return checked_cost(run, *subject, rtl_sim::name(preset));
}

}  // namespace zext::bench
