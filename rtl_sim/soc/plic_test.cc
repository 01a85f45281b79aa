// The PLIC against a few lines of C++ that do what its specification says, on random accesses and
// levels.
#include <array>
#include <cstdint>
#include <random>

#include "Vplic.h"
#include "gtest/gtest.h"

namespace zext::rtl_sim {
namespace {

constexpr uint32_t kPending = 0x1000, kEnable = 0x2000, kContext = 0x20'0000;

// What software may know: a state, changed by accesses and levels.
class Reference {
 public:
  void raise(uint32_t levels) { pending_ |= levels & ~serving_ & ~1u; }

  uint32_t claim(unsigned context) {
    const unsigned source = best(context);
    pending_ &= ~(1u << source);
    serving_ |= source == 0 ? 0 : 1u << source;
    return source;
  }

  void complete(unsigned context, uint32_t source) {
    if (source < 32 && (enable_[context] >> source & 1) != 0) serving_ &= ~(1u << source);
  }

  bool interrupts(unsigned context) const { return priority_[best(context)] > threshold_[context]; }

  uint32_t pending_ = 0, serving_ = 0;
  std::array<uint32_t, 2> enable_{}, threshold_{};
  std::array<uint32_t, 32> priority_{};

 private:
  unsigned best(unsigned context) const {
    unsigned best = 0;
    for (unsigned s = 1; s < 32; ++s) {
      const bool candidate = (pending_ & enable_[context]) >> s & 1;
      if (candidate && priority_[s] > priority_[best]) best = s;
    }
    return best;
  }
};

class Bench {
 public:
  Bench() {
    top_.rst_ni = 1;
    top_.eval();
    top_.rst_ni = 0;
    tick();
    top_.rst_ni = 1;
  }

  void levels(uint32_t levels) { top_.sources_i = levels; }

  // As long as a change takes to be seen.
  void settle() {
    for (int i = 0; i < 3; ++i) tick();
  }

  uint32_t read(uint32_t address) { return access(false, address, 0); }
  void write(uint32_t address, uint32_t value) { access(true, address, value); }
  bool error() const { return top_.err_o != 0; }
  bool interrupts(unsigned context) const { return context == 0 ? top_.irq_m_o : top_.irq_s_o; }

  uint32_t access(bool write, uint32_t address, uint32_t value, unsigned size = 2) {
    top_.req_i = 1;
    top_.we_i = write;
    top_.addr_i = address;
    top_.size_i = static_cast<uint8_t>(size);
    top_.wdata_i = value;
    tick();
    top_.req_i = 0;
    return top_.rdata_o;
  }

 private:
  void tick() {
    top_.clk_i = 1;
    top_.eval();
    top_.clk_i = 0;
    top_.eval();
  }

  Vplic top_;
};

TEST(Plic, DoesWhatTheReferenceDoes) {
  std::mt19937 random(1);
  Bench bench;
  Reference reference;
  uint32_t levels = 0, claims = 0;
  for (int i = 0; i < 50'000; ++i) {
    const unsigned context = random() % 2, source = 1 + random() % 31;
    switch (random() % 8) {
      case 0:
        reference.priority_[source] = random() % 8;
        bench.write(4 * source, reference.priority_[source]);
        break;
      case 1:
        reference.enable_[context] = (random() | random()) & ~1u;
        bench.write(kEnable + 0x80 * context, reference.enable_[context]);
        break;
      case 2:
        reference.threshold_[context] = random() % 8;
        bench.write(kContext + 0x1000 * context, reference.threshold_[context]);
        break;
      case 3: {
        const uint32_t claimed = bench.read(kContext + 0x1000 * context + 4);
        ASSERT_EQ(claimed, reference.claim(context)) << i;
        claims += claimed != 0;
        break;
      }
      case 4:
        bench.write(kContext + 0x1000 * context + 4, source);
        reference.complete(context, source);
        break;
      default:
        levels ^= 1u << source;
        bench.levels(levels);
    }
    reference.raise(levels);
    bench.settle();
    ASSERT_EQ(bench.read(kPending), reference.pending_) << i;
    for (unsigned c : {0, 1}) ASSERT_EQ(bench.interrupts(c), reference.interrupts(c)) << i;
  }
  EXPECT_GT(claims, 1'000u);
}

// Two claims with no cycle between them do not get the same source.
TEST(Plic, AClaimIsNotRepeated) {
  Bench bench;
  bench.write(4 * 5, 1);
  bench.write(kEnable, 1u << 5);
  bench.levels(1u << 5);
  bench.settle();
  EXPECT_EQ(bench.read(kContext + 4), 5u);
  EXPECT_EQ(bench.read(kContext + 4), 0u);
}

TEST(Plic, OtherAddressesAndSizesAreErrors) {
  Bench bench;
  for (const uint32_t address : {0u, 0x7cu, kPending, kEnable, kEnable + 0x80, kContext,
                                 kContext + 4, kContext + 0x1000, kContext + 0x1004}) {
    bench.read(address);
    EXPECT_FALSE(bench.error()) << address;
    for (unsigned size : {0, 1, 3}) {
      bench.access(false, address, 0, size);
      EXPECT_TRUE(bench.error()) << address;
    }
  }
  for (const uint32_t address : {0x80u, kPending + 4, kEnable + 4, kEnable + 0x100, kContext + 8,
                                 kContext + 0x2000, 0x3ff'fffcu}) {
    bench.read(address);
    EXPECT_TRUE(bench.error()) << address;
    bench.write(address, 0);
    EXPECT_TRUE(bench.error()) << address;
  }
}

}  // namespace
}  // namespace zext::rtl_sim
