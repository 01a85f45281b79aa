// Damaged objects by the hundred thousand: each gives an Object that keeps its promises or an Error
// that says something, and never a crash, a hang or a sanitizer's report.
//
// Real objects are mutated at random, with the place chosen by what it is (headers, symbols,
// relocations, BTF) so that the damage gets past the first check. Deterministic for a case: the
// seed is its number. ZEXT_FUZZ_SECONDS sets the time of all cases together (60).

#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "object/core_relocation.h"
#include "object/load.h"
#include "object/test_files.h"

namespace zext::object {
namespace {

using Clock = std::chrono::steady_clock;
using File = std::vector<uint8_t>;

constexpr int kCases = 4;

double total_seconds() {
  const char* text = std::getenv("ZEXT_FUZZ_SECONDS");
  return text == nullptr ? 60 : std::atof(text);
}

struct Region {
  uint64_t offset;
  uint64_t size;
};

// The places of an undamaged object worth damaging, each as likely as another whatever its size.
std::vector<Region> regions(const File& file) {
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  std::vector<Region> found = {
      {0, sizeof header},
      {header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr)},
      {0, file.size()},
  };
  for (int i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section;
    std::memcpy(&section, file.data() + header.e_shoff + i * sizeof section, sizeof section);
    const bool debug = section.sh_type == SHT_PROGBITS && (section.sh_flags & SHF_ALLOC) == 0;
    // Of sections that are not loaded, .BTF and .BTF.ext matter; DWARF does not.
    if (section.sh_type == SHT_NOBITS || section.sh_size == 0) continue;
    if (debug && section.sh_addralign != 4) continue;
    found.push_back({section.sh_offset, section.sh_size});
    // Headers of such parts.
    found.push_back({section.sh_offset, std::min<uint64_t>(section.sh_size, 32)});
  }
  return found;
}

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  File mutate(const File& original, const std::vector<Region>& places) {
    File file = original;
    const uint64_t changes = 1 + below(6);
    for (uint64_t i = 0; i < changes && !file.empty(); ++i) {
      change(file, places[below(places.size())]);
    }
    return file;
  }

  uint64_t below(uint64_t limit) { return limit == 0 ? 0 : random_() % limit; }

 private:
  void change(File& file, Region place) {
    const uint64_t offset = place.offset + below(place.size);
    if (offset >= file.size()) return;
    const uint64_t choice = below(12);
    if (choice < 3) {
      file[offset] ^= static_cast<uint8_t>(1 << below(8));
    } else if (choice < 4) {
      file[offset] = static_cast<uint8_t>(random_());
    } else if (choice < 7) {
      write(file, offset & ~uint64_t{3}, interesting(file.size()), 4);
    } else if (choice < 9) {
      write(file, offset & ~uint64_t{7}, interesting(file.size()), 8);
    } else if (choice < 10) {
      write(file, offset & ~uint64_t{1}, interesting(file.size()), 2);
    } else if (choice < 11) {
      copy(file, place, offset);
    } else if (below(4) == 0) {
      file.resize(below(file.size()));
    }
  }

  uint64_t interesting(uint64_t size) {
    const uint64_t values[] = {
        0,      1,          2,          7,           8,          24,   0x7f,     0xff,
        0xffff, 0x7fffffff, 0x80000000, 0xffffffff,  0xfffffff8, size, size - 1, uint64_t{1} << 60,
        ~0ull,  ~7ull,      random_(),  below(size), below(64)};
    return values[below(std::size(values))];
  }

  static void write(File& file, uint64_t offset, uint64_t value, size_t size) {
    if (file.size() < size || offset > file.size() - size) return;
    std::memcpy(file.data() + offset, &value, size);
  }

  // One record over another.
  void copy(File& file, Region place, uint64_t to) {
    const uint64_t from = place.offset + below(place.size);
    const uint64_t limit = file.size() - std::max(from, to);
    if (from >= file.size()) return;
    std::memmove(file.data() + to, file.data() + from, std::min(limit, 8 * (1 + below(8))));
  }

  std::mt19937_64 random_;
};

void expect_program(const Object& object, const Program& program) {
  if (program.broken) {
    ASSERT_FALSE(program.broken->what.empty());
    ASSERT_TRUE(program.slots.empty());
    return;
  }
  ASSERT_FALSE(program.functions.empty());
  uint64_t end = 0;
  for (const Function& function : program.functions) {
    ASSERT_EQ(function.first_slot, end);
    end += function.slots;
  }
  ASSERT_EQ(end, program.slots.size());
  for (const Relocation& relocation : program.relocations) {
    ASSERT_LT(relocation.slot, program.slots.size());
    const bool map =
        relocation.kind == Relocation::Kind::kMap || relocation.kind == Relocation::Kind::kMapValue;
    ASSERT_LT(relocation.index, map ? object.maps.size() : program.functions.size());
  }
  for (const Extern& use : program.externs) ASSERT_LT(use.slot, program.slots.size());
  for (const Line& line : program.lines) ASSERT_LT(line.slot, program.slots.size());
}

void expect_sound(const File& file) {
  const auto object = load(file);
  if (!object) {
    ASSERT_FALSE(object.error().where.empty());
    ASSERT_FALSE(object.error().what.empty());
    ASSERT_FALSE(object.error().hint.empty());
    return;
  }
  for (const Program& program : object->programs) expect_program(*object, program);
  // Its own types as the kernel's: as damaged as they can be, on both sides.
  Object adapted = *object;
  const auto kernel = Btf::parse(adapted.btf);
  if (kernel && apply_core(adapted, *kernel)) {
    for (const Program& program : adapted.programs) expect_program(adapted, program);
  }
  for (const Map& map : object->maps) {
    if (map.inner) {
      ASSERT_LT(*map.inner, object->maps.size());
    }
    ASSERT_LE(map.value.size(), file.size());
    for (const Variable& variable : map.variables) {
      ASSERT_LE(uint64_t{variable.offset} + variable.bytes, map.value_size);
    }
  }
}

class Fuzz : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Seed, Fuzz, testing::Range(0, kCases));

TEST_P(Fuzz, DamagedObjects) {
  std::vector<File> originals;
  std::vector<std::vector<Region>> places;
  for (const std::string& name : test_file_names()) {
    originals.push_back(test_file(name));
    places.push_back(regions(originals.back()));
  }
  ASSERT_GE(originals.size(), 20u);
  Mutator mutator(static_cast<uint64_t>(GetParam()));
  const auto end = Clock::now() + std::chrono::duration<double>(total_seconds() / kCases);
  uint64_t runs = 0;
  for (; Clock::now() < end; ++runs) {
    const uint64_t chosen = mutator.below(originals.size());
    const File file = mutator.mutate(originals[chosen], places[chosen]);
    const auto begin = Clock::now();
    expect_sound(file);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << GetParam() << ", run " << runs;
    ASSERT_LT(Clock::now() - begin, std::chrono::seconds(5)) << "run " << runs;
  }
  EXPECT_GT(runs, 100u);
  RecordProperty("runs", static_cast<int>(runs));
  std::printf("%llu damaged objects\n", static_cast<unsigned long long>(runs));
}

}  // namespace
}  // namespace zext::object
