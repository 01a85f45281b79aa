#include "object/test_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace zext::object {
namespace {

constexpr char kFolder[] = "object/testdata/";
constexpr char kSuffix[] = ".bpf.o";

}  // namespace

std::vector<uint8_t> test_file(const std::string& name) {
  std::ifstream file(kFolder + name + kSuffix, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> test_file_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(kSuffix)) names.push_back(name.substr(0, name.size() - sizeof kSuffix + 1));
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace zext::object
