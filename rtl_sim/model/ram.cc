#include "rtl_sim/model/ram.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <string>

namespace zext::rtl_sim {
namespace {

constexpr uint64_t kSlack = Ram::kPage;  // reads may overrun the end
constexpr uint64_t kMaxSize = uint64_t{1} << 40;

// Of memory and slack.
uint64_t pages(uint64_t size) { return (size + kSlack + Ram::kPage - 1) / Ram::kPage; }

// Of them, and a byte for each.
uint64_t mapped_size(uint64_t size) { return pages(size) * (Ram::kPage + 1); }

uint8_t* map(uint64_t size) {
  void* bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return bytes == MAP_FAILED ? nullptr : static_cast<uint8_t*>(bytes);
}

std::string where(const MemoryRange& range) {
  return std::to_string(range.size) + " bytes at " + std::to_string(range.base);
}

std::expected<void, Error> check(const MemoryRange& range) {
  if (range.size >= 8 && range.size <= kMaxSize && range.base + (range.size - 1) >= range.base) {
    return {};
  }
  return std::unexpected(Error{"impossible memory range", where(range),
                               "give 8 bytes to 1 TiB that do not pass the address space's end"});
}

std::unexpected<Error> no_memory(const MemoryRange& range) {
  return std::unexpected(Error{"no host memory for the simulated one", where(range), "give less"});
}

}  // namespace

std::expected<std::unique_ptr<Ram>, Error> Ram::create(const MemoryRange& range) {
  if (auto checked = check(range); !checked) return std::unexpected(checked.error());
  uint8_t* bytes = map(mapped_size(range.size));
  if (bytes == nullptr) return no_memory(range);
  return std::unique_ptr<Ram>(
      new Ram(range, bytes, bytes + pages(range.size) * kPage, /*borrowed=*/false));
}

std::expected<std::unique_ptr<Ram>, Error> Ram::borrow(const MemoryRange& range, uint8_t* bytes) {
  if (auto checked = check(range); !checked) return std::unexpected(checked.error());
  uint8_t* touched = map(pages(range.size));
  if (touched == nullptr) return no_memory(range);
  return std::unique_ptr<Ram>(new Ram(range, bytes, touched, /*borrowed=*/true));
}

Ram::Ram(const MemoryRange& range, uint8_t* bytes, uint8_t* touched, bool borrowed)
    : range_(range), bytes_(bytes), touched_(touched), borrowed_(borrowed) {}

Ram::~Ram() {
  if (borrowed_) {
    munmap(touched_, pages(range_.size));
  } else {
    munmap(bytes_, mapped_size(range_.size));
  }
}

void Ram::clear() {
  if (borrowed_) return;
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
