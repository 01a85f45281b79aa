#include "isa/ebpf/interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/encode.h"
#include "isa/ebpf/fields.h"

namespace zext::ebpf {
namespace {

Code code_of(std::string_view text) {
  const auto slots = assemble(text);
  if (!slots) ADD_FAILURE() << describe(slots.error());
  const auto code = decode_program(slots.value());
  if (!code) ADD_FAILURE() << describe(code.error());
  return code.value();
}

uint64_t r0_of(std::string_view text, const Arguments& arguments = {},
               const Environment& environment = {}) {
  Memory memory;
  const auto result = run(code_of(text), memory, arguments, environment);
  EXPECT_TRUE(result.has_value()) << describe(result.error());
  EXPECT_TRUE(memory.regions().empty());
  return result ? result->r0 : 0;
}

Fault fault_of(std::string_view text, const Arguments& arguments = {},
               const Environment& environment = {}) {
  Memory memory;
  const auto result = run(code_of(text), memory, arguments, environment);
  EXPECT_FALSE(result.has_value()) << result->r0;
  EXPECT_TRUE(memory.regions().empty());
  return result ? Fault{} : result.error();
}

TEST(Run, CountsInstructionsNotSlots) {
  Memory memory;
  const auto result = run(code_of(R"(
      r0 = 0
      r2 = 0x100000000 ll
    loop:
      r0 += r1
      r1 -= 1
      if r1 != 0 goto loop
      exit)"),
                          memory, {10});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->r0, 55u);
  EXPECT_EQ(result->instructions, 2 + 3 * 10 + 1u);
}

TEST(Run, PassesFiveArguments) {
  EXPECT_EQ(r0_of("r0 = r1\n r0 += r2\n r0 += r3\n r0 += r4\n r0 += r5\n exit",
                  {1, 20, 300, 4000, 50000}),
            54321u);
}

TEST(Run, StackIs512ZeroedBytesBelowR10) {
  EXPECT_EQ(r0_of("*(u64 *)(r10 - 512) = 7\n r0 = *(u64 *)(r10 - 512)\n exit"), 7u);
  EXPECT_EQ(r0_of("r0 = *(u64 *)(r10 - 8)\n exit"), 0u);
  EXPECT_EQ(r0_of("r0 = r10\n exit", {}, {.stack_top = 0x2000}), 0x2000u);
}

TEST(Run, StrayAccessesAreFaults) {
  const Fault below = fault_of("*(u64 *)(r10 - 513) = 7\n exit", {}, {.stack_top = 0x2000});
  EXPECT_EQ(below.kind, Fault::Kind::kStrayStore);
  EXPECT_EQ(below.address, 0x2000u - 513);
  EXPECT_EQ(below.bytes, 8u);
  EXPECT_EQ(fault_of("r0 = *(u8 *)(r10 + 0)\n exit").kind, Fault::Kind::kStrayLoad);
  EXPECT_EQ(fault_of("r0 = *(u32 *)(r10 - 3)\n exit").kind, Fault::Kind::kStrayLoad);
  EXPECT_EQ(fault_of("r0 = 0\n r0 = *(u8 *)(r1 - 1)\n exit").address, ~uint64_t{0});
  EXPECT_EQ(fault_of("lock *(u64 *)(r1 + 0) += r0\n exit", {0x1000}).kind,
            Fault::Kind::kStrayStore);
  EXPECT_EQ(describe(fault_of("r0 = 0\n r0 = *(u32 *)(r1 + 4)\n exit", {0x1000})),
            "slot 1: stray load of 4 bytes at 0x1004; no region of memory contains them");
}

TEST(Run, ProbingLoadsGiveZeroWhereOthersWouldBeStray) {
  const uint32_t probes[] = {1, 3};
  const Environment probing{.probes = probes};
  EXPECT_EQ(r0_of("r0 = r1\n r0 = *(s32 *)(r0 + 4)\n exit", {0x1000}, probing), 0u);
  EXPECT_EQ(r0_of("*(u64 *)(r10 - 8) = 7\n r0 = *(u64 *)(r10 - 8)\n exit", {}, probing), 7u);
  const Fault unmarked =
      fault_of("r0 = 0\n r2 = *(u8 *)(r1 + 0)\n r0 = *(u8 *)(r1 + 0)\n exit", {}, probing);
  EXPECT_EQ(unmarked.kind, Fault::Kind::kStrayLoad);
  EXPECT_EQ(unmarked.pc, 2u);
}

TEST(Run, ReadOnlyRegionsRefuseStores) {
  std::vector<uint8_t> bytes(8, 0xab);
  Memory memory;
  ASSERT_TRUE(memory.add({.base = 0x1000, .bytes = bytes, .writable = false}));
  EXPECT_EQ(run(code_of("r0 = *(u64 *)(r1 + 0)\n exit"), memory, {0x1000})->r0,
            0xababababababababu);
  const auto stored = run(code_of("*(u8 *)(r1 + 0) = 1\n exit"), memory, {0x1000});
  ASSERT_FALSE(stored.has_value());
  EXPECT_EQ(stored.error().kind, Fault::Kind::kStrayStore);
  EXPECT_EQ(bytes[0], 0xab);
}

TEST(Run, AtomicsMustBeAligned) {
  EXPECT_EQ(fault_of("lock *(u64 *)(r10 - 12) += r1\n exit").kind, Fault::Kind::kMisalignedAtomic);
  EXPECT_EQ(fault_of("w0 = load_acquire((u16 *)(r10 - 3))\n exit").kind,
            Fault::Kind::kMisalignedAtomic);
  EXPECT_EQ(fault_of("store_release((u32 *)(r10 - 6), w1)\n exit").kind,
            Fault::Kind::kMisalignedAtomic);
  EXPECT_EQ(r0_of("r0 = *(u64 *)(r10 - 13)\n exit"), 0u);  // plain accesses need not
}

TEST(Run, LocalCallsKeepR6ToR9AndGiveEachFunctionAStack) {
  EXPECT_EQ(r0_of(R"(
      r6 = 1
      r7 = 2
      r8 = 3
      r9 = 4
      *(u64 *)(r10 - 8) = 100
      r1 = r10
      r1 += -8
      call callee
      r0 += r6
      r0 += r7
      r0 += r8
      r0 += r9
      r1 = *(u64 *)(r10 - 8)
      r0 += r1
      exit
    callee:
      r6 = 0
      r7 = 0
      r8 = 0
      r9 = 0
      r0 = *(u64 *)(r10 - 8)       ; its own stack: zero
      *(u64 *)(r10 - 8) = 7
      *(u64 *)(r1 + 0) = 200       ; the caller's, by pointer
      exit)"),
            210u);
}

TEST(Run, AFunctionCannotLeaveItsFrameUnnoticed) {
  EXPECT_EQ(fault_of("call f\n exit\n f: r0 = *(u64 *)(r10 + 0)\n exit").kind,
            Fault::Kind::kStrayLoad);
  // A frame is gone after its function.
  EXPECT_EQ(fault_of("call f\n r0 = *(u64 *)(r0 - 8)\n exit\n f: r0 = r10\n exit").kind,
            Fault::Kind::kStrayLoad);
}

TEST(Run, EightFramesAreTheLimit) {
  const std::string recursion = R"(
      call f
      exit
    f:
      if r1 == 0 goto end
      r1 -= 1
      call f
      r0 += 1
      exit
    end:
      r0 = 0
      exit)";
  EXPECT_EQ(r0_of(recursion, {6}), 6u);
  EXPECT_EQ(fault_of(recursion, {7}).kind, Fault::Kind::kCallDepth);
}

TEST(Run, CallxCallsTheFunctionWhoseAddressWasLoaded) {
  EXPECT_EQ(r0_of("ld_pseudo r3, 4, f\n callx r3\n r0 += 1\n exit\n f: r0 = 41\n exit"), 42u);
  const Fault fault = fault_of("r3 = 64\n callx r3\n exit");
  EXPECT_EQ(fault.kind, Fault::Kind::kBadCallTarget);
  EXPECT_EQ(fault.address, 64u);
  // The middle of a function is no function.
  EXPECT_EQ(fault_of("ld_pseudo r3, 4, f\n r3 += 8\n callx r3\n exit\n f: r0 = 41\n exit").kind,
            Fault::Kind::kBadCallTarget);
}

std::optional<uint64_t> sum(void* context, Memory&, const Arguments& arguments) {
  ++*static_cast<int*>(context);
  uint64_t total = 0;
  for (const uint64_t argument : arguments) total += argument;
  return total;
}

std::optional<uint64_t> store_at(void*, Memory& memory, const Arguments& arguments) {
  if (!memory.store(arguments[0], 8, arguments[1])) return std::nullopt;
  return 0;
}

TEST(Run, CallsHelpers) {
  int calls = 0;
  const Helper helpers[] = {{.id = 5, .call = sum, .context = &calls},
                            {.id = 6, .call = store_at},
                            {.id = 5, .call = store_at, .btf = true}};
  const Environment environment{.helpers = helpers};
  EXPECT_EQ(r0_of("call 5\n exit", {1, 2, 3, 4, 5}, environment), 15u);
  EXPECT_EQ(calls, 1);
  const char* store = "r1 = r10\n r1 += -8\n r2 = 9\n call %s\n r0 = *(u64 *)(r10 - 8)\n exit";
  char text[128];
  std::snprintf(text, sizeof text, store, "6");
  EXPECT_EQ(r0_of(text, {}, environment), 9u);
  std::snprintf(text, sizeof text, store, "btf 5");
  EXPECT_EQ(r0_of(text, {}, environment), 9u);
  const Fault failed = fault_of("r1 = 0\n call 6\n exit", {}, environment);
  EXPECT_EQ(failed.kind, Fault::Kind::kHelperFailed);
  EXPECT_EQ(failed.address, 6u);
  EXPECT_EQ(fault_of("call 7\n exit", {}, environment).kind, Fault::Kind::kUnknownHelper);
  EXPECT_EQ(fault_of("call btf 6\n exit", {}, environment).kind, Fault::Kind::kUnknownHelper);
  EXPECT_EQ(fault_of("call 12\n exit", {}, environment).kind, Fault::Kind::kTailCall);
}

TEST(Run, InstructionLimit) {
  Environment environment{.limits = {.max_instructions = 1000}};
  const Fault fault = fault_of("loop: goto loop", {}, environment);
  EXPECT_EQ(fault.kind, Fault::Kind::kInstructionLimit);
  EXPECT_EQ(fault.instructions, 1000u);
  environment.limits.max_instructions = 2;
  EXPECT_EQ(r0_of("r0 = 3\n exit", {}, environment), 3u);
}

TEST(Run, MayGotoJumpsWhenItsBudgetIsSpent) {
  const Environment environment{.limits = {.may_goto_budget = 10}};
  EXPECT_EQ(r0_of("r0 = 0\n loop: may_goto end\n r0 += 1\n goto loop\n end: exit", {}, environment),
            10u);
  // Each activation has its own.
  EXPECT_EQ(r0_of(R"(
      r6 = 0
      call f
      r6 += r0
      call f
      r0 += r6
      exit
    f:
      r0 = 0
    loop:
      may_goto end
      r0 += 1
      goto loop
    end:
      exit)",
                  {}, environment),
            20u);
}

TEST(Run, PacketLoadsOutsideOfThePacketReturnZero) {
  const std::vector<uint8_t> packet = {1, 2, 3, 4};
  const Environment environment{.packet = packet};
  EXPECT_EQ(r0_of("r0 = *(u32 *)skb[0]\n exit", {}, environment), 0x01020304u);
  EXPECT_EQ(r0_of("r0 = *(u32 *)skb[1]\n r0 = 9\n exit", {}, environment), 0u);
  EXPECT_EQ(r0_of("r0 = *(u8 *)skb[4]\n r0 = 9\n exit", {}, environment), 0u);
  EXPECT_EQ(r0_of("r0 = *(u8 *)skb[-1]\n r0 = 9\n exit", {}, environment), 0u);
  EXPECT_EQ(r0_of("r0 = *(u8 *)skb[r1]\n r0 = 9\n exit", {0x80000000}, environment), 0u);
  // Only the function that loads returns, as in Linux.
  EXPECT_EQ(r0_of("call f\n r0 += 5\n exit\n f: r0 = *(u8 *)skb[4]\n exit", {}, environment), 5u);
  EXPECT_EQ(fault_of("r0 = *(u8 *)skb[0]\n exit").kind, Fault::Kind::kNoPacket);
}

TEST(Run, MapsAndVariablesAreAtTheAddressesGiven) {
  const MapAddress maps[] = {{.number = 3, .map = 0xffff'ffe0'0000'1000},
                             {.number = 4, .value = 0x2000, .value_size = 8}};
  const VariableAddress variables[] = {{.btf_id = 5, .address = 0xffff'ffff'8000'0000}};
  const Environment environment{.addresses = {.maps = maps, .variables = variables}};
  EXPECT_EQ(r0_of("ld_pseudo r0, 1, 3\n exit", {}, environment), 0xffff'ffe0'0000'1000u);
  EXPECT_EQ(r0_of("ld_pseudo r0, 2, 4, 7\n exit", {}, environment), 0x2007u);
  EXPECT_EQ(r0_of("ld_pseudo r0, 3, 5\n exit", {}, environment), 0xffff'ffff'8000'0000u);
  const Fault outside = fault_of("r0 = 0\n ld_pseudo r1, 2, 4, 8\n exit", {}, environment);
  EXPECT_EQ(outside.kind, Fault::Kind::kUnresolved);
  EXPECT_EQ(describe(outside),
            "slot 1: offset 8 is outside of the 8 bytes of the value of map 4; name a byte inside "
            "it");
  EXPECT_EQ(fault_of("ld_pseudo r1, 1, 3\n exit").kind, Fault::Kind::kUnresolved);
}

TEST(Run, WhatItDoesNotSupportIsAFaultWithAReason) {
  EXPECT_EQ(fault_of("r1 = addr_space_cast(r1, 0, 1)\n exit").kind, Fault::Kind::kNoArena);
}

TEST(Run, StackMustNotOverlapMemory) {
  std::vector<uint8_t> bytes(16);
  Memory memory;
  ASSERT_TRUE(memory.add({.base = 0x1000, .bytes = bytes}));
  const auto result = run(code_of("r0 = 0\n exit"), memory, {}, {.stack_top = 0x1008});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, Fault::Kind::kStackOverlaps);
  EXPECT_EQ(memory.regions().size(), 1u);
}

TEST(Run, TraceSeesEveryInstruction) {
  std::vector<uint32_t> pcs;
  const Trace trace{
      .step = [](void* context, uint32_t pc,
                 const Registers&) { static_cast<std::vector<uint32_t>*>(context)->push_back(pc); },
      .context = &pcs};
  r0_of("r0 = 1 ll\n goto +1\n r0 = 2\n exit", {}, {.trace = trace});
  EXPECT_THAT(pcs, ::testing::ElementsAre(0, 2, 4));
}

// Whatever decodes ends in a result or a fault in words, and leaves memory's regions as they were.
TEST(Run, AnyDecodedProgramEndsInAValue) {
  std::mt19937_64 random(4);
  std::vector<uint8_t> bytes(64);
  const Environment environment{.limits = {.max_instructions = 500}, .packet = bytes};
  size_t results = 0;
  size_t faults = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::vector<Slot> program;
    for (uint64_t n = 1 + random() % 10; n > 0; --n) {
      const Row& row = kRows[random() % kRowCount];
      const Fields fields = fields_of(row);
      Instruction<> insn{.op = row.op};
      if (fields.dst) insn.dst = static_cast<Reg>(random() % (fields.dst_written ? 4 : 11));
      if (fields.src) insn.src = static_cast<Reg>(random() % (fields.src_written ? 4 : 11));
      if (fields.offset) insn.offset = static_cast<int16_t>(random() % 16) - 8;
      if (fields.imm) insn.imm = Bits<64>::of(random() % 8 - 4);
      if (row.kind == Kind::kImm64) insn.imm = Bits<64>::of(random() % 4);
      append(insn, program);
    }
    append({.op = Op::kExit}, program);
    const auto code = decode_program(program);
    if (!code) continue;
    Memory memory;
    ASSERT_TRUE(memory.add({.base = 0x1000, .bytes = bytes}));
    const auto result = run(*code, memory, {0x1000, 0x1008, 0x1010}, environment);
    ASSERT_EQ(memory.regions().size(), 1u);
    if (result) {
      ++results;
    } else {
      ++faults;
      ASSERT_FALSE(describe(result.error()).empty());
      ASSERT_LT(result.error().pc, code->size());
    }
  }
  EXPECT_GT(results, 500u);
  EXPECT_GT(faults, 500u);
}

}  // namespace
}  // namespace zext::ebpf
