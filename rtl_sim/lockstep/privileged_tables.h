// Random Sv39 page tables, of all shapes, good and bad.
//
//   PageTables tables(random);
//   place(tables.bytes(), kTables);  // satp = tables.satp(0)
//
// Every root maps S mode's handler, so that a delegated trap can always be handled. The rest is
// leaves on all levels, with any permissions, over data and code; invalid, misaligned and reserved
// ones among them. Tables themselves are writable nowhere.
#pragma once

#include <cstdint>
#include <vector>

#include "rtl_sim/lockstep/random_code.h"

namespace zext::rtl_sim::lockstep {

class PageTables {
 public:
  // A leaf that a program may change.
  struct Leaf {
    uint64_t address = 0;  // physical, of the entry
    unsigned level = 0;
    uint64_t page = 0;  // virtual, the first one it maps
    bool user = false;  // what its neighbours are mostly
    bool code = false;
  };

  explicit PageTables(RandomCode& random);

  static constexpr unsigned kRoots = 3;

  const std::vector<uint64_t>& words() const { return words_; }
  uint64_t satp(unsigned root) const;
  const std::vector<Leaf>& leaves() const { return leaves_; }

  // A new value for a leaf.
  uint64_t entry_for(const Leaf& leaf);

  // A virtual address for random accesses, with 2 KiB on both sides that harm nobody.
  uint64_t data_address(bool user);

 private:
  unsigned new_table();
  uint64_t table_address(unsigned table) const;
  uint64_t& word(unsigned table, unsigned index) { return words_[table * 512 + index]; }
  uint64_t pointer_to(unsigned table);
  uint64_t leaf_bits(bool user, bool code);
  uint64_t entry(uint64_t physical, bool user, bool code);
  uint64_t any_page();

  unsigned megabytes(bool user);
  unsigned pages(uint64_t physical, uint64_t page, bool user, bool code);
  unsigned wild_megabytes(uint64_t page);
  unsigned wild_pages(uint64_t page);
  void add_leaf(unsigned table, unsigned index, const Leaf& leaf);
  void root(unsigned table, unsigned supervisor, unsigned user, bool gigapages);

  RandomCode& random_;
  std::vector<uint64_t> words_;
  std::vector<unsigned> roots_;
  std::vector<uint64_t> asids_;
  std::vector<Leaf> leaves_;
  std::vector<uint64_t> wild_;  // pages with something in them
  bool global_ = false;         // leaves may be global
};

}  // namespace zext::rtl_sim::lockstep
