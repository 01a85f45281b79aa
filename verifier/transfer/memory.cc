// Loads, stores and atomics: what is read from the stack is known, from elsewhere it is any number.
#include <algorithm>

#include "verifier/transfer/transfer.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;

// Elements of a constant table that are looked at for a load whose place is not known.
constexpr int64_t kMaxTableBytes = 1024;

// Addresses on the stack as class Stack counts them; in range once the access is checked.
uint32_t lowest(const Reference& where) {
  return static_cast<uint32_t>(signed_min(where.pointer->number) + where.offset + Stack::kBytes);
}
uint32_t highest(const Reference& where) {
  return static_cast<uint32_t>(signed_max(where.pointer->number) + where.offset + Stack::kBytes);
}
uint32_t reach(const Reference& where) { return highest(where) - lowest(where) + where.bytes; }

bool exact(const Reference& where) { return is_constant(where.pointer->number); }

Value constant_at(std::span<const uint8_t> bytes, int64_t at, uint32_t count) {
  uint64_t value = 0;
  for (uint32_t i = 0; i < count; ++i)
    value |= uint64_t{bytes[static_cast<size_t>(at) + i]} << (8 * i);
  return Value::of(constant_number(static_cast<int64_t>(value)));
}

Value sign_extended(Value value, unsigned bytes) {
  if (unsigned_max(value.number) >> (8 * bytes - 1) != 0) value.linear = {};
  value.shifted = {};
  value.number = sign_extend(bytes, value.number);
  return value;
}

}  // namespace

Checked Transfer::load(const Instruction<>& insn, State& state) const {
  const ebpf::Row& row = insn.row();
  const Value pointer = state.registers[insn.src];
  const Reference where{.pointer = &pointer,
                        .reg = insn.src,
                        .offset = insn.offset,
                        .bytes = row.bytes,
                        .atomic = row.kind == Kind::kLoadAcquire};
  if (Checked c = check_access(rules_, state, where); !c) return c;
  auto result = load_from(where, state);
  if (!result) return std::unexpected(result.error());
  if (row.kind == Kind::kLoadSx) {
    if (is_pointer(result->type)) {
      if (pointer.type != Type::kStack) {
        return std::unexpected(access_failure(Reason::kContextAccess, where));
      }
      return std::unexpected(access_failure(Reason::kSpilledPointer, where));
    }
    *result = sign_extended(*result, row.bytes);
  }
  state.registers[insn.dst] = *result;
  return {};
}

std::expected<Value, Failure> Transfer::load_from(const Reference& where, State& state) const {
  Value result = Value::of(number_of_bytes(where.bytes));
  switch (where.pointer->type) {
    case Type::kStack:
      if (Checked c = load_stack(where, state, result); !c) return std::unexpected(c.error());
      return result;
    case Type::kContext:
      if (const Parameter* parameter = argument_at(rules_, where)) return argument_of(*parameter);
      return load_field(*context_field(rules_, where), where, state);
    case Type::kStructure:
      return load_field(*structure_field(rules_, where), where, state);
    case Type::kMapValue:
      return load_map_value(where, state);
    case Type::kObject:
      return load_object(where, state);
    case Type::kUninitialised:
    case Type::kNumber:
    case Type::kPacket:
    case Type::kPacketEnd:
    case Type::kPacketMeta:
    case Type::kMemory:
    case Type::kMap:
    case Type::kMapKey:
    case Type::kRegion:
    case Type::kPerCpu:
    case Type::kTracepointBuffer:
    case Type::kFunction:
      return result;
  }
  return result;
}

Value Transfer::load_field(const Field& field, const Reference& where, const State& state) const {
  switch (field.kind) {
    case FieldKind::kNumber:
    case FieldKind::kBytes:
      return Value::of(number_of_bytes(where.bytes));
    case FieldKind::kPacketStart:
      return Value::pointer(Type::kPacket);
    case FieldKind::kPacketEnd: {
      Value end = Value::pointer(Type::kPacketEnd);
      end.number = unsigned_range(0, rules_.subject.platform.packet_max);
      end.linear = Linear::symbol(state.packet_size);
      return end;
    }
    case FieldKind::kPacketMeta:
      return Value::pointer(Type::kPacketMeta);
    case FieldKind::kStructure: {
      Value structure = Value::pointer(Type::kStructure);
      structure.structure = field.structure;
      structure.nullable = field.nullable;
      structure.object = symbols_.fresh_object();
      return structure;
    }
    case FieldKind::kTracepointBuffer:
      return Value::pointer(Type::kTracepointBuffer);
  }
  return {};
}

Value Transfer::load_map_value(const Reference& where, const State& state) const {
  if (const SpecialField* field = kptr_field(where)) {
    Value object = Value::pointer(Type::kObject);
    object.detail = field->type;
    object.nullable = true;
    object.object = symbols_.fresh_object();
    const bool stays = field->kind == SpecialField::Kind::kReferencedKptr &&
                       protected_by_rcu(field->type) && in_rcu(state);
    object.trust = stays ? Trust::kRcu : Trust::kUntrusted;
    return object;
  }
  const Value any = Value::of(number_of_bytes(where.bytes));
  const auto bytes = where.pointer->map->constant;
  const int64_t low = signed_min(where.pointer->number) + where.offset;
  const int64_t high = signed_max(where.pointer->number) + where.offset;
  if (bytes.empty() || low < 0 || high + where.bytes > static_cast<int64_t>(bytes.size()))
    return any;
  if (exact(where)) return constant_at(bytes, low, where.bytes);
  if (high - low > kMaxTableBytes) return any;
  // Every place that the offset's known bits allow.
  Number all = Number::bottom();
  for (int64_t at = low; at <= high; ++at) {
    const auto offset = Bits<64>::of(static_cast<uint64_t>(at - where.offset));
    if (!contains(where.pointer->number, offset)) continue;
    const Number one = constant_at(bytes, at, where.bytes).number;
    all = is_bottom(all) ? one : join(all, one);
  }
  return Value::of(is_bottom(all) ? any.number : reduce(all));
}

Value Transfer::load_object(const Reference& where, const State& state) const {
  const Member& member = *object_member(rules_, where);
  if (member.kind != Member::Kind::kPointer || where.bytes != 8) {
    return Value::of(number_of_bytes(where.bytes));
  }
  Value object = Value::pointer(Type::kObject);
  object.detail = member.type;
  const Trust base = trust_of(*where.pointer, state);
  const bool rcu = member.keeps == Member::Keeps::kRcu && base > Trust::kNone && in_rcu(state);
  if (rcu) object.trust = Trust::kRcu;
  if (member.keeps == Member::Keeps::kTrusted && base == Trust::kTrusted) {
    object.trust = Trust::kTrusted;
    object.reference = where.pointer->reference;
  }
  if (base == Trust::kUntrusted) object.trust = base;
  if (object.trust > Trust::kNone && member.nullable) {
    object.nullable = true;
    object.object = symbols_.fresh_object();
  }
  return object;
}

Checked Transfer::load_stack(const Reference& where, State& state, Value& result) const {
  Stack& stack = state.frames[where.pointer->frame].stack;
  if (!stack.initialised(lowest(where), reach(where))) {
    return std::unexpected(access_failure(Reason::kUninitialisedStack, where));
  }
  if (!exact(where)) {
    if (stack.holds_pointer(lowest(where), reach(where))) {
      return std::unexpected(access_failure(Reason::kSpilledPointer, where));
    }
    return {};
  }
  // A number that is read again is the same number: give it a name.
  if (Stack::Cell* cell = stack.cell(lowest(where), where.bytes)) {
    state.symbolise(cell->value, symbols_);
  } else if (stack.holds_pointer(lowest(where), where.bytes)) {
    return std::unexpected(access_failure(Reason::kSpilledPointer, where));
  }
  result = stack.load(lowest(where), where.bytes);
  return {};
}

Checked Transfer::store(const Instruction<>& insn, State& state) const {
  const ebpf::Row& row = insn.row();
  const Value pointer = state.registers[insn.dst];
  const Reference where{.pointer = &pointer,
                        .reg = insn.dst,
                        .offset = insn.offset,
                        .bytes = row.bytes,
                        .write = true,
                        .atomic = row.kind == Kind::kStoreRelease};
  const bool immediate = row.kind == Kind::kStoreImm;
  if (!immediate) {
    if (Checked c = check_initialised(state, insn.src); !c) return c;
  }
  if (Checked c = check_access(rules_, state, where); !c) return c;
  if (!immediate && pointer.type == Type::kStack) {
    state.symbolise(state.registers[insn.src], symbols_);
  }
  const Value value = immediate ? Value::of(Number::constant(insn.imm)) : state.registers[insn.src];
  if (pointer.type == Type::kStack) return store_stack(where, value, state);
  if (pointer.type == Type::kMapValue) {
    if (const SpecialField* field = kptr_field(where)) return store_kptr(where, *field, value);
  }
  if (is_pointer(value.type) && (!rules_.privileged || pointer.type == Type::kMemory)) {
    Failure leak = access_failure(Reason::kPointerLeak, where);
    leak.reg = insn.src;
    leak.type = value.type;
    return std::unexpected(leak);
  }
  return {};
}

// Only an object of the field's own type, from its beginning, or 0.
Checked Transfer::store_kptr(const Reference& where, const SpecialField& field,
                             const Value& value) const {
  const bool object = value.type == Type::kObject && value.detail == field.type &&
                      is_constant(value.number) && signed_min(value.number) == 0;
  if (object || value.is_zero()) return {};
  return std::unexpected(access_failure(Reason::kSpecialField, where));
}

Checked Transfer::store_stack(const Reference& where, const Value& value, State& state) const {
  Stack& stack = state.frames[where.pointer->frame].stack;
  const bool whole = exact(where) && where.bytes == 8 && lowest(where) % 8 == 0;
  if (is_pointer(value.type)) {
    // A callee's frame is gone when the caller reads the address; Linux allows none at all.
    const bool outlives =
        value.type == Type::kStack && where.pointer->frame + 1u != state.frames.size();
    if (outlives || (!whole && !rules_.privileged)) {
      return std::unexpected(access_failure(Reason::kSpilledPointer, where));
    }
  }
  if (!rules_.privileged && (where.bytes != 8 || !exact(where)) &&
      stack.holds_pointer(lowest(where), reach(where))) {
    // What is left of an address must not be read as a number.
    for (const Stack::Cell& cell : std::vector<Stack::Cell>(stack.cells())) {
      const bool touched = cell.at < highest(where) + where.bytes && lowest(where) < cell.at + 8u;
      if (touched && is_pointer(cell.value.type)) stack.invalidate(cell.at, 8);
    }
  }
  state.overwrite_stack(where.pointer->frame, lowest(where), reach(where));
  if (exact(where)) {
    stack.store(lowest(where), where.bytes, value);
  } else {
    stack.forget(lowest(where), reach(where));
  }
  return {};
}

Checked Transfer::atomic(const Instruction<>& insn, State& state) const {
  const ebpf::Row& row = insn.row();
  const Value pointer = state.registers[insn.dst];
  Reference where{.pointer = &pointer,
                  .reg = insn.dst,
                  .offset = insn.offset,
                  .bytes = row.bytes,
                  .write = false,
                  .atomic = true};
  if (Checked c = check_no_leak(rules_, state, insn.src, Reason::kPointerLeak); !c) return c;
  const bool compares = row.atomic == ebpf::AtomicOp::kCmpxchg;
  if (compares) {
    if (Checked c = check_no_leak(rules_, state, 0, Reason::kPointerLeak); !c) return c;
  }
  if (Checked c = check_access(rules_, state, where); !c) return c;
  where.write = true;
  if (Checked c = check_access(rules_, state, where); !c) return c;
  if (pointer.type == Type::kMapValue && kptr_field(where) != nullptr) {
    return std::unexpected(access_failure(Reason::kSpecialField, where));
  }
  Value old = Value::of(number_of_bytes(row.bytes));
  if (pointer.type == Type::kStack) {
    if (Checked c = load_stack(where, state, old); !c) return c;
    if (is_pointer(old.type)) {
      if (!rules_.privileged || row.bytes != 8) {
        return std::unexpected(access_failure(Reason::kSpilledPointer, where));
      }
      old = Value::of(Number::top());
    }
    const Value any = Value::of(number_of_bytes(row.bytes));
    if (Checked c = store_stack(where, any, state); !c) return c;
  }
  if (row.fetch) state.registers[compares ? 0 : insn.src] = old;
  return {};
}

// LD_ABS and LD_IND: through the context in r6, any byte; where there is none, the program ends.
Checked Transfer::load_packet(const Instruction<>& insn, State& state) const {
  const ebpf::Row& row = insn.row();
  const Value& context = state.registers[kFirstSaved];
  const auto failure = [&](Reason reason, ebpf::Reg reg) {
    return std::unexpected(
        Failure{.reason = reason, .reg = reg, .type = state.registers[reg].type, .access = {}});
  };
  if (!rules_.subject.platform.packet_loads || context.type != Type::kContext ||
      !is_constant(context.number) || signed_min(context.number) != 0) {
    return failure(Reason::kPacketLoad, kFirstSaved);
  }
  if (row.kind == Kind::kLoadInd) {
    if (Checked c = check_no_leak(rules_, state, insn.src, Reason::kPointerLeak); !c) return c;
  }
  for (unsigned reg = 1; reg <= kArgumentCount; ++reg) state.registers[reg] = {};
  state.registers[0] = Value::of(number_of_bytes(row.bytes));
  return {};
}

}  // namespace zext::verifier
