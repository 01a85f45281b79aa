// Runs of programs/ on random inputs: what is accepted never faults, and a good part of the faults
// seeded show themselves; those against a rule alone, such as a lock that is kept, cannot. Prints
// what it saw.
#include "verifier/replay/replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/pipeline.h"
#include "isa/ebpf/disasm.h"
#include "object/load.h"
#include "tests/corpus/builds.h"
#include "verifier/replay/random_input.h"

namespace zext::corpus {
namespace {

using verifier::Replay;
using verifier::Subject;
using verifier::Verdict;
using FaultKind = ebpf::Fault::Kind;

constexpr char kBuild[] = "O2_v3";  // the one that every program and fault has
constexpr uint64_t kSafeInputs = 400;
constexpr uint64_t kFaultInputs = 400;
constexpr uint64_t kMostInstructions = 200'000;

template <typename T>
T value_of(std::expected<T, object::Error> result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  return *std::move(result);
}

// Slots of loads of kernel objects.
std::vector<uint32_t> probes_of(const Subject& subject, const Verdict& verdict) {
  std::vector<uint32_t> probes;
  if (verdict.invariants.empty()) return probes;
  for (uint32_t pc = 0; pc < subject.code.size(); pc = subject.code.next(pc)) {
    const ebpf::Instruction<>& insn = subject.code.insns[pc];
    const verifier::Invariant& invariant = verdict.invariants[pc];
    const bool load =
        insn.row().kind == ebpf::Kind::kLoad || insn.row().kind == ebpf::Kind::kLoadSx;
    const bool object = invariant.registers[insn.src].type == verifier::Type::kObject;
    if (load && invariant.reachable && object) probes.push_back(pc);
  }
  return probes;
}

struct Counts {
  size_t programs = 0;
  size_t runs = 0;
  size_t limits = 0;
  size_t reached = 0;
  size_t instructions = 0;
  std::map<std::string, std::pair<size_t, size_t>> faults;  // by kind: shown, of all
};

class Summary : public testing::Environment {
 public:
  Counts counts;

  void TearDown() override {
    std::printf("%zu accepted programs, %zu runs, %zu cut short, %zu of %zu instructions reached\n",
                counts.programs, counts.runs, counts.limits, counts.reached, counts.instructions);
    for (const auto& [kind, shown] : counts.faults) {
      std::printf("  %-21s %zu of %zu faults show\n", kind.c_str(), shown.first, shown.second);
      shown_ += shown.first;
      all_ += shown.second;
    }
    // The test must not pass for want of runs.
    constexpr size_t kMany = 40;
    if (counts.programs < kMany) return;
    EXPECT_GT(counts.reached * 10, counts.instructions * 7);
    EXPECT_LT(counts.limits * 100, counts.runs);
    EXPECT_GT(shown_ * 3, all_);
  }

 private:
  size_t shown_ = 0;
  size_t all_ = 0;
};

Counts& counts() {
  // GoogleTest owns it.
  static auto* const kSummary =
      static_cast<Summary*>(testing::AddGlobalTestEnvironment(new Summary));
  return kSummary->counts;
}

std::string story(const Subject& subject, const verifier::Input& input, const Replay& replay) {
  std::string text = ebpf::describe(*replay.fault) + ", argument " +
                     std::to_string(replay.argument) + ", address " +
                     describe_address(subject, input, replay.fault->address) + "\n";
  for (const Replay::Step& step : replay.last) {
    text += std::to_string(step.pc) + ": " +
            ebpf::disassemble(subject.code.insns[step.pc], step.pc, ebpf::Style::kExact) + "\n";
  }
  return text;
}

Replay run(const Subject& subject, const verifier::Input& input, uint64_t seed,
           const std::vector<uint32_t>& probes, std::set<uint32_t>& seen) {
  return verifier::run(subject, input,
                       {.max_instructions = kMostInstructions,
                        .step = [&](const verifier::Moment& moment) { seen.insert(moment.pc); },
                        .answer = verifier::random_answers(subject, seed),
                        .probes = probes});
}

void run_accepted(const Subject& subject, const Verdict& verdict) {
  const std::vector<uint32_t> probes = probes_of(subject, verdict);
  std::set<uint32_t> seen;
  ++counts().programs;
  for (uint64_t seed = 0; seed < kSafeInputs; ++seed) {
    const verifier::Input input = verifier::random_input(subject, seed);
    const Replay replay = run(subject, input, seed, probes, seen);
    ++counts().runs;
    ASSERT_EQ(replay.incomplete, "");
    if (replay.fault && replay.fault->kind == FaultKind::kInstructionLimit) {
      ++counts().limits;
      continue;
    }
    ASSERT_FALSE(replay.fault.has_value())
        << "seed " << seed << ": " << story(subject, input, replay);
  }
  counts().reached += seen.size();
  for (uint32_t pc = 0; pc < subject.code.size(); pc = subject.code.next(pc)) {
    if (verdict.invariants[pc].reachable) ++counts().instructions;
  }
}

bool shows(const Subject& subject) {
  std::set<uint32_t> seen;
  for (uint64_t seed = 0; seed < kFaultInputs; ++seed) {
    const Replay replay = run(subject, verifier::random_input(subject, seed), seed, {}, seen);
    if (replay.fault) return true;
  }
  return false;
}

class Programs : public testing::TestWithParam<Source> {};

TEST_P(Programs, RunOnRandomInputs) {
  for (const Build& build : GetParam().builds) {
    if (build.name != kBuild) continue;
    SCOPED_TRACE(build.path);
    const object::Object object = value_of(object::load(read(build)));
    bool shown = false;
    for (const object::Program& program : object.programs) {
      const ebpf::Code code = value_of(cli::decode(program));
      const cli::Verification verification =
          value_of(cli::verify(object, program, code, {.record_invariants = true}));
      if (!verification.owner) continue;
      const Subject& subject = verification.owner->subject();
      if (verification.accepted()) {
        ASSERT_NO_FATAL_FAILURE(run_accepted(subject, verification.verdict));
      } else if (build.fault != 0) {
        shown = shown || shows(subject);
      }
    }
    if (build.fault == 0) continue;
    auto& [faults, all] = counts().faults[GetParam().fault(build.fault).kind];
    ++all;
    faults += shown ? 1 : 0;
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, Programs, testing::ValuesIn(sources()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace zext::corpus
