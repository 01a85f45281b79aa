#include "object/program.h"

#include <gtest/gtest.h>

namespace zext::object {
namespace {

Program two_functions() {
  Program program;
  program.slots.resize(10);
  program.functions = {{.name = "entry", .first_slot = 0, .slots = 6},
                       {.name = "sub", .first_slot = 6, .slots = 4}};
  program.lines = {{.slot = 1, .file = "a.c", .line = 3, .column = 1, .text = "x = 1;"},
                   {.slot = 4, .file = "a.c", .line = 4, .column = 1, .text = "y = 2;"},
                   {.slot = 8, .file = "a.c", .line = 9, .column = 1, .text = "z = 3;"}};
  return program;
}

TEST(Program, LineAtIsTheLastLineBefore) {
  const Program program = two_functions();
  EXPECT_EQ(line_at(program, 1)->line, 3u);
  EXPECT_EQ(line_at(program, 3)->line, 3u);
  EXPECT_EQ(line_at(program, 4)->line, 4u);
  EXPECT_EQ(line_at(program, 9)->line, 9u);
}

TEST(Program, LineAtBeforeTheFirstLine) { EXPECT_EQ(line_at(two_functions(), 0), nullptr); }

TEST(Program, LineAtDoesNotReachIntoTheNextFunction) {
  EXPECT_EQ(line_at(two_functions(), 6), nullptr);
  EXPECT_EQ(line_at(two_functions(), 7), nullptr);
}

TEST(Program, OutsideOfTheProgram) {
  EXPECT_EQ(line_at(two_functions(), 10), nullptr);
  EXPECT_EQ(function_at(two_functions(), 10), nullptr);
}

TEST(Program, FunctionAt) {
  const Program program = two_functions();
  EXPECT_EQ(function_at(program, 5)->name, "entry");
  EXPECT_EQ(function_at(program, 6)->name, "sub");
}

TEST(Program, TypesHaveNames) {
  EXPECT_STREQ(name_of(ProgramType::kXdp), "xdp");
  EXPECT_STREQ(name_of(ProgramType::kPlainMemory), "plain_memory");
  for (int type = 0; type <= static_cast<int>(ProgramType::kNetfilter); ++type) {
    EXPECT_STRNE(name_of(static_cast<ProgramType>(type)), "unknown") << type;
  }
}

}  // namespace
}  // namespace zext::object
