// Random privileged programs are worth running: on QEMU alone they end, and use what there is.
#include "rtl_sim/lockstep/privileged_program.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <utility>

#include "rtl_sim/qemu/qemu.h"

namespace zext::rtl_sim::lockstep {
namespace {

struct Coverage {
  std::map<std::pair<uint64_t, uint64_t>, uint64_t> traps;  // by mode and cause
  std::map<uint64_t, uint64_t> instructions;                // by mode, without traps
  uint64_t translated = 0;                                  // accesses with another address
  uint64_t csr_writes = 0;
  uint64_t delegated = 0;  // traps to S mode

  void add(const Retirement& r) {
    const auto mode = static_cast<uint64_t>(r.mode);
    if (r.trap) {
      ++traps[{mode, r.cause}];
      delegated += (r.next_pc & ~uint64_t{0xfff}) == 0x8010'0000;
      return;
    }
    ++instructions[mode];
    translated += (r.mem_rmask | r.mem_wmask) != 0 && r.mem_addr != r.mem_paddr;
    csr_writes += r.csr_write;
  }
};

uint64_t programs() {
  const char* const asked = std::getenv("ZEXT_RANDOM_PROGRAMS");
  const uint64_t count = asked == nullptr ? 0 : std::strtoull(asked, nullptr, 10);
  return count != 0 ? count : 12;
}

// Everything that QEMU retired, added; false if the program did not end well.
bool run(uint64_t seed, Coverage& coverage) {
  auto stream = qemu::Stream::open(privileged_program({.seed = seed}),
                                   {.max_instructions = 2'000'000, .memory = privileged_memory()});
  EXPECT_TRUE(stream) << stream.error().message();
  if (!stream) return false;
  uint64_t last = 0;
  while (true) {
    auto next = stream->next();
    EXPECT_TRUE(next) << "seed " << seed << " after " << std::hex << last << ": "
                      << next.error().message();
    if (!next) return false;
    if (*next == nullptr) break;
    EXPECT_FALSE((*next)->unknown) << std::hex << (*next)->retirement.insn;
    coverage.add((*next)->retirement);
    last = (*next)->retirement.pc;
  }
  const qemu::Outcome& outcome = stream->outcome();
  EXPECT_EQ(outcome.stop, qemu::Outcome::Stop::kExited) << "seed " << seed << ", at " << last;
  return outcome.stop == qemu::Outcome::Stop::kExited && outcome.exit_code == 0;
}

TEST(PrivilegedProgram, EndsAndCoversWhatThereIs) {
  Coverage coverage;
  for (uint64_t seed = 0; seed < programs(); ++seed) {
    ASSERT_TRUE(run(seed, coverage)) << "seed " << seed;
  }
  for (const auto& [where, count] : coverage.traps) {
    std::printf("mode %lu, cause %2lu: %lu\n", where.first, where.second, count);
  }
  for (const auto& [mode, count] : coverage.instructions) {
    std::printf("mode %lu: %lu instructions\n", mode, count);
  }
  std::printf("%lu traps to S mode, %lu accesses translated, %lu CSR writes\n", coverage.delegated,
              coverage.translated, coverage.csr_writes);
  for (const uint64_t mode : {0, 1, 3}) {
    for (const uint64_t cause : {2, 3, 4, 5, 6, 7, 13, 15}) {
      EXPECT_GT((coverage.traps[{mode, cause}]), 0u) << "mode " << mode << ", cause " << cause;
    }
    EXPECT_GT(coverage.instructions[mode], 1'000u);
  }
  for (const uint64_t mode : {0, 1}) {
    for (const uint64_t cause : {1, 12}) {
      EXPECT_GT((coverage.traps[{mode, cause}]), 0u) << "mode " << mode << ", cause " << cause;
    }
  }
  EXPECT_GT((coverage.traps[{0, 8}]), 0u);
  EXPECT_GT((coverage.traps[{1, 9}]), 0u);
  EXPECT_GT((coverage.traps[{3, 11}]), 0u);
  EXPECT_GT(coverage.delegated, 100u);
  EXPECT_GT(coverage.translated, 100u);
  EXPECT_GT(coverage.csr_writes, 100u);
}

// The same seed is the same program, another one is not.
TEST(PrivilegedProgram, DependsOnTheSeedOnly) {
  const Image one = privileged_program({.seed = 1}), again = privileged_program({.seed = 1});
  const Image other = privileged_program({.seed = 2});
  ASSERT_EQ(one.segments.size(), again.segments.size());
  for (size_t i = 0; i < one.segments.size(); ++i) {
    EXPECT_EQ(one.segments[i].bytes, again.segments[i].bytes);
  }
  EXPECT_NE(one.segments.back().bytes, other.segments.back().bytes);
}

}  // namespace
}  // namespace zext::rtl_sim::lockstep
