// Bytes that are no certificate, or one no longer, are refused with the reason: soon, and in memory
// that their number bounds.

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "verifier/certificate/fnv.h"
#include "verifier/certificate/footprint.h"
#include "verifier/certificate/format.h"
#include "verifier/certificate/random_certificate.h"
#include "verifier/certificate/writer.h"

namespace {

uint64_t allocated = 0;

}  // namespace

// Not inlined, or GCC sees malloc and delete in one place.
[[gnu::noinline]] void* operator new(size_t size) {
  allocated += size;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t& /*tag*/) noexcept {
  allocated += size;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t /*size*/) noexcept {
  std::free(memory);
}

namespace zext::verifier::certificate {
namespace {

using File = std::vector<uint8_t>;

constexpr size_t kHeaderBytes = 6;
constexpr size_t kChecksumBytes = 8;

// The file with the checksum that it should have.
File summed(File file) {
  file.resize(file.size() - kChecksumBytes);
  Writer sum;
  sum.word(fnv1a(file));
  file.insert(file.end(), sum.bytes().begin(), sum.bytes().end());
  return file;
}

// A file of these numbers behind the subject.
File file_of(std::initializer_list<uint64_t> numbers) {
  Writer writer;
  for (const char letter : {'z', 'c', 'e', 'r', 't'}) writer.byte(static_cast<uint8_t>(letter));
  writer.natural(kVersion);
  writer.word(0);
  for (const uint64_t number : numbers) writer.natural(number);
  writer.word(0);
  return summed(writer.bytes());
}

std::string error_of(const File& file) {
  const auto certificate = read(file);
  if (certificate) return "read";
  EXPECT_FALSE(certificate.error().hint.empty());
  return certificate.error().where + ": " + certificate.error().what;
}

File large_file(uint64_t seed) {
  Random rng(seed);
  Certificate made;
  while (made.cut_points.size() < 8) made = random_certificate(rng);
  return write(made);
}

TEST(Damage, NotOurs) {
  EXPECT_EQ(error_of({}), "byte 0: the file is empty");
  EXPECT_EQ(error_of({'z'}), "byte 0: it is no certificate");
  EXPECT_EQ(error_of({0x7f, 'E', 'L', 'F', 2, 1, 1, 0}), "byte 0: it is no certificate");
  File other = file_of({0});
  EXPECT_EQ(error_of(other), "read");
  other[4] = 'T';
  EXPECT_EQ(error_of(other), "byte 0: it is no certificate");
}

TEST(Damage, OtherVersions) {
  File other = file_of({0});
  other[5] = 2;
  EXPECT_EQ(error_of(other), "byte 5: version 2, this zext reads version 1");
  EXPECT_EQ(error_of({'z', 'c', 'e', 'r', 't', 0xac, 2}),
            "byte 5: version 300, this zext reads version 1");
}

TEST(Damage, EveryTruncation) {
  const File file = large_file(1);
  for (size_t size = 0; size < file.size(); ++size) {
    const File part(file.begin(), file.begin() + static_cast<ptrdiff_t>(size));
    const std::string error = error_of(part);
    if (size < kHeaderBytes) {
      EXPECT_NE(error, "read") << size;
    } else {
      EXPECT_EQ(error, "byte " + std::to_string(size) +
                           ": its checksum does not fit: bytes are missing or were changed");
    }
  }
}

TEST(Damage, EveryTruncationWithAChecksum) {
  const File file = large_file(2);
  for (size_t size = kHeaderBytes + kChecksumBytes; size < file.size(); ++size) {
    File part(file.begin(), file.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_NE(error_of(summed(std::move(part))), "read") << size;
  }
}

TEST(Damage, EveryBit) {
  File file = large_file(3);
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    file[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    EXPECT_NE(error_of(file), "read") << bit;
    file[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
  }
  EXPECT_EQ(error_of(file), "read");
}

TEST(Damage, HugeCounts) {
  for (const uint64_t count : {uint64_t{1'000'001}, uint64_t{1} << 60, ~uint64_t{0}}) {
    EXPECT_EQ(error_of(file_of({count})), "byte 14: more cut points than a certificate may have");
  }
  EXPECT_EQ(error_of(file_of({1'000'000})), "byte 14: more cut points than the file has bytes for");
  // Base 0, pc 0, no parent; then ranges, a sum among the inequalities, frames.
  EXPECT_EQ(error_of(file_of({1, 0, 0, 0, 1, 1 << 30})),
            "byte 19: more elements than the file has bytes for");
  EXPECT_EQ(error_of(file_of({1, 0, 0, 0, 2, 1, 1 << 30})), "byte 20: a sum of too many terms");
  EXPECT_EQ(error_of(file_of({1, 0, 0, 0, 8, 1 << 30})), "byte 19: too many frames");
}

TEST(Damage, Numbers) {
  EXPECT_EQ(error_of(file_of({1, 1, 0, 0, 0})), "byte 15: a base that does not come before");
  EXPECT_EQ(error_of(file_of({1, 0, 1, 0, 0})), "byte 16: a place outside of any program");
  EXPECT_EQ(error_of(file_of({1, 0, uint64_t{1} << 40, 0, 0})),
            "byte 16: a place outside of any program");
  EXPECT_EQ(error_of(file_of({1, 0, 0, 0, 1 << 30})), "byte 18: parts that there are not");
  EXPECT_EQ(error_of(file_of({0, 0, 0})), "read");
  EXPECT_EQ(error_of(file_of({0, 0, 1})), "byte 16: something behind the last cut point");
  // A range of a symbol that was not named before; of one that was, with a number of 70 bits.
  EXPECT_EQ(error_of(file_of({1, 0, 0, 0, 1, 1, 5, 0, 0})),
            "byte 20: a symbol that was not used before");
  File file = file_of({1, 0, 0, 0, 1, 1, 4, ~uint64_t{0}, 0, 0});
  EXPECT_EQ(error_of(file), "read");
  file[30] = 0x81;
  EXPECT_EQ(error_of(summed(file)), "byte 21: a number that is too large");
}

// Cut points that are each like the one before, a full stack among them.
TEST(Damage, CopiesWithoutEnd) {
  Certificate made;
  made.cut_points.resize(1);
  Frame& frame = made.cut_points[0].frames.emplace_back();
  for (uint16_t at = 0; at < kStackBytes; ++at) {
    frame.slots.push_back({.at = at, .bytes = 1, .content = {}});
  }
  const File first = write(made);
  constexpr uint32_t kCopies = 20'000;
  Writer writer;
  for (size_t i = 0; i < kHeaderBytes + 8; ++i) writer.byte(first[i]);
  writer.natural(kCopies + 1);
  for (size_t i = kHeaderBytes + 9; i < first.size() - kChecksumBytes; ++i) writer.byte(first[i]);
  for (uint32_t i = 0; i < kCopies; ++i) {
    for (const uint8_t byte : {1, 0, 0, 0}) writer.byte(byte);
  }
  writer.word(0);
  const File file = summed(writer.bytes());
  allocated = 0;
  EXPECT_NE(error_of(file).find("it takes more memory than a file of its size may"),
            std::string::npos);
  EXPECT_LT(allocated, 4 * kMemoryPerByte * file.size());
}

File mutated(File file, Random& rng) {
  const auto place = [&] {
    return kHeaderBytes + rng() % (file.size() - kHeaderBytes - kChecksumBytes);
  };
  for (uint64_t changes = 1 + rng() % 4; changes > 0; --changes) {
    const size_t at = place();
    switch (rng() % 4) {
      case 0:
        file[at] = static_cast<uint8_t>(rng());
        break;
      case 1:
        file[at] ^= static_cast<uint8_t>(1u << rng() % 8);
        break;
      case 2:
        file.erase(file.begin() + static_cast<ptrdiff_t>(at));
        break;
      default:
        file.insert(file.begin() + static_cast<ptrdiff_t>(at), static_cast<uint8_t>(rng()));
        break;
    }
  }
  return summed(std::move(file));
}

// What can still be read has a certificate's shape: it can be written and read again.
TEST(Damage, Mutations) {
  std::vector<File> files;
  files.reserve(40);
  for (uint64_t seed = 0; seed < 40; ++seed) files.push_back(large_file(seed));
  Random rng(4);
  int still_read = 0;
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const File file = mutated(files[rng() % files.size()], rng);
    allocated = 0;
    const auto certificate = read(file);
    ASSERT_LE(allocated, 4 * kMemoryPerByte * file.size());
    if (!certificate) {
      ++refused;
      continue;
    }
    ++still_read;
    ASSERT_LE(footprint(certificate->cut_points), kMemoryPerByte * file.size());
    const auto again = read(write(*certificate));
    ASSERT_TRUE(again) << again.error().to_string();
    ASSERT_EQ(*again, renumbered(*certificate)) << i;
  }
  EXPECT_GT(still_read, 1000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace zext::verifier::certificate
