#include "rtl_sim/model/ram.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <string>

namespace zext::rtl_sim {
namespace {

constexpr uint64_t kSlack = Ram::kPage;  // reads may overrun the end
constexpr uint64_t kMaxSize = uint64_t{1} << 40;

// Memory, slack, and a byte for each of their pages.
uint64_t mapped_size(uint64_t size) {
  const uint64_t bytes = (size + kSlack + Ram::kPage - 1) / Ram::kPage * Ram::kPage;
  return bytes + bytes / Ram::kPage;
}

uint8_t* map(uint64_t size) {
  void* bytes = mmap(nullptr, mapped_size(size), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return bytes == MAP_FAILED ? nullptr : static_cast<uint8_t*>(bytes);
}

}  // namespace

std::expected<std::unique_ptr<Ram>, Error> Ram::create(const MemoryRange& range) {
  const std::string where = std::to_string(range.size) + " bytes at " + std::to_string(range.base);
  if (range.size < 8 || range.size > kMaxSize || range.base + (range.size - 1) < range.base) {
    return std::unexpected(Error{"impossible memory range", where,
                                 "give 8 bytes to 1 TiB that do not pass the address space's end"});
  }
  uint8_t* bytes = map(range.size);
  if (bytes == nullptr) {
    return std::unexpected(Error{"no host memory for the simulated one", where, "give less"});
  }
  return std::unique_ptr<Ram>(new Ram(range, bytes));
}

Ram::Ram(const MemoryRange& range, uint8_t* bytes)
    : range_(range),
      bytes_(bytes),
      touched_(bytes + (range.size + kSlack + kPage - 1) / kPage * kPage) {}

Ram::~Ram() { munmap(bytes_, mapped_size(range_.size)); }

void Ram::clear() {
  // Anonymous pages that were given back read as zeros.
  madvise(bytes_, mapped_size(range_.size), MADV_DONTNEED);
}

std::span<uint8_t> Ram::writable(uint64_t address, uint64_t bytes) {
  const uint64_t offset = address - range_.base;
  if (bytes != 0) {
    const uint64_t first = offset / kPage, last = (offset + bytes - 1) / kPage;
    std::fill_n(touched_ + first, last - first + 1, uint8_t{1});
  }
  return {bytes_ + offset, bytes};
}

void Ram::write(uint64_t address, uint8_t mask, uint64_t data) {
  const auto bytes = static_cast<unsigned>(std::popcount(mask));
  if (!range_.contains(address, bytes)) return;
  const uint64_t offset = address - range_.base;
  std::memcpy(bytes_ + offset, &data, bytes);
  touched_[offset / kPage] = 1;
  touched_[(offset + bytes - 1) / kPage] = 1;
}

}  // namespace zext::rtl_sim
