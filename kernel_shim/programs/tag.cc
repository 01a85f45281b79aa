#include "kernel_shim/programs/tag.h"

#include <bit>

namespace zext::shim {
namespace {

constexpr uint32_t kBlock = 64;
constexpr uint8_t kLoadImm64 = ebpf::row_of(ebpf::Op::kLoadImm64).opcode;

class Sha1 {
 public:
  void add(const uint8_t* bytes, uint32_t count) {
    length_ += count;
    for (uint32_t i = 0; i < count; ++i) {
      block_[used_++] = bytes[i];
      if (used_ == kBlock) take_block();
    }
  }

  // The digest's first `count` bytes.
  void finish(uint8_t* digest, uint32_t count) {
    const uint64_t bits = length_ * 8;
    constexpr uint8_t kEnd = 0x80, kZero = 0;
    add(&kEnd, 1);
    while (used_ != kBlock - sizeof bits) add(&kZero, 1);
    for (uint32_t i = 0; i < sizeof bits; ++i) {
      block_[used_++] = static_cast<uint8_t>(bits >> (56 - 8 * i));
    }
    take_block();
    for (uint32_t i = 0; i < count; ++i) {
      digest[i] = static_cast<uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
    }
  }

 private:
  struct Round {
    uint32_t function;
    uint32_t constant;
  };

  static Round round(uint32_t number, uint32_t b, uint32_t c, uint32_t d) {
    if (number < 20) return {(b & c) | (~b & d), 0x5a827999};
    if (number < 40) return {b ^ c ^ d, 0x6ed9eba1};
    if (number < 60) return {(b & c) | (b & d) | (c & d), 0x8f1bbcdc};
    return {b ^ c ^ d, 0xca62c1d6};
  }

  void take_block() {
    uint32_t words[80];
    for (uint32_t i = 0; i < 16; ++i) {
      words[i] = uint32_t{block_[4 * i]} << 24 | uint32_t{block_[4 * i + 1]} << 16 |
                 uint32_t{block_[4 * i + 2]} << 8 | block_[4 * i + 3];
    }
    for (uint32_t i = 16; i < 80; ++i) {
      words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    uint32_t a = state_[0], b = state_[1], c = state_[2], d = state_[3], e = state_[4];
    for (uint32_t i = 0; i < 80; ++i) {
      const Round r = round(i, b, c, d);
      const uint32_t next = std::rotl(a, 5) + r.function + e + r.constant + words[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    state_[0] += a;
    state_[1] += b;
    state_[2] += c;
    state_[3] += d;
    state_[4] += e;
    used_ = 0;
  }

  uint32_t state_[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  uint64_t length_ = 0;
  uint32_t used_ = 0;
  uint8_t block_[kBlock];
};

}  // namespace

void program_tag(const ebpf::Slot* slots, uint32_t count, uint8_t* tag) {
  Sha1 sha;
  bool map = false;  // the slot before names a map
  for (uint32_t i = 0; i < count; ++i) {
    ebpf::Slot slot = slots[i];
    const bool second = map && slot.opcode == 0 && slot.registers == 0 && slot.offset == 0;
    map = !map && slot.opcode == kLoadImm64 &&
          (slot.src() == BPF_PSEUDO_MAP_FD || slot.src() == BPF_PSEUDO_MAP_VALUE);
    if (map || second) slot.imm = 0;
    uint8_t bytes[sizeof slot];
    __builtin_memcpy(bytes, &slot, sizeof slot);
    sha.add(bytes, sizeof bytes);
  }
  sha.finish(tag, BPF_TAG_SIZE);
}

}  // namespace zext::shim
