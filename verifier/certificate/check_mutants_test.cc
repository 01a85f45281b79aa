// Certificates that were tampered with are refused.
//
// A mutant is a program's certificate with one lie in it. Loops need their cut points, so the
// program itself is refused then. Elsewhere a lie that nothing arrives at does no harm: there the
// program is changed too, to one that is unsafe unless the lie is believed.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "verifier/certificate/check_case.h"

namespace zext::verifier::certificate {
namespace {

using Points = std::vector<CutPoint>;

struct Mutant {
  std::string name;
  std::string program;
  std::string line;  // of the program, if not "", is
  std::string by;    // this instead
  void (*tamper)(Points& points);
};

Range& range_of(CutPoint& point, uint32_t symbol) {
  const auto found =
      std::ranges::find_if(point.ranges, [&](const Range& r) { return r.symbol == symbol; });
  if (found != point.ranges.end()) return *found;
  return point.ranges.emplace_back(Range{.symbol = symbol});
}

Number constant(uint64_t value) { return {.lo = value, .hi = value}; }

void is_constant(Content& content, uint64_t value) {
  content.number = constant(value);
  content.has_form = false;
}

// The symbol that a register is, beside a constant.
uint32_t symbol_of(const Content& content) { return content.form.terms.at(0).symbol; }

const std::vector<Mutant> kLoops = {
    {"a loop's bound widened, and its register's", "counted loop", "", "",
     [](Points& p) {
       range_of(p[0], p[0].round).hi = uint64_t{1} << 40;
       p[0].registers[0].number = {};
     }},
    {"a range without an end", "two loops", "", "",
     [](Points& p) {
       p[0].ranges.clear();
       p[0].registers[6].number = {};
     }},
    {"a range's end moved down", "buffer loop", "", "",
     [](Points& p) { range_of(p[0], p[0].round).hi = 1000; }},
    {"a number's end moved down", "buffer loop", "", "",
     [](Points& p) { p[0].registers[3].number.hi = 1000; }},
    {"a number's bits invented", "buffer loop", "", "",
     [](Points& p) { p[0].registers[3].number.unknown &= ~uint64_t{1}; }},
    {"a number's signed view narrowed", "buffer loop", "", "",
     [](Points& p) { p[0].registers[0].number.slo = 0; }},
    {"a number's low half narrowed", "buffer loop", "", "",
     [](Points& p) { p[0].registers[0].number.hi32 = UINT32_MAX - 1; }},
    {"a number's low half narrowed, signed", "buffer loop", "", "",
     [](Points& p) { p[0].registers[0].number.slo32 = 0; }},
    {"a form dropped", "buffer loop", "", "",
     [](Points& p) { p[0].registers[3].has_form = false; }},
    {"a form's constant changed", "buffer loop", "", "",
     [](Points& p) { p[0].registers[3].form.constant += int64_t{1} << 30; }},
    {"a form's factor changed", "buffer loop", "", "",
     [](Points& p) { p[0].registers[3].form.terms[0].factor = -1; }},
    {"a huge factor", "buffer loop", "", "",
     [](Points& p) { p[0].registers[3].form.terms[0].factor = int64_t{1} << 41; }},
    {"a factor of 0", "buffer loop", "", "",
     [](Points& p) { p[0].registers[3].form.terms[0].factor = 0; }},
    {"a long sum", "buffer loop", "", "",
     [](Points& p) { p[0].inequalities[0].terms.resize(9, {.symbol = 9, .factor = 1}); }},
    {"another round symbol", "buffer loop", "", "",
     [](Points& p) { p[0].round = symbol_of(p[0].registers[0]); }},
    {"a round symbol that nothing is", "buffer loop", "", "", [](Points& p) { p[0].round = 1000; }},
    {"a loop that is none", "buffer loop", "", "", [](Points& p) { p[0].loop = false; }},
    {"a number made a pointer", "buffer loop", "", "",
     [](Points& p) { p[0].registers[3] = p[0].registers[1]; }},
    {"a pointer made a number", "buffer loop", "", "",
     [](Points& p) { p[0].registers[1] = p[0].registers[3]; }},
    {"a pointer's offset moved", "buffer loop", "", "",
     [](Points& p) { is_constant(p[0].registers[1], 1); }},
    {"the buffer's size raised", "buffer loop", "", "",
     [](Points& p) { range_of(p[0], 2).lo = 1000; }},
    {"the packet's size raised", "packet loop", "", "",
     [](Points& p) { range_of(p[0], p[0].packet_size).lo = 1000; }},
    {"a register that was not written", "packet loop", "", "",
     [](Points& p) { p[0].registers[7] = p[0].registers[2]; }},
    {"an inequality dropped", "pointer to the end", "", "",
     [](Points& p) { p[0].inequalities.clear(); }},
    {"an inequality's constant raised", "pointer to the end", "", "",
     [](Points& p) { p[0].inequalities[0].constant += 1; }},
    {"an inequality turned round", "pointer to the end", "", "",
     [](Points& p) {
       Sum& sum = p[0].inequalities[0];
       sum.constant = -sum.constant;
       for (Sum::Term& term : sum.terms) term.factor = -term.factor;
     }},
    {"a step of two", "pointer to the end", "r1 += 1", "r1 += 2", [](Points&) {}},
    {"no step", "counted loop", "r0 += 3", "r0 += 0", [](Points&) {}},
    {"a parent that is itself", "nested loops", "", "", [](Points& p) { p[4].parent = 4; }},
    {"a parent that comes later", "nested loops", "", "", [](Points& p) { p[3].parent = 4; }},
    {"a parent that is another loop", "nested loops", "", "", [](Points& p) { p[4].parent = 0; }},
    {"a parent that is no loop", "local call", "", "", [](Points& p) { p[2].parent = 0; }},
    {"a parent that is not there", "nested loops", "", "", [](Points& p) { p[4].parent = 9; }},
    {"no parent", "nested loops", "", "", [](Points& p) { p[4].parent = kNone; }},
    {"a head behind its loop", "nested loops", "", "",
     [](Points& p) {
       std::swap(p[3], p[4]);
       p[3].parent = kNone;
     }},
    {"the outer loop's rounds as the inner one's", "nested loops", "", "",
     [](Points& p) { p[4].round = p[3].round; }},
    {"the sum as the outer loop's rounds", "nested loops", "", "",
     [](Points& p) { p[3].round = symbol_of(p[3].registers[0]); }},
    {"a cut point elsewhere", "buffer loop", "", "", [](Points& p) { p[0].pc += 1; }},
    {"a cut point outside", "buffer loop", "", "", [](Points& p) { p[0].pc = 1000; }},
    {"a cut point in the middle of LD_IMM64", "callback", "", "", [](Points& p) { p[0].pc = 2; }},
    {"a second frame", "buffer loop", "", "",
     [](Points& p) { p[0].frames.push_back(p[0].frames[0]); }},
    {"no frame", "buffer loop", "", "", [](Points& p) { p[0].frames.clear(); }},
    {"another role", "packet loop", "", "", [](Points& p) { p[0].frames[0].role = Role::kGlobal; }},
    {"another program's certificate", "nested loops", "", "",
     [](Points& p) { p = CheckCase("two loops").certificate.cut_points; }},
};

const std::vector<Mutant> kClaims = {
    {"the packet's size raised", "ways that meet", "r0 = *(u8 *)(r2 + 9)", "r0 = *(u8 *)(r2 + 10)",
     [](Points& p) { range_of(p[0], p[0].packet_size).lo = 15; }},
    {"a pointer's offset moved down", "ways that meet", "r0 = *(u8 *)(r2 + 9)",
     "r0 = *(u8 *)(r2 + 10)", [](Points& p) { is_constant(p[0].registers[2], 3); }},
    {"a number made a pointer", "ways that meet", "r0 = *(u8 *)(r2 + 9)", "r0 = *(u8 *)(r5 + 9)",
     [](Points& p) { p[0].registers[5] = p[0].registers[2]; }},
    {"a packet's pointer made one to the stack", "ways that meet", "r0 = *(u8 *)(r2 + 9)",
     "*(u8 *)(r2 + 10) = 1",
     [](Points& p) {
       p[0].registers[2] = p[0].registers[10];
       is_constant(p[0].registers[2], static_cast<uint64_t>(-100));
     }},
    {"a second cut point that claims more", "ways that meet", "r0 = *(u8 *)(r2 + 9)",
     "r0 = *(u8 *)(r2 + 10)",
     [](Points& p) {
       p.insert(p.begin(), p[0]);
       range_of(p[0], p[0].packet_size).lo = 15;
     }},
    {"a third cut point that claims more", "ways that meet", "r0 = *(u8 *)(r2 + 9)",
     "r0 = *(u8 *)(r2 + 10)",
     [](Points& p) {
       p.push_back(p[0]);
       range_of(p[1], p[1].packet_size).lo = 15;
     }},
    {"a cut point as the loop of the next", "ways that meet", "r0 = *(u8 *)(r2 + 9)",
     "r0 = *(u8 *)(r2 + 10)",
     [](Points& p) {
       p.push_back(p[0]);
       p[0].loop = true;
       p[0].round = 5;
       p[0].ranges.push_back({.symbol = 5, .lo = 0, .hi = 9});
       p[1].parent = 0;
       range_of(p[1], p[1].packet_size).lo = 15;
     }},
    {"a range that is empty", "ways that meet", "r0 = *(u8 *)(r2 + 9)", "r0 = *(u8 *)(r2 + 10)",
     [](Points& p) { p[0].ranges.push_back({.symbol = 7, .lo = 1, .hi = 0}); }},
    {"an inequality that never holds", "ways that meet", "r0 = *(u8 *)(r2 + 9)",
     "r0 = *(u8 *)(r2 + 10)",
     [](Points& p) { p[0].inequalities.push_back({.terms = {}, .constant = -1}); }},
    {"a smaller mask's number", "mask", "r3 &= 7", "r3 &= 15", [](Points&) {}},
    {"known bits invented", "mask", "r3 &= 7", "r3 &= 15",
     [](Points& p) { p[0].registers[3].number = {.ones = 0, .unknown = 7}; }},
    {"a signed view invented", "mask", "r3 &= 7", "r3 &= 15",
     [](Points& p) { p[0].registers[3].number = {.slo = 0, .shi = 7}; }},
    {"a low half invented", "mask", "r3 &= 7", "r3 &= 15",
     [](Points& p) {
       p[0].registers[3].number = {.unknown = UINT32_MAX, .hi = UINT32_MAX, .lo32 = 0, .hi32 = 7};
     }},
    {"a signed low half invented", "mask", "r3 &= 7", "r3 &= 15",
     [](Points& p) {
       p[0].registers[3].number = {.unknown = 15, .hi = UINT32_MAX, .slo32 = 0, .shi32 = 7};
     }},
    {"an empty number", "mask", "r3 &= 7", "r3 &= 15",
     [](Points& p) { p[0].registers[3].number = {.lo = 1, .hi = 0}; }},
    {"a form invented", "mask", "r3 &= 7", "r3 &= 15",
     [](Points& p) {
       p[0].registers[3].number = {};
       p[0].registers[3].has_form = true;
       p[0].registers[3].form = {.terms = {{.symbol = 9, .factor = 1}}, .constant = 0};
       p[0].ranges.push_back({.symbol = 9, .lo = 0, .hi = 7});
     }},
    {"a slot's content", "slot", "*(u64 *)(r10 - 8) = 3", "*(u64 *)(r10 - 8) = 300",
     [](Points&) {}},
    {"bytes written", "slot", "r4 = *(u64 *)(r10 - 8)", "r4 = *(u64 *)(r10 - 16)",
     [](Points& p) {
       p[0].frames[0].written.fill(~uint64_t{0});
       p[0].frames[0].slots.push_back({.at = 496, .bytes = 8, .content = {}});
       p[0].frames[0].slots.back().content.type = Type::kNumber;
       is_constant(p[0].frames[0].slots.back().content, 3);
     }},
    {"a slot beside its bytes", "slot", "*(u64 *)(r10 - 8) = 3", "*(u64 *)(r10 - 8) = 300",
     [](Points& p) { p[0].frames[0].slots[0].at = 508; }},
    {"a slot without bytes", "slot", "*(u64 *)(r10 - 8) = 3", "*(u64 *)(r10 - 8) = 300",
     [](Points& p) { p[0].frames[0].slots[0].bytes = 0; }},
    {"a saved register", "callee", "r6 = 1", "r6 = 100", [](Points&) {}},
    {"where a function returns to", "callee", "r2 = r10", "r2 = *(u64 *)(r10 - 16)",
     [](Points& p) { p[0].frames[1].return_pc = 7; }},
    {"what a function is", "callee", "r2 = r10", "r2 = *(u64 *)(r10 - 16)",
     [](Points& p) { p[0].frames[1].role = Role::kProgram; }},
    {"a frame less", "callee", "r2 = r10", "r2 = *(u64 *)(r10 - 16)",
     [](Points& p) { p[0].frames.pop_back(); }},
    {"no null", "lookup compared late", "if r0 == 0 goto out", "r0 += 0",
     [](Points& p) { p[0].registers[0].nullable = false; }},
    {"another map", "lookup compared late", "r1 = map flows", "r1 = map counts", [](Points&) {}},
    {"a map that is not there", "lookup compared late", "r1 = map flows", "r1 = map counts",
     [](Points& p) { p[0].registers[0].map = 4; }},
    {"an inner map", "lookup compared late", "r1 = map flows", "r1 = map counts",
     [](Points& p) { p[0].registers[0].map = 3; }},
    {"a region instead of a value", "lookup compared late", "*(u64 *)(r0 + 8) = 1",
     "*(u64 *)(r0 + 16) = 1",
     [](Points& p) {
       p[0].registers[0].type = Type::kRegion;
       p[0].registers[0].map = kNone;
       p[0].registers[0].detail = 24;
     }},
    {"memory that may be written", "kernel variable", "r0 = *(u64 *)(r6 + 0)",
     "*(u64 *)(r6 + 0) = 1", [](Points& p) { p[0].registers[6].read_only = false; }},
    {"memory of more bytes", "kernel variable", "r0 = *(u64 *)(r6 + 0)", "r0 = *(u64 *)(r6 + 8)",
     [](Points& p) { p[0].registers[6].detail = 16; }},
    {"nothing held", "ring buffer", "call 132", "r0 = 0",
     [](Points& p) {
       p[0].held.clear();
       p[0].registers[0].reference = 0;
     }},
    {"what is held, without a number", "ring buffer", "call 132", "r0 = 0",
     [](Points& p) { p[0].held[0].object = 0; }},
    {"held twice", "ring buffer", "call 132", "r0 = 0",
     [](Points& p) { p[0].held.push_back(p[0].held[0]); }},
    {"a record of more bytes", "ring buffer", "*(u64 *)(r0 + 8) = r7", "*(u64 *)(r0 + 16) = r7",
     [](Points& p) { p[0].registers[0].detail = 24; }},
    {"no lock", "spin lock", "call 94", "r0 = 0", [](Points& p) { p[0].lock = {}; }},
    {"a callback's rounds", "callback's index", "r1 = 8", "r1 = 100", [](Points&) {}},
    {"a callback's rounds narrowed", "callback's index", "*(u8 *)(r2 - 8) = 1",
     "*(u8 *)(r2 - 7) = 1",
     [](Points& p) {
       p[0].frames[0].rounds.number.hi = 6;
       range_of(p[0], p[0].round).hi = 5;
     }},
    {"a callback's function", "callback's index", "*(u8 *)(r2 - 8) = 1", "*(u8 *)(r2 - 7) = 1",
     [](Points& p) { p[0].registers[2].detail = 0; }},
};

void PrintTo(const Mutant& mutant, std::ostream* out) { *out << mutant.name; }

class MutantTest : public testing::TestWithParam<Mutant> {};

// The same for all mutants of a program.
bool shown(const std::string& program, const Certificate& certificate) {
  static std::map<std::string, bool> known;
  const auto [found, fresh] = known.try_emplace(program, false);
  if (fresh) {
    const auto result = CheckCase(program).check(certificate);
    EXPECT_TRUE(result.has_value()) << to_text(result);
    found->second = result.has_value();
  }
  return found->second;
}

TEST_P(MutantTest, Refused) {
  const Mutant& mutant = GetParam();
  const CheckCase original(mutant.program);
  ASSERT_EQ(original.why_none, "");
  ASSERT_FALSE(original.certificate.cut_points.empty());
  ASSERT_TRUE(shown(mutant.program, original.certificate));
  Certificate tampered = original.certificate;
  mutant.tamper(tampered.cut_points);
  const CheckCase program(mutant.program, mutant.line, mutant.by);
  if (mutant.line.empty()) {
    ASSERT_FALSE(tampered == original.certificate) << "nothing was changed";
  } else {
    ASSERT_NE(program.why_none, "") << "the program is safe";
  }
  const auto result = program.check(tampered);
  EXPECT_FALSE(result.has_value()) << to_text(result);
  // A loop is followed until the budget is spent; elsewhere it is seen what is wrong.
  if (!result && !original.certificate.cut_points[0].loop) {
    EXPECT_NE(result.error().kind, Refusal::Kind::kUndecided) << to_text(result);
  }
}

std::string name_of(const testing::TestParamInfo<Mutant>& info) {
  std::string name;
  for (const char c : std::to_string(info.index) + "_" + info.param.name) {
    if (c != '\'' && c != ',') name += c == ' ' ? '_' : c;
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Loops, MutantTest, testing::ValuesIn(kLoops), name_of);
INSTANTIATE_TEST_SUITE_P(Claims, MutantTest, testing::ValuesIn(kClaims), name_of);

}  // namespace
}  // namespace zext::verifier::certificate
