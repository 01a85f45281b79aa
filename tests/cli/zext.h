// The `zext` command for tests, as a shell starts it.
//
//   const Result result = run_zext("verify examples/xdp_filter.bpf.o");
//   EXPECT_EQ(result.status, 0) << result.err;
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace zext::testing {

inline constexpr const char* kZext = "cli/zext";

struct Result {
  int status = -1;
  std::string out;
  std::string err;
};

inline std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string scratch(const std::string& name) {
  const char* directory = std::getenv("TEST_TMPDIR");
  return std::string(directory == nullptr ? "/tmp" : directory) + "/" + name;
}

inline std::string write(const std::string& name, const std::string& bytes) {
  const std::string file = scratch(name);
  std::ofstream(file, std::ios::binary) << bytes;
  return file;
}

// Runs the command; `before` goes before it in the shell's line: a pipe into it.
inline Result run_zext(const std::string& arguments, const std::string& before = "") {
  const std::string out = scratch("out");
  const std::string err = scratch("err");
  const int status =
      std::system((before + kZext + " " + arguments + " >" + out + " 2>" + err).c_str());
  return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .out = contents(out),
          .err = contents(err)};
}

// A file of raw bytecode, from text in the assembler's syntax.
inline std::string assembled(const std::string& name, const std::string& text) {
  const std::string source = write(name + ".s", text);
  const std::string file = scratch(name + ".bin");
  const Result result = run_zext("asm " + source + " -o " + file);
  EXPECT_EQ(result.status, 0) << result.err;
  return file;
}

}  // namespace zext::testing
