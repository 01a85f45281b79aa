// The corpus' and the examples' objects through BPF_PROG_LOAD: what is safe loads, and runs are
// possible; what is not is refused.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "examples/expectations.h"
#include "kernel_shim/programs/testing/object_loads.h"
#include "object/load.h"
#include "tests/corpus/rows.h"

namespace zext::shim {
namespace {

bool is_linuxs(const std::string& type) { return type != "plain_memory"; }

std::vector<uint8_t> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Loads each program of an object; `accepted`: which are to load.
void expect_loads(const std::vector<uint8_t>& bytes, bool accepted, const std::string& what) {
  // For programs that take the verifier to its limits.
  kshim_config config{};
  config.verifier_steps = 400'000;
  Loads loads({}, config);
  auto parsed = object::load(bytes);
  ASSERT_TRUE(parsed) << what;
  ObjectLoads object(loads, *std::move(parsed));
  EXPECT_EQ(object.error(), 0) << what;
  for (const object::Program& program : object.programs()) {
    const Loaded loaded = object.load(program, 1);
    EXPECT_EQ(loaded.result >= 0, accepted) << what << "\n" << loaded.log;
  }
}

TEST(CorpusLoad, SafeProgramsLoadAndOthersDoNot) {
  for (const corpus::Row& row : corpus::corpus()) {
    if (!is_linuxs(row.type)) continue;
    for (const std::string& version : row.versions) {
      // What only Z3 shows to be safe is refused.
      if (row.name == "ipv4_options") continue;
      expect_loads(corpus::object_of(row, version), row.safe, row.name + "_" + version);
    }
  }
}

TEST(CorpusLoad, ExamplesAreAsTheirTableSays) {
  for (const examples::Example& example : examples::read_examples("examples/")) {
    if (!is_linuxs(example.type)) continue;
    expect_loads(read_file("examples/" + example.program + ".bpf.o"), example.accepted,
                 example.program);
  }
}

}  // namespace
}  // namespace zext::shim
