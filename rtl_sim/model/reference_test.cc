// Random bits as programs: the core and isa/rv64's table must agree on every one, legal or not.
#include "rtl_sim/model/reference.h"

#include <algorithm>
#include <map>
#include <random>

#include "gtest/gtest.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/model/test_files.h"

namespace zext::rtl_sim {
namespace {

constexpr MemoryRange kMemory{.base = 0x8000'0000, .size = 0x2'0000};
constexpr uint64_t kBodySize = 0x8000;

// Instructions: legal ones of every row, damaged ones, and plain noise.
class RandomBits {
 public:
  explicit RandomBits(uint64_t seed) : random_(seed) {}

  void fill(std::span<uint8_t> bytes) {
    size_t at = 0;
    while (at + 4 <= bytes.size()) {
      const uint64_t choice = below(20);
      const bool is_short = choice < 8;
      const uint32_t bits = is_short      ? compressed()
                            : choice < 18 ? of_row()
                            : choice < 19 ? of_row() ^ 1u << (2 + below(30))
                                          : static_cast<uint32_t>(random_());
      for (unsigned i = 0; i < (is_short ? 2 : 4); ++i) {
        bytes[at++] = static_cast<uint8_t>(bits >> (8 * i));
      }
    }
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }

  // s0 and s1 point to data; the fields of compressed instructions hit them often by themselves.
  uint32_t compressed() {
    const uint32_t bits = static_cast<uint32_t>(random_()) & 0xffff;
    return (bits & 3) == 3 ? bits & ~2u : bits;
  }

  uint32_t of_row() {
    static constexpr uint32_t kCsrs[] = {0x340, 0x341, 0x342, 0x343, 0x5c0, 0x8c0};
    const rv64::Row& row = rv64::kRows[below(std::size(rv64::kRows))];
    uint32_t bits = row.match | (static_cast<uint32_t>(random_()) & ~row.mask);
    if (row.kind == rv64::Kind::kCsr) {
      bits = (bits & 0x000fffff) | kCsrs[below(std::size(kCsrs))] << 20;
    }
    // Mostly memory that exists, and mostly aligned where it must be.
    if (row.bytes != 0 && below(8) != 0) {
      bits = (bits & ~(31u << 15)) | static_cast<uint32_t>(8 + below(2)) << 15;
    }
    const bool has_rd =
        (row.mask & 0x80) == 0 && row.kind != rv64::Kind::kStore && row.kind != rv64::Kind::kBranch;
    const uint32_t rd = (bits >> 7) & 31;
    if (has_rd && (rd == 8 || rd == 9) && below(16) != 0) bits += 2u << 7;
    return bits;
  }

  std::mt19937_64 random_;
};

TEST(Reference, AgreesWithTheCoreOnRandomPrograms) {
  const Image frame = read_image("rtl_sim/core/tests/random.elf");
  const uint64_t body = frame.symbol("body").value();
  ModelConfig config;
  config.memory = kMemory;
  auto model = Model::create(config);
  ASSERT_TRUE(model) << model.error().message();

  std::map<uint64_t, uint64_t> traps;
  std::map<rv64::Op, uint64_t> executed;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Image image = frame;
    Segment code{
        .address = body, .bytes = std::vector<uint8_t>(kBodySize), .size = 0, .executable = true};
    RandomBits(seed).fill(code.bytes);
    image.segments.push_back(code);
    ASSERT_TRUE(model->load(image));
    model->set_interrupts(true, false, false);
    Reference reference(image, kMemory);
    for (int i = 0; i < 4'000 && !reference.lost(); ++i) {
      const auto retired = model->retire(500);
      ASSERT_TRUE(retired) << "seed " << seed << ": nothing retired after " << i;
      const std::string difference = reference.check(*retired);
      ASSERT_EQ(difference, "") << "seed " << seed;
      if (retired->trap) {
        ++traps[retired->cause];
      } else if (const auto decoded = rv64::decode(retired->insn)) {
        ++executed[decoded->insn.op];
      }
    }
    for (unsigned i = 0; i < 32; ++i) {
      ASSERT_EQ(model->reg(i), reference.reg(i)) << "x" << i << ", seed " << seed;
    }
  }
  // The programs were worth running: every cause, and nearly every instruction.
  for (uint64_t cause : {1, 2, 3, 4, 5, 6, 7, 11}) EXPECT_GT(traps[cause], 20) << cause;
  for (const rv64::Row& row : rv64::kRows) {
    if (row.kind == rv64::Kind::kEnvironment) continue;  // always traps
    EXPECT_GT(executed[row.op], 100) << row.mnemonic;
  }
}

}  // namespace
}  // namespace zext::rtl_sim
