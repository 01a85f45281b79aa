// Keys: their hash, and how elements keep them: in whole words, read while somebody may write.
//
//   const uint32_t hash = hash_key(key, map.key_size, map.seed);
//   if (key_equals(element_key(*element), key, map.key_size)) ...
//
// A reader without a lock may stand on an element that is being given to another key. So stored
// keys are only touched in atomic words; what is read by halves has the wrong hash or the wrong
// key.
#pragma once

#include <atomic>
#include <cstdint>

namespace zext::shim::hash {

constexpr uint64_t round_up_8(uint64_t size) { return (size + 7) & ~uint64_t{7}; }

// The last 1 to 7 bytes of a key, as a little-endian word.
inline uint64_t tail_word(const uint8_t* bytes, uint32_t size) {
  if (size == 4) {
    uint32_t word;
    __builtin_memcpy(&word, bytes, sizeof word);
    return word;
  }
  uint64_t word = 0;
  for (uint32_t i = 0; i < size; ++i) word |= uint64_t{bytes[i]} << (8 * i);
  return word;
}

inline uint64_t whole_word(const uint8_t* bytes) {
  uint64_t word;
  __builtin_memcpy(&word, bytes, sizeof word);
  return word;
}

// Both halves of a product with a fixed odd number: each bit of x reaches each bit of the result.
inline uint64_t mix(uint64_t x) {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(x) * 0x9e37'79b9'7f4a'7c15;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint32_t hash_key(const void* key, uint32_t size, uint64_t seed) {
  const auto* bytes = static_cast<const uint8_t*>(key);
  uint64_t hash = seed;
  for (; size >= 8; bytes += 8, size -= 8) hash = mix(hash ^ whole_word(bytes)) + seed;
  if (size != 0) hash = mix(hash ^ tail_word(bytes, size)) + seed;
  return static_cast<uint32_t>(hash ^ hash >> 32);
}

inline bool key_equals(uint64_t* stored, const void* key, uint32_t size) {
  const auto* bytes = static_cast<const uint8_t*>(key);
  for (; size >= 8; bytes += 8, size -= 8, ++stored) {
    if (std::atomic_ref(*stored).load(std::memory_order_relaxed) != whole_word(bytes)) return false;
  }
  return size == 0 ||
         std::atomic_ref(*stored).load(std::memory_order_relaxed) == tail_word(bytes, size);
}

inline void store_key(uint64_t* stored, const void* key, uint32_t size) {
  const auto* bytes = static_cast<const uint8_t*>(key);
  for (; size >= 8; bytes += 8, size -= 8, ++stored) {
    std::atomic_ref(*stored).store(whole_word(bytes), std::memory_order_relaxed);
  }
  if (size != 0) std::atomic_ref(*stored).store(tail_word(bytes, size), std::memory_order_relaxed);
}

}  // namespace zext::shim::hash
