// Lines come whole, in order, one beat a cycle, as late as they should.
#include <cstdint>

#include "Vline_port.h"
#include "gtest/gtest.h"

// The memory: a word's address is its content, from an object named by its handle.
extern "C" unsigned long long zext_memory_read(unsigned long long handle,
                                               unsigned long long address) {
  return handle + address;
}

namespace zext::rtl_sim {
namespace {

class LinePort : public ::testing::TestWithParam<unsigned> {};

TEST_P(LinePort, AnswersAfterTheLatency) {
  constexpr uint64_t kHandle = uint64_t{1} << 60, kLine = 0x8000'0040;
  Vline_port top;
  const auto tick = [&] {
    top.clk_i = 1;
    top.eval();
    top.clk_i = 0;
    top.eval();
  };
  top.handle_i = kHandle;
  top.latency_i = static_cast<uint16_t>(GetParam());
  top.rst_ni = 1;
  top.eval();
  top.rst_ni = 0;
  tick();
  top.rst_ni = 1;
  // Two lines, the second asked for in the cycle after the first's last beat.
  for (uint64_t line : {kLine, kLine + 0x100}) {
    top.req_i = 1;
    top.addr_i = line + 0x18;
    for (unsigned cycle = 1; cycle < GetParam(); ++cycle) {
      tick();
      top.req_i = 0;
      ASSERT_FALSE(top.rvalid_o) << cycle;
    }
    for (uint64_t beat = 0; beat < 8; ++beat) {
      tick();
      ASSERT_TRUE(top.rvalid_o);
      EXPECT_EQ(top.rdata_o, kHandle + line + 8 * beat);
    }
    tick();
    EXPECT_FALSE(top.rvalid_o);
  }
}

INSTANTIATE_TEST_SUITE_P(Latencies, LinePort, ::testing::Values(2, 3, 20, 1000),
                         [](const auto& info) { return std::to_string(info.param); });

}  // namespace
}  // namespace zext::rtl_sim
