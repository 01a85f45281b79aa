#include "jit/elf/section.h"

namespace zext::jit::elf {

void Section::uleb(uint64_t value) {
  while (value >= 0x80) {
    u8(value | 0x80);
    value >>= 7;
  }
  u8(value);
}

void Section::sleb(int64_t value) {
  // Until what is left is all sign.
  while (value < -64 || value > 63) {
    u8(static_cast<uint64_t>(value) | 0x80);
    value >>= 7;
  }
  u8(static_cast<uint64_t>(value) & 0x7f);
}

void Section::string(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  bytes_.insert(bytes_.end(), text.begin(), text.end());
  u8(0);
}

void Section::end_length(size_t begin) {
  const uint64_t length = size() - begin;
  for (unsigned i = 0; i < 4; ++i) {
    bytes_[begin - 4 + i] = static_cast<uint8_t>(length >> (8 * i));
  }
}

}  // namespace zext::jit::elf
