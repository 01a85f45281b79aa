// The model built for tracing writes a waveform of the cycles it was asked for.
#include <cstdio>
#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "rtl_sim/model/model.h"

namespace zext::rtl_sim {
namespace {

Image endless_loop() {
  Image image;
  // addi a0, a0, 1; j -4
  image.segments.push_back({.address = 0x80000000,
                            .bytes = {0x13, 0x05, 0x15, 0x00, 0x6f, 0xf0, 0xdf, 0xff},
                            .size = 0,
                            .executable = true});
  image.entry = 0x80000000;
  return image;
}

uint64_t traced_size(uint64_t from, uint64_t to) {
  const std::string file = ::testing::TempDir() + "/model.fst";
  {
    auto model =
        Model::create({.memory = {}, .trace_file = file, .trace_from = from, .trace_to = to});
    EXPECT_TRUE(model) << model.error().message();
    EXPECT_TRUE(model->load(endless_loop()));
    EXPECT_EQ(model->run(20'000).stop, Outcome::Stop::kCycleLimit);
  }
  const uint64_t size = std::filesystem::file_size(file);
  std::remove(file.c_str());
  return size;
}

TEST(ModelTrace, WritesTheWindowOnly) {
  const uint64_t narrow = traced_size(100, 200);
  const uint64_t wide = traced_size(100, 10'000);
  EXPECT_GT(narrow, 1'000);
  EXPECT_GT(wide, 2 * narrow);
}

}  // namespace
}  // namespace zext::rtl_sim
