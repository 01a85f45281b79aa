#include "rtl_sim/model/ram.h"

#include <sys/mman.h>

#include <bit>
#include <cstring>

namespace zext::rtl_sim {
namespace {

constexpr uint64_t kSlack = 4096;  // reads may overrun the end
constexpr uint64_t kMaxSize = uint64_t{1} << 40;

uint8_t* map(uint64_t size) {
  void* bytes = mmap(nullptr, size + kSlack, PROT_READ | PROT_WRITE,
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

Ram::~Ram() { munmap(bytes_, range_.size + kSlack); }

void Ram::clear() {
  // Anonymous pages that were given back read as zeros.
  madvise(bytes_, range_.size + kSlack, MADV_DONTNEED);
  watch(std::nullopt);
}

void Ram::watch(std::optional<uint64_t> tohost) {
  tohost_offset_ = tohost ? *tohost - range_.base : kNoTohost;
  tohost_value_.reset();
}

std::optional<uint64_t> Ram::tohost_address() const {
  if (tohost_offset_ == kNoTohost) return std::nullopt;
  return range_.base + tohost_offset_;
}

uint32_t Ram::fetch(uint64_t offset) const {
  uint32_t value;
  std::memcpy(&value, bytes_ + offset, sizeof value);
  return value;
}

uint64_t Ram::read(uint64_t offset) const {
  uint64_t value;
  std::memcpy(&value, bytes_ + offset, sizeof value);
  return value;
}

void Ram::write(uint64_t offset, uint8_t mask, uint64_t data) {
  const unsigned bytes = static_cast<unsigned>(std::popcount(mask));
  std::memcpy(bytes_ + offset, &data, bytes);
  if (offset == tohost_offset_) {
    const uint64_t stored = bytes == 8 ? data : data & ((uint64_t{1} << (8 * bytes)) - 1);
    if (stored != 0) tohost_value_ = stored;
  }
}

}  // namespace zext::rtl_sim

// The functions that soc/ram.sv imports. Verilator declares them in a header of the generated
// model; their types are fixed by the SystemVerilog standard's DPI.
extern "C" {

unsigned int zext_ram_fetch(unsigned long long handle, unsigned long long offset) {
  return reinterpret_cast<const zext::rtl_sim::Ram*>(handle)->fetch(offset);
}

unsigned long long zext_ram_read(unsigned long long handle, unsigned long long offset) {
  return reinterpret_cast<const zext::rtl_sim::Ram*>(handle)->read(offset);
}

void zext_ram_write(unsigned long long handle, unsigned long long offset, unsigned char mask,
                    unsigned long long data) {
  reinterpret_cast<zext::rtl_sim::Ram*>(handle)->write(offset, mask, data);
}

}  // extern "C"
