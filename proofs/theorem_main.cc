// main of every proof_test: GoogleTest's, flags for the runner, and the table at the end.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "proofs/theorem.h"

namespace {

// The text after `name` and `=`, or null.
const char* value_of(const char* argument, const char* name) {
  const size_t length = std::strlen(name);
  if (std::strncmp(argument, name, length) != 0 || argument[length] != '=') return nullptr;
  return argument + length + 1;
}

int usage(const char* program) {
  std::printf(
      "usage: %s [--smt2_dir=DIR] [--cvc5_query_seconds=S] [--cvc5_total_seconds=S]\n"
      "          [GoogleTest's flags: --gtest_filter=...]\n"
      "  --smt2_dir            write each query there as SMT-LIB 2\n"
      "                        (default: $TEST_UNDECLARED_OUTPUTS_DIR, none if that is unset)\n"
      "  --cvc5_query_seconds  cvc5's time for one query (default 2)\n"
      "  --cvc5_total_seconds  cvc5's time in all (default 20; 0: do not ask it)\n",
      program);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  zext::proofs::RunnerOptions& options = zext::proofs::runner_options();
  if (const char* directory = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR")) {
    options.smt2_dir = directory;
  }
  for (int i = 1; i < argc; ++i) {
    if (const char* directory = value_of(argv[i], "--smt2_dir")) {
      options.smt2_dir = directory;
    } else if (const char* query = value_of(argv[i], "--cvc5_query_seconds")) {
      options.cvc5_query_seconds = std::atof(query);
    } else if (const char* total = value_of(argv[i], "--cvc5_total_seconds")) {
      options.cvc5_total_seconds = std::atof(total);
    } else {
      return usage(argv[0]);
    }
  }
  const int status = RUN_ALL_TESTS();
  std::printf("\n%s", zext::proofs::report().c_str());
  return status;
}
