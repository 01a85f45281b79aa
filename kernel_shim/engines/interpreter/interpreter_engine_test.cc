// Programs on the engine: calls, tail calls, callbacks, faults, packets, and the vectors of
// isa/ebpf, whose expected values no code here gave.
#include "kernel_shim/engines/interpreter/interpreter_engine.h"

#include <errno.h>

#include <cstring>
#include <thread>

#include "isa/ebpf/encode.h"
#include "isa/ebpf/vectors.h"
#include "kernel_shim/programs/context.h"
#include "kernel_shim/programs/testing.h"

namespace zext::shim {
namespace {

class InterpreterEngine : public ProgramTest {
 protected:
  // A program array of these.
  Map& array_of(const std::vector<Program*>& programs) {
    Map& array = map({.type = BPF_MAP_TYPE_PROG_ARRAY,
                      .key_size = 4,
                      .value_size = 4,
                      .max_entries = static_cast<uint32_t>(programs.size())});
    for (uint32_t i = 0; i < programs.size(); ++i) put_at(array, i, *programs[i]);
    return array;
  }
  void put_at(Map& array, uint32_t index, Program& program) {
    const int fd = install_fd(kernel_, program);
    EXPECT_EQ(map_update_value(kernel_, array, &index, &fd, BPF_ANY), 0);
    host_.close(fd);
  }
};

TEST_F(InterpreterEngine, ReturnsAndReadsItsContext) {
  uint64_t context[2] = {5, 40};
  Program& sum = program(R"(
      r0 = *(u64 *)(r1 + 0)
      r2 = *(u64 *)(r1 + 8)
      *(u64 *)(r1 + 0) = r2
      r0 += r2
      exit)");
  EXPECT_EQ(run(sum, context), 45u);
  EXPECT_EQ(context[0], 40u);
}

TEST_F(InterpreterEngine, FramesHaveTrueAddressesAndAreTheirOwn) {
  Program& nested = program(R"(
      r6 = 7
      *(u64 *)(r10 - 8) = 1
      r1 = r10
      r1 += -8
      call fill
      r0 = *(u64 *)(r10 - 8)
      r0 += r6
      exit
    fill:
      r6 = 90
      *(u64 *)(r10 - 8) = 500
      *(u64 *)(r1 + 0) = r6
      exit)");
  EXPECT_EQ(run(nested), 97u);
}

TEST_F(InterpreterEngine, ProbesGiveZeroWhereNothingIs) {
  const uint64_t there = 77;
  Program& probing = program(load(1, &there) + R"(
      r0 = *(u64 *)(r1 + 0)
      r2 = 0x10 ll
      r3 = *(u32 *)(r2 + 0)
      r0 += r3
      exit)",
                             BPF_PROG_TYPE_KPROBE, {2, 5});
  EXPECT_EQ(run(probing), 77u);
}

TEST_F(InterpreterEngine, AtomicsAreAtomic) {
  uint64_t counter = 0;
  Program& adding = program(load(1, &counter) + R"(
      r2 = 1000
    loop:
      r3 = 1
      lock *(u64 *)(r1 + 0) += r3
      r2 -= 1
      if r2 != 0 goto loop
      r0 = 0
      exit)");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) run(adding);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, 4u * 50 * 1000);
}

TEST_F(InterpreterEngine, TailCallReplacesTheProgram) {
  Program& second = program("r0 = *(u64 *)(r1 + 0)\n r0 += 1\n exit");
  Map& array = array_of({&second, &second});
  Program& first = program(load(2, &array) + R"(
      r3 = 1
      call 12
      r0 = 99
      exit)");
  uint64_t context = 41;
  EXPECT_EQ(run(first, &context), 42u);
}

TEST_F(InterpreterEngine, TailCallOutOfRangeOrToNothingFallsThrough) {
  Map& array =
      map({.type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 2});
  for (const char* index : {"1", "2", "-1"}) {
    Program& first = program(load(2, &array) + "r3 = " + index + R"(
        call 12
        r0 = 99
        exit)");
    EXPECT_EQ(run(first), 99u) << index;
  }
}

TEST_F(InterpreterEngine, ThirtyThreeTailCallsAndNoMore) {
  Map& array =
      map({.type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1});
  Program& again = program(load(2, &array) + R"(
      r4 = *(u64 *)(r1 + 0)
      r4 += 1
      *(u64 *)(r1 + 0) = r4
      r3 = 0
      call 12
      r0 = 5
      exit)");
  put_at(array, 0, again);
  uint64_t runs = 0;
  EXPECT_EQ(run(again, &runs), 5u);
  EXPECT_EQ(runs, 34u);
  const uint32_t index = 0;
  EXPECT_EQ(map_delete_value(kernel_, array, &index), 0);
}

// Each program of the chain keeps two frames of those before: more than one piece holds.
TEST_F(InterpreterEngine, TailCallsOutOfFunctionsReturnThroughAllOfThem) {
  Map& array =
      map({.type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1});
  Program& again = program(R"(
      r6 = r1
      call one
      r0 += 1
      exit
    one:
      call two
      r0 += 100
      exit
    two:
)" + load(2, &array) + R"(
      r3 = 0
      call 12
      r0 = 0
      exit)");
  put_at(array, 0, again);
  EXPECT_EQ(run(again), 34u * 101);
  const uint32_t index = 0;
  EXPECT_EQ(map_delete_value(kernel_, array, &index), 0);
}

TEST_F(InterpreterEngine, CallsBackAndKeepsTheCallersRegisters) {
  Program& looping = program(R"(
      r6 = 1000
      *(u64 *)(r10 - 8) = 0
      r1 = 5
      ld_pseudo r2, 4, add
      r3 = r10
      r3 += -8
      r4 = 0
      call 181
      r6 += r0
      r0 = *(u64 *)(r10 - 8)
      r0 += r6
      exit
    add:
      r6 = *(u64 *)(r2 + 0)
      r6 += r1
      *(u64 *)(r2 + 0) = r6
      r0 = 0
      exit)");
  EXPECT_EQ(run(looping), 1000u + 5 + (0 + 1 + 2 + 3 + 4));
}

TEST_F(InterpreterEngine, CallbacksNestAndCallFunctions) {
  Program& looping = program(R"(
      *(u64 *)(r10 - 8) = 0
      r1 = 3
      ld_pseudo r2, 4, outer
      r3 = r10
      r3 += -8
      r4 = 0
      call 181
      r0 = *(u64 *)(r10 - 8)
      exit
    outer:
      r3 = r2
      r1 = 4
      ld_pseudo r2, 4, inner
      r4 = 0
      call 181
      r0 = 0
      exit
    inner:
      r6 = r2
      call one
      r1 = *(u64 *)(r6 + 0)
      r1 += r0
      *(u64 *)(r6 + 0) = r1
      r0 = 0
      exit
    one:
      r0 = 1
      exit)");
  EXPECT_EQ(run(looping), 12u);
}

TEST_F(InterpreterEngine, PacketLoads) {
  uint8_t bytes[64] = {};
  for (unsigned i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<uint8_t>(i);
  Packet packet{.head = bytes, .data = bytes + 14, .end = bytes + 40, .limit = bytes + 64};
  packet.meta = packet.data;
  SkbContext context{};
  context.link_header = bytes;
  context.network_header = bytes + 14;
  set_packet(context, packet);
  EXPECT_EQ(context.user.len, 26u);
  const auto loads = [&](const std::string& text) {
    Program& made = program("r6 = r1\n r0 = 1\n" + text + "\n exit");
    shim::Run run{.kernel = kernel_, .program = &made, .context = &context, .packet = &packet};
    return this->run(made, run);
  };
  EXPECT_EQ(loads("r0 = *(u16 *)skb[2]"), 0x1011u);
  EXPECT_EQ(loads("r0 = *(u32 *)skb[22]"), 0x24252627u);
  EXPECT_EQ(loads("r0 = *(u32 *)skb[23]\n r0 = 9"), 0u);
  // SKF_LL_OFF and SKF_NET_OFF.
  EXPECT_EQ(loads("r0 = *(u8 *)skb[-0x200000]"), 0u);
  EXPECT_EQ(loads("r0 = *(u16 *)skb[-0x1ffff4]"), 0x0c0du);
  EXPECT_EQ(loads("r0 = *(u8 *)skb[-0x100000]"), 14u);
  EXPECT_EQ(loads("r0 = *(u8 *)skb[-0x300000]\n r0 = 9"), 0u);
}

TEST_F(InterpreterEngine, AllMemoryIsGivenBack) {
  const ProcessHost::Counts before = host_.counts();
  auto* made = kernel_.make<Program>(KSHIM_PROGRAM);
  const auto slots = ebpf::assemble("r0 = 1\n exit").value();
  made->insns = const_cast<ebpf::Slot*>(slots.data());
  made->slots = 2;
  ASSERT_EQ(kInterpreter.prepare(kernel_, *made), 0);
  kInterpreter.release(kernel_, *made);
  EXPECT_EQ(made->compiled, nullptr);
  kernel_.destroy(*made);
  EXPECT_EQ(host_.counts(), before);
}

TEST_F(InterpreterEngine, RefusesWhatItCannotRun) {
  for (const char* text :
       {"call 100000\n exit", "call btf 7\n exit", "ld_pseudo r1, 1, 3\n exit"}) {
    auto* made = kernel_.make<Program>(KSHIM_PROGRAM);
    auto slots = ebpf::assemble(text).value();
    made->insns = slots.data();
    made->slots = static_cast<uint32_t>(slots.size());
    EXPECT_EQ(kInterpreter.prepare(kernel_, *made), -kNotSupported) << text;
    kernel_.destroy(*made);
  }
}

// --- vectors -------------------------------------------------------------------------------------

constexpr uint8_t kGuard = 0xa5;
constexpr unsigned kRegisters = 10;
enum Way : uint64_t { kNone, kFalls, kTaken };

struct Seen {
  uint64_t registers[kRegisters];
  uint64_t way = kNone;
};

// Code that tells of all registers and where it is.
std::string tell(Seen& seen, Way way) {
  std::string text;
  for (unsigned i = 0; i < kRegisters; ++i) {
    const std::string number = std::to_string(i);
    text += "*(u64 *)(r10 - " + std::to_string(8 * (i + 1)) + ") = r" + number + "\n";
  }
  text += "r1 = " + std::to_string(reinterpret_cast<uint64_t>(&seen)) + " ll\n";
  for (unsigned i = 0; i < kRegisters; ++i) {
    text += "r2 = *(u64 *)(r10 - " + std::to_string(8 * (i + 1)) + ")\n";
    text += "*(u64 *)(r1 + " + std::to_string(8 * i) + ") = r2\n";
  }
  return text + "r2 = " + std::to_string(way) + "\n*(u64 *)(r1 + 80) = r2\n exit\n";
}

class EngineVectors : public InterpreterEngine {
 protected:
  std::vector<ebpf::Slot> slots_for(const ebpf::Vector& vector) {
    std::vector<ebpf::Slot> slots;
    for (unsigned i = 0; i < kRegisters; ++i) {
      ebpf::append({.op = ebpf::Op::kLoadImm64,
                    .dst = static_cast<ebpf::Reg>(i),
                    .imm = Bits<64>::of(vector.before.registers[i])},
                   slots);
    }
    const auto add = [&](const std::vector<ebpf::Slot>& more) {
      slots.insert(slots.end(), more.begin(), more.end());
    };
    add(ebpf::assemble(vector.text).value());
    // A jump in a vector goes over one slot.
    add(ebpf::assemble("goto +1\n goto +" + std::to_string(falls_.size())).value());
    add(falls_);
    add(taken_);
    return slots;
  }

  void check(const ebpf::Vector& vector, std::array<uint8_t, 24>& memory) {
    SCOPED_TRACE(vector.name());
    memory.fill(kGuard);
    std::memcpy(memory.data() + 8, &vector.before.memory, 8);
    std::array<uint8_t, 8> bytes = ebpf::kPacket;
    Packet packet{.head = bytes.data(), .data = bytes.data(), .end = bytes.data() + 8};
    SkbContext context{};
    seen_ = {};
    Program& made = program(slots_for(vector), BPF_PROG_TYPE_SOCKET_FILTER);
    shim::Run run{.kernel = kernel_, .program = &made, .context = &context, .packet = &packet};
    const uint64_t result = this->run(made, run);
    std::array<uint8_t, 24> expected;
    expected.fill(kGuard);
    std::memcpy(expected.data() + 8, &vector.after.memory, 8);
    EXPECT_EQ(memory, expected);
    if (vector.after.ends) {
      EXPECT_EQ(seen_.way, kNone);
      EXPECT_EQ(result, vector.after.registers[0]);
      return;
    }
    for (unsigned i = 0; i < kRegisters; ++i) {
      EXPECT_EQ(seen_.registers[i], vector.after.registers[i]) << "r" << i;
    }
    EXPECT_EQ(seen_.way, vector.after.taken.value_or(false) ? kTaken : kFalls);
  }

 private:
  Seen seen_;
  const std::vector<ebpf::Slot> falls_ = ebpf::assemble(tell(seen_, kFalls)).value();
  const std::vector<ebpf::Slot> taken_ = ebpf::assemble(tell(seen_, kTaken)).value();
};

TEST_F(EngineVectors, AllOfThem) {
  alignas(8) std::array<uint8_t, 24> memory;
  const auto vectors =
      ebpf::read_vectors([&](size_t) { return reinterpret_cast<uint64_t>(memory.data() + 8); });
  unsigned checked = 0;
  for (const ebpf::Vector& vector : vectors) {
    const auto slots = ebpf::assemble(vector.text);
    ASSERT_TRUE(slots.has_value());
    // The loader has put addresses in their place before the engine sees them.
    if (ebpf::names_address(ebpf::decode(*slots, 0)->op)) continue;
    check(vector, memory);
    ++checked;
  }
  EXPECT_GT(checked, 1000u);
}

}  // namespace
}  // namespace zext::shim
