#include "kernel_shim/maps/lpm/trie.h"

#include <bit>
#include <cstddef>

namespace zext::shim::lpm {
namespace {

// Words are big-endian numbers: the first bit of a prefix is the most significant one.
uint64_t word_of(const uint8_t* data, uint32_t size) {
  uint64_t word = 0;
  if (size >= 8) {
    __builtin_memcpy(&word, data, sizeof word);
  } else if (size == 4) {
    uint32_t half;
    __builtin_memcpy(&half, data, sizeof half);
    word = half;
  } else {
    for (uint32_t i = 0; i < size; ++i) word |= uint64_t{data[i]} << (8 * i);
  }
  return __builtin_bswap64(word);
}

uint64_t load_word(Node& node, uint32_t number) {
  const auto word = std::atomic_ref(node_data(node)[number]).load(std::memory_order_relaxed);
  return __builtin_bswap64(word);
}

}  // namespace

Key read_key(const void* key) {
  const auto* bytes = static_cast<const uint8_t*>(key);
  Key read{.bits = 0, .data = bytes + offsetof(bpf_lpm_trie_key, data)};
  __builtin_memcpy(&read.bits, bytes, sizeof read.bits);
  return read;
}

uint32_t bit_at(Node& node, uint32_t index) {
  return load_word(node, index / 64) >> (63 - index % 64) & 1;
}

uint32_t common_bits(const Trie& trie, Node& node, const Key& key) {
  const uint32_t own = bits_of(node);
  const uint32_t limit = own < key.bits ? own : key.bits;
  for (uint32_t at = 0; at * 8 < trie.data_size && at * 64 < limit; ++at) {
    const uint64_t difference =
        load_word(node, at) ^ word_of(key.data + at * 8, trie.data_size - at * 8);
    if (difference == 0) continue;
    const uint32_t common = at * 64 + static_cast<uint32_t>(std::countl_zero(difference));
    return common < limit ? common : limit;
  }
  return limit;
}

void copy_data(const Trie& trie, Node& node, void* to) {
  __builtin_memcpy(to, node_data(node), trie.data_size);
}

}  // namespace zext::shim::lpm
