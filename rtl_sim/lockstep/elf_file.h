// An ELF file among a test's runfiles, as an image.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "rtl_sim/image/image.h"

namespace zext::rtl_sim::lockstep {

// Programs of rtl_sim/lockstep/programs by name. Errors: not there, or no executable.
inline std::expected<Image, Error> program_image(const std::string& name) {
  const std::string path = "rtl_sim/lockstep/programs/" + name + ".elf";
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(Error{"no such file", path, "add it to the test's data"});
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  return load_elf({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

}  // namespace zext::rtl_sim::lockstep
