#include "bench/core/measure.h"

#include <fstream>
#include <string>

#include "bench/core/programs.h"
#include "gtest/gtest.h"

namespace zext::bench {
namespace {

using rtl_sim::Preset;

TEST(RunProgram, CountsEveryCycleOnce) {
  for (const Preset preset : {Preset::kSmall, Preset::kDefault}) {
    const auto run = run_program(preset, program_file("strings"), {});
    ASSERT_TRUE(run) << run.error().message();
    EXPECT_EQ(run->name, "strings");
    EXPECT_EQ(run->simulated, run->cycles);
    EXPECT_GT(run->instructions, 200'000u);
    EXPECT_GT(run->lost_cycles(), 0u);
    EXPECT_LT(run->lost_cycles(), run->cycles);
    EXPECT_GT(run->seconds, 0);
    // One issue slot cannot pair.
    if (preset == Preset::kSmall) {
      EXPECT_EQ(run->pairs(), 0u);
      EXPECT_EQ(run->instructions + run->lost_cycles(), run->cycles);
    } else {
      EXPECT_GT(run->pairs(), 0u);
    }
  }
}

TEST(RunProgram, CountsAPart) {
  const auto whole = run_program(Preset::kSmall, program_file("strings"), {});
  const auto part = run_program(Preset::kSmall, program_file("strings"), {.from = "main"});
  const auto start = run_program(Preset::kSmall, program_file("strings"), {.to = "main"});
  ASSERT_TRUE(whole) << whole.error().message();
  ASSERT_TRUE(part) << part.error().message();
  ASSERT_TRUE(start) << start.error().message();
  EXPECT_EQ(part->simulated, whole->cycles);
  EXPECT_EQ(start->simulated, whole->cycles);
  EXPECT_GT(start->cycles, 0u);
  EXPECT_EQ(start->cycles + part->cycles, whole->cycles);
  EXPECT_EQ(start->instructions + part->instructions, whole->instructions);
  EXPECT_EQ(start->lost_cycles() + part->lost_cycles(), whole->lost_cycles());
}

TEST(RunProgram, SaysWhatIsWrong) {
  const auto message = [](const std::string& file, const Part& part) {
    const auto run = run_program(Preset::kSmall, file, part);
    return run ? std::string("none") : run.error().message();
  };
  const std::string crc = program_file("crc");
  EXPECT_EQ(message("nowhere.elf", {}), "cannot be read: nowhere.elf (name an ELF file)");
  const std::string text = ::testing::TempDir() + "text";
  std::ofstream(text) << "no ELF file";
  EXPECT_TRUE(message(text, {}).starts_with(text + ": ")) << message(text, {});
  EXPECT_EQ(message(crc, {.from = "nothing"}),
            "no such symbol: " + crc + ": nothing (see nm's output)");
  EXPECT_EQ(
      message(crc, {.from = "unexpected_trap"}),
      "the program has ended before: " + crc + ": unexpected_trap (name a function that it calls)");
  const std::string limit = message(crc, {.max_cycles = 5000});
  EXPECT_TRUE(limit.starts_with("no end: ")) << limit;
}

TEST(Score, IsPerMegahertz) {
  // 10 iterations in 2.5 million cycles are 4 a second at 1 MHz.
  EXPECT_DOUBLE_EQ(score_of(Score::kCoreMark, 10, 2'500'000), 4.0);
  EXPECT_DOUBLE_EQ(score_of(Score::kDhrystone, 1757, 500'000), 2.0);
  EXPECT_EQ(score_of(Score::kCoreMark, 10, 0), 0);
}

TEST(OwnCount, IsTheFirstTwoWords) {
  bench::Run run;
  EXPECT_FALSE(own_count(run));
  run.report = {0, 0};
  EXPECT_FALSE(own_count(run));
  run.report = {10, 0};
  EXPECT_FALSE(own_count(run));
  run.report = {10, 2'500'000};
  ASSERT_TRUE(own_count(run));
  EXPECT_EQ(own_count(run)->iterations, 10u);
  EXPECT_EQ(own_count(run)->cycles, 2'500'000u);
}

}  // namespace
}  // namespace zext::bench
