// State as a row of bytes, for snapshots: put() appends, get() takes from the front.
//
//   put(state, counter_);
//   if (!get(state, counter_)) return false;
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace zext::rtl_sim {

inline void put(std::vector<uint8_t>& state, std::span<const uint8_t> bytes) {
  state.insert(state.end(), bytes.begin(), bytes.end());
}

template <typename T>
  requires std::is_trivially_copyable_v<T>
void put(std::vector<uint8_t>& state, const T& value) {
  const auto* const first = reinterpret_cast<const uint8_t*>(&value);
  state.insert(state.end(), first, first + sizeof value);
}

// A row of bytes with its length in front.
inline void put_block(std::vector<uint8_t>& state, std::span<const uint8_t> bytes) {
  put(state, uint64_t{bytes.size()});
  put(state, bytes);
}

// False, with nothing taken, if there are not enough.
template <typename T>
  requires std::is_trivially_copyable_v<T>
bool get(std::span<const uint8_t>& state, T& value) {
  if (state.size() < sizeof value) return false;
  std::memcpy(&value, state.data(), sizeof value);
  state = state.subspan(sizeof value);
  return true;
}

inline bool get_block(std::span<const uint8_t>& state, std::span<const uint8_t>& block) {
  uint64_t size = 0;
  if (!get(state, size) || size > state.size()) return false;
  block = state.first(size);
  state = state.subspan(size);
  return true;
}

}  // namespace zext::rtl_sim
