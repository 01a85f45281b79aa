// Unsafe programs with certificates made by hand to excuse them: what a cut point leaves unsaid, or
// says twice, must not become a claim.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "verifier/certificate/check_case.h"

namespace zext::verifier::certificate {
namespace {

constexpr uint32_t kPacketSize = 0;
constexpr uint32_t kMetaSizePlusOne = 1;
constexpr uint32_t kMemorySize = 2;
constexpr uint32_t kOwn = 4;  // the first symbol that has no fixed meaning

Content number(uint64_t lo, uint64_t hi) {
  Content content;
  content.type = Type::kNumber;
  content.number = {.lo = lo, .hi = hi};
  return content;
}

Content counted(uint32_t symbol, uint64_t lo, uint64_t hi, int64_t constant = 0) {
  Content content = number(lo, hi);
  content.has_form = true;
  content.form = {.terms = {{.symbol = symbol, .factor = 1}}, .constant = constant};
  return content;
}

Content pointer(Type type, int64_t offset = 0) {
  Content content = number(static_cast<uint64_t>(offset), static_cast<uint64_t>(offset));
  content.type = type;
  return content;
}

Content map_value(uint32_t object, bool nullable) {
  Content content = pointer(Type::kMapValue);
  content.map = 0;
  content.object = object;
  content.nullable = nullable;
  return content;
}

Content record(uint32_t object, uint32_t reference) {
  Content content = pointer(Type::kRegion);
  content.detail = 16;
  content.object = object;
  content.reference = reference;
  return content;
}

CutPoint point_at(uint32_t pc) {
  CutPoint point;
  point.pc = pc;
  point.frames.emplace_back();
  point.registers[10] = pointer(Type::kStack);
  point.packet_size = kPacketSize;
  point.meta_size_plus_one = kMetaSizePlusOne;
  return point;
}

void written(CutPoint& point, uint32_t at, const Content& content) {
  for (uint32_t i = at; i < at + 8; ++i) {
    point.frames[0].written[i / 64] |= uint64_t{1} << (i % 64);
  }
  point.frames[0].slots.push_back(
      {.at = static_cast<uint16_t>(at), .bytes = 8, .content = content});
}

// That the program is unsafe, and the certificate does not make it safe.
void expect_refused(const CheckProgram& tested, const std::vector<CutPoint>& points) {
  const CheckCase program(tested);
  EXPECT_NE(program.why_none, "") << "the program is safe";
  const auto result = program.check({.subject = 0, .cut_points = points});
  EXPECT_FALSE(result.has_value()) << to_text(result);
}

constexpr CheckProgram kMayGoto = {
    .name = "may_goto into uninitialised memory", .platform = "xdp", .text = R"(
r6 = 0
loop:
may_goto out
r6 = *(u64 *)(r10 - 8)
goto loop
out:
r0 = 1
exit
)"};

TEST(HandmadeTest, RoundsOfMayGotoThatAreNotSaid) {
  CutPoint point = point_at(1);
  expect_refused(kMayGoto, {point});
  point.has_goto_rounds = true;
  expect_refused(kMayGoto, {point});
}

// Two rounds, each of which counts: round and count are the same.
constexpr CheckProgram kRounds = {
    .name = "a callback's second round", .platform = "xdp", .text = R"(
*(u64 *)(r10 - 8) = 0
r1 = 2
ld_pseudo r2, 4, f
r3 = r10
r3 += -8
r4 = 0
call 181
r0 = 1
exit
function f
r3 = *(u64 *)(r2 + 0)
r4 = r3
r4 += 1
*(u64 *)(r2 + 0) = r4
r0 = 0
if r1 != r3 goto on
if r1 != 1 goto on
r0 = *(u64 *)(r10 - 8)
r0 = 0
on:
exit
)"};

TEST(HandmadeTest, RoundsOfCallbacksThatAreNotSaid) {
  CutPoint point = point_at(7);
  point.registers[1] = number(2, 2);
  point.registers[2] = pointer(Type::kFunction);
  point.registers[2].detail = 10;
  point.registers[3] = pointer(Type::kStack, -8);
  point.registers[4] = number(0, 0);
  written(point, 504, number(1, 1));
  expect_refused(kRounds, {point});
  point.frames[0].has_rounds = true;
  expect_refused(kRounds, {point});
}

constexpr CheckProgram kAfterSubmission = {
    .name = "a record written after its submission", .platform = "xdp", .text = R"(
map m type=ringbuf entries=4096
r6 = r1
r1 = map m
r2 = 16
r3 = 0
call 131
if r0 == 0 goto out
r7 = r0
r1 = r0
r2 = 0
call 132
*(u64 *)(r7 + 0) = 1
out:
r0 = 1
exit
)"};

void expect_copy_refused(const Content& copy) {
  CutPoint point = point_at(8);
  point.registers[0] = record(1, 1);
  point.registers[7] = copy;
  point.held.push_back({.object = 1, .pc = 5});
  expect_refused(kAfterSubmission, {point});
}

TEST(HandmadeTest, CopiesOfWhatIsHeldAreTheSame) { expect_copy_refused(record(1, 1)); }
TEST(HandmadeTest, CopiesOfWhatIsHeldWithoutNumbers) { expect_copy_refused(record(0, 0)); }
TEST(HandmadeTest, CopiesOfWhatIsHeldWithOtherNumbers) { expect_copy_refused(record(2, 2)); }
TEST(HandmadeTest, CopiesOfWhatIsHeldWithoutReference) { expect_copy_refused(record(2, 0)); }

constexpr CheckProgram kTwoValues = {
    .name = "the other of two values unlocked", .platform = "xdp", .text = R"(
map m type=hash key=4 value=16 entries=16 lock=0
*(u32 *)(r10 - 4) = 0
r1 = map m
r2 = r10
r2 += -4
call 1
if r0 == 0 goto out
r6 = r0
*(u32 *)(r10 - 4) = 1
r1 = map m
r2 = r10
r2 += -4
call 1
if r0 == 0 goto out
r7 = r0
r1 = r6
call 93
r1 = r7
call 94
out:
r0 = 1
exit
)"};

TEST(HandmadeTest, LockedValuesWithoutNumbers) {
  CutPoint point = point_at(18);
  point.registers[7] = map_value(0, false);
  point.lock = {.held = true, .object = 0, .map = 0, .pc = 17};
  expect_refused(kTwoValues, {point});
}

TEST(HandmadeTest, LockedValuesMadeOne) {
  CutPoint point = point_at(18);
  point.registers[7] = map_value(1, false);
  point.lock = {.held = true, .object = 1, .map = 0, .pc = 17};
  expect_refused(kTwoValues, {point});
}

constexpr CheckProgram kTwoLookups = {
    .name = "the other of two lookups compared", .platform = "xdp", .text = R"(
map m type=hash key=4 value=16 entries=16
*(u32 *)(r10 - 4) = 0
r1 = map m
r2 = r10
r2 += -4
call 1
r6 = r0
*(u64 *)(r10 - 8) = 0
r1 = map m
r2 = r10
r2 += -4
call 1
if r0 == 0 goto out
*(u64 *)(r6 + 0) = 1
out:
r0 = 1
exit
)"};

TEST(HandmadeTest, LookedUpWithoutNumbers) {
  CutPoint point = point_at(13);
  point.registers[0] = map_value(0, true);
  point.registers[6] = map_value(0, true);
  expect_refused(kTwoLookups, {point});
}

TEST(HandmadeTest, LookedUpMadeOne) {
  CutPoint point = point_at(13);
  point.registers[0] = map_value(1, true);
  point.registers[6] = map_value(1, true);
  expect_refused(kTwoLookups, {point});
}

// A certificate's number must not be that of what is looked up later.
TEST(HandmadeTest, LookedUpWithNumbersToCome) {
  for (const uint32_t first : {uint32_t{1}, uint32_t{1} << 28, uint32_t{1} << 31}) {
    for (uint32_t i = 0; i < 8; ++i) {
      CutPoint point = point_at(7);
      point.registers[6] = map_value(first + i, true);
      expect_refused(kTwoLookups, {point});
    }
  }
}

constexpr CheckProgram kMeta = {
    .name = "metadata of the packet's size", .platform = "xdp", .text = R"(
r2 = *(u32 *)(r1 + 0)
r3 = *(u32 *)(r1 + 4)
r6 = *(u32 *)(r1 + 8)
r4 = r2
r4 += 64
r0 = 1
if r4 > r3 goto out
r0 = *(u8 *)(r6 + 0)
out:
r0 = 1
exit
)"};

TEST(HandmadeTest, OneSymbolForTwoSizes) {
  for (const uint32_t symbol : {kPacketSize, kMetaSizePlusOne, kMemorySize, kOwn}) {
    CutPoint point = point_at(7);
    point.registers[6] = pointer(Type::kPacketMeta);
    point.packet_size = symbol;
    point.meta_size_plus_one = symbol;
    point.ranges = {{.symbol = symbol, .lo = 64, .hi = 65535}};
    expect_refused(kMeta, {point});
  }
}

constexpr CheckProgram kHundred = {.name = "a packet of 100 bytes", .platform = "xdp", .text = R"(
r2 = *(u32 *)(r1 + 0)
r6 = 100
loop:
r6 += 1
r0 = *(u8 *)(r2 + 0)
if r6 < 200 goto loop
r0 = 1
exit
)"};

TEST(HandmadeTest, RoundsAsThePacketsSize) {
  CutPoint head = point_at(2);
  head.registers[2] = pointer(Type::kPacket);
  head.registers[6] = counted(kOwn, 100, 199);
  head.ranges = {{.symbol = kOwn, .lo = 100, .hi = 199}};
  head.loop = true;
  head.round = kOwn;
  CutPoint inside = head;
  inside.pc = 3;
  inside.registers[6] = counted(kOwn, 101, 200, 1);
  inside.loop = false;
  inside.parent = 0;
  inside.packet_size = kOwn;
  expect_refused(kHundred, {head, inside});
}

constexpr CheckProgram kPastTheEnd = {
    .name = "from the last byte on", .platform = "plain_memory", .text = R"(
r6 = r2
if r2 == 0 goto out
if r2 > 500 goto out
loop:
r3 = r1
r3 += r6
r0 = *(u8 *)(r3 - 1)
r6 += 1
if r6 < 1000 goto loop
out:
r0 = 0
exit
)"};

TEST(HandmadeTest, RoundsAsTheBuffersSize) {
  CutPoint head = point_at(3);
  head.registers[1] = pointer(Type::kMemory);
  head.registers[6] = counted(kMemorySize, 1, 999);
  head.ranges = {{.symbol = kMemorySize, .lo = 1, .hi = 999}};
  head.loop = true;
  head.round = kMemorySize;
  expect_refused(kPastTheEnd, {head});
}

constexpr CheckProgram kHalf = {.name = "half a slot", .platform = "plain_memory", .text = R"(
*(u64 *)(r10 - 16) = 0
*(u64 *)(r10 - 8) = r2
r4 = *(u32 *)(r10 - 8)
r5 = r10
r5 += r4
r0 = *(u8 *)(r5 - 16)
exit
)"};

TEST(HandmadeTest, HalfOfASlotOfWhichNothingIsSaid) {
  CutPoint point = point_at(2);
  written(point, 496, number(0, 0));
  written(point, 504, {});
  expect_refused(kHalf, {point});
}

}  // namespace
}  // namespace zext::verifier::certificate
