// Reads the ELF files that a test has among its runfiles.
//
//   Image image = read_image("rtl_sim/core/tests/traps.elf");
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rtl_sim/image/image.h"

namespace zext::rtl_sim {

// The file's bytes; a failure of the test when there is none.
inline std::vector<uint8_t> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << "no file " << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// The image in an ELF file; a failure of the test when it is not one.
inline Image read_image(const std::string& path) {
  auto image = load_elf(read_file(path));
  EXPECT_TRUE(image) << path << ": " << image.error().message();
  return image ? *image : Image{};
}

}  // namespace zext::rtl_sim
