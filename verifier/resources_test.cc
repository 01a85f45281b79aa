// Programs made to cost the verifier much: each is decided or given up within its budget.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/decode.h"
#include "verifier/verify.h"

namespace zext::verifier {
namespace {

// Each takes a few seconds on a machine with nothing else to do.
constexpr std::chrono::seconds kLimit(60);

Verdict verdict_of(const std::string& text) {
  const auto slots = ebpf::assemble(text);
  EXPECT_TRUE(slots.has_value()) << ebpf::describe(slots.error());
  const auto code = ebpf::decode_program(*slots);
  EXPECT_TRUE(code.has_value()) << ebpf::describe(code.error());
  const auto start = std::chrono::steady_clock::now();
  Verdict verdict = verify(*code, *find_platform("plain_memory"), {});
  EXPECT_LT(std::chrono::steady_clock::now() - start, kLimit);
  EXPECT_LE(verdict.statistics.steps, Options{}.max_steps);
  EXPECT_LE(verdict.statistics.peak_states, Options{}.max_states);
  return verdict;
}

template <class F>
std::string repeated(int times, F text) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text(i);
  return result;
}

const std::string kStart = "r0 = 0\nif r2 >= 64 goto start\nexit\nstart:\nr6 = 0\nr8 = r1\n";
const std::string kEnd = "r0 = 0\nexit\n";
const std::string kAgain = "r9 -= 1\nif r9 != 0 goto again\nexit\nagain:\ngotol outer\n";

// Every slot of the frame holds a number of its own.
std::string full_stack() {
  return repeated(64, [](int i) {
    return "r3 = *(u32 *)(r8 + " + std::to_string(i % 15 * 4) + ")\n*(u64 *)(r10 - " +
           std::to_string(8 * (i + 1)) + ") = r3\n";
  });
}

// Ways that part and meet again, none of them like another.
std::string diamonds(int count) {
  return repeated(count, [](int i) {
    const std::string end = "d" + std::to_string(i);
    return "r3 = *(u8 *)(r8 + " + std::to_string(i % 64) + ")\nif r3 > " + std::to_string(i % 200) +
           " goto " + end + "\nr6 += 1\n" + end + ":\n";
  });
}

TEST(ResourcesTest, DiamondsWithFullStack) {
  (void)verdict_of(kStart + full_stack() + diamonds(10'000) + kEnd);
}

// States of 500 values: they count for as many usual ones as they are worth.
TEST(ResourcesTest, DiamondsInEightFullFrames) {
  std::string text = kStart + "call f1\n" + kEnd;
  for (int i = 1; i <= 7; ++i) {
    text += "f" + std::to_string(i) + ":\n";
    if (i == 1) text += "r8 = r1\n";
    text += "r8 = r1\nr6 = 0\n" + full_stack() + "r1 = r8\n";
    text += i < 7 ? "call f" + std::to_string(i + 1) + "\n" : diamonds(8'000);
    text += "r0 = 0\nexit\n";
  }
  const Verdict verdict = verdict_of(text);
  EXPECT_EQ(verdict.outcome, Outcome::kResourceLimit);
  EXPECT_LT(verdict.statistics.peak_states, Options{}.max_states / 4);
}

TEST(ResourcesTest, ComparisonsOfManyNumbers) {
  const auto slot = [](int i) { return std::to_string(8 * (i % 64 + 1)); };
  (void)verdict_of(kStart + full_stack() +
                   repeated(5'000,
                            [&](int i) {
                              const std::string end = "c" + std::to_string(i);
                              return "r4 = *(u64 *)(r10 - " + slot(i) + ")\nr5 = *(u64 *)(r10 - " +
                                     slot(7 * i + 3) + ")\nif r4 >= r5 goto " + end +
                                     "\nr6 += 1\n" + end + ":\n";
                            }) +
                   kEnd);
}

TEST(ResourcesTest, ThousandsOfLoopsInALoop) {
  (void)verdict_of(kStart + "r9 = 100\nouter:\n" +
                   repeated(20'000,
                            [](int i) {
                              const std::string head = "l" + std::to_string(i);
                              return "r7 = 0\n" + head + ":\nr7 += 1\nif r7 < 100000 goto " + head +
                                     "\n";
                            }) +
                   kAgain);
}

TEST(ResourcesTest, LoopsInsideEachOther) {
  const int depth = 400;
  std::string text = kStart;
  for (int i = 0; i < depth; ++i) text += "h" + std::to_string(i) + ":\n";
  for (int i = 0; i < depth; ++i) {
    text += "r6 += 1\nif r6 < " + std::to_string(1000 + i) + " goto h" + std::to_string(i) + "\n";
  }
  (void)verdict_of(text + kEnd);
  text = kStart;
  for (int i = 0; i < depth; ++i) {
    text += "h" + std::to_string(i) + ":\nr3 = *(u8 *)(r8 + " + std::to_string(i % 64) + ")\n";
  }
  for (int i = depth; i-- > 0;) {
    text += "r3 = *(u8 *)(r8 + 1)\nif r3 > " + std::to_string(i % 250) + " goto h" +
            std::to_string(i) + "\n";
  }
  EXPECT_NE(verdict_of(text + kEnd).outcome, Outcome::kAccepted);
}

TEST(ResourcesTest, CallsByTheThousandInALoop) {
  (void)verdict_of(kStart + "r9 = 100000\nouter:\n" +
                   repeated(20'000, [](int) { return std::string("call f\n"); }) + kAgain +
                   "f:\nr0 = 0\nexit\n");
}

// Each function calls the next one twice: 2^7 ways to the last one.
TEST(ResourcesTest, CallsThatMultiply) {
  std::string text = kStart + "call f1\n" + kEnd;
  for (int i = 1; i <= 7; ++i) {
    text += "f" + std::to_string(i) + ":\n";
    const std::string call = i < 7 ? "call f" + std::to_string(i + 1) + "\n" : "";
    text += repeated(7, [&](int) { return call; }) + "r0 = 0\nexit\n";
  }
  (void)verdict_of(text);
}

}  // namespace
}  // namespace zext::verifier
