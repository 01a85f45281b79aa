// The objects of testdata/, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace zext::object {

// Contents of testdata/NAME.bpf.o, e.g. "calls_v4"; empty where there is no such file.
std::vector<uint8_t> test_file(const std::string& name);

// Names of all of them.
std::vector<std::string> test_file_names();

}  // namespace zext::object
