#include "rtl_sim/qemu/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace zext::rtl_sim::qemu {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLong{10'000};

TEST(Process, TalksLineByLine) {
  auto cat = Process::start({"cat"}, {});
  ASSERT_TRUE(cat) << cat.error().message();
  ASSERT_TRUE(cat->write("one\ntwo\n"));
  EXPECT_EQ(cat->read_line(kLong).value(), "one");
  EXPECT_EQ(cat->read_line(kLong).value(), "two");
  EXPECT_FALSE(cat->ended());
}

TEST(Process, MissingProgramIsAnError) {
  auto nothing = Process::start({"zext-no-such-program"}, {});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().what, "cannot run zext-no-such-program");
  EXPECT_NE(nothing.error().fix, "");
}

TEST(Process, TellsStatusAndStderr) {
  auto failing = Process::start({"sh", "-c", "echo broken >&2; exit 3"}, {});
  ASSERT_TRUE(failing);
  auto line = failing->read_line(kLong);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().where, "exit status 3: broken");
}

TEST(Process, TellsSignal) {
  auto cat = Process::start({"cat"}, {});
  ASSERT_TRUE(cat);
  kill(cat->id(), SIGKILL);
  auto line = cat->read_line(kLong);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().where, "signal 9 (Killed)");
  EXPECT_FALSE(cat->write("more\n"));  // and no SIGPIPE for us
}

TEST(Process, SilenceEndsAtTheLimit) {
  auto cat = Process::start({"cat"}, {});
  ASSERT_TRUE(cat);
  auto line = cat->read_line(milliseconds(50));
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().what, "cat does not answer");
}

TEST(Process, EndsWithItsOwner) {
  int id = 0;
  {
    auto sleeper = Process::start({"sleep", "1000"}, {});
    ASSERT_TRUE(sleeper);
    id = sleeper->id();
    EXPECT_EQ(kill(id, 0), 0);
  }
  EXPECT_NE(kill(id, 0), 0);
}

TEST(Process, InheritsDescriptorsAsked) {
  auto file = memory_file("test", 5);
  ASSERT_TRUE(file);
  ASSERT_EQ(pwrite(file->get(), "hello", 5, 0), 5);
  const int fds[] = {file->get()};
  const std::string path = "/proc/self/fd/" + std::to_string(file->get());
  auto reads = Process::start({"sh", "-c", "cat " + path + "; echo"}, fds);
  ASSERT_TRUE(reads);
  EXPECT_EQ(reads->read_line(kLong).value(), "hello");
  auto cannot = Process::start({"sh", "-c", "cat " + path + " 2>/dev/null || echo no"}, {});
  ASSERT_TRUE(cannot);
  EXPECT_EQ(cannot->read_line(kLong).value(), "no");
}

}  // namespace
}  // namespace zext::rtl_sim::qemu
