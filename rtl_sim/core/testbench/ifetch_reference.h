// What fetch has to find: memory, page tables, PMP and mode, and what they make of an address.
//
//   FetchReference reference(seed, 0x4000);
//   reference.at(pc).cause    // 0, or why there is no instruction
//
// Written for obviousness: no caches, one halfword at a time.
#ifndef RTL_SIM_CORE_TESTBENCH_IFETCH_REFERENCE_H_
#define RTL_SIM_CORE_TESTBENCH_IFETCH_REFERENCE_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <tuple>
#include <vector>

namespace zext::rtl_sim {

constexpr unsigned kFetchAccess = 1;
constexpr unsigned kFetchPage = 12;
constexpr unsigned kUser = 0;
constexpr unsigned kSupervisor = 1;
constexpr unsigned kMachine = 3;
constexpr uint64_t kRamBase = 0x8000'0000;
constexpr unsigned kPmpEntries = 8;

// A leaf as the walker finds it: or it fails with `cause`.
struct Leaf {
  unsigned cause = 0;
  uint64_t ppn = 0;
  unsigned flags = 0;
  unsigned level = 0;
};

struct FetchedHalfword {
  unsigned cause = 0;  // 0: it is there
  uint16_t data = 0;
  uint64_t paddr = 0;  // meant only without a page fault
};

class FetchReference {
 public:
  // RAM of this size, with random code in it; no page is mapped, PMP is off.
  FetchReference(uint64_t seed, uint64_t ram_size);

  // The halfword at a virtual address, in the present mode.
  FetchedHalfword at(uint64_t pc) const;
  bool translates() const { return sv39 && mode != kMachine; }

  // What a page-table walk for the present ASID ends in, permissions not looked at.
  Leaf walk(uint32_t vpn) const;
  // The same as the walker reports it: for an access that is not permitted, a page fault.
  Leaf permitted_walk(uint32_t vpn) const;

  // Gives the page of vpn in the present ASID another random meaning.
  void remap(uint32_t vpn);
  void map(uint32_t vpn, const Leaf& leaf);
  // Changes every byte of memory, or some.
  void rewrite();
  void randomize_pmp();

  // 8 bytes from any address: 0 where there is no memory.
  uint64_t read(uint64_t paddr) const;

  // Pages of 4 KiB, 2 MiB and 1 GiB lie at fixed places: where there are pages of this size.
  static unsigned level_of(uint32_t vpn);
  // Its pages are the same in each ASID.
  static bool is_global(uint32_t vpn) { return vpn == 2; }

  unsigned mode = kMachine;
  bool sv39 = false;
  unsigned asid = 1;
  uint64_t ram_size;
  std::array<uint8_t, kPmpEntries> pmp_cfg{};
  std::array<uint64_t, kPmpEntries> pmp_addr{};

 private:
  using Key = std::tuple<unsigned, uint32_t>;  // ASID, first page

  Key key(uint32_t vpn) const;
  bool pmp_permits(uint64_t paddr) const;
  uint64_t random(uint64_t below) { return rng_() % below; }

  std::mt19937_64 rng_;
  std::vector<uint8_t> memory_;
  std::map<Key, Leaf> leaves_;
};

}  // namespace zext::rtl_sim

#endif  // RTL_SIM_CORE_TESTBENCH_IFETCH_REFERENCE_H_
