#include "verifier/replay/arguments.h"

#include <algorithm>

namespace zext::verifier {
namespace {

using Kind = Place::Kind;

constexpr uint64_t kDynptrBytes = 16;
constexpr uint64_t kLockBytes = 4;
constexpr uint64_t kTimerBytes = 16;
constexpr uint64_t kPointerBytes = 8;

bool is_size(ArgumentKind kind) {
  return kind == ArgumentKind::kSize || kind == ArgumentKind::kSizeOrZero ||
         kind == ArgumentKind::kConstantSize;
}

class Checker {
 public:
  Checker(const CallArguments& call, const Subject& subject, ebpf::Memory& memory, Maps& maps,
          const Scene& scene)
      : call_(call), subject_(subject), memory_(memory), maps_(maps), scene_(scene) {}

  bool right(unsigned i) const {
    const uint64_t value = call_.value(i);
    if (call_.kind(i).nullable && value == 0) return true;
    const Place place = place_of(value);
    const auto begins = [&](Kind kind) { return place.kind == kind && place.offset == 0; };
    switch (call_.kind(i).kind) {
      case ArgumentKind::kNone:
      case ArgumentKind::kAnything:
      case ArgumentKind::kNumber:
      case ArgumentKind::kSizeOrZero:
      case ArgumentKind::kConstantSize:
        return true;
      case ArgumentKind::kSize:
        return value != 0;
      case ArgumentKind::kContext:
        return value == scene_.context() || (typed() && value != 0);
      case ArgumentKind::kMap:
        return maps_.find(value) != nullptr;
      case ArgumentKind::kMapKey:
      case ArgumentKind::kMapValue:
        if (call_.map == nullptr) return false;
        // Such a map is updated with a socket.
        if (call_.map->keeping() == Keeping::kHandles &&
            call_.kind(i).kind == ArgumentKind::kMapValue) {
          return value != 0;
        }
        return there(i);
      case ArgumentKind::kMemory:
      case ArgumentKind::kDynptr:
      case ArgumentKind::kIterator:
        return there(i);
      case ArgumentKind::kStructure:
        // One that was released is there no more.
        return (begins(Kind::kStructure) && memory_.find_readable(value, 1) != nullptr) ||
               place.kind == Kind::kObject || (typed() && value != 0);
      case ArgumentKind::kBtf:
        return value != 0;
      case ArgumentKind::kRecord:
        return begins(Kind::kRegion) && memory_.find_writable(value, 1) != nullptr;
      case ArgumentKind::kSpinLock:
        return in_map_value(place, value, kLockBytes);
      case ArgumentKind::kTimer:
        return in_map_value(place, value, kTimerBytes);
      case ArgumentKind::kKptr:
        return in_map_value(place, value, kPointerBytes);
      case ArgumentKind::kFunction:
        return begins(Kind::kFunction) &&
               std::ranges::binary_search(subject_.code.functions, place.index);
      case ArgumentKind::kStackOrNull:
        return value == 0 || place.kind == Kind::kStack;
      case ArgumentKind::kString:
        return memory_.find_readable(value, 1) != nullptr;
      case ArgumentKind::kPerCpuBtf:
        return begins(Kind::kVariable);
    }
    return true;
  }

 private:
  bool typed() const { return subject_.platform.entry == Entry::kBtf; }

  bool there(unsigned i) const {
    const uint64_t bytes = call_.bytes(i);
    if (bytes == 0) return true;
    return (call_.written(i) ? memory_.find_writable(call_.value(i), bytes)
                             : memory_.find_readable(call_.value(i), bytes)) != nullptr;
  }

  bool in_map_value(const Place& place, uint64_t value, uint64_t bytes) const {
    return place.kind == Kind::kMapValue && memory_.find_writable(value, bytes) != nullptr;
  }

  const CallArguments& call_;
  const Subject& subject_;
  ebpf::Memory& memory_;
  Maps& maps_;
  const Scene& scene_;
};

}  // namespace

uint64_t CallArguments::bytes(unsigned i) const {
  if (value(i) == 0 && kind(i).nullable) return 0;
  switch (kind(i).kind) {
    case ArgumentKind::kMapKey:
      return map != nullptr ? map->map().key_size : 0;
    case ArgumentKind::kMapValue:
      return map != nullptr ? map->map().value_size : 0;
    case ArgumentKind::kMemory:
      if (kind(i).bytes != 0) return kind(i).bytes;
      return i + 1 < values.size() && is_size(kind(i + 1).kind) ? value(i + 1) : 0;
    case ArgumentKind::kDynptr:
      return kDynptrBytes;
    case ArgumentKind::kIterator:
      return kind(i).bytes;
    case ArgumentKind::kNone:
    case ArgumentKind::kAnything:
    case ArgumentKind::kNumber:
    case ArgumentKind::kContext:
    case ArgumentKind::kMap:
    case ArgumentKind::kSize:
    case ArgumentKind::kSizeOrZero:
    case ArgumentKind::kConstantSize:
    case ArgumentKind::kStructure:
    case ArgumentKind::kBtf:
    case ArgumentKind::kRecord:
    case ArgumentKind::kSpinLock:
    case ArgumentKind::kTimer:
    case ArgumentKind::kKptr:
    case ArgumentKind::kFunction:
    case ArgumentKind::kStackOrNull:
    case ArgumentKind::kString:
    case ArgumentKind::kPerCpuBtf:
      return 0;
  }
  return 0;
}

bool CallArguments::written(unsigned i) const {
  const bool bloom = map != nullptr && map->keeping() == Keeping::kBloom;
  return kind(i).writes && !(bloom && kind(i).kind == ArgumentKind::kMapValue);
}

uint64_t CallArguments::result_bytes() const {
  if (row.result.bytes != 0) return row.result.bytes;
  for (unsigned i = 0; i < values.size(); ++i) {
    if (kind(i).kind == ArgumentKind::kConstantSize) return value(i);
  }
  return 0;
}

uint8_t stray_argument(const CallArguments& call, const Subject& subject, ebpf::Memory& memory,
                       Maps& maps, const Scene& scene) {
  const Checker checker(call, subject, memory, maps, scene);
  for (unsigned i = 0; i < call.values.size(); ++i) {
    if (!checker.right(i)) return static_cast<uint8_t>(i + 1);
  }
  return 0;
}

}  // namespace zext::verifier
