#include "verifier/certificate/text.h"

#include <gtest/gtest.h>

#include "verifier/certificate/implied.h"
#include "verifier/certificate/random_certificate.h"
#include "verifier/certificate/text_content.h"

namespace zext::verifier::certificate {
namespace {

Content holding(Type type, Number number) {
  Content content;
  content.type = type;
  content.number = number;
  return content;
}
Content number(Number views, unsigned given) {
  return holding(Type::kNumber, implied(views, given));
}
Content pointer(Type type, int64_t low, int64_t high) {
  return holding(type, implied({.slo = low, .shi = high}, kSignedView));
}
Content formed(Type type, Sum form, const std::vector<Range>& ranges) {
  Content content = holding(type, implied(form, type, ranges));
  content.has_form = true;
  content.form = std::move(form);
  return content;
}

std::string text_of(const Content& content) { return content_text(content, {}); }

TEST(Text, ALoop) {
  CutPoint point;
  point.pc = 17;
  point.loop = true;
  point.round = 5;
  point.parent = 0;
  point.meta_size_plus_one = 1;
  point.ranges = {{.symbol = 0, .lo = 0, .hi = 0xffff}, {.symbol = 5, .lo = 0, .hi = 5}};
  point.inequalities = {{.terms = {{0, 1}, {5, -4}}, .constant = -34}};
  point.registers[1] = formed(Type::kPacket, {.terms = {{5, 4}}, .constant = 14}, point.ranges);
  point.registers[2] = formed(Type::kNumber, {.terms = {{5, 1}}, .constant = 0}, point.ranges);
  point.registers[10] = pointer(Type::kStack, 0, 0);
  Frame& frame = point.frames.emplace_back();
  frame.slots = {{.at = 508, .bytes = 4, .content = number({.lo = 0, .hi = 255}, kUnsignedView)}};
  frame.written[7] = uint64_t{0xf} << 60 | 0xff;
  Certificate certificate;
  certificate.cut_points.resize(1);
  certificate.cut_points[0].meta_size_plus_one = 1;
  certificate.cut_points.push_back(point);
  EXPECT_EQ(to_text(certificate), R"(cut point 0 at 0:
cut point 1 at 17, a loop that s5 counts, in the loop of cut point 0:
  r1 = packet + 14..34 = 4*s5 + 14
  r2 = 0..5 = s5
  r10 = stack
  fp-4[4] = 0..255
  may be read: fp-64..-57, fp-4..-1
  packet_size in 0..65535
  s5 in 0..5
  packet_size - 4*s5 - 34 >= 0
)");
}

TEST(Text, ACallback) {
  CutPoint point;
  point.pc = 30;
  point.packet_size = 9;
  point.has_goto_rounds = true;
  point.goto_rounds = number({.lo = 7, .hi = 7}, kUnsignedView);
  point.held = {{.object = 3, .pc = 12, .frame = 1}};
  point.lock = {.held = true, .object = 4, .map = 3, .pc = 13};
  point.frames.resize(2);
  Frame& frame = point.frames[1];
  frame.role = Role::kCallback;
  frame.entry = 28;
  frame.return_pc = 11;
  frame.saved[1] = number({}, 0);
  frame.arguments[0] = pointer(Type::kMap, 0, 0);
  frame.arguments[0].map = 3;
  frame.has_rounds = true;
  frame.rounds = number({.lo = 0, .hi = ~uint64_t{0} - 1}, kUnsignedView);
  point.frames[0].slots = {{.at = 0, .bytes = 8, .content = pointer(Type::kContext, 0, 0)}};
  EXPECT_EQ(to_text({.subject = 0, .cut_points = {point}}), R"(cut point 0 at 30:
  fp[0]-512 = context
  frame 1: the function at 28, called back at 11
  r7 of frame 0 = any
  r1 of frame 0 = an inner map of map 1
  rounds of frame 1 = 0..2^64-2
  holds object 3 since 12, in frame 1
  holds the lock of object 4 of an inner map of map 1 since 13
  goto rounds = 7
  the packet's size is s9
  the meta data's size, plus 1, is packet_size
)");
}

TEST(Text, Numbers) {
  EXPECT_EQ(text_of(number({}, 0)), "any");
  EXPECT_EQ(text_of(number({.slo = -5, .shi = -5}, kSignedView)), "-5");
  EXPECT_EQ(text_of(number({.lo = 1, .hi = ~uint32_t{0}}, kUnsignedView)), "1..2^32-1");
  EXPECT_EQ(text_of(number({.slo = -8, .shi = 5}, kSignedView)), "s -8..5");
  EXPECT_EQ(text_of(number({.unknown = 0xfc, .lo = 0, .hi = 0xfc}, kUnsignedView | kBitsView)),
            "0..252 & bits 0x0|0xfc");
  EXPECT_EQ(text_of(number({.lo32 = 3, .hi32 = 9}, kUnsigned32View)), "u32 3..9");
  EXPECT_EQ(text_of(number({.slo32 = -3, .shi32 = 9}, kSigned32View)), "s32 -3..9");
}

TEST(Text, Pointers) {
  EXPECT_EQ(text_of(pointer(Type::kStack, -8, -8)), "stack - 8");
  EXPECT_EQ(text_of(pointer(Type::kPacket, 14, 14)), "packet + 14");
  EXPECT_EQ(text_of(pointer(Type::kMemory, -2, 7)), "buffer + -2..7");
  Content value = pointer(Type::kMapValue, 0, 0);
  value.map = 4;
  value.nullable = true;
  value.object = 2;
  EXPECT_EQ(text_of(value), "value of map 2 or null, object 2");
  Content object = pointer(Type::kObject, 0, 0);
  object.detail = 77;
  object.trust = 3;
  object.reference = 5;
  EXPECT_EQ(text_of(object), "object of type 77, held by object 5, trusted");
  Content region = pointer(Type::kRegion, 0, 0);
  region.detail = 16;
  region.read_only = true;
  EXPECT_EQ(text_of(region), "region of 16 bytes, read-only");
  Content other = pointer(Type::kStructure, 0, 0);
  other.structure = 200;
  EXPECT_EQ(text_of(other), "structure 200");
}

// Whatever a certificate holds, there are words for it, in whole lines.
TEST(Text, EachThingHasWords) {
  Random rng(1);
  for (int i = 0; i < 500; ++i) {
    const Certificate made = random_certificate(rng);
    const std::string text = to_text(made);
    EXPECT_EQ(text.empty(), made.cut_points.empty());
    EXPECT_TRUE(text.empty() || text.back() == '\n');
    EXPECT_EQ(text.find("= \n"), std::string::npos);
    size_t headings = 0;
    for (size_t at = 0; (at = text.find("cut point ", at)) != std::string::npos; ++at) {
      headings += at == 0 || text[at - 1] == '\n' ? 1 : 0;
    }
    EXPECT_EQ(headings, made.cut_points.size());
  }
}

}  // namespace
}  // namespace zext::verifier::certificate
