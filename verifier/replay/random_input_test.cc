// Random inputs are plausible: programs that are accepted run on them without a fault, and many of
// their instructions are reached.
#include "verifier/replay/random_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "isa/ebpf/disasm.h"
#include "verifier/replay/random_packet.h"
#include "verifier/replay/testing.h"
#include "verifier/verify.h"

namespace zext::verifier {
namespace {

using FaultKind = ebpf::Fault::Kind;

constexpr uint64_t kInputs = 40;

std::vector<Case> accepted_cases() {
  std::vector<Case> all;
  for (const auto& file : std::filesystem::directory_iterator("verifier/testdata")) {
    if (file.path().extension() != ".txt") continue;
    for (Case& made : read_cases(file.path())) {
      if (made.expected == "accept") all.push_back(std::move(made));
    }
  }
  return all;
}

// Slots of loads of kernel objects.
std::vector<uint32_t> probes_of(const ebpf::Code& code, const Verdict& verdict) {
  std::vector<uint32_t> probes;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const Invariant& invariant = verdict.invariants[pc];
    const ebpf::Kind kind = code.insns[pc].row().kind;
    const bool load = kind == ebpf::Kind::kLoad || kind == ebpf::Kind::kLoadSx;
    if (!load || !invariant.reachable) continue;
    if (invariant.registers[code.insns[pc].src].type == Type::kObject) probes.push_back(pc);
  }
  return probes;
}

std::string story(const Subject& subject, const Input& input, const Replay& replay) {
  std::string text = ebpf::describe(*replay.fault) + ", argument " +
                     std::to_string(replay.argument) + ", address " +
                     describe_address(subject, input, replay.fault->address) + "\n";
  for (const Replay::Step& step : replay.last) {
    text += std::to_string(step.pc) + ": " +
            ebpf::disassemble(subject.code.insns[step.pc], step.pc, ebpf::Style::kExact) + "\n";
  }
  return text;
}

TEST(RandomInput, AcceptedProgramsRunWithoutFault) {
  uint64_t runs = 0, limits = 0, reached = 0, instructions = 0;
  for (Case& made : accepted_cases()) {
    const auto ready = prepare(made);
    ASSERT_TRUE(ready.has_value()) << made.name << ": " << ready.error();
    const Subject subject = (*ready)->subject();
    made.options.record_invariants = true;
    const Verdict verdict = verify(subject, made.options);
    ASSERT_EQ(verdict.outcome, Outcome::kAccepted) << made.name;
    const std::vector<uint32_t> probes = probes_of(subject.code, verdict);
    std::set<uint32_t> seen;
    for (uint64_t seed = 0; seed < kInputs; ++seed) {
      const Input input = random_input(subject, seed);
      const Replay replay = run(subject, input,
                                {.max_instructions = 20'000,
                                 .step = [&](const Moment& moment) { seen.insert(moment.pc); },
                                 .answer = random_answers(subject, seed),
                                 .probes = probes});
      ++runs;
      ASSERT_EQ(replay.incomplete, "") << made.name;
      if (replay.fault && replay.fault->kind == FaultKind::kInstructionLimit) {
        ++limits;
        continue;
      }
      ASSERT_FALSE(replay.fault.has_value())
          << made.name << ", seed " << seed << ": " << story(subject, input, replay);
    }
    for (uint32_t pc = 0; pc < subject.code.size(); pc = subject.code.next(pc)) {
      if (!verdict.invariants[pc].reachable) continue;
      ++instructions;
      reached += seen.contains(pc) ? 1 : 0;
    }
  }
  std::printf("%lu runs, %lu cut short, %lu of %lu instructions reached\n", runs, limits, reached,
              instructions);
  EXPECT_GT(runs, 150 * kInputs);
  EXPECT_LT(limits * 10, runs);
  EXPECT_GT(reached * 100, instructions * 95);
}

TEST(RandomInput, IsTheSameForTheSameSeed) {
  const Program program("xdp", R"(
    map flows type=hash key=4 value=8 entries=4
    call 7
    r6 = r0
    call 7
    r0 += r6
    exit)");
  std::set<uint64_t> results;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Subject subject = program.subject();
    const Input first = random_input(subject, seed);
    EXPECT_EQ(first.packet, random_input(subject, seed).packet);
    EXPECT_EQ(first.maps.size(), random_input(subject, seed).maps.size());
    const auto result = [&] {
      return run(subject, first, {.answer = random_answers(subject, seed)}).r0;
    };
    EXPECT_EQ(result(), result());
    results.insert(result());
  }
  EXPECT_GT(results.size(), 30u);
}

TEST(RandomInput, NullOneTimeInFour) {
  const Program program("xdp", R"(
    map events type=ringbuf entries=4096
    r1 = map events
    r2 = 16
    r3 = 0
    call 131
    r6 = 0
    if r0 == 0 goto out
    r1 = r0
    r2 = 0
    call 132
    r6 = 1
  out:
    r0 = r6
    exit)");
  int found = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const Subject subject = program.subject();
    found += static_cast<int>(
        run(subject, random_input(subject, seed), {.answer = random_answers(subject, seed)}).r0);
  }
  EXPECT_GT(found, 700);
  EXPECT_LT(found, 800);
}

TEST(RandomInput, NumbersAreInTheirRange) {
  // bpf_get_smp_processor_id gives 0 to 2^31 - 1; bpf_probe_read_kernel_str at most the size.
  const Program program("kprobe",
                        "call 8\n r6 = r0\n r1 = r10\n r1 += -8\n r2 = 8\n r3 = 0\n"
                        "call 115\n r7 = r0\n r0 = 0\n exit");
  for (uint64_t seed = 0; seed < 500; ++seed) {
    const Subject subject = program.subject();
    const Replay replay =
        run(subject, random_input(subject, seed), {.answer = random_answers(subject, seed)});
    ASSERT_FALSE(replay.fault.has_value());
    const ebpf::Registers& registers = replay.last.back().registers;
    EXPECT_LE(registers[6], static_cast<uint64_t>(INT32_MAX));
    EXPECT_GE(static_cast<int64_t>(registers[7]), -4095);
    EXPECT_LE(static_cast<int64_t>(registers[7]), 8);
  }
}

TEST(RandomPacket, ParsersGoFar) {
  Dice dice(1);
  int tcp = 0, udp = 0, ipv6 = 0, short_ones = 0;
  constexpr int kPackets = 2000;
  for (int i = 0; i < kPackets; ++i) {
    const Bytes packet = random_packet(dice);
    const bool ethernet4 = packet.size() >= 34 && packet[12] == 8 && packet[13] == 0;
    if (ethernet4 && packet[14] == 0x45 && packet[23] == 6 && packet.size() >= 54) ++tcp;
    if (ethernet4 && packet[14] == 0x45 && packet[23] == 17 && packet.size() >= 42) ++udp;
    if (packet.size() >= 54 && packet[12] == 0x86 && packet[13] == 0xdd) ++ipv6;
    if (packet.size() < 34) ++short_ones;
  }
  EXPECT_GT(tcp, kPackets / 25);
  EXPECT_GT(udp, kPackets / 40);
  EXPECT_GT(ipv6, kPackets / 12);
  EXPECT_GT(short_ones, kPackets / 20);
  EXPECT_LT(short_ones, kPackets / 3);
}

TEST(RandomPacket, ChecksumsOfIpv4AreMostlyRight) {
  Dice dice(2);
  int right = 0, all = 0;
  for (int i = 0; i < 2000; ++i) {
    const Bytes packet = random_packet(dice);
    if (packet.size() < 34 || packet[12] != 8 || packet[13] != 0 || packet[14] != 0x45) continue;
    uint64_t sum = 0;
    for (size_t at = 14; at < 34; at += 2) sum += packet[at] * 256u + packet[at + 1];
    ++all;
    right += sum % 0xffff == 0 ? 1 : 0;
  }
  EXPECT_GT(all, 200);
  EXPECT_GT(right * 10, all * 7);
}

}  // namespace
}  // namespace zext::verifier
