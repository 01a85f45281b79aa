// Runs of programs by hand: what they are given, where they fault, what calls answer.
#include "verifier/replay/replay.h"

#include <gtest/gtest.h>

#include <memory>

#include "verifier/replay/testing.h"

namespace zext::verifier {
namespace {

using FaultKind = ebpf::Fault::Kind;

TEST(Replay, PacketEndsWhereItEnds) {
  const Program program("xdp", "r2 = *(u32 *)(r1 + 0)\n r0 = *(u8 *)(r2 + 3)\n exit");
  EXPECT_EQ(program.r0({.packet = {1, 2, 3, 4}}), 4u);
  const Replay replay = program.fault({.packet = {1, 2, 3}}, FaultKind::kStrayLoad, 1);
  EXPECT_EQ(program.address(replay.fault->address), "packet + 3");
  EXPECT_EQ(replay.instructions, 2u);
  program.fault({}, FaultKind::kStrayLoad, 1);
}

TEST(Replay, PacketIsReadOnlyWhereItIs) {
  const std::string text = "r2 = *(u32 *)(r1 + 76)\n *(u8 *)(r2 + 0) = 1\n r0 = 0\n exit";
  const Program writes("sched_cls", text);
  EXPECT_EQ(writes.r0({.packet = {0}}), 0u);
  const Program reads("cgroup_skb/egress", text);
  reads.fault({.packet = {0}}, FaultKind::kStrayStore, 1);
}

TEST(Replay, ContextHasThePacketsBounds) {
  const Program size("xdp", R"(
    r0 = *(u32 *)(r1 + 4)
    r2 = *(u32 *)(r1 + 0)
    r0 -= r2
    r3 = *(u32 *)(r1 + 8)
    r2 -= r3
    r2 *= 1000
    r0 += r2
    exit)");
  EXPECT_EQ(size.r0({.packet = Bytes(60), .meta = Bytes(8)}), 8060u);
  const Program meta("xdp", "r2 = *(u32 *)(r1 + 8)\n r0 = *(u16 *)(r2 + 0)\n exit");
  EXPECT_EQ(meta.r0({.packet = {3, 4}, .meta = {1, 2}}), 0x0201u);
  EXPECT_EQ(meta.r0({.packet = {3, 4}}), 0x0403u);
  // Of 64-bit fields.
  const Program option("cgroup_sockopt/get", "r2 = *(u64 *)(r1 + 8)\n r0 = *(u8 *)(r2 + 0)\n exit");
  EXPECT_EQ(option.r0({.packet = {9}}), 9u);
}

TEST(Replay, ContextHasTheInputsNumbers) {
  const Program program("xdp", "r0 = *(u32 *)(r1 + 12)\n exit");
  Bytes context(16);
  context[12] = 7;
  context[0] = 0xee;  // the packet's address is not the input's to say
  EXPECT_EQ(program.r0({.context = context}), 7u);
  const Program beyond("xdp", "r0 = *(u32 *)(r1 + 20)\n exit");
  EXPECT_EQ(beyond.address(beyond.fault({}, FaultKind::kStrayLoad, 0).fault->address),
            "context + 20");
}

TEST(Replay, ContextLeadsToStructures) {
  const Program program("sched_cls", R"(
    r2 = *(u64 *)(r1 + 168)
    r0 = 77
    if r2 == 0 goto out
    r0 = *(u32 *)(r2 + 4)
  out:
    exit)");
  EXPECT_EQ(program.r0({}), 0u);
  EXPECT_EQ(program.r0({.objects = {{.at = 168, .bytes = {0, 0, 0, 0, 10}}}}), 10u);
  EXPECT_EQ(program.r0({.objects = {{.at = 168, .null = true}}}), 77u);
}

TEST(Replay, MemoryIsTheBuffer) {
  const Program program("plain_memory", "r1 += r2\n r0 = *(u8 *)(r1 - 1)\n exit");
  EXPECT_EQ(program.r0({.memory = {4, 5, 6}}), 6u);
  const Replay replay = program.fault({}, FaultKind::kStrayLoad, 1);
  EXPECT_EQ(program.address(replay.fault->address), "memory - 1");
}

constexpr const char* kTyped = R"(
type task 32 next@0:*task id@8:4 owner@16:*user
type user 16 name@8:4
argument number object:task memory:8:not0
)";

TEST(Replay, TracedArguments) {
  const Program program("tracing/raw_tp", std::string(kTyped) + R"(
    r0 = *(u64 *)(r1 + 0)
    r2 = *(u64 *)(r1 + 8)
    r3 = *(u64 *)(r1 + 16)
    r3 = *(u64 *)(r3 + 0)
    r0 += r3
    if r2 == 0 goto out
    r2 = *(u32 *)(r2 + 8)
    r0 += r2
  out:
    exit)");
  EXPECT_EQ(program.r0({.arguments = {1000}}), 1000u);
  const Input::Object task{.at = 8, .bytes = {0, 0, 0, 0, 0, 0, 0, 0, 5}};
  EXPECT_EQ(program.r0({.arguments = {1000}, .objects = {task, {.at = 16, .bytes = {1, 2}}}}),
            1000u + 5 + 0x201);
  EXPECT_EQ(program.r0({.arguments = {1000}, .objects = {{.at = 8, .null = true}}}), 1000u);
}

TEST(Replay, ObjectsLeadToObjectsAndAreProbed) {
  const Program program("tracing/raw_tp", std::string(kTyped) + R"(
    r1 = *(u64 *)(r1 + 8)
    r1 = *(u64 *)(r1 + 0)
    r1 = *(u64 *)(r1 + 0)
    r1 = *(u64 *)(r1 + 16)
    r0 = *(u64 *)(r1 + 8)
    r2 = *(u64 *)(r1 + 16)
    r0 |= r2
    exit)");
  EXPECT_EQ(program.r0({}), 0u);
  // A pointer that the input says is 0: a load of it is probed where the caller says so.
  const Input null{.objects = {{.at = 8, .bytes = Bytes(32)}}};
  program.fault(null, FaultKind::kStrayLoad, 2);
  const uint32_t probes[] = {2, 3, 4, 5};
  EXPECT_EQ(program.run(null, {.probes = probes}).fault, std::nullopt);
  const Program stores("tracing/raw_tp", std::string(kTyped) + R"(
    r1 = *(u64 *)(r1 + 8)
    *(u64 *)(r1 + 8) = 0
    exit)");
  stores.fault({}, FaultKind::kStrayStore, 1);
}

TEST(Replay, KernelVariables) {
  const Program program("raw_tracepoint", R"(
    variable 7 ticks memory:8:not0
    variable 8 none memory:8 weak missing
    variable 9 mine memory:4:not0 percpu
    ld_pseudo r1, 3, 7
    r0 = *(u64 *)(r1 + 0)
    ld_pseudo r1, 3, 8
    r0 += r1
    ld_pseudo r1, 3, 9
    call 154
    r0 = *(u32 *)(r0 + 0)
    ld_pseudo r1, 3, 9
    r0 = *(u32 *)(r1 + 0)
    exit)");
  const Replay replay = program.fault({}, FaultKind::kStrayLoad, 12);
  EXPECT_EQ(program.address(replay.fault->address), "variable mine + 0");
}

TEST(Replay, LegacyLoads) {
  const Program program("socket_filter", "r6 = r1\n r0 = *(u16 *)skb[1]\n exit");
  EXPECT_EQ(program.r0({.packet = {1, 2, 3}}), 0x0203u);
  EXPECT_EQ(program.r0({.packet = {1, 2}}), 0u);
}

TEST(Replay, TailCallsAreNotTaken) {
  const Program program("xdp", R"(
    map programs type=prog_array key=4 value=4 entries=2
    r2 = map programs
    r3 = 0
    r0 = 5
    call 12
    r0 = 6
    exit)");
  EXPECT_EQ(program.r0({}), 6u);
}

TEST(Replay, GlobalFunctionsRunAlone) {
  const Program program("xdp", R"(
    r0 = 0
    exit
    function f global number memory:4 context
    r0 = r1
    if r2 == 0 goto out
    r2 = *(u32 *)(r2 + 0)
    r0 += r2
  out:
    r3 = *(u32 *)(r3 + 12)
    exit)");
  const ReplayOptions options{.start = 2};
  EXPECT_EQ(program.run({.arguments = {40}}, options).r0, 40u);
  EXPECT_EQ(program.run({.arguments = {40}, .objects = {{.reg = 2, .bytes = {2}}}}, options).r0,
            42u);
  EXPECT_EQ(program.run({.arguments = {40}, .objects = {{.reg = 2, .null = true}}}, options).r0,
            40u);
}

TEST(Replay, InstructionLimitLeavesTheLastSteps) {
  const Program program("xdp", "r0 = 0\nagain:\n r0 += 1\n goto again");
  const Replay replay = program.run({}, {.max_instructions = 1000});
  ASSERT_TRUE(replay.fault.has_value());
  EXPECT_EQ(replay.fault->kind, FaultKind::kInstructionLimit);
  EXPECT_EQ(replay.instructions, 1000u);
  ASSERT_EQ(replay.last.size(), 64u);
  // r0 = 0, 499 additions with their jumps, and the 500th addition.
  EXPECT_EQ(replay.last.back().pc, 1u);
  EXPECT_EQ(replay.last.back().registers[0], 499u);
  EXPECT_EQ(replay.last[62].pc, 2u);
  EXPECT_EQ(replay.last.front().pc, 2u);
}

TEST(Replay, FewStepsAreAllKept) {
  const Program program("xdp", "r0 = 3\n r0 += 4\n exit");
  const Replay replay = program.run({});
  ASSERT_EQ(replay.last.size(), 3u);
  EXPECT_EQ(replay.last[0].pc, 0u);
  EXPECT_EQ(replay.last[2].pc, 2u);
  EXPECT_EQ(replay.last[2].registers[0], 7u);
}

TEST(Replay, StepsSeeTheStackOfEachFrame) {
  const Program program("xdp", R"(
    *(u64 *)(r10 - 8) = 5
    call f
    exit
    function f
    *(u64 *)(r10 - 16) = 6
    r0 = 0
    exit)");
  std::vector<uint32_t> frames;
  const ReplayOptions options{.step = [&](const Moment& moment) {
    frames.push_back(moment.frames());
    if (moment.pc != 4) return;
    ASSERT_EQ(moment.stack(0).size(), 512u);
    EXPECT_EQ(moment.stack(0)[504], 5);
    EXPECT_EQ(moment.stack(1)[496], 6);
    EXPECT_EQ(moment.registers[10], frame_address(1));
    EXPECT_TRUE(moment.stack(2).empty());
  }};
  EXPECT_EQ(program.run({}, options).fault, std::nullopt);
  EXPECT_EQ(frames, (std::vector<uint32_t>{1, 1, 2, 2, 2, 1}));
}

TEST(Replay, AddressesInWords) {
  const Program program("xdp", R"(
    map counters type=array key=4 value=8 entries=2
    r0 = 0
    exit)");
  EXPECT_EQ(program.address(packet_address(0) + 14), "packet + 14");
  EXPECT_EQ(program.address(packet_address(2) - 4), "packet - 4");
  EXPECT_EQ(program.address(address_of(Place::Kind::kMapValue, 0, 1) + 8),
            "map counters, value + 8");
  EXPECT_EQ(program.address(address_of(Place::Kind::kMap, 0)), "map counters");
  EXPECT_EQ(program.address(frame_address(0) - 16), "stack of frame 0 - 16");
  EXPECT_EQ(program.address(frame_address(1)), "stack of frame 1 + 0");
  EXPECT_EQ(program.address(12), "12");
  EXPECT_EQ(program.address(~uint64_t{0}), "0xffffffffffffffff");
}

}  // namespace
}  // namespace zext::verifier
