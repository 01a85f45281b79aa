#include "verifier/check/access.h"

namespace zext::verifier {
namespace {

Failure failure(Reason reason, const Reference& where, int64_t size = 0) {
  Failure result{.reason = reason, .reg = where.reg, .type = where.pointer->type, .access = {}};
  result.access.low = signed_min(where.pointer->number) + where.offset;
  result.access.high = signed_max(where.pointer->number) + where.offset;
  result.access.bytes = where.bytes;
  result.access.size = size;
  result.access.write = where.write;
  return result;
}

Checked check_stack(const Reference& where) {
  const int64_t low = signed_min(where.pointer->number) + where.offset;
  const int64_t high = signed_max(where.pointer->number) + where.offset;
  if (low >= -ebpf::kStackSize && high + where.bytes <= 0) return {};
  return std::unexpected(failure(Reason::kStackBounds, where, ebpf::kStackSize));
}

// 0 <= offset and offset + bytes <= size.
Checked check_sized(Reason reason, const State& state, const Reference& where, const Linear& size) {
  const Linear offset = where.pointer->form().plus(where.offset);
  const bool above =
      signed_min(where.pointer->number) + where.offset >= 0 || state.relations.implies(offset);
  if (above && state.relations.implies(size - offset.plus(where.bytes))) return {};
  const int64_t high = signed_max(where.pointer->number) + where.offset + where.bytes;
  const auto known = static_cast<int64_t>(state.relations.lower(size));
  if (above && high <= known) return {};
  return std::unexpected(failure(reason, where, known));
}

Checked check_context(const Platform& platform, const Reference& where) {
  const ContextField* field = context_field(platform, where);
  if (field == nullptr) return std::unexpected(failure(Reason::kContextAccess, where));
  if (where.write && !field->writable) {
    return std::unexpected(failure(Reason::kContextWrite, where));
  }
  return {};
}

// Linux demands whole, aligned atomics, and none in packets or contexts.
Checked check_atomic(const Reference& where) {
  if (!where.atomic) return {};
  const bool allowed = where.pointer->type == Type::kStack || where.pointer->type == Type::kMemory;
  const uint64_t low_bits = where.bytes - 1u;
  const Number address =
      abstract_alu(ebpf::AluOp::kAdd, 64, where.pointer->number, constant_number(where.offset));
  if (allowed && (unknown_bits(address) & low_bits) == 0 && (known_ones(address) & low_bits) == 0) {
    return {};
  }
  return std::unexpected(failure(Reason::kAtomicAccess, where));
}

}  // namespace

const ContextField* context_field(const Platform& platform, const Reference& where) {
  if (!is_constant(where.pointer->number)) return nullptr;
  const int64_t at = signed_min(where.pointer->number) + where.offset;
  if (at < 0 || at % where.bytes != 0) return nullptr;
  for (const ContextField& field : platform.context) {
    if (at < field.offset || at + where.bytes > field.offset + field.bytes) continue;
    const bool whole = at == field.offset && where.bytes == field.bytes;
    return whole || (field.narrow && (!where.write || field.writable)) ? &field : nullptr;
  }
  return nullptr;
}

Checked check_access(const Platform& platform, const State& state, const Reference& where) {
  if (Checked atomic = check_atomic(where); is_pointer(where.pointer->type) && !atomic) {
    return atomic;
  }
  switch (where.pointer->type) {
    case Type::kUninitialised:
      return std::unexpected(failure(Reason::kUninitialisedRegister, where));
    case Type::kNumber:
    case Type::kPacketEnd:
      return std::unexpected(failure(Reason::kNotAPointer, where));
    case Type::kContext:
      return check_context(platform, where);
    case Type::kPacket:
      return check_sized(Reason::kPacketBounds, state, where, Linear::symbol(kPacketSize));
    case Type::kPacketMeta:
      return check_sized(Reason::kMetaBounds, state, where,
                         Linear::symbol(kMetaSizePlusOne).plus(-1));
    case Type::kStack:
      return check_stack(where);
    case Type::kMemory:
      return check_sized(Reason::kMemoryBounds, state, where, Linear::symbol(kMemorySize));
  }
  return std::unexpected(failure(Reason::kNotAPointer, where));
}

Checked check_initialised(const State& state, ebpf::Reg reg) {
  if (state.registers[reg].type != Type::kUninitialised) return {};
  return std::unexpected(
      Failure{.reason = Reason::kUninitialisedRegister, .reg = reg, .type = {}, .access = {}});
}

Checked check_number(const State& state, ebpf::Reg reg, Reason leak) {
  if (Checked initialised = check_initialised(state, reg); !initialised) return initialised;
  const Type type = state.registers[reg].type;
  if (type == Type::kNumber) return {};
  return std::unexpected(Failure{.reason = leak, .reg = reg, .type = type, .access = {}});
}

}  // namespace zext::verifier
