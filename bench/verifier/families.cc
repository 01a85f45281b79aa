#include "bench/verifier/families.h"

#include <fmt/core.h>

namespace zext::bench {
namespace {

constexpr char kEnd[] = "r0 = 0\nexit\n";

// Arithmetic, a store and a load of the stack.
std::string straight(uint64_t instructions) {
  static constexpr const char* kBody[] = {
      "r0 += 3\n",
      "r3 = r0\n",
      "r3 &= 255\n",
      "*(u64 *)(r10 - 8) = r3\n",
      "r4 = *(u64 *)(r10 - 8)\n",
  };
  std::string text = "r0 = *(u32 *)(r1 + 0)\n";
  for (uint64_t i = 0; i + 3 < instructions; ++i) text += kBody[i % std::size(kBody)];
  return text + kEnd;
}

// Ways that part at what the packet holds and meet again, r6 being another number on each.
std::string diamonds(uint64_t count) {
  std::string text = "r8 = r1\nr6 = 0\n";
  for (uint64_t i = 0; i < count; ++i) {
    text += fmt::format("r3 = *(u32 *)(r8 + {0})\nif r3 > {1} goto d{2}\nr6 += 1\nd{2}:\n",
                        4 * (i % 3), i % 200, i);
  }
  return text + kEnd;
}

// The same, where the stack holds 32 numbers of which nothing is known.
std::string diamonds_with_stack(uint64_t count) {
  std::string text;
  for (int i = 1; i <= 32; ++i) {
    text += fmt::format("r3 = *(u32 *)(r1 + 0)\n*(u64 *)(r10 - {}) = r3\n", 8 * i);
  }
  return text + diamonds(count);
}

std::string lookups(uint64_t count) {
  std::string text = "r6 = 0\n";
  for (uint64_t i = 0; i < count; ++i) {
    text += fmt::format(
        "*(u32 *)(r10 - 4) = {0}\nld_pseudo r1, 1, {1}\nr2 = r10\nr2 += -4\ncall 1\n"
        "if r0 == 0 goto m{0}\nr3 = *(u64 *)(r0 + 0)\nr6 += r3\nm{0}:\n",
        i, kMapNumber);
  }
  return text + kEnd;
}

std::string loop(uint64_t rounds) {
  return fmt::format("r0 = 0\nl:\nr0 += 1\nif r0 != {} goto l\nexit\n", rounds);
}

// A loop that adds up, with a test inside.
std::string loop_with_branch(uint64_t rounds) {
  return fmt::format(
      "r8 = r1\nr0 = 0\nr6 = 0\nl:\nr3 = *(u32 *)(r8 + 0)\nif r3 > 7 goto s\nr6 += r3\ns:\n"
      "r0 += 1\nif r0 < {} goto l\n{}",
      rounds, kEnd);
}

// Each of a thousand rounds.
std::string nested_loops(uint64_t depth) {
  std::string text;
  for (uint64_t i = 0; i < depth; ++i) text += fmt::format("r{0} = 0\nl{0}:\n", 9 - i);
  for (uint64_t i = depth; i-- > 0;) {
    text += fmt::format("r{0} += 1\nif r{0} < 1000 goto l{0}\n", 9 - i);
  }
  return text + kEnd;
}

std::string calls_of(uint64_t depth, int each) {
  std::string text;
  for (uint64_t i = 0; i <= depth; ++i) {
    if (i > 0) text += fmt::format("f{}:\n", i);
    for (int call = 0; i < depth && call < each; ++call) text += fmt::format("call f{}\n", i + 1);
    text += kEnd;
  }
  return text;
}

std::string calls(uint64_t depth) { return calls_of(depth, 1); }
std::string calls_twice(uint64_t depth) { return calls_of(depth, 2); }

}  // namespace

std::span<const Family> families() {
  static const std::vector<Family> kFamilies = {
      {"straight-line", "instructions", {100, 1000, 10'000, 100'000, 1'000'000}, straight, 1},
      {"diamonds", "diamonds", {5, 10, 20, 50, 100}, diamonds, 3},
      {"diamonds, full stack", "diamonds", {5, 10, 20, 50, 100}, diamonds_with_stack, 3},
      {"map lookups", "lookups", {1, 10, 100, 1000}, lookups, 8},
      {"loop", "rounds", {10, 1000, 1'000'000}, loop},
      {"loop with a branch", "rounds", {10, 1000, 1'000'000}, loop_with_branch},
      {"loops inside each other", "depth", {1, 2, 3, 4}, nested_loops},
      {"calls, once each", "depth", {1, 2, 3, 4, 5, 6, 7}, calls},
      {"calls, twice each", "depth", {1, 2, 3, 4, 5, 6, 7}, calls_twice},
  };
  return kFamilies;
}

}  // namespace zext::bench
