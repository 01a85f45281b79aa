// What calls do in a replay: maps, answers, memory that helpers fill, callbacks.
#include <gtest/gtest.h>

#include "verifier/replay/testing.h"

namespace zext::verifier {
namespace {

using FaultKind = ebpf::Fault::Kind;
using Call = Input::Call;

// A lookup of key 7, which is on the stack; 9 instructions with the map's address in two slots.
const std::string kLookup = R"(
    map counters type=hash key=4 value=8 entries=4
    *(u32 *)(r10 - 4) = 7
    r1 = map counters
    r2 = r10
    r2 += -4
    call 1
)";

TEST(Maps, LookupGivesTheEntry) {
  const Program program("xdp", kLookup + "r0 = *(u64 *)(r0 + 0)\n exit");
  EXPECT_EQ(program.r0({.maps = {{.map = 0, .key = {7}, .value = {9, 1}}}}), 0x109u);
  const Replay replay = program.fault({}, FaultKind::kStrayLoad, 6);
  EXPECT_EQ(program.address(replay.fault->address), "0");
}

TEST(Maps, ValuesHaveAnEnd) {
  const Program program("xdp", kLookup + "r0 = *(u64 *)(r0 + 1)\n exit");
  const Replay replay = program.fault({.maps = {{.map = 0, .key = {7}}}}, FaultKind::kStrayLoad, 6);
  EXPECT_EQ(program.address(replay.fault->address), "map counters, value + 1");
}

TEST(Maps, UpdateAndDelete) {
  const Program program("xdp", R"(
    map counters type=hash key=4 value=8 entries=4
    *(u32 *)(r10 - 4) = 7
    *(u64 *)(r10 - 16) = 500
    r1 = map counters
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -16
    r4 = 1
    call 2
    r6 = r0
    r1 = map counters
    r2 = r10
    r2 += -4
    call 1
    r7 = *(u64 *)(r0 + 0)
    r1 = map counters
    r2 = r10
    r2 += -4
    call 3
    r1 = map counters
    r2 = r10
    r2 += -4
    call 1
    r0 += r6
    r0 += r7
    exit)");
  EXPECT_EQ(program.r0({}), 500u);
  // BPF_NOEXIST: -EEXIST, and the value stays.
  EXPECT_EQ(program.r0({.maps = {{.map = 0, .key = {7}, .value = {30}}}}), 30u - 17);
}

TEST(Maps, AKeyThatIsNotAllThere) {
  const Program program("xdp", R"(
    map counters type=hash key=4 value=8 entries=4
    r1 = map counters
    r2 = r10
    r2 += -3
    call 1
    exit)");
  EXPECT_EQ(program.fault({}, FaultKind::kHelperFailed, 4).argument, 2);
  const Program number("xdp", "r1 = 5\n r2 = r10\n r2 += -8\n call 1\n exit");
  EXPECT_EQ(number.fault({}, FaultKind::kHelperFailed, 3).argument, 1);
}

TEST(Maps, GlobalData) {
  const Program program("xdp", R"(
    map data type=array key=4 value=8 entries=1
    r1 = value data + 4
    r0 = *(u32 *)(r1 + 0)
    r0 += 1
    *(u32 *)(r1 + 0) = r0
    r0 = *(u32 *)(r1 + 0)
    exit)");
  EXPECT_EQ(program.r0({}), 1u);
  EXPECT_EQ(program.r0({.maps = {{.map = 0, .key = {0}, .value = {0, 0, 0, 0, 8}}}}), 9u);
  const Program constant("xdp", R"(
    map rodata type=array key=4 value=4 entries=1 rdonly data=05000000
    r1 = value rodata
    r0 = *(u32 *)(r1 + 0)
    *(u32 *)(r1 + 0) = r0
    exit)");
  const Replay replay = constant.fault({}, FaultKind::kStrayStore, 3);
  EXPECT_EQ(replay.last.back().registers[0], 5u);
}

TEST(Maps, MapsOfMaps) {
  const Program program("xdp", R"(
    map inner type=array key=4 value=4 entries=2
    map outer type=hash_of_maps key=4 value=4 entries=4 inner=inner
    *(u32 *)(r10 - 4) = 1
    r1 = map outer
    r2 = r10
    r2 += -4
    call 1
    r1 = r0
    r0 = 99
    if r1 == 0 goto out
    r2 = r10
    r2 += -4
    call 1
    r0 = *(u32 *)(r0 + 0)
  out:
    exit)");
  EXPECT_EQ(program.r0({}), 99u);
  EXPECT_EQ(program.r0({.maps = {{.map = 1, .key = {1}}}}), 0u);
  EXPECT_EQ(program.r0({.maps = {{.map = 1, .key = {1}, .value = {8}, .outer = {1}}}}), 8u);
  EXPECT_EQ(program.r0({.maps = {{.map = 1, .key = {1}, .value = {8}, .outer = {2}}}}), 99u);
}

TEST(Maps, Queue) {
  const Program program("xdp", R"(
    map waiting type=queue key=0 value=4 entries=4
    r1 = map waiting
    r2 = r10
    r2 += -4
    call 88
    r6 = r0
    r0 = *(u32 *)(r10 - 4)
    r0 += r6
    exit)");
  EXPECT_EQ(program.r0({.maps = {{.map = 0, .value = {6}}, {.map = 0, .value = {7}}}}), 6u);
  EXPECT_EQ(program.r0({}), static_cast<uint64_t>(-2));
}

TEST(Answers, InTheOrderOfCalls) {
  const Program program("xdp", "call 7\n r6 = r0\n call 5\n r0 += r6\n exit");
  EXPECT_EQ(program.r0({.calls = {{.pc = 0, .result = 4}, {.pc = 2, .result = 30}}}), 34u);
  // Without more answers: 0.
  EXPECT_EQ(program.r0({.calls = {{.pc = 0, .result = 4}}}), 4u);
  const Replay replay = program.run({.calls = {{.pc = 2, .result = 4}}});
  EXPECT_EQ(replay.fault, std::nullopt);
  EXPECT_EQ(replay.incomplete,
            "slot 0 calls get_prandom_u32, but the input's next answer is for slot 2");
}

TEST(Answers, OnTheFly) {
  const Program program("xdp", "r1 = 3\n call 7\n r6 = r0\n call 7\n r0 += r6\n exit");
  const ReplayOptions options{
      .answer = [](uint32_t pc, const Helper& row, const ebpf::Arguments& arguments) {
        EXPECT_STREQ(row.name, "get_prandom_u32");
        EXPECT_EQ(arguments[0], 3u);
        return pc == 1 ? std::optional(Call{.pc = pc, .result = 50}) : std::nullopt;
      }};
  EXPECT_EQ(program.run({}, options).r0, 50u);
  // What the input says comes first.
  EXPECT_EQ(program.run({.calls = {{.pc = 1, .result = 1}}}, options).r0, 1u);
}

TEST(Answers, LocksNeedNone) {
  const Program program("xdp", R"(
    map counters type=array key=4 value=8 entries=1 lock=0
    r1 = value counters
    call 93
    r1 = value counters
    call 94
    call 7
    exit)");
  EXPECT_EQ(program.r0({.calls = {{.pc = 6, .result = 8}}}), 8u);
  const Program nothing("xdp", "r1 = 0\n call 93\n r0 = 0\n exit");
  EXPECT_EQ(nothing.fault({}, FaultKind::kHelperFailed, 1).argument, 1);
}

const std::string kLoadBytes = R"(
    *(u64 *)(r10 - 8) = -1
    r2 = 0
    r3 = r10
    r3 += -8
    r4 = 4
    call 26
    r6 = r0
    r0 = *(u64 *)(r10 - 8)
    r0 += r6
    exit)";

TEST(Answers, FillMemory) {
  const Program program("sched_cls", kLoadBytes);
  EXPECT_EQ(program.r0({}), 0xffff'ffff'0000'0000u);
  EXPECT_EQ(program.r0({.calls = {{.pc = 5, .fills = {{.reg = 3, .bytes = {1, 2, 3, 4, 5}}}}}}),
            0xffff'ffff'0403'0201u);
  EXPECT_EQ(program.r0({.calls = {{.pc = 5, .result = 5, .fills = {{.reg = 3, .bytes = {1}}}}}}),
            0xffff'ffff'0000'0006u);
}

TEST(Answers, StrayMemory) {
  const auto with = [](const std::string& size) {
    return "r2 = 0\n r3 = r10\n r3 += -8\n r4 = " + size + "\n call 26\n exit";
  };
  const Program long_one("sched_cls", with("9"));
  EXPECT_EQ(long_one.fault({}, FaultKind::kHelperFailed, 4).argument, 3);
  const Program huge("sched_cls", with("0x100000000 ll"));
  EXPECT_EQ(huge.fault({}, FaultKind::kHelperFailed, 5).argument, 3);
  const Program empty("sched_cls", with("0"));
  EXPECT_EQ(empty.fault({}, FaultKind::kHelperFailed, 4).argument, 4);
  const Program no_context("sched_cls", "r1 = 0\n" + with("8"));
  EXPECT_EQ(no_context.fault({}, FaultKind::kHelperFailed, 5).argument, 1);
}

// A record of 16 bytes; its address goes to r6.
const std::string kReserve = R"(
    map events type=ringbuf entries=4096
    r1 = map events
    r2 = 16
    r3 = 0
    call 131
    r6 = r0
    r0 = 77
    if r6 == 0 goto out
)";

TEST(Answers, ARecordOrNone) {
  const Program program("xdp", kReserve + R"(
    *(u64 *)(r6 + 8) = 3
    r7 = *(u64 *)(r6 + 0)
    r1 = r6
    r2 = 0
    call 132
    r0 = r7
  out:
    exit)");
  EXPECT_EQ(program.r0({}), 77u);
  EXPECT_EQ(program.r0({.calls = {{.pc = 4, .points = true}}}), 0u);
  EXPECT_EQ(program.r0({.calls = {{.pc = 4, .points = true, .memory = {8}}}}), 8u);
}

TEST(Answers, ARecordHasAnEnd) {
  const Input input{.calls = {{.pc = 4, .points = true}}};
  const Program beyond("xdp", kReserve + "*(u8 *)(r6 + 16) = 3\n out:\n exit");
  const Replay replay = beyond.fault(input, FaultKind::kStrayStore, 8);
  EXPECT_EQ(beyond.address(replay.fault->address), "memory of helpers 0 + 16");
  // It is gone when it is submitted, and cannot be submitted again.
  const std::string submit = "r1 = r6\n r2 = 0\n call 132\n";
  const Program after("xdp", kReserve + submit + "r0 = *(u8 *)(r6 + 0)\n out:\n exit");
  after.fault(input, FaultKind::kStrayLoad, 11);
  const Program twice("xdp", kReserve + submit + submit + "out:\n exit");
  EXPECT_EQ(twice.fault(input, FaultKind::kHelperFailed, 13).argument, 1);
}

TEST(Answers, ASocketIsGoneWhenItIsReleased) {
  const Program program("sched_cls", R"(
    *(u64 *)(r10 - 16) = 0
    *(u32 *)(r10 - 8) = 0
    r2 = r10
    r2 += -16
    r3 = 12
    r4 = 0
    r5 = 0
    call 84
    r6 = r0
    if r0 == 0 goto out
    r7 = *(u32 *)(r6 + 4)
    r1 = r6
    call 86
    r0 = *(u32 *)(r6 + 4)
  out:
    exit)");
  EXPECT_EQ(program.r0({}), 0u);
  const Replay replay =
      program.fault({.calls = {{.pc = 7, .points = true, .memory = {0, 0, 0, 0, 10}}}},
                    FaultKind::kStrayLoad, 13);
  EXPECT_EQ(replay.last.back().registers[7], 10u);
}

TEST(Answers, HelpersMoveThePacket) {
  const Program program("xdp", R"(
    r6 = r1
    r7 = *(u32 *)(r1 + 0)
    r2 = -4
    call 44
    r1 = *(u32 *)(r6 + 0)
    r0 = *(u8 *)(r1 + 0)
    r0 = *(u8 *)(r7 + 0)
    exit)");
  const Bytes packet = {5, 6};
  Replay replay = program.fault({.packet = packet}, FaultKind::kStrayLoad, 6);
  EXPECT_EQ(replay.last.back().registers[0], 5u);
  replay = program.fault({.packet = packet, .calls = {{.pc = 3, .packet = Bytes{0, 9}}}},
                         FaultKind::kStrayLoad, 6);
  EXPECT_EQ(replay.last.back().registers[0], 0u);
  EXPECT_EQ(program.address(replay.fault->address), "packet + 0");
}

const std::string kLoop = R"(
    r1 = 5
    ld_pseudo r2, 4, body
    r3 = r10
    r3 += -8
    r4 = 0
    *(u64 *)(r10 - 8) = 0
    call 181
    r1 = *(u64 *)(r10 - 8)
    r1 *= 100
    r0 += r1
    exit
    function body
)";

TEST(Callbacks, Loop) {
  const Program all("xdp", kLoop + R"(
    r3 = *(u64 *)(r2 + 0)
    r3 += r1
    *(u64 *)(r2 + 0) = r3
    r0 = 0
    exit)");
  EXPECT_EQ(all.r0({}), (0u + 1 + 2 + 3 + 4) * 100 + 5);
  const Program stops("xdp", kLoop + R"(
    *(u64 *)(r2 + 0) = r1
    r0 = 0
    if r1 != 2 goto out
    r0 = 1
  out:
    exit)");
  EXPECT_EQ(stops.r0({}), 200u + 3);
}

TEST(Callbacks, FaultInside) {
  const Program program("xdp", kLoop + R"(
    r0 = 0
    if r1 != 3 goto out
    *(u8 *)(r2 + 8) = 1
  out:
    exit)");
  const Replay replay = program.fault({}, FaultKind::kStrayStore, 14);
  EXPECT_EQ(replay.last.back().registers[1], 3u);
  EXPECT_EQ(program.address(replay.fault->address), "stack of frame 0 + 0");
}

TEST(Callbacks, LinuxsErrors) {
  const auto with = [](const std::string& rounds, const std::string& flags) {
    return Program("xdp", "r1 = " + rounds + "\n ld_pseudo r2, 4, f\n r3 = 0\n r4 = " + flags +
                              "\n call 181\n exit\n function f\n r0 = 0\n exit");
  };
  EXPECT_EQ(with("8388609", "0").r0({}), static_cast<uint64_t>(-7));
  EXPECT_EQ(with("1", "1").r0({}), static_cast<uint64_t>(-22));
  EXPECT_EQ(with("0", "0").r0({}), 0u);
  const Program number("xdp", "r1 = 1\n r2 = 9\n r3 = 0\n r4 = 0\n call 181\n exit");
  EXPECT_EQ(number.fault({}, FaultKind::kHelperFailed, 4).argument, 2);
}

std::string for_each(const std::string& type) {
  return "map counters type=" + type + R"( key=4 value=4 entries=3
    *(u64 *)(r10 - 8) = 0
    r1 = map counters
    ld_pseudo r2, 4, body
    r3 = r10
    r3 += -8
    r4 = 0
    call 164
    r1 = *(u64 *)(r10 - 8)
    r1 *= 100
    r0 += r1
    exit
    function body
    r1 = *(u32 *)(r2 + 0)
    r3 = *(u32 *)(r3 + 0)
    r1 *= r3
    r3 = *(u64 *)(r4 + 0)
    r1 += r3
    *(u64 *)(r4 + 0) = r1
    r0 = 0
    exit)";
}

TEST(Callbacks, EachElement) {
  // The sum of keys times values, times 100, and the number of elements.
  const Program array("xdp", for_each("array"));
  EXPECT_EQ(array.r0({.maps = {{.map = 0, .key = {2}, .value = {10}},
                               {.map = 0, .key = {1}, .value = {4}}}}),
            2403u);
  const Program hash("xdp", for_each("hash"));
  EXPECT_EQ(hash.r0({.maps = {{.map = 0, .key = {7}, .value = {10}},
                              {.map = 0, .key = {1}, .value = {4}}}}),
            7402u);
  EXPECT_EQ(hash.r0({}), 0u);
}

TEST(Callbacks, KeysAreReadOnly) {
  const Program program("xdp", R"(
    map counters type=array key=4 value=4 entries=3
    r1 = map counters
    ld_pseudo r2, 4, body
    r3 = 0
    r4 = 0
    call 164
    exit
    function body
    *(u32 *)(r2 + 0) = 1
    r0 = 0
    exit)");
  const Replay replay = program.fault({}, FaultKind::kStrayStore, 8);
  EXPECT_EQ(program.address(replay.fault->address), "map counters, key + 0");
}

TEST(KernelFunctions, NumbersToIterateOver) {
  const auto sum = [](const std::string& begin, const std::string& end) {
    return Program("xdp", R"(
    kfunc 1 bpf_iter_num_new 3
    kfunc 2 bpf_iter_num_next 1
    kfunc 3 bpf_iter_num_destroy 1
    r1 = r10
    r1 += -8
    r2 = )" + begin +
                              "\n r3 = " + end + R"(
    call btf 1
    r6 = r0
    r6 *= 1000
  again:
    r1 = r10
    r1 += -8
    call btf 2
    if r0 == 0 goto out
    r0 = *(u32 *)(r0 + 0)
    r6 += r0
    goto again
  out:
    r1 = r10
    r1 += -8
    call btf 3
    r0 = r6
    exit)");
  };
  EXPECT_EQ(sum("3", "6").r0({}), 3u + 4 + 5);
  EXPECT_EQ(sum("6", "6").r0({}), 0u);
  EXPECT_EQ(sum("7", "6").r0({}), static_cast<uint64_t>(-22'000));
  EXPECT_EQ(sum("0", "8388609").r0({}), static_cast<uint64_t>(-7'000));
}

TEST(KernelFunctions, Answered) {
  const Program program("tracing/raw_tp", R"(
    type task_struct 16 id@8:4
    kfunc 1 bpf_task_from_pid 1
    kfunc 2 bpf_task_release 1
    r1 = 5
    call btf 1
    r6 = r0
    r0 = 0
    if r6 == 0 goto out
    r7 = *(u32 *)(r6 + 8)
    r1 = r6
    call btf 2
    r0 = r7
  out:
    exit)");
  EXPECT_EQ(program.r0({}), 0u);
  EXPECT_EQ(
      program.r0({.calls = {{.pc = 1, .points = true, .memory = {0, 0, 0, 0, 0, 0, 0, 0, 4}}}}),
      4u);
}

TEST(KernelFunctions, UnknownOnes) {
  const Program program("xdp", "kfunc 1 bpf_no_such_thing 0\n r0 = 0\n call btf 1\n exit");
  program.fault({}, FaultKind::kUnknownHelper, 1);
  const Program helper("xdp", "r0 = 0\n call 9999\n exit");
  helper.fault({}, FaultKind::kUnknownHelper, 1);
}

TEST(Answers, WhatMustBeThereIsThere) {
  const Program task("tracing/raw_tp", R"(
    type task_struct 16 id@8:4
    call 158
    r0 = *(u32 *)(r0 + 8)
    exit)");
  EXPECT_EQ(task.r0({}), 0u);
  const Program storage("cgroup_skb/egress", R"(
    map storage type=cgroup_storage key=8 value=8 entries=0
    r1 = map storage
    r2 = 0
    call 81
    r0 = *(u64 *)(r0 + 0)
    exit)");
  EXPECT_EQ(storage.r0({}), 0u);
  EXPECT_EQ(storage.r0({.calls = {{.pc = 3, .points = true, .memory = {6}}}}), 6u);
}

}  // namespace
}  // namespace zext::verifier
