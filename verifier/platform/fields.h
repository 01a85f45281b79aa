// Words in which contexts and structures are written, and how one is picked from another.
//
//   constexpr Field kTable[] = {word("len", 0), word("mark", 8)};
//   constexpr auto kContext = pick<kTable, picked("len", "mark"), picked("mark")>();  // mark: r/w
#pragma once

#include <array>
#include <bit>
#include <iterator>
#include <string_view>

#include "verifier/platform/structure.h"

namespace zext::verifier::fields {

// A number that is read as a whole.
constexpr Field whole(const char* name, uint16_t offset, uint16_t bytes = 4) {
  return {.name = name, .offset = offset, .bytes = bytes};
}
// A number of which aligned parts may be read.
constexpr Field narrow(const char* name, uint16_t offset, uint16_t bytes = 4) {
  return {.name = name, .offset = offset, .bytes = bytes, .narrow = true};
}
// The same, parts only where the field begins.
constexpr Field at_start(const char* name, uint16_t offset, uint16_t bytes = 4) {
  return {.name = name, .offset = offset, .bytes = bytes, .narrow = true, .narrow_at_start = true};
}
constexpr Field packet(const char* name, uint16_t offset, uint16_t bytes, FieldKind kind) {
  return {.name = name, .offset = offset, .bytes = bytes, .kind = kind};
}
// A pointer to a structure.
constexpr Field pointer(const char* name, uint16_t offset, StructureId id) {
  return {
      .name = name, .offset = offset, .bytes = 8, .kind = FieldKind::kStructure, .structure = id};
}
constexpr Field or_null(Field field) {
  field.nullable = true;
  return field;
}
constexpr Field writable(Field field) {
  field.writable = true;
  return field;
}

void no_field_of_this_name();  // no constant expression may call it

// The rows of a table by these names, as a bit each; an unknown name does not compile.
template <const auto& kTable>
consteval uint64_t named(auto... names) {
  uint64_t rows = 0;
  for (const std::string_view name : {std::string_view(names)...}) {
    const uint64_t before = rows;
    for (size_t i = 0; i < std::size(kTable); ++i) {
      if (name == kTable[i].name) rows |= uint64_t{1} << i;
    }
    if (rows == before) no_field_of_this_name();
  }
  return rows;
}

template <const auto& kTable>
inline constexpr uint64_t kAllRows = (uint64_t{1} << std::size(kTable)) - 1;

// The rows of a table that may be read, of which those may be written.
template <const auto& kTable, uint64_t kRead, uint64_t kWritten = 0>
consteval auto pick() {
  static_assert(std::size(kTable) < 64 && (kWritten & ~kRead) == 0);
  std::array<Field, std::popcount(kRead)> picked{};
  size_t count = 0;
  for (size_t i = 0; i < std::size(kTable); ++i) {
    if ((kRead >> i & 1) == 0) continue;
    picked[count] = kTable[i];
    picked[count].writable = (kWritten >> i & 1) != 0;
    ++count;
  }
  return picked;
}

}  // namespace zext::verifier::fields
