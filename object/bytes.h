// Reading untrusted bytes: nothing here reads outside its span, whatever the offsets say.
//
//   std::optional<uint32_t> length = read<uint32_t>(section, 4);    // none where it does not fit
//   std::optional<std::string_view> name = string_at(strings, symbol.st_name);
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace zext::object {

using Bytes = std::span<const uint8_t>;

// BPF objects are little-endian, and so is every machine zext runs on.
static_assert(std::endian::native == std::endian::little);

// Longest name or path accepted. Without a limit, a few bytes that name the same huge string again
// and again would cost time and memory beyond the size of the file.
inline constexpr size_t kMaxName = 1024;

// The T at `offset`, at any alignment; none where it is not wholly inside.
template <class T>
std::optional<T> read(Bytes bytes, uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// `size` bytes from `offset`; none where they are not wholly inside.
inline std::optional<Bytes> slice(Bytes bytes, uint64_t offset, uint64_t size) {
  if (offset > bytes.size() || bytes.size() - offset < size) return std::nullopt;
  return bytes.subspan(offset, size);
}

// The NUL-terminated string at `offset`; none where it does not end inside, or within kMaxName.
inline std::optional<std::string_view> string_at(Bytes table, uint64_t offset) {
  if (offset >= table.size()) return std::nullopt;
  const uint8_t* begin = table.data() + offset;
  const size_t limit = std::min<size_t>(table.size() - offset, kMaxName);
  const void* end = std::memchr(begin, 0, limit);
  if (end == nullptr) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(begin),
                          static_cast<size_t>(static_cast<const uint8_t*>(end) - begin));
}

// A name from the file for an error message: in quotes, printable and not too long.
inline std::string quoted(std::string_view name) {
  std::string text = "'";
  for (const char c : name.substr(0, 80)) text += c >= ' ' && c <= '~' ? c : '?';
  return text + (name.size() > 80 ? "...'" : "'");
}

}  // namespace zext::object
