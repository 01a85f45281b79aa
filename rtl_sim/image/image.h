// A program as RISC-V memory holds it before its first instruction: bytes at addresses, and an
// entry.
//
//   auto image = load_elf(bytes);                    // std::expected<Image, Error>
//   if (!image) return report(image.error().message());
//   model.load(*image);
//
// An image need not come from a file: fill in the fields to run generated code.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rtl_sim/image/error.h"

namespace zext::rtl_sim {

// The physical addresses that memory answers to: [base, base + size).
struct MemoryRange {
  uint64_t base = 0x8000'0000;
  uint64_t size = uint64_t{64} << 20;

  // Whether [address, address + bytes) lies inside, without wrapping.
  constexpr bool contains(uint64_t address, uint64_t bytes) const {
    return address >= base && bytes <= size && address - base <= size - bytes;
  }
};

// Bytes to be placed at an address, followed by zeros up to `size` (.bss).
struct Segment {
  uint64_t address = 0;
  std::vector<uint8_t> bytes;
  uint64_t size = 0;  // in memory; 0 stands for bytes.size(), else at least bytes.size()
  bool executable = true;

  uint64_t memory_size() const { return size > bytes.size() ? size : bytes.size(); }
};

struct Image {
  std::vector<Segment> segments;
  uint64_t entry = 0;
  std::optional<uint64_t> tohost;           // address whose store ends the run
  std::map<std::string, uint64_t> symbols;  // named symbols of the file, without local labels

  // The address of symbol `name`, if the file has it.
  std::optional<uint64_t> symbol(const std::string& name) const;
};

struct ElfOptions {
  MemoryRange memory;          // each segment must lie inside
  bool require_tohost = true;  // a program without `tohost` could never say that it has ended
};

// Reads a statically linked RV64 ELF executable. Total: any byte string gives an image or an error.
// Errors: not ELF, another class, byte order or machine, not an executable, damaged headers,
// a segment or the entry outside memory, overlapping segments, no `tohost` symbol.
std::expected<Image, Error> load_elf(std::span<const uint8_t> bytes,
                                     const ElfOptions& options = {});

// A program without a file format: these bytes at `address`, where it begins. Without `tohost`.
Image raw_image(std::vector<uint8_t> bytes, uint64_t address);

}  // namespace zext::rtl_sim
