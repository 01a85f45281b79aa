// Messages as users see them: part of the interface, so changed only on purpose.
#include "verifier/explain/explain.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "isa/ebpf/asm.h"
#include "verifier/verify.h"

namespace zext::verifier {
namespace {

struct Explained {
  object::Program program;
  ebpf::Code code;
  Verdict verdict;
};

Explained verified(const std::string& text, const char* platform) {
  Explained result;
  result.program.name = "filter";
  result.program.slots = *ebpf::assemble(text);
  result.program.functions = {
      {.name = "filter", .slots = static_cast<uint32_t>(result.program.slots.size())}};
  result.code = *ebpf::decode_program(result.program.slots);
  result.verdict = verify(result.code, *find_platform(platform));
  return result;
}

std::string text_of(const Explained& e) { return explain(e.program, e.code, e.verdict); }

constexpr const char* kShortPacket =
    "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr0 = 1\nr4 = r2\nr4 += 14\n"
    "if r4 > r3 goto out\nr0 = *(u8 *)(r2 + 23)\nout:\nexit\n";

TEST(ExplainTest, PacketBoundsWithSource) {
  Explained e = verified(kShortPacket, "xdp");
  e.program.lines.push_back(
      {.slot = 6, .file = "filter.c", .line = 12, .column = 9, .text = "  if (ip->protocol == 6)"});
  EXPECT_EQ(text_of(e),
            "filter.c:12:9: error: [packet-bounds] reading 1 byte at packet offset 23 needs 24 "
            "bytes, but only 14 are known to be there\n"
            "   12 |   if (ip->protocol == 6)\n"
            "  instruction 6: r0 = *(u8 *)(r2 + 0x17)\n"
            "  known there:\n"
            "    r0 = number 1\n"
            "    r1 = context\n"
            "    r2 = packet\n"
            "    r3 = end of packet\n"
            "    r4 = packet + 14\n"
            "  the way there:\n"
            "    filter:5: jump at 5 not taken\n"
            "  hint: before it, compare with the packet's end: if (data + 24 > data_end) return "
            "...\n");
}

TEST(ExplainTest, RoundsOfALoopAreOneLine) {
  Explained e = verified("r0 = 0\nexit\n", "xdp");
  e.verdict.outcome = Outcome::kRejected;
  e.verdict.rejection.path = {{.pc = 1, .taken = false}};
  e.verdict.rejection.path.resize(21, {.pc = 5, .taken = true});
  e.verdict.rejection.path.push_back({.pc = 5, .taken = false});
  EXPECT_NE(text_of(e).find("  the way there:\n"
                            "    filter:1: jump at 1 not taken\n"
                            "    filter:5: jump at 5 taken, 20 times\n"
                            "    filter:5: jump at 5 not taken\n"),
            std::string::npos)
      << text_of(e);
}

TEST(ExplainTest, JsonHasTheSame) {
  const Explained e = verified(kShortPacket, "xdp");
  const auto json = nlohmann::json::parse(explain_json(e.program, e.code, e.verdict));
  EXPECT_EQ(json["outcome"], "rejected");
  EXPECT_EQ(json["rejection"]["reason"], "packet-bounds");
  EXPECT_EQ(json["rejection"]["pc"], 6);
  EXPECT_EQ(json["rejection"]["registers"]["r4"], "packet + 14");
  EXPECT_EQ(json["rejection"]["path"].size(), 1u);
}

TEST(ExplainTest, Accepted) {
  EXPECT_EQ(text_of(verified("r0 = 0\nexit\n", "xdp")),
            "filter: accepted (2 steps, 32 bytes of stack)\n");
}

// One message a reason; what follows the first line is tested above.
TEST(ExplainTest, FirstLines) {
  const struct {
    const char* text;
    const char* platform;
    const char* line;
  } kCases[] = {
      {"r0 = r3\nexit\n", "xdp",
       "filter:0: error: [uninitialised-register] r3 is read, but nothing was written to it on "
       "this path"},
      {"exit\n", "xdp", "filter:0: error: [return-value] the program ends without a result in r0"},
      {"r0 = r1\nexit\n", "xdp",
       "filter:1: error: [return-value] the program ends with the context's address in r0"},
      {"r0 = *(u32 *)(r10 - 4)\nexit\n", "xdp",
       "filter:0: error: [uninitialised-stack] reading 4 bytes at stack offset -4, of which not "
       "every byte was written"},
      {"*(u8 *)(r10 - 513) = 1\nexit\n", "xdp",
       "filter:0: error: [stack-bounds] writing 1 byte at stack offset -513 leaves the frame, "
       "which is -512..-1"},
      {"r0 = *(u16 *)(r1 + 12)\nexit\n", "xdp",
       "filter:0: error: [context-access] reading 2 bytes at context offset 12 is no field that "
       "this program type offers"},
      {"r1 *= 2\nexit\n", "plain_memory",
       "filter:0: error: [pointer-arithmetic] this operation on r1, which holds an address in the "
       "buffer"},
      {"r0 = *(u8 *)(r2 + 0)\nexit\n", "plain_memory",
       "filter:0: error: [not-a-pointer] reading memory through r2, which holds a number"},
      {"r0 = *(u32 *)(r1 + 0)\nexit\n", "plain_memory",
       "filter:0: error: [memory-bounds] reading 4 bytes at buffer offset 0 needs 4 bytes, but "
       "only 0 are known to be there"},
      {"r0 = 0\nl:\ngoto l\n", "plain_memory",
       "filter:1: error: [termination] no bound was found for this loop"},
      {"call 5\nexit\n", "xdp",
       "filter:0: error: [unsupported-helper] calling helper 5 is not supported yet"},
  };
  for (const auto& tested : kCases) {
    const std::string text = text_of(verified(tested.text, tested.platform));
    EXPECT_EQ(text.substr(0, text.find('\n')), tested.line);
  }
}

TEST(ExplainTest, EveryReasonHasAMessage) {
  Rejection rejection;
#define X(name, id, demand)           \
  rejection.reason = Reason::k##name; \
  EXPECT_FALSE(message_of(rejection).empty()) << id;
  ZEXT_VERIFIER_REASONS(X)
#undef X
}

}  // namespace
}  // namespace zext::verifier
