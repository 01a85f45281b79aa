// What is written is read again, and takes few bytes.

#include "verifier/certificate/format.h"

#include <gtest/gtest.h>

#include "verifier/certificate/footprint.h"
#include "verifier/certificate/layout.h"
#include "verifier/certificate/random_certificate.h"

namespace zext::verifier::certificate {
namespace {

// A certificate of one cut point, like a program's first instruction.
Certificate one_point() {
  Certificate made;
  made.cut_points = {beginning()};
  return made;
}

size_t size(const Certificate& certificate) { return write(certificate).size(); }

Content holding(Number number) {
  Content content;
  content.type = Type::kNumber;
  content.number = number;
  return content;
}

Content formed(Type type, Sum form, const std::vector<Range>& ranges) {
  Content content;
  content.type = type;
  content.has_form = true;
  content.form = std::move(form);
  content.number = implied(content.form, type, ranges);
  return content;
}

std::string hexadecimal(const std::vector<uint8_t>& bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    for (const int digit : {byte >> 4, byte & 15}) text += "0123456789abcdef"[digit];
  }
  return text;
}

void expect_round_trip(const Certificate& certificate) {
  const std::vector<uint8_t> file = write(certificate);
  const auto again = read(file);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(*again, renumbered(certificate));
  EXPECT_EQ(renumbered(*again), *again);
  EXPECT_EQ(write(*again), file);
}

TEST(Format, NothingAtAll) {
  expect_round_trip({});
  expect_round_trip({.subject = ~uint64_t{0}, .cut_points = {}});
  expect_round_trip({.subject = 1, .cut_points = std::vector<CutPoint>(3)});
}

TEST(Format, EachFieldOfContents) {
  const auto expect = [](auto change) {
    Certificate made = one_point();
    Content& content = made.cut_points[0].registers[1];
    content.type = Type::kMapValue;
    change(content);
    const auto again = read(write(made));
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again->cut_points[0].registers[1], content);
  };
  expect([](Content& c) { c.frame = 7; });
  expect([](Content& c) { c.structure = 255; });
  expect([](Content& c) { c.trust = 3; });
  expect([](Content& c) { c.nullable = true; });
  expect([](Content& c) { c.read_only = true; });
  expect([](Content& c) { c.object = 1; });
  expect([](Content& c) { c.object = kNone; });
  expect([](Content& c) { c.object = kFirstFixedObject; });
  expect([](Content& c) { c.object = kNone - 1; });
  expect([](Content& c) { c.reference = 1; });
  expect([](Content& c) { c.detail = kNone; });
  expect([](Content& c) { c.map = 0; });
  expect([](Content& c) { c.map = kNone - 1; });
  expect([](Content& c) { c.has_form = true; });
  expect([](Content& c) {
    c.has_form = true;
    c.form = {.terms = {{0, INT64_MIN}, {3, INT64_MAX}, {4, 1}}, .constant = INT64_MIN};
  });
}

TEST(Format, Random) {
  Random rng(1);
  size_t points = 0;
  for (int i = 0; i < 3000; ++i) {
    const Certificate made = random_certificate(rng);
    points += made.cut_points.size();
    expect_round_trip(made);
    if (HasFailure()) FAIL() << "certificate " << i;
  }
  EXPECT_GT(points, 10'000u);
}

TEST(Format, RenumbersByFirstUse) {
  Certificate made = one_point();
  CutPoint& point = made.cut_points[0];
  point.ranges = {{.symbol = 0, .lo = 0, .hi = 9},
                  {.symbol = 500, .lo = 1, .hi = 2},
                  {.symbol = 70'000, .lo = 3, .hi = 4}};
  point.inequalities = {{.terms = {{3, 1}, {500, 2}, {600, 3}}, .constant = 0}};
  point.registers[1].type = Type::kMapValue;
  point.registers[1].object = 4000;
  point.registers[2] = point.registers[1];
  point.registers[2].object = kNone;
  point.registers[3] = point.registers[1];
  point.registers[3].object = kFirstFixedObject + 2;
  point.held = {{.object = 77, .pc = 1, .frame = 0}, {.object = 4000, .pc = 2, .frame = 0}};
  const Certificate result = renumbered(made);
  const CutPoint& now = result.cut_points[0];
  EXPECT_EQ(now.ranges[1].symbol, 4u);
  EXPECT_EQ(now.ranges[2].symbol, 5u);
  const std::vector<Sum::Term> terms = {{3, 1}, {4, 2}, {6, 3}};
  EXPECT_EQ(now.inequalities[0].terms, terms);
  EXPECT_EQ(now.registers[1].object, 1u);
  EXPECT_EQ(now.registers[2].object, kNone);
  EXPECT_EQ(now.registers[3].object, kFirstFixedObject + 2);
  EXPECT_EQ(now.held[0].object, 2u);
  EXPECT_EQ(now.held[1].object, 1u);
  expect_round_trip(made);
}

TEST(Format, LeavesOutWhatMeansNothing) {
  Certificate made = one_point();
  CutPoint& point = made.cut_points[0];
  point.round = 9;
  point.lock.pc = 3;
  point.registers[1] = holding({.lo = 1});
  point.registers[1].type = Type::kUninitialised;
  point.registers[2].form.constant = 4;
  point.frames[0].saved[0] = holding({});
  point.frames[0].arguments[0] = holding({});
  point.frames[0].rounds = holding({});
  EXPECT_EQ(renumbered(made), one_point());
}

TEST(Format, ParentsComeFirst) {
  Certificate made;
  made.cut_points.resize(4);
  for (uint32_t i = 0; i < 4; ++i) made.cut_points[i].pc = i;
  made.cut_points[0].parent = 3;
  made.cut_points[1].parent = 0;
  made.cut_points[3].parent = 2;
  const auto again = read(write(made));
  ASSERT_TRUE(again) << again.error().to_string();
  std::vector<uint32_t> pcs;
  std::vector<uint32_t> parents;
  for (const CutPoint& point : again->cut_points) {
    pcs.push_back(point.pc);
    parents.push_back(point.parent);
  }
  EXPECT_EQ(pcs, (std::vector<uint32_t>{2, 3, 0, 1}));
  EXPECT_EQ(parents, (std::vector<uint32_t>{kNone, 0, 1, 2}));
}

// What is not of a certificate's shape can be written, and is refused.
TEST(Format, RefusesOtherShapes) {
  const auto what = [](auto change) {
    Certificate made = one_point();
    made.cut_points.resize(2);
    change(made.cut_points);
    const auto again = read(write(made));
    return again ? "read" : again.error().what;
  };
  using Points = std::vector<CutPoint>;
  EXPECT_EQ(what([](Points&) {}), "read");
  EXPECT_EQ(what([](Points& p) { p[1].parent = 1; }),
            "a parent that does not come before its child");
  EXPECT_EQ(what([](Points& p) { p[1].parent = 2; }),
            "a parent that does not come before its child");
  EXPECT_EQ(what([](Points& p) { p[0].parent = 1, p[1].parent = 0; }),
            "a parent that does not come before its child");
  EXPECT_EQ(what([](Points& p) { p[0].frames.resize(8); }), "read");
  EXPECT_EQ(what([](Points& p) { p[0].frames.resize(9); }), "too many frames");
  EXPECT_EQ(what([](Points& p) { p[0].ranges.resize(2); }), "a list that does not ascend");
  const Slot slot{.at = 505, .bytes = 8, .content = {}};
  EXPECT_EQ(what([&](Points& p) { p[0].frames[0].slots = {slot}; }), "a slot outside of the stack");
  const Slot first{.at = 8, .bytes = 8, .content = {}};
  const Slot second{.at = 15, .bytes = 1, .content = {}};
  EXPECT_EQ(what([&](Points& p) { p[0].frames[0].slots = {first, second}; }), "slots that overlap");
  EXPECT_EQ(what([&](Points& p) { p[0].frames[0].slots = {first, first}; }),
            "a list that does not ascend");
  EXPECT_EQ(what([](Points& p) { p[0].registers[1].type = Type{17}; }), "a type that there is not");
  EXPECT_EQ(what([](Points& p) { p[0].registers[10].frame = 8; }), "a frame that there cannot be");
  EXPECT_EQ(what([](Points& p) { p[0].registers[10].trust = 4; }), "a trust that there is not");
  EXPECT_EQ(what([](Points& p) { p[0].frames[0].role = Role{5}; }), "a role that there is not");
  EXPECT_EQ(what([](Points& p) { p[0].inequalities = {{.terms = {{4, 0}}}}; }),
            "a term of a sum that is 0 times its symbol");
  EXPECT_EQ(what([](Points& p) { p[0].inequalities = {{.terms = {{4, 1}, {4, 1}}}}; }),
            "terms of a sum that do not ascend");
  EXPECT_EQ(what([](Points& p) {
              p[0].inequalities.resize(1);
              p[0].inequalities[0].terms.resize(65, {.symbol = 4, .factor = 1});
            }),
            "a sum of too many terms");
}

// Files that stand for much more memory than they have bytes are padded, and refused without.
TEST(Format, PadsWhatTakesMuchMemory) {
  Certificate made = one_point();
  std::vector<Slot>& slots = made.cut_points[0].frames[0].slots;
  for (uint16_t at = 0; at < kStackBytes; ++at) slots.push_back({at, 1, holding({})});
  made.cut_points.resize(1000, made.cut_points[0]);
  const std::vector<uint8_t> file = write(made);
  expect_round_trip(made);
  EXPECT_GE(file.size() * kMemoryPerByte, footprint(made.cut_points));
  EXPECT_LT(file.size() * kMemoryPerByte, footprint(made.cut_points) * 11 / 10);
}

TEST(FormatSize, Registers) {
  const size_t empty = size(one_point());
  EXPECT_EQ(empty, 27u);
  const auto more = [&](const Content& content) {
    Certificate made = one_point();
    made.cut_points[0].registers[0] = content;
    return size(made) - empty;
  };
  EXPECT_EQ(more(holding({})), 1u);
  EXPECT_EQ(more(holding(constant_number(0))), 1u);
  EXPECT_EQ(more(holding(constant_number(-5))), 2u);
  EXPECT_EQ(more(holding(constant_number(1500))), 3u);
  EXPECT_EQ(more(holding(implied({.lo = 0, .hi = 255}, kUnsignedView))), 3u);
  EXPECT_EQ(more(holding(implied({.lo = 14, .hi = 34}, kUnsignedView))), 3u);
  EXPECT_EQ(more(holding(implied({.lo = 0, .hi = ~uint32_t{0}}, kUnsignedView))), 3u);
  EXPECT_EQ(more(holding(implied({.slo = -8, .shi = 5}, kSignedView))), 3u);
  // A byte times four.
  const unsigned views = kUnsignedView | kBitsView;
  EXPECT_EQ(more(holding(implied({.unknown = 0x3fc, .lo = 0, .hi = 0x3fc}, views))), 7u);
  Content value;
  value.type = Type::kMapValue;
  value.number = constant_number(0);
  value.nullable = true;
  value.object = 100;
  value.map = 0;
  EXPECT_EQ(more(value), 5u);
}

// r1 = packet + 14 + 4 * s5 and r2 = s5, s5 in 0..5, packet size - 4 * s5 - 34 >= 0.
TEST(FormatSize, LoopState) {
  Certificate made = one_point();
  CutPoint& point = made.cut_points[0];
  point.pc = 3;
  point.ranges = {{.symbol = 0, .lo = 0, .hi = 0xffff}};
  point.registers[6] = formed(Type::kPacket, {.terms = {}, .constant = 0}, point.ranges);
  CutPoint head = point;
  head.pc = 17;
  head.loop = true;
  head.round = 5;
  head.ranges.push_back({.symbol = 5, .lo = 0, .hi = 5});
  head.inequalities = {{.terms = {{0, 1}, {5, -4}}, .constant = -34}};
  head.registers[1] = formed(Type::kPacket, {.terms = {{5, 4}}, .constant = 14}, head.ranges);
  head.registers[2] = formed(Type::kNumber, {.terms = {{5, 1}}, .constant = 0}, head.ranges);
  const size_t before = size(made);
  made.cut_points.push_back(head);
  expect_round_trip(made);
  // Files have it: other bytes here are another version.
  EXPECT_EQ(
      hexadecimal(write(made)),
      "7a63657274010000000000000000020006008108010000102d02011c0067010104004601020002050743052f03"
      "0105081c13010521f2cdfb310280a1");
  EXPECT_EQ(size(made) - before, 26u);
  // A cut point in the loop where only another register is known.
  CutPoint inside = head;
  inside.pc = 20;
  inside.loop = false;
  inside.parent = 1;
  inside.registers[0] = holding(constant_number(1));
  made.cut_points.push_back(inside);
  EXPECT_EQ(size(made) - before, 32u);
  expect_round_trip(made);
}

// After a call, what the caller had in r6 to r9 costs nothing, nor after the return.
TEST(FormatSize, CallAndReturn) {
  Certificate made = one_point();
  for (size_t reg = 6; reg < 10; ++reg) {
    made.cut_points[0].registers[reg] = holding(constant_number(static_cast<int64_t>(reg)));
  }
  CutPoint callee = made.cut_points[0];
  callee.pc = 40;
  Frame& frame = callee.frames.emplace_back();
  frame.role = Role::kCallee;
  frame.return_pc = 12;
  frame.entry = 40;
  for (size_t i = 0; i < frame.saved.size(); ++i) frame.saved[i] = callee.registers[6 + i];
  for (size_t reg = 6; reg < 10; ++reg) callee.registers[reg] = {};
  callee.registers[10].frame = 1;
  CutPoint after = made.cut_points[0];
  after.pc = 12;
  const size_t before = size(made);
  made.cut_points.push_back(callee);
  EXPECT_EQ(size(made) - before, 15u);
  made.cut_points.push_back(after);
  EXPECT_LE(size(made) - before, 22u);
  expect_round_trip(made);
}

}  // namespace
}  // namespace zext::verifier::certificate
