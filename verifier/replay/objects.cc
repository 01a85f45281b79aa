#include "verifier/replay/objects.h"

#include <algorithm>
#include <cstring>

namespace zext::verifier {
namespace {

constexpr uint64_t kPointerBytes = 8;
// An object of a type that nobody describes.
constexpr size_t kUnknownBytes = 64;
constexpr int kMaxNesting = 16;

}  // namespace

uint64_t size_of(std::span<const Field> fields) {
  uint64_t size = 0;
  for (const Field& field : fields) size = std::max<uint64_t>(size, field.offset + field.bytes);
  return size;
}

void put_word(std::span<uint8_t> bytes, uint64_t at, uint64_t value, unsigned count) {
  if (at + count <= bytes.size()) std::memcpy(bytes.data() + at, &value, count);
}

uint64_t get_word(std::span<const uint8_t> bytes, uint64_t at, unsigned count) {
  uint64_t value = 0;
  if (at + count <= bytes.size()) std::memcpy(&value, bytes.data() + at, count);
  return value;
}

uint64_t Objects::add(uint32_t type, Bytes bytes) {
  return space_.add(Place::Kind::kObject, 0, object_bytes(type, std::move(bytes)), false);
}

void Objects::back(uint64_t address) {
  const Place place = place_of(address);
  if (place.kind != Place::Kind::kObject || place.index != kSharedObject) return;
  if (made_.insert(place.origin).second) {
    space_.put(place.origin, object_bytes(place.number, {}), false);
  }
}

uint64_t Objects::add_structure(StructureId id, Bytes bytes) {
  const std::span<const Field> fields = subject_.platform.structure(id).fields;
  bytes.resize(size_of(fields));
  bool writable = false;
  for (const Field& field : fields) {
    writable = writable || field.writable;
    if (field.kind != FieldKind::kStructure) continue;
    const bool null = field.nullable && get_word(bytes, field.offset, field.bytes) == 0;
    const uint64_t inner = null || field.structure == id ? 0 : add_structure(field.structure, {});
    put_word(bytes, field.offset, inner, field.bytes);
  }
  return space_.add(Place::Kind::kStructure, 0, std::move(bytes), writable);
}

Bytes Objects::object_bytes(uint32_t type, Bytes bytes) const {
  const uint64_t given = bytes.size();
  const TypeInfo* info = subject_.types[type];
  bytes.resize(info != nullptr ? info->bytes : std::max<size_t>(given, kUnknownBytes));
  fill_pointers(type, 0, given, bytes, 0);
  return bytes;
}

void Objects::fill_pointers(uint32_t type, uint64_t at, uint64_t given, Bytes& bytes,
                            int depth) const {
  const TypeInfo* info = subject_.types[type];
  if (info == nullptr || depth > kMaxNesting) return;
  for (const Member& member : info->members) {
    const bool pointer = member.kind == Member::Kind::kPointer;
    if ((!pointer && member.kind != Member::Kind::kStruct) || member.element == 0) continue;
    for (uint64_t i = 0; i + member.element <= member.bytes; i += member.element) {
      const uint64_t place = at + member.offset + i;
      if (!pointer) {
        fill_pointers(member.type, place, given, bytes, depth + 1);
        continue;
      }
      const bool null = place + kPointerBytes <= given && get_word(bytes, place, 8) == 0;
      if (!null) put_word(bytes, place, shared(member.type), kPointerBytes);
    }
  }
}

}  // namespace zext::verifier
