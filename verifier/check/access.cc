#include "verifier/check/access.h"

#include <algorithm>
#include <limits>

#include "verifier/check/inside.h"

namespace zext::verifier {
namespace {

constexpr uint32_t kReadOnlyMap = 1u << 7;   // BPF_F_RDONLY_PROG
constexpr uint32_t kWriteOnlyMap = 1u << 8;  // BPF_F_WRONLY_PROG
constexpr int64_t kTracepointBufferBytes = 8192;
constexpr uint32_t kPacketAlignment = 2;  // of data, as drivers place it where alignment matters

Places<Bits<64>> places(const Reference& where) {
  return places(where.pointer->number, Bits<64>::of(static_cast<uint64_t>(int64_t{where.offset})));
}
Int128 least(const Reference& where) { return places(where).low.signed_value(); }
Int128 greatest(const Reference& where) { return places(where).high.signed_value(); }

std::unexpected<Failure> failed(Reason reason, const Reference& where, int64_t size = 0) {
  return std::unexpected(access_failure(reason, where, size));
}

Checked check_stack(const Reference& where) {
  if (below_origin(places(where), wide(where.bytes), wide(ebpf::kStackSize))) return {};
  return failed(Reason::kStackBounds, where, ebpf::kStackSize);
}

// 0 <= offset and offset + bytes <= size.
Checked check_sized(Reason reason, const State& state, const Reference& where, const Linear& size) {
  const Linear offset = where.pointer->form().plus(where.offset);
  const bool above = least(where) >= 0 || state.relations.implies(offset);
  const Linear end = where.size != nullptr ? offset + where.size->form() : offset.plus(where.bytes);
  if (above && state.relations.implies(size - end)) return {};
  const Int128 known = state.relations.lower(size);
  if (above && ends_within(places(where), wide(where.bytes), wide(known))) return {};
  return failed(reason, where, static_cast<int64_t>(known));
}

bool constant_offset(const Reference& where) { return is_constant(where.pointer->number); }

// The field of a table that allows the access.
const Field* find_field(std::span<const Field> fields, const Reference& where) {
  if (!constant_offset(where)) return nullptr;
  if (least(where) < 0) return nullptr;
  const auto at = static_cast<uint64_t>(least(where));
  const bool may =
      where.write ? may_write(fields, at, where.bytes) : may_read(fields, at, where.bytes);
  return may ? field_at(fields, at) : nullptr;
}

// Whether the access would do but for the direction.
bool other_direction(std::span<const Field> fields, Reference where) {
  where.write = !where.write;
  return find_field(fields, where) != nullptr;
}

Checked check_fields(std::span<const Field> fields, const Reference& where, Reason access,
                     Reason write) {
  if (find_field(fields, where) != nullptr) return {};
  return failed(where.write && other_direction(fields, where) ? write : access, where);
}

Checked check_map(const State& state, const Reference& where) {
  const Map& map = *where.pointer->map;
  const bool key = where.pointer->type == Type::kMapKey;
  const uint32_t size = key ? map.key_size : map.value_size;
  if (where.write && (key || where.pointer->read_only || (map.flags & kReadOnlyMap) != 0)) {
    return failed(Reason::kReadOnlyWrite, where, size);
  }
  if (!where.write && !key && (map.flags & kWriteOnlyMap) != 0) {
    return failed(Reason::kWriteOnlyRead, where, size);
  }
  if (Checked c = check_sized(Reason::kMapBounds, state, where, Linear::constant(size)); !c) {
    return c;
  }
  if (key) return {};
  for (const SpecialField& field : map.fields) {
    const bool touched =
        may_touch(places(where), wide(where.bytes), wide(field.offset), wide(field.bytes));
    if (touched && kptr_field(where) == nullptr) return failed(Reason::kSpecialField, where);
  }
  return {};
}

Checked check_region(const State& state, const Reference& where) {
  if (where.write && where.pointer->read_only) {
    return failed(Reason::kReadOnlyWrite, where, where.pointer->detail);
  }
  return check_sized(Reason::kRegionBounds, state, where, Linear::constant(where.pointer->detail));
}

Checked check_tracepoint_buffer(const Reference& where) {
  // The host checks the size when the program is attached.
  if (constant_offset(where) && least(where) >= 0 &&
      least(where) + where.bytes <= kTracepointBufferBytes) {
    return {};
  }
  return failed(Reason::kRegionBounds, where, kTracepointBufferBytes);
}

Checked check_object(const Rules& rules, const Reference& where) {
  if (where.write) return failed(Reason::kObjectWrite, where);
  if (!rules.subject.gpl_compatible) return failed(Reason::kLicenceNeeded, where);
  if (object_member(rules, where) == nullptr) return failed(Reason::kObjectAccess, where);
  return {};
}

Checked check_packet(const Rules& rules, const Reference& where) {
  const PacketAccess access = rules.subject.platform.packet;
  if (access == PacketAccess::kNone || (where.write && access != PacketAccess::kWrite)) {
    return failed(Reason::kPacketAccess, where);
  }
  return {};
}

// Whether address + shift is a multiple of a power of two.
bool aligned(const Reference& where, int64_t shift, uint32_t bytes) {
  const Number address = abstract_alu(ebpf::AluOp::kAdd, 64, where.pointer->number,
                                      constant_number(where.offset + shift));
  return is_multiple(address, Bits<64>::of(bytes));
}

Checked check_alignment(const Rules& rules, const Reference& where) {
  if (where.helper) return {};
  const Type type = where.pointer->type;
  const bool packet = type == Type::kPacket || type == Type::kPacketMeta;
  if (where.atomic) {
    const bool takes = type == Type::kStack || type == Type::kMemory || type == Type::kMapValue ||
                       type == Type::kRegion;
    if (!takes || !aligned(where, 0, where.bytes)) return failed(Reason::kAtomicAccess, where);
    return {};
  }
  // Spilled values are tracked by aligned places, as in Linux.
  if (type != Type::kStack && !rules.strict_alignment) return {};
  if (aligned(where, packet ? kPacketAlignment : 0, where.bytes)) return {};
  return failed(Reason::kAlignment, where);
}

Checked check_region_of(const Rules& rules, const State& state, const Reference& where) {
  const Platform& platform = rules.subject.platform;
  switch (where.pointer->type) {
    case Type::kUninitialised:
      return failed(Reason::kUninitialisedRegister, where);
    case Type::kNumber:
    case Type::kPacketEnd:
    case Type::kMap:
    case Type::kPerCpu:
    case Type::kFunction:
      return failed(Reason::kNotAPointer, where);
    case Type::kContext:
      // What was moved may go to helpers that read any memory, but is no context any more.
      if (!is_zero(where.pointer->number)) return failed(Reason::kContextAccess, where);
      if (argument_at(rules, where) != nullptr) return {};
      return check_fields(platform.context, where, Reason::kContextAccess, Reason::kContextWrite);
    case Type::kPacket:
      if (Checked c = check_packet(rules, where); !c) return c;
      return check_sized(Reason::kPacketBounds, state, where, Linear::symbol(state.packet_size));
    case Type::kPacketMeta:
      if (Checked c = check_packet(rules, where); !c) return c;
      return check_sized(Reason::kMetaBounds, state, where,
                         Linear::symbol(state.meta_size_plus_one).plus(-1));
    case Type::kStack:
      return check_stack(where);
    case Type::kMemory:
      return check_sized(Reason::kMemoryBounds, state, where, Linear::symbol(kMemorySize));
    case Type::kMapKey:
    case Type::kMapValue:
      return check_map(state, where);
    case Type::kRegion:
      return check_region(state, where);
    case Type::kStructure:
      return check_fields(platform.structure(where.pointer->structure).fields, where,
                          Reason::kStructureAccess, Reason::kStructureWrite);
    case Type::kObject:
      return check_object(rules, where);
    case Type::kTracepointBuffer:
      return check_tracepoint_buffer(where);
  }
  return failed(Reason::kNotAPointer, where);
}

}  // namespace

Failure access_failure(Reason reason, const Reference& where, int64_t size) {
  Failure result{.reason = reason, .reg = where.reg, .type = where.pointer->type, .access = {}};
  constexpr Int128 kLeast = std::numeric_limits<int64_t>::min();
  constexpr Int128 kGreatest = std::numeric_limits<int64_t>::max();
  result.access.low = static_cast<int64_t>(std::max(least(where), kLeast));
  result.access.high = static_cast<int64_t>(std::min(greatest(where), kGreatest));
  result.access.bytes = where.bytes;
  result.access.size = size;
  result.access.write = where.write;
  return result;
}

const Field* context_field(const Rules& rules, const Reference& where) {
  return find_field(rules.subject.platform.context, where);
}

const Parameter* argument_at(const Rules& rules, const Reference& where) {
  constexpr int64_t kArgumentBytes = 8;
  if (rules.subject.platform.entry != Entry::kBtf || !constant_offset(where)) return nullptr;
  const Int128 at = least(where);
  if (at < 0 || at % kArgumentBytes != 0 || where.write) return nullptr;
  const auto index = static_cast<uint64_t>(at / kArgumentBytes);
  if (index >= rules.subject.arguments.size()) return nullptr;
  const Parameter& parameter = rules.subject.arguments[index];
  const bool number = parameter.kind == Parameter::Kind::kNumber;
  return where.bytes == kArgumentBytes || number ? &parameter : nullptr;
}

const Field* structure_field(const Rules& rules, const Reference& where) {
  return find_field(rules.subject.platform.structure(where.pointer->structure).fields, where);
}

const SpecialField* kptr_field(const Reference& where) {
  if (where.helper || !constant_offset(where) || where.bytes != 8) return nullptr;
  for (const SpecialField& field : where.pointer->map->fields) {
    const bool loadable = field.kind == SpecialField::Kind::kKptr ||
                          (field.kind == SpecialField::Kind::kReferencedKptr && !where.write);
    if (loadable && least(where) == int64_t{field.offset}) return &field;
  }
  return nullptr;
}

namespace {

// The member of a type, or of the structures inside it, that holds the bytes.
const Member* find_member(const Types& types, uint32_t type, int64_t at, uint32_t bytes) {
  constexpr int kMaxNesting = 16;
  for (int depth = 0; depth < kMaxNesting; ++depth) {
    const TypeInfo* info = types[type];
    if (info == nullptr) return nullptr;
    const Member* inside = nullptr;
    for (const Member& member : info->members) {
      if (at < member.offset || at + bytes > int64_t{member.offset} + member.bytes) continue;
      if (member.kind != Member::Kind::kStruct) return &member;
      if (inside == nullptr) inside = &member;
    }
    if (inside == nullptr || inside->element == 0) return nullptr;
    at = (at - inside->offset) % inside->element;
    type = inside->type;
  }
  return nullptr;
}

}  // namespace

const Member* object_member(const Rules& rules, const Reference& where) {
  if (!constant_offset(where) || least(where) < 0) return nullptr;
  if (greatest(where) > std::numeric_limits<uint32_t>::max()) return nullptr;
  return find_member(rules.subject.types, where.pointer->detail, static_cast<int64_t>(least(where)),
                     where.bytes);
}

Checked check_access(const Rules& rules, const State& state, const Reference& where) {
  const Type type = where.pointer->type;
  if (is_pointer(type) && where.pointer->nullable) return failed(Reason::kNullPointer, where);
  // An atomic operation is wrong for what it is before it is for where it goes.
  if (where.atomic && is_pointer(type)) {
    if (Checked c = check_alignment(rules, where); !c) return c;
  }
  if (Checked c = check_region_of(rules, state, where); !c) return c;
  return check_alignment(rules, where);
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

Checked check_no_leak(const Rules& rules, const State& state, ebpf::Reg reg, Reason leak) {
  return rules.privileged ? check_initialised(state, reg) : check_number(state, reg, leak);
}

}  // namespace zext::verifier
