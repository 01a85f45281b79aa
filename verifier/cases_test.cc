// Programs that must be accepted and programs that must be rejected, with the reason: the files in
// testdata/. A case is "== name | platform | accept or a reason's id", then assembler text.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/decode.h"
#include "verifier/verify.h"

namespace zext::verifier {
namespace {

struct Case {
  std::string name;
  std::string platform;
  std::string expected;
  std::string text;
};

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Comparisons of numbers that matter nowhere: more than the verifier keeps, so that it forgets what
// it knew before. Jumps out with r0 as it is.
std::string forgetting() {
  std::string text;
  for (int i = 0; i < 26; ++i) {
    text += "r3 = *(u32 *)(r1 + 0)\nr4 = *(u32 *)(r1 + 4)\nif r3 >= r4 goto out\n";
  }
  return text;
}

// %packet N and %out, see testdata/packet.txt; %forget, see testdata/loops.txt.
std::string expanded(const std::string& line) {
  if (line.starts_with("%packet ")) {
    return "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr0 = 0\nr4 = r2\nr4 += " +
           line.substr(8) + "\nif r4 > r3 goto out\n";
  }
  if (line == "%forget") return forgetting();
  if (line == "%out") return "r0 = 0\nout:\nexit\n";
  return line + "\n";
}

std::vector<Case> read_cases(const std::string& file) {
  std::ifstream in("verifier/testdata/" + file);
  std::vector<Case> cases;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#")) continue;
    if (!line.starts_with("== ")) {
      if (!cases.empty()) cases.back().text += expanded(line);
      continue;
    }
    std::istringstream fields(line.substr(3));
    Case added;
    std::getline(fields, added.name, '|');
    std::getline(fields, added.platform, '|');
    std::getline(fields, added.expected, '|');
    cases.push_back(
        {file + ": " + trimmed(added.name), trimmed(added.platform), trimmed(added.expected), ""});
  }
  return cases;
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const char* file :
       {"values.txt", "pointers.txt", "stack.txt", "packet.txt", "buffer.txt", "loops.txt"}) {
    for (Case& added : read_cases(file)) all.push_back(std::move(added));
  }
  return all;
}

std::string verdict_of(const Case& tested) {
  const auto slots = ebpf::assemble(tested.text);
  if (!slots) return ebpf::describe(slots.error());
  const auto code = ebpf::decode_program(*slots);
  if (!code) return ebpf::describe(code.error());
  const Platform* platform = find_platform(tested.platform.c_str());
  if (platform == nullptr) return "no such platform";
  const Verdict verdict = verify(*code, *platform, {.max_steps = 20'000});
  switch (verdict.outcome) {
    case Outcome::kAccepted:
      return "accept";
    case Outcome::kRejected:
      return id_of(verdict.rejection.reason);
    case Outcome::kResourceLimit:
      return "resource-limit";
  }
  return "";
}

TEST(CasesTest, EachHasItsVerdict) {
  const std::vector<Case> cases = all_cases();
  EXPECT_GE(cases.size(), 120u);
  for (const Case& tested : cases) {
    EXPECT_EQ(verdict_of(tested), tested.expected) << tested.name << "\n" << tested.text;
  }
}

}  // namespace
}  // namespace zext::verifier
