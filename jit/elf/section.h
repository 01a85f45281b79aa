// Section: bytes of a relocatable file as they are put together, with the relocations they need.
//
//   Section& info = file.add(".debug_info");
//   info.u16(5);
//   info.uleb(624485);                       // e5 8e 26
//   info.address(text.symbol, 0x40);         // 8 bytes that the linker fills in
//
// Little-endian, as RV64 is.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zext::jit::elf {

// A symbol of the file: what File::add() gave for it.
using SymbolIndex = uint32_t;

class Section {
 public:
  struct Relocation {
    uint64_t offset = 0;
    uint32_t type = 0;  // R_RISCV_*
    SymbolIndex symbol = 0;
    int64_t addend = 0;
  };

  // `symbol` stands for the section's begin, `number` is its place among the file's sections.
  Section(std::string name, uint32_t number, SymbolIndex symbol)
      : name(std::move(name)), number(number), symbol(symbol) {}

  size_t size() const { return bytes_.size(); }
  std::span<const uint8_t> bytes() const { return bytes_; }
  std::span<const Relocation> relocations() const { return relocations_; }

  void u8(uint64_t value) { bytes_.push_back(static_cast<uint8_t>(value)); }
  void u16(uint64_t value) { little(value, 2); }
  void u32(uint64_t value) { little(value, 4); }
  void u64(uint64_t value) { little(value, 8); }
  void uleb(uint64_t value);
  void sleb(int64_t value);
  // With the zero at its end; a zero inside ends it.
  void string(std::string_view text);
  void append(std::span<const uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void pad(size_t alignment, uint8_t with = 0) {
    while (bytes_.size() % alignment != 0) u8(with);
  }

  // The symbol's address plus `addend`, in 8 or in 4 bytes.
  void address(SymbolIndex symbol, int64_t addend) {
    relocate(size(), R_RISCV_64, symbol, addend);
    u64(0);
  }
  void offset(SymbolIndex symbol, int64_t addend) {
    relocate(size(), R_RISCV_32, symbol, addend);
    u32(0);
  }
  void relocate(uint64_t at, uint32_t type, SymbolIndex symbol, int64_t addend = 0) {
    relocations_.push_back({at, type, symbol, addend});
  }

  // Room for a length of 4 bytes; its place, for end_length() to fill in with what came after it.
  size_t begin_length() {
    u32(0);
    return size();
  }
  void end_length(size_t begin);
  // Likewise of one byte, for up to 127 bytes.
  size_t begin_block() {
    u8(0);
    return size();
  }
  void end_block(size_t begin) { bytes_[begin - 1] = static_cast<uint8_t>(size() - begin); }

  const std::string name;
  const uint32_t number;
  const SymbolIndex symbol;
  uint32_t type = SHT_PROGBITS;
  uint64_t flags = 0;  // SHF_*
  uint64_t alignment = 1;

 private:
  void little(uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) u8(value >> (8 * i));
  }

  std::vector<uint8_t> bytes_;
  std::vector<Relocation> relocations_;
};

}  // namespace zext::jit::elf
