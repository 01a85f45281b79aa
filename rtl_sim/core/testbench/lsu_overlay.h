// What is in memory if the newest copies in the data cache and its buffers count, as a model of the
// core must show it to a debugger.
#ifndef RTL_SIM_CORE_TESTBENCH_LSU_OVERLAY_H_
#define RTL_SIM_CORE_TESTBENCH_LSU_OVERLAY_H_

#include <cstdint>
#include <vector>

class Vlsu;

namespace lsu {

// `ram`, which begins at kRamBase, with what the unit holds.
std::vector<uint8_t> overlay(const Vlsu& dut, std::vector<uint8_t> ram);

// Whether every store is in the cache.
bool stores_done(const Vlsu& dut);

}  // namespace lsu

#endif  // RTL_SIM_CORE_TESTBENCH_LSU_OVERLAY_H_
