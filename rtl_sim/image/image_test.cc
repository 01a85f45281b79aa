#include "rtl_sim/image/image.h"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "gtest/gtest.h"

namespace zext::rtl_sim {
namespace {

std::vector<uint8_t> good_file() {
  std::ifstream file("rtl_sim/core/tests/arithmetic.elf", std::ios::binary);
  EXPECT_TRUE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string error_of(const std::vector<uint8_t>& bytes, const ElfOptions& options = {}) {
  const auto image = load_elf(bytes, options);
  return image ? "" : image.error().message();
}

Elf64_Ehdr& header(std::vector<uint8_t>& bytes) {
  return *reinterpret_cast<Elf64_Ehdr*>(bytes.data());
}

Elf64_Phdr& program_header(std::vector<uint8_t>& bytes, size_t index) {
  return reinterpret_cast<Elf64_Phdr*>(bytes.data() + header(bytes).e_phoff)[index];
}

TEST(Image, LoadsSegmentsEntryAndSymbols) {
  const auto image = load_elf(good_file());
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->entry, 0x80000000);
  ASSERT_GE(image->segments.size(), 2);
  EXPECT_EQ(image->segments[0].address, 0x80000000);
  EXPECT_TRUE(image->segments[0].executable);
  ASSERT_TRUE(image->tohost);
  EXPECT_EQ(image->tohost, image->symbol("tohost"));
  EXPECT_EQ(image->symbol("_start"), 0x80000000);
  EXPECT_FALSE(image->symbol("nothing of that name"));
}

TEST(Image, SaysWhatIsWrongWithAFile) {
  EXPECT_NE(error_of({}).find("not an ELF"), std::string::npos);
  EXPECT_NE(error_of({1, 2, 3}).find("not an ELF"), std::string::npos);

  auto bytes = good_file();
  header(bytes).e_machine = EM_X86_64;
  EXPECT_NE(error_of(bytes).find("another machine"), std::string::npos);

  bytes = good_file();
  header(bytes).e_type = ET_REL;
  EXPECT_NE(error_of(bytes).find("not an executable"), std::string::npos);

  bytes = good_file();
  header(bytes).e_entry = 0x80000001;
  EXPECT_NE(error_of(bytes).find("entry point"), std::string::npos);

  bytes = good_file();
  header(bytes).e_entry = 0x1000;
  EXPECT_NE(error_of(bytes).find("entry point"), std::string::npos);

  bytes = good_file();
  header(bytes).e_phnum = 0;
  EXPECT_NE(error_of(bytes).find("nothing to load"), std::string::npos);
}

TEST(Image, SaysWhichSegmentIsWrong) {
  auto bytes = good_file();
  program_header(bytes, 0).p_paddr = 0x1000;
  EXPECT_NE(error_of(bytes).find("outside memory: program header 0"), std::string::npos);

  bytes = good_file();
  program_header(bytes, 0).p_memsz = UINT64_MAX;
  EXPECT_NE(error_of(bytes).find("outside memory"), std::string::npos);

  bytes = good_file();
  program_header(bytes, 0).p_offset = UINT64_MAX - 5;
  EXPECT_NE(error_of(bytes).find("outside the file"), std::string::npos);

  bytes = good_file();
  program_header(bytes, 1).p_paddr = 0x80000000;
  EXPECT_NE(error_of(bytes).find("overlapping"), std::string::npos);
}

TEST(Image, MemoryIsTheCallers) {
  EXPECT_NE(
      error_of(good_file(), {.memory = {.base = 0x80000000, .size = 0x100}}).find("outside memory"),
      std::string::npos);
}

TEST(Image, TohostIsRequiredUnlessToldOtherwise) {
  auto bytes = good_file();
  const char name[] = "\0tohost";
  for (size_t i = 0; i + sizeof name <= bytes.size(); ++i) {
    if (std::memcmp(&bytes[i], name, sizeof name) == 0) bytes[i + 1] = 'x';
  }
  EXPECT_NE(error_of(bytes).find("no symbol `tohost`"), std::string::npos);
  const auto image = load_elf(bytes, {.memory = {}, .require_tohost = false});
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_FALSE(image->tohost);
}

TEST(Image, EveryTruncationIsAnError) {
  const auto bytes = good_file();
  // The section headers, and so the symbols, come last.
  for (size_t size = 0; size < bytes.size(); size += 97) {
    EXPECT_NE(error_of({bytes.begin(), bytes.begin() + size}), "") << size;
  }
}

TEST(Image, RandomDamageNeverCrashes) {
  const auto bytes = good_file();
  std::mt19937_64 random(7);
  int loaded = 0;
  for (int round = 0; round < 5'000; ++round) {
    auto damaged = bytes;
    const uint64_t flips = 1 + random() % 8;
    for (uint64_t i = 0; i < flips; ++i) {
      // Half of the damage hits the headers.
      const uint64_t limit = (random() & 1) ? 64 + 56 * 3 : damaged.size();
      damaged[random() % limit] = static_cast<uint8_t>(random());
    }
    const auto image = load_elf(damaged);
    if (!image) continue;
    ++loaded;
    for (const Segment& segment : image->segments) {
      ASSERT_TRUE(MemoryRange{}.contains(segment.address, segment.memory_size()));
    }
  }
  EXPECT_GT(loaded, 0);
  EXPECT_LT(loaded, 5'000);
}

TEST(MemoryRange, ContainsDoesNotWrap) {
  constexpr MemoryRange range{.base = 0x1000, .size = 0x1000};
  static_assert(range.contains(0x1000, 0x1000));
  static_assert(range.contains(0x1fff, 1));
  static_assert(!range.contains(0x1fff, 2));
  static_assert(!range.contains(0xfff, 1));
  static_assert(!range.contains(0x1800, UINT64_MAX));
  static_assert(!range.contains(UINT64_MAX, 2));
  static_assert(range.contains(0x2000, 0));
}

}  // namespace
}  // namespace zext::rtl_sim
