// Random PMP entries for the episodes of a privileged program.
//
//   PmpSetup pmp(random);
//   pmp.append_first(bytes);   // once, at the program's begin
//   pmp.append(bytes);         // at each episode: perhaps other entries, and SFENCE.VMA
#pragma once

#include <cstdint>
#include <vector>

#include "rtl_sim/lockstep/random_code.h"

namespace zext::rtl_sim::lockstep {

class PmpSetup {
 public:
  explicit PmpSetup(RandomCode& random) : random_(random) {}

  // Entry 0 lets S mode's handler run, the last one allows everything that no other entry covers.
  void append_first(std::vector<uint8_t>& bytes) const;
  void append(std::vector<uint8_t>& bytes);

  // What the entries of the last append() do.
  bool denies_tables() const { return denies_tables_; }
  bool cuts_data() const { return cuts_data_; }

 private:
  struct Entry {
    uint64_t config = 0;
    uint64_t address = 0;
  };

  Entry entry();
  Entry region(uint64_t base, uint64_t size, uint64_t permissions);

  RandomCode& random_;
  bool denies_tables_ = false;
  bool cuts_data_ = false;
  bool locked_tables_ = false;  // for the rest of the program
  bool locked_data_ = false;
};

}  // namespace zext::rtl_sim::lockstep
