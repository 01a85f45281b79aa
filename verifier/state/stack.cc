#include "verifier/state/stack.h"

#include <algorithm>

namespace zext::verifier {
namespace {

constexpr uint32_t kSlotBytes = 8;

constexpr uint8_t mask_of(uint32_t first, uint32_t bytes) {
  return static_cast<uint8_t>(((1u << bytes) - 1) << first);
}

uint8_t value_mask(const Stack::Slot& slot) { return mask_of(slot.first, slot.bytes); }

void drop_value(Stack::Slot& slot) {
  // Bytes of an address must not be read as numbers.
  if (slot.bytes != 0 && is_pointer(slot.value.type)) slot.initialised = 0;
  slot.bytes = 0;
  slot.value = {};
}

bool holds_pointer(const Stack::Slot& slot) {
  return slot.bytes != 0 && is_pointer(slot.value.type);
}

}  // namespace

const Stack::Slot* Stack::slot(uint32_t index) const {
  for (const Slot& slot : slots_) {
    if (slot.index == index) return &slot;
  }
  return nullptr;
}

Stack::Slot& Stack::slot_for_writing(uint32_t index) {
  const auto at =
      std::lower_bound(slots_.begin(), slots_.end(), index,
                       [](const Slot& slot, uint32_t wanted) { return slot.index < wanted; });
  if (at != slots_.end() && at->index == index) return *at;
  Slot fresh;
  fresh.index = static_cast<uint8_t>(index);
  return *slots_.insert(at, fresh);
}

std::expected<Value, Reason> Stack::load(uint32_t address, uint32_t bytes) const {
  const uint32_t first = address % kSlotBytes;
  const Slot* slot = this->slot(address / kSlotBytes);
  if (slot != nullptr && slot->bytes == bytes && slot->first == first) return slot->value;
  const auto readable = check_load(address, address, bytes);
  if (!readable) return std::unexpected(readable.error());
  const bool part = slot != nullptr && slot->bytes != 0 && first >= slot->first &&
                    first + bytes <= uint32_t{slot->first} + slot->bytes;
  if (!part) return Value::of(number_of_bytes(bytes));
  const Number shifted = abstract_alu(ebpf::AluOp::kRsh, 64, slot->value.number,
                                      constant_number(8 * (first - slot->first)));
  return Value::of(low_bytes(shifted, bytes));
}

std::expected<void, Reason> Stack::check_load(uint32_t low, uint32_t high, uint32_t bytes) const {
  const uint32_t end = high + bytes;
  for (uint32_t at = low; at < end;) {
    const uint32_t first = at % kSlotBytes;
    const uint32_t count = std::min(kSlotBytes - first, end - at);
    const Slot* slot = this->slot(at / kSlotBytes);
    const uint8_t wanted = mask_of(first, count);
    if (slot == nullptr || (slot->initialised & wanted) != wanted) {
      return std::unexpected(Reason::kUninitialisedStack);
    }
    if (holds_pointer(*slot)) return std::unexpected(Reason::kSpilledPointer);
    at += count;
  }
  return {};
}

void Stack::store(uint32_t address, uint32_t bytes, const Value& value) {
  const uint32_t end = address + bytes;
  for (uint32_t at = address; at < end;) {
    const uint32_t first = at % kSlotBytes;
    const uint32_t count = std::min(kSlotBytes - first, end - at);
    Slot& slot = slot_for_writing(at / kSlotBytes);
    const uint8_t written = mask_of(first, count);
    if (slot.bytes != 0 && (value_mask(slot) & written) != 0) drop_value(slot);
    slot.initialised |= written;
    if (count == bytes && !holds_pointer(slot)) {
      slot.first = static_cast<uint8_t>(first);
      slot.bytes = static_cast<uint8_t>(bytes);
      slot.value = value;
      if (value.type == Type::kNumber) {
        slot.value.number = low_bytes(value.number, bytes);
        if (bytes < 8 && unsigned_max(value.number) >> (8 * bytes) != 0) slot.value.linear = {};
      }
    }
    at += count;
  }
}

void Stack::store_somewhere(uint32_t low, uint32_t high, uint32_t bytes) {
  for (Slot& slot : slots_) {
    const uint32_t start = slot.index * kSlotBytes;
    if (start < high + bytes && start + kSlotBytes > low) drop_value(slot);
  }
}

}  // namespace zext::verifier
