// Whatever the verifier accepts runs without a fault, and every state it passes is in the
// invariants: random programs, run by the interpreter on random inputs in exactly bounded memory.
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <map>

#include "isa/ebpf/decode.h"
#include "isa/ebpf/disasm.h"
#include "isa/ebpf/interpreter.h"
#include "verifier/testing/random_program.h"
#include "verifier/testing/world.h"
#include "verifier/verify.h"

namespace zext::verifier {
namespace {

using ebpf::Registers;

// Low, because a context holds packet addresses in 32 bits.
constexpr uint64_t kContextBase = 0x1000'0000;
constexpr uint64_t kDataBase = 0x2000'0000;

// One input, and what the addresses of a run are.
struct Input {
  std::vector<uint8_t> context = std::vector<uint8_t>(192);
  std::vector<uint8_t> data;
  size_t meta = 0;  // bytes before the packet
};

struct Watch {
  const std::vector<Invariant>* invariants = nullptr;
  const Input* input = nullptr;
  std::string broken;
};

// Where the region begins that a register with this fact and value points into.
uint64_t origin(const RegisterFact& fact, uint64_t value, const Input& input) {
  switch (fact.type) {
    case Type::kUninitialised:
    case Type::kNumber:
      return 0;
    case Type::kContext:
      return kContextBase;
    case Type::kPacket:
    case Type::kPacketEnd:
      return kDataBase + input.meta;
    case Type::kPacketMeta:
    case Type::kMemory:
      return kDataBase;
    case Type::kStack:
      return ebpf::kDefaultStackTop - fact.frame * ebpf::kFrameStride;
    case Type::kMap:
      return World::map_at(static_cast<size_t>(fact.map->number));
    case Type::kMapValue:
      return World::value_at(value);
    case Type::kMapKey:
    case Type::kRegion:
    case Type::kStructure:
    case Type::kObject:
    case Type::kTracepointBuffer:
    case Type::kFunction:
    case Type::kPerCpu:
      break;  // no random program has one
  }
  ADD_FAILURE() << "a pointer that no random program has";
  return 0;
}

void check_step(void* context, uint32_t pc, const Registers& registers) {
  Watch& watch = *static_cast<Watch*>(context);
  if (!watch.broken.empty()) return;
  const Invariant& invariant = (*watch.invariants)[pc];
  if (!invariant.reachable) {
    watch.broken = "instruction " + std::to_string(pc) + " is reached";
    return;
  }
  for (unsigned reg = 0; reg < ebpf::kRegisterCount; ++reg) {
    const RegisterFact& fact = invariant.registers[reg];
    if (fact.type == Type::kUninitialised) continue;
    if (fact.nullable && registers[reg] == 0) continue;
    const uint64_t value = registers[reg] - origin(fact, registers[reg], *watch.input);
    if (contains(fact.value, Bits<64>::of(value))) continue;
    watch.broken = "instruction " + std::to_string(pc) + ": r" + std::to_string(reg) + " is " +
                   std::to_string(registers[reg]) + ", outside its invariant";
  }
}

Input random_input(const Platform& platform, Random& rng) {
  Input input;
  for (uint8_t& byte : input.context) byte = static_cast<uint8_t>(rng());
  if (platform.packet_max > 0) input.meta = rng() % 3 * 4;
  input.data.resize(input.meta + (rng() % 4 == 0 ? rng() % 8 : rng() % 72));
  const bool sparse = rng() % 3 == 0;
  for (uint8_t& byte : input.data) {
    byte = static_cast<uint8_t>(sparse && rng() % 2 == 0 ? (rng() % 2 == 0 ? 0 : 0xff) : rng());
  }
  if (platform.packet_max > 0) {
    const auto put = [&](size_t at, uint64_t value) {
      const uint32_t low = static_cast<uint32_t>(value);
      std::memcpy(&input.context[at], &low, sizeof low);
    };
    put(0, kDataBase + input.meta);
    put(4, kDataBase + input.data.size());
    put(8, kDataBase);
  }
  return input;
}

struct Run {
  std::expected<ebpf::Result, ebpf::Fault> result;
  std::vector<uint8_t> data;
};

Run run(const ebpf::Code& code, const Platform& platform, Input input, uint64_t junk,
        Watch* watch) {
  ebpf::Memory memory;
  memory.add({.base = kDataBase, .bytes = input.data});
  if (platform.entry == Entry::kContext) {
    memory.add({.base = kContextBase, .bytes = input.context});
  }
  ebpf::Arguments arguments = {kContextBase, junk, junk + 1, junk + 2, junk + 3};
  if (platform.entry == Entry::kMemory) {
    arguments[0] = kDataBase;
    arguments[1] = input.data.size();
  }
  ebpf::Environment environment;
  World world;
  world.enter(memory, environment);
  environment.limits.max_instructions = 20'000;
  if (watch != nullptr) environment.trace = {.step = check_step, .context = watch};
  auto result = ebpf::run(code, memory, arguments, environment);
  return {std::move(result), std::move(input.data)};
}

std::string listing(const ebpf::Code& code) {
  std::string text;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    text += std::to_string(pc) + ": " + ebpf::disassemble(code.insns[pc], pc, ebpf::Style::kExact) +
            "\n";
  }
  return text;
}

struct Counts {
  uint64_t programs = 0;
  uint64_t accepted = 0;
  uint64_t with_loops = 0;
  uint64_t runs = 0;
  uint64_t long_runs = 0;
  uint64_t values = 0;  // accepted programs that use the values of maps
  std::map<ebpf::Kind, uint64_t> kinds;
  std::map<Reason, uint64_t> reasons;
};

bool has_loop(const ebpf::Code& code) {
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const auto target = code.target(pc);
    if (target && *target <= pc) return true;
  }
  return false;
}

// Whether an access of a map's value is reached.
bool uses_values(const ebpf::Code& code, const Verdict& verdict) {
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const ebpf::Instruction<>& insn = code.insns[pc];
    const bool load = insn.row().kind == ebpf::Kind::kLoad;
    const Invariant& invariant = verdict.invariants[pc];
    if (!invariant.reachable || (!load && insn.row().kind != ebpf::Kind::kStore)) continue;
    if (invariant.registers[load ? insn.src : insn.dst].type == Type::kMapValue) return true;
  }
  return false;
}

void try_inputs(const ebpf::Code& code, const Platform& platform, const Verdict& verdict,
                Random& rng, Counts& counts) {
  for (int i = 0; i < 12; ++i) {
    const Input input = random_input(platform, rng);
    Watch watch{.invariants = &verdict.invariants, .input = &input, .broken = {}};
    const Run first = run(code, platform, input, rng(), &watch);
    ++counts.runs;
    ASSERT_EQ(watch.broken, "") << listing(code);
    if (!first.result && first.result.error().kind == ebpf::Fault::Kind::kInstructionLimit) {
      ++counts.long_runs;  // bounds may be large: 2^32 rounds are an end, too
      continue;
    }
    ASSERT_TRUE(first.result.has_value()) << ebpf::describe(first.result.error()) << "\n"
                                          << listing(code);
    // What was never initialised must not matter.
    const Run second = run(code, platform, input, rng(), nullptr);
    ASSERT_TRUE(second.result.has_value()) << listing(code);
    ASSERT_EQ(first.result->r0, second.result->r0) << listing(code);
    ASSERT_EQ(first.data, second.data) << listing(code);
  }
}

void fuzz(const char* platform_name, uint64_t seed, std::chrono::milliseconds time,
          Counts& counts) {
  const Platform& platform = *find_platform(platform_name);
  const World world;
  Random rng(seed);
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    const auto code = ebpf::decode_program(random_program(platform, rng));
    ASSERT_TRUE(code.has_value()) << ebpf::describe(code.error());
    ++counts.programs;
    const Subject subject{.code = *code, .platform = platform, .maps = world.maps()};
    const Verdict verdict = verify(subject, {.max_steps = 20'000,
                                             .max_states = 1'000,
                                             .privileged = counts.programs % 2 == 0,
                                             .record_invariants = true});
    if (verdict.outcome != Outcome::kAccepted) {
      if (verdict.outcome == Outcome::kRejected) ++counts.reasons[verdict.rejection.reason];
      continue;
    }
    ++counts.accepted;
    if (uses_values(*code, verdict)) ++counts.values;
    if (has_loop(*code)) ++counts.with_loops;
    for (uint32_t pc = 0; pc < code->size(); pc = code->next(pc)) {
      if (verdict.invariants[pc].reachable) ++counts.kinds[code->insns[pc].row().kind];
    }
    ASSERT_NO_FATAL_FAILURE(try_inputs(*code, platform, verdict, rng, counts));
  }
}

class SoundnessTest : public testing::TestWithParam<const char*> {};

TEST_P(SoundnessTest, AcceptedProgramsRunWithoutFault) {
  Counts counts;
  fuzz(GetParam(), 20'240'607, std::chrono::seconds(6), counts);
  std::printf(
      "%lu programs, %lu accepted (%lu with loops, %lu with values of maps), %lu runs, "
      "%lu cut short\n",
      counts.programs, counts.accepted, counts.with_loops, counts.values, counts.runs,
      counts.long_runs);
  for (const auto& [reason, count] : counts.reasons) {
    std::printf("  %-24s %lu\n", id_of(reason), count);
  }
  // The test must not pass for want of programs.
  EXPECT_GT(counts.accepted * 20, counts.programs);
  EXPECT_GT(counts.with_loops, 10u);
  EXPECT_LT(counts.long_runs * 2, counts.runs);
  for (const ebpf::Kind kind :
       {ebpf::Kind::kAlu, ebpf::Kind::kNeg, ebpf::Kind::kMovsx, ebpf::Kind::kEndian,
        ebpf::Kind::kLoad, ebpf::Kind::kLoadSx, ebpf::Kind::kStore, ebpf::Kind::kStoreImm,
        ebpf::Kind::kAtomic, ebpf::Kind::kJump, ebpf::Kind::kJa, ebpf::Kind::kCallLocal}) {
    EXPECT_GT(counts.kinds[kind], 0u) << static_cast<int>(kind);
  }
  if (find_platform(GetParam())->allows(1)) {
    EXPECT_GT(counts.kinds[ebpf::Kind::kCallHelper], 100u);
    EXPECT_GT(counts.values, 100u);
  }
}

INSTANTIATE_TEST_SUITE_P(Platforms, SoundnessTest,
                         testing::Values("plain_memory", "xdp", "socket_filter"));

}  // namespace
}  // namespace zext::verifier
