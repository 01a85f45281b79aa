// Programs on simulated machines do what they do on the interpreter, to results, packets, maps and
// rings; they take cycles, the same each time; and what goes wrong is told.

#include "kernel_shim/engines/machine/machine_engine.h"

#include <errno.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernel_shim/engines/machine/machine_test_instance.h"

namespace zext::shim {
namespace {

std::vector<uint8_t> packet_of(uint32_t size, uint8_t first) {
  std::vector<uint8_t> packet(size);
  for (uint32_t i = 0; i < size; ++i) packet[i] = static_cast<uint8_t>(first + i);
  return packet;
}

// A map that a scenario makes, and how to look at it afterwards.
struct MapShape {
  bpf_map_type type;
  uint32_t key_size, value_size, entries;
  uint32_t flags = 0;
};

struct Scenario {
  const char* name;
  bpf_prog_type type;
  std::vector<MapShape> maps;
  const char* text;
  unsigned runs = 3;
};

// For failures' names.
void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }

const Scenario kScenarios[] = {
    {"Constant", BPF_PROG_TYPE_XDP, {}, R"(
        r0 = 2
        exit)"},
    {"PacketSum", BPF_PROG_TYPE_XDP, {}, R"(
        r2 = *(u32 *)(r1 + 0)
        r3 = *(u32 *)(r1 + 4)
        r0 = 0
        r4 = r2
        r4 += 16
        if r4 > r3 goto done
        r5 = *(u64 *)(r2 + 0)
        r0 = *(u64 *)(r2 + 8)
        r0 ^= r5
        *(u8 *)(r2 + 1) = r0
      done:
        exit)"},
    {"HashCounter", BPF_PROG_TYPE_XDP, {{BPF_MAP_TYPE_HASH, 4, 8, 16}}, R"(
        r6 = *(u32 *)(r1 + 16)
        *(u32 *)(r10 - 4) = 7
        *(u64 *)(r10 - 16) = 1
        r2 = r10
        r2 += -4
        ld_pseudo r1, 1, {0}
        call 1
        if r0 == 0 goto new
        r1 = *(u64 *)(r0 + 0)
        r1 += 1
        *(u64 *)(r0 + 0) = r1
        r0 = r1
        exit
      new:
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = 0
        ld_pseudo r1, 1, {0}
        call 2
        exit)"},
    {"HashDelete", BPF_PROG_TYPE_XDP, {{BPF_MAP_TYPE_HASH, 4, 8, 16, BPF_F_NO_PREALLOC}}, R"(
        *(u32 *)(r10 - 4) = 1
        *(u64 *)(r10 - 16) = 5
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = 1
        ld_pseudo r1, 1, {0}
        call 2
        r6 = r0
        r2 = r10
        r2 += -4
        ld_pseudo r1, 1, {0}
        call 3
        r0 += r6
        exit)"},
    {"PerCpuArray", BPF_PROG_TYPE_XDP, {{BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4}}, R"(
        *(u32 *)(r10 - 4) = 2
        r2 = r10
        r2 += -4
        ld_pseudo r1, 1, {0}
        call 1
        if r0 == 0 goto none
        r1 = *(u64 *)(r0 + 0)
        r1 += 3
        *(u64 *)(r0 + 0) = r1
        r0 = r1
      none:
        exit)"},
    {"LruEvicts",
     BPF_PROG_TYPE_XDP,
     {{BPF_MAP_TYPE_LRU_HASH, 4, 8, 8}, {BPF_MAP_TYPE_ARRAY, 4, 8, 1}},
     R"(
        ld_pseudo r6, 2, {1}, 0
        r7 = 0
      more:
        r1 = *(u64 *)(r6 + 0)
        r1 += 1
        *(u64 *)(r6 + 0) = r1
        *(u32 *)(r10 - 4) = r1
        *(u64 *)(r10 - 16) = r1
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = 0
        ld_pseudo r1, 1, {0}
        call 2
        r7 += 1
        if r7 < 20 goto more
        r0 = 0
        exit)"},
    {"Lpm", BPF_PROG_TYPE_XDP, {{BPF_MAP_TYPE_LPM_TRIE, 8, 8, 16, BPF_F_NO_PREALLOC}}, R"(
        *(u32 *)(r10 - 8) = 24
        *(u32 *)(r10 - 4) = 0x0100a8c0
        *(u64 *)(r10 - 16) = 77
        r2 = r10
        r2 += -8
        r3 = r10
        r3 += -16
        r4 = 0
        ld_pseudo r1, 1, {0}
        call 2
        *(u32 *)(r10 - 8) = 32
        *(u32 *)(r10 - 4) = 0x0500a8c0
        r2 = r10
        r2 += -8
        ld_pseudo r1, 1, {0}
        call 1
        if r0 == 0 goto none
        r0 = *(u64 *)(r0 + 0)
      none:
        exit)"},
    {"QueueAndStack",
     BPF_PROG_TYPE_XDP,
     {{BPF_MAP_TYPE_QUEUE, 0, 8, 8}, {BPF_MAP_TYPE_STACK, 0, 8, 8}},
     R"(
        *(u64 *)(r10 - 8) = 3
        r2 = r10
        r2 += -8
        r3 = 0
        ld_pseudo r1, 1, {0}
        call 87
        *(u64 *)(r10 - 8) = 4
        r2 = r10
        r2 += -8
        r3 = 0
        ld_pseudo r1, 1, {0}
        call 87
        r2 = r10
        r2 += -16
        ld_pseudo r1, 1, {0}
        call 88
        r2 = r10
        r2 += -16
        r3 = 2
        ld_pseudo r1, 1, {1}
        call 87
        r0 = *(u64 *)(r10 - 16)
        exit)"},
    {"PacketLoads", BPF_PROG_TYPE_SOCKET_FILTER, {}, R"(
        r6 = r1
        r0 = *(u8 *)skb[3]
        r7 = r0
        r0 = *(u16 *)skb[4]
        r7 += r0
        r8 = 8
        r0 = *(u32 *)skb[r8 + 2]
        r7 += r0
        r0 = r7
        exit)"},
    {"PacketLoadOutside", BPF_PROG_TYPE_SOCKET_FILTER, {}, R"(
        r6 = r1
        r0 = *(u32 *)skb[1000]
        r0 = 9
        exit)"},
    {"AdjustHead", BPF_PROG_TYPE_XDP, {}, R"(
        r6 = r1
        r2 = -8
        call 44
        r2 = *(u32 *)(r6 + 0)
        r3 = *(u32 *)(r6 + 4)
        r0 = 1
        r4 = r2
        r4 += 8
        if r4 > r3 goto done
        r1 = 0x11223344
        *(u64 *)(r2 + 0) = r1
        r0 = 2
      done:
        exit)"},
    {"TracePrintk", BPF_PROG_TYPE_XDP, {}, R"(
        r1 = 0x0a64252061 ll
        *(u64 *)(r10 - 8) = r1
        r1 = r10
        r1 += -8
        r2 = 6
        r3 = 42
        call 6
        exit)"},
    {"Loop", BPF_PROG_TYPE_XDP, {}, R"(
        *(u64 *)(r10 - 8) = 0
        r1 = 10
        ld_pseudo r2, 4, each
        r3 = r10
        r3 += -8
        r4 = 0
        call 181
        r0 = *(u64 *)(r10 - 8)
        exit
      each:
        r3 = *(u64 *)(r2 + 0)
        r3 += r1
        *(u64 *)(r2 + 0) = r3
        r0 = 0
        exit)"},
    {"SubProgram", BPF_PROG_TYPE_XDP, {}, R"(
        r1 = 5
        call local twice
        r0 += 1
        exit
      twice:
        r0 = r1
        r0 += r1
        exit)"},
};

class MachineScenario : public testing::TestWithParam<std::tuple<const char*, Scenario>> {};

struct Observed {
  std::vector<uint32_t> retvals;
  std::vector<std::vector<uint8_t>> packets;
  std::vector<std::map<std::vector<uint8_t>, std::vector<uint8_t>>> maps;
  std::vector<std::string> trace;
};

// Which CPU's value is which: programs run on any.
void sort_pieces(std::vector<uint8_t>& value, uint32_t size) {
  std::vector<std::vector<uint8_t>> pieces;
  for (size_t at = 0; at + size <= value.size(); at += size) {
    const auto begin = value.begin() + static_cast<ptrdiff_t>(at);
    pieces.emplace_back(begin, begin + size);
  }
  std::ranges::sort(pieces);
  value.clear();
  for (const auto& piece : pieces) value.insert(value.end(), piece.begin(), piece.end());
}

Observed observe(TestInstance& instance, const Scenario& scenario) {
  std::vector<int> maps;
  for (const MapShape& shape : scenario.maps) {
    maps.push_back(
        instance.map(shape.type, shape.key_size, shape.value_size, shape.entries, shape.flags));
  }
  const int program = instance.load(scenario.type, scenario.text, maps);
  Observed observed;
  for (unsigned i = 0; i < scenario.runs; ++i) {
    const auto result = instance.test_run(program, packet_of(64, static_cast<uint8_t>(i)));
    EXPECT_EQ(result.error, 0);
    observed.retvals.push_back(result.retval);
    observed.packets.push_back(result.data);
  }
  for (size_t i = 0; i < maps.size(); ++i) {
    const MapShape& shape = scenario.maps[i];
    const uint32_t values = shape.type == BPF_MAP_TYPE_PERCPU_ARRAY ? 4 : 1;
    auto elements = instance.dump(maps[i], shape.key_size, shape.value_size * values);
    for (auto& [key, value] : elements) sort_pieces(value, shape.value_size);
    observed.maps.push_back(std::move(elements));
  }
  observed.trace = instance.host().take_trace();
  return observed;
}

TEST_P(MachineScenario, DoesWhatTheInterpreterDoes) {
  const auto& [machine, scenario] = GetParam();
  Observed expected;
  {
    TestInstance interpreter("interpreter");
    expected = observe(interpreter, scenario);
  }
  TestInstance instance(machine);
  const Observed observed = observe(instance, scenario);
  EXPECT_EQ(instance.machine().last_run().failure, "");
  EXPECT_EQ(observed.retvals, expected.retvals);
  EXPECT_EQ(observed.packets, expected.packets);
  EXPECT_EQ(observed.maps, expected.maps);
  EXPECT_EQ(observed.trace, expected.trace);
}

std::string name_of(const testing::TestParamInfo<MachineScenario::ParamType>& info) {
  return std::string(std::get<0>(info.param)) + std::get<1>(info.param).name;
}
INSTANTIATE_TEST_SUITE_P(Rtl, MachineScenario,
                         testing::Combine(testing::Values("rtl"), testing::ValuesIn(kScenarios)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Qemu, MachineScenario,
                         testing::Combine(testing::Values("qemu"), testing::ValuesIn(kScenarios)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Lockstep, MachineScenario,
                         testing::Combine(testing::Values("lockstep"),
                                          testing::ValuesIn(kScenarios)),
                         name_of);

class MachineEngine : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(All, MachineEngine, testing::Values("rtl", "qemu", "lockstep"));

// Each program of a chain adds its number and goes on with the next; the array is in RAM, its
// entries are addresses of RV64 text.
TEST_P(MachineEngine, TailCallsGoOn) {
  TestInstance instance(GetParam());
  const int array = instance.map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4);
  const int last = instance.load(BPF_PROG_TYPE_XDP, "r0 = 30\nexit", {array});
  const int middle = instance.load(BPF_PROG_TYPE_XDP, R"(
      ld_pseudo r2, 1, {0}
      r3 = 1
      call 12
      r0 = 20
      exit)",
                                   {array});
  const int first = instance.load(BPF_PROG_TYPE_XDP, R"(
      ld_pseudo r2, 1, {0}
      r3 = 0
      call 12
      r0 = 10
      exit)",
                                  {array});
  EXPECT_EQ(instance.test_run(first, packet_of(64, 0)).retval, 10U);
  const uint32_t zero = 0, one = 1;
  ASSERT_EQ(instance.update(array, &zero, &middle), 0);
  EXPECT_EQ(instance.test_run(first, packet_of(64, 0)).retval, 20U);
  ASSERT_EQ(instance.update(array, &one, &last), 0);
  EXPECT_EQ(instance.test_run(first, packet_of(64, 0)).retval, 30U);
  ASSERT_EQ(instance.update(array, &one, &middle), 0);
  EXPECT_EQ(instance.test_run(first, packet_of(64, 0)).retval, 20U) << "33 calls, then no more";
}

// More records than the ring holds at once, so that some lie across its end: the machine writes
// them by the ring's second view.
TEST_P(MachineEngine, RingsWrapAround) {
  TestInstance instance(GetParam());
  constexpr uint32_t kSize = 4096;
  const int ring = instance.map(BPF_MAP_TYPE_RINGBUF, 0, 0, kSize);
  const int program = instance.load(BPF_PROG_TYPE_XDP, R"(
      r6 = *(u32 *)(r1 + 0)
      r7 = *(u32 *)(r1 + 4)
      r8 = r6
      r8 += 64
      if r8 > r7 goto out
      ld_pseudo r1, 1, {0}
      r2 = 1000
      r3 = 0
      call 131
      if r0 == 0 goto out
      r1 = *(u64 *)(r6 + 0)
      *(u64 *)(r0 + 0) = r1
      *(u64 *)(r0 + 992) = r1
      r1 = r0
      r2 = 0
      call 132
      r0 = 1
      exit
    out:
      r0 = 0
      exit)",
                                    {ring});
  kshim_mapping consumer{}, producer{};
  kshim* shim = c_shim(instance.kernel());
  kshim_object* object = instance.host().at(ring);
  ASSERT_EQ(kshim_mmap(shim, object, 0, 4096, true, &consumer), 0);
  ASSERT_EQ(kshim_mmap(shim, object, 4096, 4096 + 2 * kSize, false, &producer), 0);
  auto* consumed = static_cast<uint64_t*>(consumer.address);
  const auto* produced = static_cast<const uint64_t*>(producer.address);
  const auto* data = static_cast<const uint8_t*>(producer.address) + 4096;
  for (uint8_t round = 0; round < 10; ++round) {
    const auto packet = packet_of(64, round);
    ASSERT_EQ(instance.test_run(program, packet).retval, 1U) << "round " << int{round};
    ASSERT_EQ(*produced - *consumed, 1008U);
    const uint8_t* record = data + *consumed % kSize;
    EXPECT_EQ(std::memcmp(record + 8, packet.data(), 8), 0);
    EXPECT_EQ(std::memcmp(record + 8 + 992, packet.data(), 8), 0) << "across the end";
    *consumed += 1008;
  }
  EXPECT_GE(instance.host().wakes(object), 1U);
  kshim_munmap(shim, object, true);
  kshim_munmap(shim, object, false);
}

// As long as lookups are code of the machine's, they take its cycles.
TEST(MachineCycles, LookupsTakeThemAndTheSameEachTime) {
  TestInstance instance("rtl");
  const int map = instance.map(BPF_MAP_TYPE_HASH, 4, 8, 1024);
  const int array = instance.map(BPF_MAP_TYPE_ARRAY, 4, 8, 1024);
  const char* text = R"(
      *(u32 *)(r10 - 4) = 7
      r2 = r10
      r2 += -4
      ld_pseudo r1, 1, {0}
      call 1
      r0 = 0
      exit)";
  const int nothing = instance.load(BPF_PROG_TYPE_XDP, "r0 = 0\nexit");
  const int with_hash = instance.load(BPF_PROG_TYPE_XDP, text, {map});
  const int with_array = instance.load(BPF_PROG_TYPE_XDP, text, {array});
  const auto cycles = [&](int program) {
    return instance.test_run(program, packet_of(64, 0)).duration;
  };
  const uint32_t base = cycles(nothing), hash = cycles(with_hash), looked = cycles(with_array);
  EXPECT_GT(base, 0U);
  EXPECT_GT(looked, base + 20);
  EXPECT_GT(hash, looked) << "a hash has more to do than an index";
  EXPECT_EQ(cycles(nothing), base);
  EXPECT_EQ(cycles(with_hash), hash);
  EXPECT_GT(instance.machine().last_run().instructions, 20U);
  RecordProperty("nothing", static_cast<int>(base));
  RecordProperty("hash_lookup", static_cast<int>(hash));
  std::printf("cycles: nothing %u, an array's lookup %u, a hash's %u\n", base, looked, hash);
}

// An analyser that lets everything pass, with loads of slot 0 and 1 as probes.
int accept_all(Kernel& kernel, const LoadRequest& request, Log&, Analysis* analysis) {
  analysis->verified_insns = request.program.slots;
  analysis->probes = static_cast<uint32_t*>(kernel.alloc(request.program, 2 * sizeof(uint32_t)));
  analysis->probes[0] = 1;
  analysis->probes[1] = 2;
  analysis->probe_count = 2;
  return 0;
}
const Analyser kAcceptAll{.analyse = accept_all};

TEST_P(MachineEngine, LoadsThatMayFaultGiveZero) {
  TestInstance instance(GetParam(), kAcceptAll);
  const int program = instance.load(BPF_PROG_TYPE_XDP, R"(
      r2 = 16
      r3 = *(u64 *)(r2 + 0)
      r4 = *(u64 *)(r1 + 24)  // data
      r0 = r3
      if r4 == 0 goto out
      r0 += 5
    out:
      exit)");
  EXPECT_EQ(instance.test_run(program, packet_of(64, 0)).retval, 5U);
  EXPECT_EQ(instance.machine().last_run().failure, "");
}

TEST_P(MachineEngine, ATrapIsTold) {
  TestInstance instance(GetParam(), kAcceptAll);
  const int program = instance.load(BPF_PROG_TYPE_XDP, R"(
      r2 = *(u32 *)(r1 + 0)
      r2 = *(u32 *)(r1 + 0)
      r2 = *(u32 *)(r1 + 0)
      r0 = 16
      r0 = *(u64 *)(r0 + 0)
      exit)");
  EXPECT_EQ(static_cast<int32_t>(instance.test_run(program, packet_of(64, 0)).retval), -EFAULT);
  const std::string failure = instance.machine().last_run().failure;
  EXPECT_NE(failure.find("cause 13"), std::string::npos) << failure;
  EXPECT_NE(failure.find("value 0x10"), std::string::npos) << failure;
  const int fine = instance.load(BPF_PROG_TYPE_XDP, R"(
      r0 = *(u32 *)(r1 + 0)
      r0 = *(u32 *)(r1 + 0)
      r0 = *(u32 *)(r1 + 0)
      r0 = 3
      exit)");
  EXPECT_EQ(instance.test_run(fine, packet_of(64, 0)).retval, 3U) << "the machine goes on";
}

// Memory of this process is not the machine's: it asks, in the middle of a run.
TEST_P(MachineEngine, MemoryOfUsersIsFetched) {
  if (std::string(GetParam()) == "lockstep") GTEST_SKIP() << "nothing is served in lockstep";
  TestInstance instance(GetParam());
  const int program = instance.load(BPF_PROG_TYPE_RAW_TRACEPOINT, R"(
      r3 = *(u64 *)(r1 + 0)
      r1 = r10
      r1 += -8
      *(u64 *)(r10 - 8) = 0
      r2 = 8
      call 112
      r0 = *(u64 *)(r10 - 8)
      exit)");
  const uint64_t here = 0x1234'5678;
  const uint64_t arguments[] = {reinterpret_cast<uint64_t>(&here)};
  bpf_attr attr{};
  attr.test.prog_fd = static_cast<uint32_t>(program);
  attr.test.ctx_in = reinterpret_cast<uint64_t>(arguments);
  attr.test.ctx_size_in = sizeof arguments;
  ASSERT_EQ(instance.bpf(BPF_PROG_TEST_RUN, attr), 0);
  EXPECT_EQ(attr.test.retval, here);
}

// Threads that look at a map while others run programs on it: one at a time, none lost.
TEST(MachineThreads, RunsAndSystemCallsDoNotMeet) {
  TestInstance instance("qemu");
  const int map = instance.map(BPF_MAP_TYPE_ARRAY, 4, 8, 1);
  const int other = instance.map(BPF_MAP_TYPE_ARRAY, 4, 8, 4);
  const int program = instance.load(BPF_PROG_TYPE_XDP, R"(
      ld_pseudo r1, 2, {0}, 0
      r2 = *(u64 *)(r1 + 0)
      r2 += 1
      *(u64 *)(r1 + 0) = r2
      r0 = 0
      exit)",
                                    {map});
  constexpr int kThreads = 4, kRuns = 50;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kRuns; ++n) {
        EXPECT_EQ(instance.test_run(program, packet_of(64, 0)).error, 0);
        const uint32_t key = 1;
        const auto value = static_cast<uint64_t>(i);
        EXPECT_EQ(instance.update(other, &key, &value), 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto all = instance.dump(map, 4, 8);
  uint64_t count = 0;
  std::memcpy(&count, all.begin()->second.data(), sizeof count);
  EXPECT_EQ(count, uint64_t{kThreads} * kRuns);
}

TEST(MachineName, AreThoseOfTheEngines) {
  EXPECT_EQ(machine_named("rtl"), MachineKind::kRtl);
  EXPECT_EQ(machine_named("qemu"), MachineKind::kQemu);
  EXPECT_EQ(machine_named("lockstep"), MachineKind::kLockstep);
  EXPECT_EQ(machine_named("interpreter"), std::nullopt);
}

}  // namespace
}  // namespace zext::shim
