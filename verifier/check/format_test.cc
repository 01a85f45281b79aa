#include "verifier/check/format.h"

#include <gtest/gtest.h>

#include <string_view>

namespace zext::verifier {
namespace {

std::optional<uint32_t> words(std::string_view text) {
  return words_of_format({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

TEST(FormatTest, CountsConversions) {
  EXPECT_EQ(words(""), 0u);
  EXPECT_EQ(words("100%%"), 0u);
  EXPECT_EQ(words("%d %u %x %X %i"), 5u);
  EXPECT_EQ(words("%ld %lld %llx"), 3u);
  EXPECT_EQ(words("%s %c %-8s %08x"), 4u);
  EXPECT_EQ(words("%p %pK %px %pks %pus %pB %ps %pS"), 8u);
  EXPECT_EQ(words("%pi4 %pI4 %pi6 %pI6"), 4u);
}

TEST(FormatTest, EndsAtTheFirstZero) { EXPECT_EQ(words(std::string_view("%d\0%d", 5)), 1u); }

TEST(FormatTest, RefusesWhatIsUnknown) {
  for (const char* text : {"%", "%n", "%f", "%*d", "%l", "%pk", "%pi5", "%hd", "caf\xc3\xa9"}) {
    EXPECT_EQ(words(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace zext::verifier
