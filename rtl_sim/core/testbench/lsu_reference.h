// What the load and store unit must do, on flat memory and without time.
//
//   Reference reference;
//   Outcome outcome = reference.commit({.op = kLoad, .funct3 = 3, .vaddr = 0x80000000}, {});
#ifndef RTL_SIM_CORE_TESTBENCH_LSU_REFERENCE_H_
#define RTL_SIM_CORE_TESTBENCH_LSU_REFERENCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lsu {

inline constexpr uint64_t kRamBase = 0x8000'0000;
inline constexpr uint64_t kRamSize = 0x4'0000;
inline constexpr size_t kPmpEntries = 8;

// Values of core_pkg::mem_op_e.
enum Op : uint8_t { kLoad, kStore, kAtomic };

// Values of core_pkg::amo_e that the tests name.
inline constexpr uint8_t kAmoAdd = 0x00;
inline constexpr uint8_t kAmoSwap = 0x01;
inline constexpr uint8_t kLr = 0x02;
inline constexpr uint8_t kSc = 0x03;

// A memory instruction.
struct Access {
  Op op = kLoad;
  uint8_t funct3 = 3;
  uint8_t amo = 0;
  uint64_t vaddr = 0;
  uint64_t wdata = 0;

  [[nodiscard]] unsigned bytes() const { return 1U << (funct3 & 3U); }
  [[nodiscard]] bool is_lr() const { return op == kAtomic && amo == kLr; }
  [[nodiscard]] bool is_sc() const { return op == kAtomic && amo == kSc; }
  [[nodiscard]] bool is_rmw() const { return op == kAtomic && !is_lr() && !is_sc(); }
  // Whether permission to store is needed, and faults are those of stores.
  [[nodiscard]] bool stores() const { return op != kLoad && !is_lr(); }
};

// What the bus answered.
struct Beat {
  uint64_t data = 0;
  bool error = false;
};

// What the unit must report.
struct Outcome {
  bool fault = false;
  bool stale = false;  // done, but A or D is clear in the page table
  uint8_t cause = 0;
  uint64_t tval = 0;
  uint64_t result = 0;
  uint64_t paddr = 0;
  uint8_t rmask = 0;
  uint8_t wmask = 0;
  uint64_t rdata = 0;
  uint64_t wdata = 0;
};

// Privilege, translation and protection that an access runs under.
struct Context {
  uint8_t mode = 3;
  bool sv39 = false;
  bool sum = false;
  bool mxr = false;
  uint16_t asid = 0;
  uint64_t root = 0;  // physical address of the top page table
  std::array<uint8_t, kPmpEntries> pmp_cfg{};
  std::array<uint64_t, kPmpEntries> pmp_addr{};
};

class Reference {
 public:
  // An access splits where its address is a multiple of `split`.
  explicit Reference(uint64_t split) : split_(split), ram_(kRamSize) {}

  // Does the access, of which the bus said `beat` if it is not to memory.
  Outcome commit(const Access& access, Beat beat);

  // Where on the bus the access goes, if it is permitted and not to memory.
  std::optional<uint64_t> device(const Access& access) const;

  // What a trap or a return from one does.
  void clear_reservation() { reserved_.reset(); }

  // Physical memory.
  uint64_t read(uint64_t paddr, unsigned bytes) const;
  void write(uint64_t paddr, uint64_t value, unsigned bytes);
  static bool in_ram(uint64_t paddr) { return paddr - kRamBase < kRamSize; }
  std::span<const uint8_t> ram() const { return ram_; }

  // May `bytes` bytes be accessed there?
  static bool pmp(const Context& context, uint64_t paddr, unsigned bytes, bool store, uint8_t mode);

  Context context;

 private:
  // A part of an access that does not split; or why it cannot be done.
  struct Part {
    uint8_t fault = 0;  // 0: none, 1: access fault, 2: page fault
    uint64_t paddr = 0;
    bool stale = false;
  };

  Part check(const Access& access, uint64_t vaddr, unsigned bytes) const;
  Part translate(const Access& access, uint64_t vaddr) const;
  Outcome fault(const Access& access, uint8_t kind, uint64_t vaddr) const;
  void stored(uint64_t paddr, unsigned bytes);

  uint64_t split_;
  std::vector<uint8_t> ram_;
  // The double word that LR has reserved, and which of its bytes.
  struct Reservation {
    uint64_t begin = 0;
    uint64_t end = 0;
  };
  std::optional<Reservation> reserved_;
};

}  // namespace lsu

#endif  // RTL_SIM_CORE_TESTBENCH_LSU_REFERENCE_H_
