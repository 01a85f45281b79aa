// Loads, stores and atomics: what is read from the stack is known, from elsewhere it is any number.
#include "verifier/transfer/transfer.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;

Failure failure_at(const Reference& where, Reason reason) {
  Failure failure{.reason = reason, .reg = where.reg, .type = where.pointer->type, .access = {}};
  failure.access.low = signed_min(where.pointer->number) + where.offset;
  failure.access.high = signed_max(where.pointer->number) + where.offset;
  failure.access.bytes = where.bytes;
  failure.access.write = where.write;
  return failure;
}

// Addresses on the stack as class Stack counts them; in range once the access is checked.
uint32_t lowest(const Reference& where) {
  return static_cast<uint32_t>(signed_min(where.pointer->number) + where.offset + ebpf::kStackSize);
}
uint32_t highest(const Reference& where) {
  return static_cast<uint32_t>(signed_max(where.pointer->number) + where.offset + ebpf::kStackSize);
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
  if (Checked c = check_access(platform_, state, where); !c) return c;
  Value result = Value::of(number_of_bytes(row.bytes));
  if (pointer.type == Type::kStack) {
    if (Checked c = load_stack(where, state, result); !c) return c;
  } else if (pointer.type == Type::kContext) {
    result = load_context(where);
  }
  if (row.kind == Kind::kLoadSx) {
    if (is_pointer(result.type)) {
      return std::unexpected(failure_at(
          where, pointer.type == Type::kStack ? Reason::kSpilledPointer : Reason::kContextAccess));
    }
    if (unsigned_max(result.number) >> (8 * row.bytes - 1) != 0) result.linear = {};
    result.number = sign_extend(row.bytes, result.number);
  }
  state.registers[insn.dst] = result;
  return {};
}

Value Transfer::load_context(const Reference& where) const {
  const ContextField* field = context_field(platform_, where);
  switch (field->kind) {
    case FieldKind::kNumber:
      return Value::of(number_of_bytes(where.bytes));
    case FieldKind::kPacketStart:
      return Value::pointer(Type::kPacket);
    case FieldKind::kPacketEnd: {
      Value end = Value::pointer(Type::kPacketEnd);
      end.number = unsigned_range(0, platform_.packet_max);
      end.linear = Linear::symbol(kPacketSize);
      return end;
    }
    case FieldKind::kPacketMeta:
      return Value::pointer(Type::kPacketMeta);
  }
  return {};
}

Checked Transfer::load_stack(const Reference& where, State& state, Value& result) const {
  Stack& stack = state.frames[where.pointer->frame].stack;
  if (!is_constant(where.pointer->number)) {
    const auto readable = stack.check_load(lowest(where), highest(where), where.bytes);
    if (!readable) return std::unexpected(failure_at(where, readable.error()));
    return {};
  }
  // A number that is read again is the same number: give it a name.
  for (Stack::Slot& slot : stack.slots()) {
    if (uint32_t{slot.index} * 8 + slot.first == lowest(where) && slot.bytes == where.bytes) {
      state.symbolise(slot.value, symbols_);
    }
  }
  auto loaded = stack.load(lowest(where), where.bytes);
  if (!loaded) return std::unexpected(failure_at(where, loaded.error()));
  result = *loaded;
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
  if (row.kind != Kind::kStoreImm) {
    if (Checked c = check_initialised(state, insn.src); !c) return c;
  }
  if (Checked c = check_access(platform_, state, where); !c) return c;
  if (row.kind != Kind::kStoreImm && pointer.type == Type::kStack) {
    state.symbolise(state.registers[insn.src], symbols_);
  }
  const Value value = row.kind == Kind::kStoreImm ? Value::of(Number::constant(insn.imm))
                                                  : state.registers[insn.src];
  if (pointer.type == Type::kStack) return store_stack(where, value, state);
  if (is_pointer(value.type)) {
    Failure leak = failure_at(where, Reason::kPointerLeak);
    leak.reg = insn.src;
    leak.type = value.type;
    return std::unexpected(leak);
  }
  return {};
}

Checked Transfer::store_stack(const Reference& where, const Value& value, State& state) const {
  Stack& stack = state.frames[where.pointer->frame].stack;
  const bool exact = is_constant(where.pointer->number);
  if (is_pointer(value.type)) {
    const bool whole = exact && where.bytes == 8 && lowest(where) % 8 == 0;
    // A callee's frame is gone when the caller reads the address.
    const bool outlives = value.type == Type::kStack && value.frame > where.pointer->frame;
    if (!whole || outlives) return std::unexpected(failure_at(where, Reason::kSpilledPointer));
  }
  if (exact) {
    stack.store(lowest(where), where.bytes, value);
  } else {
    stack.store_somewhere(lowest(where), highest(where), where.bytes);
  }
  return {};
}

Checked Transfer::atomic(const Instruction<>& insn, State& state) const {
  const ebpf::Row& row = insn.row();
  const Value pointer = state.registers[insn.dst];
  const Reference where{.pointer = &pointer,
                        .reg = insn.dst,
                        .offset = insn.offset,
                        .bytes = row.bytes,
                        .write = true,
                        .atomic = true};
  if (Checked c = check_number(state, insn.src, Reason::kPointerLeak); !c) return c;
  const bool compares = row.atomic == ebpf::AtomicOp::kCmpxchg;
  if (compares) {
    if (Checked c = check_number(state, 0, Reason::kPointerLeak); !c) return c;
  }
  if (Checked c = check_access(platform_, state, where); !c) return c;
  Value old = Value::of(number_of_bytes(row.bytes));
  if (pointer.type == Type::kStack) {
    if (Checked c = load_stack(where, state, old); !c) return c;
    if (is_pointer(old.type)) return std::unexpected(failure_at(where, Reason::kSpilledPointer));
    const Value any = Value::of(number_of_bytes(row.bytes));
    if (Checked c = store_stack(where, any, state); !c) return c;
  }
  if (row.fetch) state.registers[compares ? 0 : insn.src] = old;
  return {};
}

}  // namespace zext::verifier
