// Random programs for the load and store unit: page tables, contexts, accesses that meet in few
// lines.
#ifndef RTL_SIM_CORE_TESTBENCH_LSU_RANDOM_H_
#define RTL_SIM_CORE_TESTBENCH_LSU_RANDOM_H_

#include <cstdint>
#include <random>
#include <vector>

#include "rtl_sim/core/testbench/lsu_bench.h"

namespace lsu {

class RandomProgram {
 public:
  RandomProgram(Bench& bench, uint32_t seed) : bench_(bench), random_(seed) {}

  // Random memory, and two address spaces. Only at the beginning.
  void prepare();
  // Another context, and other lines that are used often.
  void change_context();
  Access access();

 private:
  uint64_t below(uint64_t limit) { return random_() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  void page_tables(uint64_t space);
  void protection(Context& context);
  uint64_t data_address();
  uint64_t odd_address();

  Bench& bench_;
  std::mt19937_64 random_;
  uint64_t reserved_ = 0;      // what the last LR read
  std::vector<uint64_t> hot_;  // offsets of lines in the data pages
};

}  // namespace lsu

#endif  // RTL_SIM_CORE_TESTBENCH_LSU_RANDOM_H_
