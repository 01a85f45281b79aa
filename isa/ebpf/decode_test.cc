#include "isa/ebpf/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "isa/ebpf/encode.h"
#include "isa/ebpf/testing.h"

namespace zext::ebpf {
namespace {

using Malformed = DecodeError::Kind;

constexpr Slot kExit{.opcode = 0x95};

// The error of a program, which must have one.
DecodeError error_of(std::vector<Slot> program) {
  const auto code = decode_program(program);
  EXPECT_FALSE(code.has_value());
  return code ? DecodeError{} : code.error();
}

void expect_error(const std::vector<Slot>& program, uint32_t slot, Malformed kind,
                  Field field = Field::kNone) {
  const DecodeError error = error_of(program);
  EXPECT_EQ(error.slot, slot) << describe(error);
  EXPECT_EQ(error.kind, kind) << describe(error);
  EXPECT_EQ(error.field, field) << describe(error);
}

TEST(Decode, InvertsEncodeForEveryRowAndEdgeOperand) {
  size_t count = 0;
  for (const Row& row : kRows) {
    const auto insns = testing::edge_instructions(row);
    ASSERT_FALSE(insns.empty()) << row.name;
    for (const Instruction<>& insn : insns) {
      std::vector<Slot> program;
      append(insn, program);
      const auto decoded = decode(program, 0);
      ASSERT_TRUE(decoded.has_value()) << row.name << ": " << describe(decoded.error());
      EXPECT_TRUE(testing::equal(*decoded, insn)) << row.name;
      ++count;
    }
  }
  EXPECT_GT(count, 5000u);
}

TEST(Decode, RandomSlotsDecodeToWhatEncodesToThemOrGiveAnError) {
  std::mt19937_64 random(1);
  size_t accepted = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    const uint64_t bits = random();
    std::vector<Slot> program = {{.opcode = static_cast<uint8_t>(bits),
                                  .registers = static_cast<uint8_t>(bits >> 8 & 0x3b),
                                  .offset = static_cast<int16_t>(bits >> 16 & 0x3),
                                  .imm = static_cast<int32_t>(bits >> 32 & 0x111)},
                                 {.imm = static_cast<int32_t>(bits >> 48)}};
    if ((bits >> 60) == 0) program.pop_back();
    const auto insn = decode(program, 0);
    if (!insn) {
      ASSERT_LE(insn.error().slot, 1u);
      continue;
    }
    ++accepted;
    ASSERT_TRUE(encodable(*insn));
    std::vector<Slot> again;
    append(*insn, again);
    program.resize(again.size());
    ASSERT_EQ(again, program);
  }
  EXPECT_GT(accepted, 10'000u);
}

TEST(Decode, AnyBytesGiveAProgramOrAnErrorInWords) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 50'000; ++i) {
    std::vector<uint8_t> bytes(random() % 64);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    // A known opcode gets further into the decoder.
    for (size_t at = 0; at < bytes.size(); at += 8) {
      if (random() % 4 != 0) bytes[at] = kRows[random() % kRowCount].opcode;
    }
    const auto slots = slots_from_bytes(bytes);
    if (!slots) {
      EXPECT_EQ(slots.error().kind, Malformed::kPartialSlot);
      continue;
    }
    EXPECT_EQ(bytes_from_slots(*slots), bytes);
    const auto code = decode_program(*slots);
    if (code) {
      EXPECT_EQ(encode_program(*code), *slots);
    } else {
      EXPECT_FALSE(describe(code.error()).empty());
    }
  }
}

TEST(DecodeError, UnknownOpcode) {
  expect_error({{.opcode = 0xff}, kExit}, 0, Malformed::kUnknownOpcode);
  EXPECT_EQ(describe(error_of({{.opcode = 0xff}, kExit})),
            "slot 0: opcode 0xff is unknown; use an instruction of RFC 9669 or of clang -mcpu=v1 "
            "to v4");
}

TEST(DecodeError, UnknownForm) {
  expect_error({{.opcode = 0xbf, .offset = 7}, kExit}, 0, Malformed::kUnknownForm, Field::kOffset);
  expect_error({{.opcode = 0xd4, .imm = 8}, kExit}, 0, Malformed::kUnknownForm, Field::kImm);
  expect_error({{.opcode = 0xdb, .imm = 0x12}, kExit}, 0, Malformed::kUnknownForm, Field::kImm);
  expect_error({{.opcode = 0x85, .registers = 0x30}, kExit}, 0, Malformed::kUnknownForm,
               Field::kSrc);
  expect_error({{.opcode = 0x18, .registers = 0x70}, {}, kExit}, 0, Malformed::kUnknownForm,
               Field::kSrc);
  EXPECT_EQ(describe(error_of({{.opcode = 0x37, .offset = 2}, kExit})),
            "slot 0: opcode 0x37 has no form with offset 2; the offset must be one of 0, 1");
}

TEST(DecodeError, SignExtensionFrom32BitsInto32BitsDoesNotExist) {
  expect_error({{.opcode = 0xbc, .offset = 32}, kExit}, 0, Malformed::kUnknownForm, Field::kOffset);
}

// Every field that an instruction does not use must hold the row's value.
TEST(DecodeError, ReservedFieldOfEveryRow) {
  for (const Row& row : kRows) {
    const Fields fields = fields_of(row);
    const auto check = [&](Field field, bool used, void (*change)(Slot&)) {
      if (used || fields.selector == field) return;
      std::vector<Slot> program;
      append({.op = row.op}, program);
      change(program[0]);
      const auto insn = decode(program, 0);
      ASSERT_FALSE(insn.has_value()) << row.name;
      EXPECT_EQ(insn.error().kind, Malformed::kReservedField) << row.name;
      EXPECT_EQ(insn.error().field, field) << row.name;
    };
    check(Field::kDst, fields.dst, [](Slot& slot) { slot.registers ^= 0x01; });
    check(Field::kSrc, fields.src, [](Slot& slot) { slot.registers ^= 0x10; });
    check(Field::kOffset, fields.offset, [](Slot& slot) { slot.offset ^= 0x40; });
    check(Field::kImm, fields.imm, [](Slot& slot) { slot.imm ^= 0x1000; });
  }
  EXPECT_EQ(describe(error_of({{.opcode = 0x0f, .imm = 3}, kExit})),
            "slot 0: immediate is 3 but reserved in opcode 0x0f; set it to 0");
}

TEST(DecodeError, RegisterThatDoesNotExist) {
  for (const Row& row : kRows) {
    const Fields fields = fields_of(row);
    for (const Reg reg : {11, 15}) {
      std::vector<Slot> program;
      append({.op = row.op}, program);
      if (fields.dst) {
        program[0].registers = static_cast<uint8_t>((program[0].registers & 0xf0) | reg);
        EXPECT_EQ(decode(program, 0).error().kind, Malformed::kBadRegister) << row.name;
      }
      program.clear();
      append({.op = row.op}, program);
      if (fields.src) {
        program[0].registers = static_cast<uint8_t>(reg << 4);
        EXPECT_EQ(decode(program, 0).error().kind, Malformed::kBadRegister) << row.name;
      }
    }
  }
}

TEST(DecodeError, WriteToTheFramePointer) {
  using enum Malformed;
  expect_error({{.opcode = 0x07, .registers = 10}, kExit}, 0, kWritesFramePointer, Field::kDst);
  expect_error({{.opcode = 0x79, .registers = 0x1a}, kExit}, 0, kWritesFramePointer, Field::kDst);
  expect_error({{.opcode = 0x18, .registers = 10}, {}, kExit}, 0, kWritesFramePointer, Field::kDst);
  // fetch_add gives r10 the old value; a plain add does not, nor does cmpxchg.
  expect_error({{.opcode = 0xdb, .registers = 0xa1, .imm = 1}, kExit}, 0, kWritesFramePointer,
               Field::kSrc);
  EXPECT_TRUE(decode_program(std::vector<Slot>{{.opcode = 0xdb, .registers = 0xa1}, kExit}));
  EXPECT_TRUE(
      decode_program(std::vector<Slot>{{.opcode = 0xdb, .registers = 0xa1, .imm = 0xf1}, kExit}));
  // Storing through r10 is what it is for.
  EXPECT_TRUE(
      decode_program(std::vector<Slot>{{.opcode = 0x7b, .registers = 0x1a, .offset = -8}, kExit}));
}

TEST(DecodeError, WideImmediate) {
  using enum Malformed;
  expect_error({kExit, {.opcode = 0x18}}, 1, kTruncatedWide);
  expect_error({{.opcode = 0x18}, {.opcode = 0x95}, kExit}, 1, kBadSecondSlot, Field::kNone);
  expect_error({{.opcode = 0x18}, {.registers = 0x01}, kExit}, 1, kBadSecondSlot, Field::kDst);
  expect_error({{.opcode = 0x18}, {.registers = 0x10}, kExit}, 1, kBadSecondSlot, Field::kSrc);
  expect_error({{.opcode = 0x18}, {.offset = 1}, kExit}, 1, kBadSecondSlot, Field::kOffset);
  // A map descriptor has no upper half.
  expect_error({{.opcode = 0x18, .registers = 0x10, .imm = 3}, {.imm = 1}, kExit}, 1,
               kBadSecondSlot, Field::kImm);
}

TEST(DecodeError, Targets) {
  using enum Malformed;
  const Slot wide{.opcode = 0x18};
  expect_error({{.opcode = 0x05, .offset = 1}, kExit}, 0, kTargetOutside);
  expect_error({{.opcode = 0x05, .offset = -2}, kExit}, 0, kTargetOutside);
  expect_error({{.opcode = 0x15, .offset = 0x7fff}, kExit}, 0, kTargetOutside);
  expect_error({{.opcode = 0x06, .imm = 0x7fffffff}, kExit}, 0, kTargetOutside);
  expect_error({{.opcode = 0x06, .imm = -0x7fffffff - 1}, kExit}, 0, kTargetOutside);
  expect_error({{.opcode = 0xe5, .offset = 5}, kExit}, 0, kTargetOutside);
  expect_error({{.opcode = 0x85, .registers = 0x10, .imm = 1}, kExit}, 0, kTargetOutside);
  expect_error({{.opcode = 0x18, .registers = 0x40, .imm = 2}, {}, kExit}, 0, kTargetOutside);
  expect_error({{.opcode = 0x05, .offset = 1}, wide, {}, kExit}, 0, kTargetInWide);
  expect_error({{.opcode = 0x85, .registers = 0x10, .imm = 1}, wide, {}, kExit}, 0, kTargetInWide);
}

TEST(DecodeError, FlowOutOfFunctions) {
  using enum Malformed;
  const Slot call{.opcode = 0x85, .registers = 0x10, .imm = 1};
  expect_error({{.opcode = 0xb7}}, 0, kFallsOffEnd);
  expect_error({{.opcode = 0x15, .offset = -1}}, 0, kFallsOffEnd);
  expect_error({{.opcode = 0x18}, {}}, 0, kFallsOffEnd);
  expect_error({call, {.opcode = 0xb7}, kExit}, 1, kFallsIntoFunction);
  expect_error({call, kExit, {.opcode = 0x05, .offset = -2}}, 2, kTargetOutOfFunction);
  expect_error({call, {.opcode = 0x05}, kExit}, 1, kTargetOutOfFunction);
  EXPECT_TRUE(decode_program(std::vector<Slot>{{.opcode = 0x05, .offset = -1}}));
  EXPECT_TRUE(decode_program(std::vector<Slot>{call, kExit, {.opcode = 0x06, .imm = -1}}));
}

TEST(DecodeError, Size) {
  expect_error({}, 0, Malformed::kEmptyProgram);
  expect_error(std::vector<Slot>(kMaxSlots + 1, kExit), 0, Malformed::kTooLong);
  EXPECT_EQ(slots_from_bytes(std::vector<uint8_t>(9)).error().kind, Malformed::kPartialSlot);
  EXPECT_EQ(decode(std::vector<Slot>{kExit}, 1).error().kind, Malformed::kFallsOffEnd);
}

TEST(DecodeProgram, IndexesBySlot) {
  const std::vector<Slot> program = {
      {.opcode = 0x18, .registers = 0x01, .imm = 0x5678},  // 0: r1 = 0x123400005678 ll
      {.imm = 0x1234},
      {.opcode = 0x85, .registers = 0x10, .imm = 2},      // 2: call 5
      {.opcode = 0x15, .registers = 0x01, .offset = -4},  // 3: if r1 == 0 goto 0
      kExit,                                              // 4
      {.opcode = 0x18, .registers = 0x41, .imm = 2},
      {},     // 5: r1 = address of 8
      kExit,  // 7
      kExit,  // 8
  };
  const auto code = decode_program(program);
  ASSERT_TRUE(code.has_value()) << describe(code.error());
  EXPECT_EQ(code->size(), 9u);
  EXPECT_EQ(code->next(0), 2u);
  EXPECT_EQ(code->next(2), 3u);
  EXPECT_TRUE(code->second_slot(1));
  EXPECT_FALSE(code->second_slot(2));
  EXPECT_EQ(code->insns[0].imm.value(), 0x1234'0000'5678u);
  EXPECT_TRUE(testing::equal(code->insns[0], code->insns[1]));
  EXPECT_THAT(code->functions, ::testing::ElementsAre(0, 5, 8));
  EXPECT_EQ(code->function_of(4), 0u);
  EXPECT_EQ(code->function_of(7), 5u);
  EXPECT_EQ(code->target(2), 5u);
  EXPECT_EQ(code->target(3), 0u);
  EXPECT_EQ(code->target(4), std::nullopt);
  EXPECT_EQ(code->target(5), std::nullopt);  // takes an address, goes nowhere
}

// RFC 9669, section 4: independent of the table, anchors for the byte layout.
TEST(Decode, KnownBytes) {
  const uint8_t bytes[] = {0xb4, 0x09, 0x00, 0x00, 0xfe, 0xff, 0xff, 0xff,   // w9 = -2
                           0x7b, 0xa1, 0xf8, 0xff, 0x00, 0x00, 0x00, 0x00,   // *(u64 *)(r1-8) = r10
                           0x95, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};  // exit
  const auto code = decode_program(*slots_from_bytes(bytes));
  ASSERT_TRUE(code.has_value());
  EXPECT_TRUE(testing::equal(code->insns[0],
                             {.op = Op::kMov32Imm, .dst = 9, .imm = Bits<64>::of(uint64_t(-2))}));
  EXPECT_TRUE(
      testing::equal(code->insns[1], {.op = Op::kStore64, .dst = 1, .src = 10, .offset = -8}));
}

TEST(Encodable, RefusesWhatTheRowHasNoFieldFor) {
  EXPECT_FALSE(encodable({.op = Op::kExit, .dst = 1}));
  EXPECT_FALSE(encodable({.op = Op::kExit, .imm = Bits<64>::of(1)}));
  EXPECT_FALSE(encodable({.op = Op::kMov64Reg, .offset = 8}));
  EXPECT_FALSE(encodable({.op = Op::kMov64Imm, .imm = Bits<64>::of(0x8000'0000)}));
  EXPECT_FALSE(encodable({.op = Op::kMov64Imm, .dst = 10}));
  EXPECT_FALSE(encodable({.op = Op::kMov64Reg, .src = 11}));
  EXPECT_FALSE(encodable({.op = Op::kLoadMapFd, .imm = Bits<64>::of(uint64_t{1} << 32)}));
  EXPECT_TRUE(encodable({.op = Op::kLoadImm64, .imm = Bits<64>::of(uint64_t{1} << 63)}));
}

}  // namespace
}  // namespace zext::ebpf
