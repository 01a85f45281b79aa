// What golden files do not show: repeated branches, JSON, registers that do not matter.
#include "verifier/explain/explain.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "verifier/explain/story.h"
#include "verifier/testing/case.h"
#include "verifier/verify.h"

namespace zext::verifier {
namespace {

struct Explained {
  std::unique_ptr<Prepared> ready;
  Verdict verdict;

  explicit Explained(const std::string& text) {
    const Case made = parse_cases(text).front();
    ready = std::move(*prepare(made));
    verdict = verify(ready->subject(), made.options);
  }
  std::string text(bool every_register = false) const {
    return explain(ready->program, ready->subject(), verdict, every_register);
  }
  nlohmann::json json() const {
    return nlohmann::json::parse(explain_json(ready->program, ready->subject(), verdict));
  }
};

constexpr const char* kShortPacket =
    "== short | xdp | packet-bounds\n"
    "%packet 14\n"
    "; filter.c:12:9   if (ip->protocol == 6)\n"
    "r0 = *(u8 *)(r2 + 23)\n"
    "%out\n";

TEST(ExplainTest, RoundsOfALoopAreOneLine) {
  Explained e(
      "== nothing | xdp | accept\nr0 = 0\nif r0 != 0 goto out\nr0 = 1\nr0 = 2\nr0 = 3\n"
      "if r0 == 4 goto out\nout:\nexit\n");
  e.verdict.outcome = Outcome::kRejected;
  e.verdict.rejection.path = {{.pc = 1, .taken = false}};
  e.verdict.rejection.path.resize(21, {.pc = 5, .taken = true});
  e.verdict.rejection.path.push_back({.pc = 5, .taken = false});
  EXPECT_NE(e.text().find("  the way there:\n"
                          "    filter:1: jump at 1 not taken\n"
                          "    filter:5: jump at 5 taken, 20 times\n"
                          "    filter:5: jump at 5 not taken\n"),
            std::string::npos)
      << e.text();
}

TEST(ExplainTest, RegistersThatDoNotMatterAreLeftOut) {
  const Explained e(kShortPacket);
  EXPECT_EQ(e.text().find("r4 = packet + 14"), std::string::npos) << e.text();
  EXPECT_NE(e.text(true).find("r4 = packet + 14"), std::string::npos) << e.text(true);
}

TEST(ExplainTest, JsonHasTheSame) {
  const auto json = Explained(kShortPacket).json();
  EXPECT_EQ(json["outcome"], "rejected");
  EXPECT_EQ(json["type"], "xdp");
  const auto& rejection = json["rejection"];
  EXPECT_EQ(rejection["reason"], "packet-bounds");
  EXPECT_EQ(rejection["pc"], 6);
  EXPECT_EQ(rejection["file"], "filter.c");
  EXPECT_EQ(rejection["line"], 12);
  EXPECT_EQ(rejection["register"], "r2");
  EXPECT_EQ(rejection["registers"]["r4"], "packet + 14");
  EXPECT_EQ(rejection["path"].size(), 1u);
  EXPECT_EQ(rejection["access"]["known"], 14);
  EXPECT_EQ(rejection["state"][2]["type"], "packet");
  EXPECT_EQ(rejection["state"][2]["origin"], "read at instruction 0");
  EXPECT_EQ(rejection["state"][2]["written_at"]["pc"], 0);
}

TEST(ExplainTest, EveryReasonHasAMessage) {
  Explained e("== nothing | xdp | accept\nr0 = 0\nexit\n");
  const Subject subject = e.ready->subject();
  Rejection& rejection = e.verdict.rejection;
  for (const uint8_t reg : {uint8_t{0}, uint8_t{5}, kNoRegister}) {
    rejection.reg = reg;
#define X(name, id, demand)                                                       \
  rejection.reason = Reason::k##name;                                             \
  EXPECT_FALSE(message_of({e.ready->program, subject, rejection}).empty()) << id; \
  hint_of({e.ready->program, subject, rejection});
    ZEXT_VERIFIER_REASONS(X)
#undef X
  }
}

}  // namespace
}  // namespace zext::verifier
