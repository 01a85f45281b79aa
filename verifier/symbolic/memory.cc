// Memory: what an access must satisfy, what a load gives and a store leaves behind.
#include <algorithm>
#include <limits>

#include "isa/ebpf/semantics.h"
#include "verifier/symbolic/executor.h"

namespace zext::verifier::symbolic {
namespace {

using ebpf::Kind;

constexpr uint64_t kStackBytes = ebpf::kStackSize;
constexpr uint32_t kReadOnlyMap = 1u << 7;   // BPF_F_RDONLY_PROG
constexpr uint32_t kWriteOnlyMap = 1u << 8;  // BPF_F_WRONLY_PROG
constexpr uint64_t kTracepointBufferBytes = 8192;
constexpr size_t kMaxTable = 4096;  // bytes of a constant table that are looked at

Term sign_extend(unsigned bytes, const Term& word) {
  return lift([&](auto x) { return ebpf::sign_extend(bytes, x); }, word);
}
Term zero_extend(unsigned bytes, const Term& word) {
  return lift([&](auto x) { return ebpf::zero_extend(bytes, x); }, word);
}

// The byte of a word, moved to another place.
Term moved_byte(const Term& word, unsigned from, unsigned to) {
  return lift(
      [&](auto x) {
        using W = decltype(x);
        return shl(lshr(x, W::of(8 * from)) & W::of(0xff), W::of(8 * to));
      },
      word);
}

// That `bytes` from `offset` on end within `size`, said as simply as can be.
Truth inside(const Term& offset, const Term& bytes, const Term& size) {
  constexpr uint64_t kSmall = uint64_t{1} << 62;
  if (offset.constant() && bytes.constant() && offset.value() < kSmall && bytes.value() < kSmall) {
    return ule(Term::of(offset.value() + bytes.value()), size);
  }
  return ule(bytes, size) && ule(offset, size - bytes);
}

// The member of a type, or of the structures inside it, that holds the bytes.
const Member* member_at(const Types& types, uint32_t type, uint64_t at, uint64_t bytes) {
  constexpr int kMaxNesting = 16;
  for (int depth = 0; depth < kMaxNesting; ++depth) {
    const TypeInfo* info = types[type];
    if (info == nullptr) return nullptr;
    const Member* inside = nullptr;
    for (const Member& member : info->members) {
      if (at < member.offset || at + bytes > uint64_t{member.offset} + member.bytes) continue;
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

Checked Executor::check_fields(const Access& access, std::span<const Field> fields,
                               Reason access_reason, Reason write_reason) {
  if (!access.offset.constant() || !access.bytes.constant()) {
    return violated(access_reason, access.reg);
  }
  const uint64_t at = access.offset.value();
  const auto bytes = static_cast<unsigned>(access.bytes.value());
  const bool reads = may_read(fields, at, bytes);
  if (access.write ? may_write(fields, at, bytes) : reads) return {};
  return violated(access.write && reads ? write_reason : access_reason, access.reg);
}

Checked Executor::check_map(const Access& access) {
  const Map& map = *access.pointer->map;
  const bool key = access.pointer->type == Type::kMapKey;
  if (access.write && (key || access.pointer->read_only || (map.flags & kReadOnlyMap) != 0)) {
    return violated(Reason::kReadOnlyWrite, access.reg);
  }
  if (!access.write && !key && (map.flags & kWriteOnlyMap) != 0) {
    return violated(Reason::kWriteOnlyRead, access.reg);
  }
  const Term size = Term::of(key ? map.key_size : map.value_size);
  const Truth fits = inside(access.offset, access.bytes, size);
  if (Checked c = require(fits, Reason::kMapBounds, access.reg); !c) return c;
  if (key) return {};
  for (const SpecialField& field : map.fields) {
    const Term begin = Term::of(field.offset);
    const Term end = Term::of(uint64_t{field.offset} + field.bytes);
    const Truth apart = ule(access.offset + access.bytes, begin) || ule(end, access.offset);
    if (Checked c = require(apart, Reason::kSpecialField, access.reg); !c) return c;
  }
  return {};
}

Checked Executor::check_access(const Machine& machine, const Access& access) {
  const Word& pointer = *access.pointer;
  const Platform& platform = rules_.subject.platform;
  if (pointer.pointer() && pointer.nullable) return violated(Reason::kNullPointer, access.reg);
  const auto within = [&](const Term& size, Reason reason) {
    return require(inside(access.offset, access.bytes, size), reason, access.reg);
  };
  Term alignment_base;
  Checked checked;
  switch (pointer.type) {
    case Type::kUninitialised:
      return violated(Reason::kUninitialisedRegister, access.reg);
    case Type::kNumber:
    case Type::kPacketEnd:
    case Type::kMap:
    case Type::kPerCpu:
    case Type::kFunction:
      return violated(Reason::kNotAPointer, access.reg);
    case Type::kContext: {
      if (!pointer.bits.is(0)) return violated(Reason::kContextAccess, access.reg);
      const auto& arguments = rules_.subject.arguments;
      if (platform.entry == Entry::kBtf && !access.write && access.offset.constant() &&
          access.offset.value() % 8 == 0 && access.offset.value() / 8 < arguments.size() &&
          (access.bytes.is(8) ||
           arguments[access.offset.value() / 8].kind == Parameter::Kind::kNumber)) {
        return {};
      }
      checked =
          check_fields(access, platform.context, Reason::kContextAccess, Reason::kContextWrite);
      break;
    }
    case Type::kPacket:
    case Type::kPacketMeta: {
      if (platform.packet == PacketAccess::kNone ||
          (access.write && platform.packet != PacketAccess::kWrite)) {
        return violated(Reason::kPacketAccess, access.reg);
      }
      const bool meta = pointer.type == Type::kPacketMeta;
      // Where there is no metadata the size may be -1.
      if (meta) {
        checked = require(slt(Term::of(0), machine.meta_size_plus_one) &&
                              ule(access.bytes, machine.meta_size_plus_one - Term::of(1)),
                          Reason::kMetaBounds, access.reg);
        if (!checked) return checked;
      }
      checked = within(meta ? machine.meta_size_plus_one - Term::of(1) : machine.packet_size,
                       meta ? Reason::kMetaBounds : Reason::kPacketBounds);
      alignment_base = Term::of(2);
      break;
    }
    case Type::kStack:
      // The frame is gone.
      if (pointer.frame >= machine.frames.size()) {
        return violated(Reason::kStackBounds, access.reg);
      }
      checked = require(
          ule(access.bytes, Term::of(kStackBytes)) &&
              ule(access.offset + Term::of(kStackBytes), Term::of(kStackBytes) - access.bytes),
          Reason::kStackBounds, access.reg);
      break;
    case Type::kMemory:
      checked = within(machine.memory_size, Reason::kMemoryBounds);
      break;
    case Type::kMapKey:
    case Type::kMapValue:
      checked = check_map(access);
      break;
    case Type::kRegion:
      if (access.write && pointer.read_only) return violated(Reason::kReadOnlyWrite, access.reg);
      checked = within(Term::of(pointer.detail), Reason::kRegionBounds);
      break;
    case Type::kStructure:
      checked = check_fields(access, platform.structure(pointer.structure).fields,
                             Reason::kStructureAccess, Reason::kStructureWrite);
      break;
    case Type::kObject:
      if (access.write) return violated(Reason::kObjectWrite, access.reg);
      if (!rules_.subject.gpl_compatible) return violated(Reason::kLicenceNeeded, access.reg);
      if (!access.offset.constant() || access.offset.value() > UINT32_MAX ||
          member_at(rules_.subject.types, pointer.detail, access.offset.value(),
                    access.bytes.value()) == nullptr) {
        return violated(Reason::kObjectAccess, access.reg);
      }
      break;
    case Type::kTracepointBuffer:
      // The host checks the size when the program is attached.
      if (!access.offset.constant()) return violated(Reason::kRegionBounds, access.reg);
      checked = within(Term::of(kTracepointBufferBytes), Reason::kRegionBounds);
      break;
  }
  if (!checked || access.helper) return checked;
  if (access.atomic && pointer.type != Type::kStack && pointer.type != Type::kMemory &&
      pointer.type != Type::kMapValue && pointer.type != Type::kRegion) {
    return violated(Reason::kAtomicAccess, access.reg);
  }
  if (!access.atomic && !rules_.strict_alignment) return {};
  const Term low = (access.offset + alignment_base) & (access.bytes - Term::of(1));
  return require(low == Term::of(0), access.atomic ? Reason::kAtomicAccess : Reason::kAlignment,
                 access.reg);
}

// Bytes of the stack are initialised, and no address where numbers are wanted.
Checked Executor::check_stack_read(const Machine& machine, const Access& access) {
  const Frame& frame = machine.frames[access.pointer->frame];
  const auto places = solver_.bounds(access.offset, -ebpf::kStackSize, 0);
  const bool exact = access.offset.constant();
  for (int64_t at = places.low; at < places.high + int64_t{access.most} && at < 0; ++at) {
    const Byte& byte = frame.stack[static_cast<size_t>(at + ebpf::kStackSize)];
    const bool address = byte.stored != 0 && stored_[byte.stored].word.pointer();
    if (byte.stored != 0 && !(address && !rules_.privileged)) continue;
    const Reason reason = address ? Reason::kPointerLeak : Reason::kUninitialisedStack;
    // Where the place or the size is not fixed, perhaps the byte is not among them after all.
    const Term here = Term::of_signed(at);
    const Truth outside = slt(here, access.offset) || sle(access.offset + access.bytes, here);
    if (Checked c = exact && access.bytes.constant() ? violated(reason, access.reg)
                                                     : require(outside, reason, access.reg);
        !c) {
      return c;
    }
  }
  return {};
}

std::optional<Word> Executor::read_stack(const Frame& frame, uint32_t at, uint32_t bytes) const {
  const Byte& first = frame.stack[at];
  bool whole = first.index == 0 && stored_[first.stored].bytes == bytes;
  bool address = false;
  for (uint32_t i = 0; i < bytes; ++i) {
    const Byte& byte = frame.stack[at + i];
    if (byte.stored == 0) return std::nullopt;
    whole = whole && byte.stored == first.stored && byte.index == i;
    address = address || stored_[byte.stored].word.pointer();
  }
  if (whole) return stored_[first.stored].word;
  if (address) return std::nullopt;
  Term value;
  for (uint32_t i = 0; i < bytes;) {
    const Byte& byte = frame.stack[at + i];
    const Term& word = stored_[byte.stored].word.bits;
    const Term part = moved_byte(word, byte.index, i);
    value = value.is(0) ? part : lift([](auto x, auto y) { return x | y; }, value, part);
    ++i;
  }
  return Word::of(value);
}

void Executor::write_stack(Frame& frame, uint32_t at, uint32_t bytes, const Word& word) {
  const auto stored = static_cast<uint32_t>(stored_.size());
  stored_.push_back({.word = word, .bytes = static_cast<uint8_t>(bytes)});
  for (uint32_t i = 0; i < bytes; ++i) {
    frame.stack[at + i] = {.stored = stored, .index = static_cast<uint8_t>(i)};
  }
}

void Executor::fill_stack(Frame& frame, uint32_t at, uint32_t bytes) {
  while (bytes > 0) {
    const uint32_t part = at % 8 == 0 && bytes >= 8 ? 8 : 1;
    write_stack(frame, at, part, Word::of(solver_.fresh(8 * part)));
    at += part;
    bytes -= part;
  }
}

// Somebody writes numbers to some or all of the bytes.
void Executor::overwrite(Machine& machine, const Access& access, bool fills) {
  if (access.pointer->type != Type::kStack) return;
  Frame& frame = machine.frames[access.pointer->frame];
  const auto places = solver_.bounds(access.offset, -ebpf::kStackSize, 0);
  const auto sizes = solver_.bounds(access.bytes, 0, access.most);
  const bool exact = places.low == places.high;
  for (int64_t at = places.low; at < places.high + sizes.high && at < 0; ++at) {
    const auto place = static_cast<uint32_t>(at + ebpf::kStackSize);
    const Byte& byte = frame.stack[place];
    const bool certain = fills && exact && at < places.low + sizes.low;
    const bool address = byte.stored != 0 && stored_[byte.stored].word.pointer();
    if (certain || (byte.stored != 0 && !(address && !rules_.privileged))) continue;
    frame.stack[place] = {};
  }
  // Runs of initialised bytes hold new numbers.
  for (int64_t at = places.low; at < places.high + sizes.high && at < 0; ++at) {
    const auto place = static_cast<uint32_t>(at + ebpf::kStackSize);
    const bool certain = fills && exact && at < places.low + sizes.low;
    if (certain || frame.stack[place].stored != 0) {
      const bool whole = certain && place % 8 == 0 && at + 8 <= places.low + sizes.low;
      fill_stack(frame, place, whole ? 8 : 1);
      if (whole) at += 7;
    }
  }
}

Word Executor::read_field(Machine& machine, const Field& field, const Access& access) {
  switch (field.kind) {
    case FieldKind::kNumber:
    case FieldKind::kBytes:
      break;
    case FieldKind::kPacketStart:
      return Word::at(Type::kPacket);
    case FieldKind::kPacketEnd: {
      Word end = Word::at(Type::kPacketEnd);
      end.bits = machine.packet_size;
      return end;
    }
    case FieldKind::kPacketMeta:
      return Word::at(Type::kPacketMeta);
    case FieldKind::kStructure: {
      Word structure = Word::at(Type::kStructure);
      structure.structure = field.structure;
      structure.nullable = field.nullable;
      structure.object = fresh_object();
      if (remembers_) {
        record(
            machine,
            {.kind = Event::Kind::kPointer, .offset = access.offset, .object = structure.object});
      }
      return structure;
    }
    case FieldKind::kTracepointBuffer:
      return Word::at(Type::kTracepointBuffer);
  }
  // Nobody else changes the context of a program while it runs, but helpers it is handed to.
  if (remembers_ || access.pointer->type == Type::kContext) return remember(machine, access);
  return Word::of(solver_.fresh(static_cast<unsigned>(8 * access.bytes.value())));
}

// A map's bytes that never change.
Word Executor::read_constant(const Access& access) {
  const auto bytes = access.pointer->map->constant;
  const auto count = static_cast<unsigned>(access.bytes.value());
  const Word any = Word::of(solver_.fresh(8 * count));
  const auto at = [&](uint64_t offset) {
    uint64_t value = 0;
    for (unsigned i = 0; i < count; ++i) value |= uint64_t{bytes[offset + i]} << (8 * i);
    return value;
  };
  if (bytes.size() < count) return any;
  const uint64_t last = bytes.size() - count;
  if (access.offset.constant()) {
    return access.offset.value() <= last ? Word::of(Term::of(at(access.offset.value()))) : any;
  }
  if (last > kMaxTable) return any;
  const auto places = solver_.bounds(access.offset, 0, static_cast<int64_t>(last));
  // Elements of tables lie at multiples of their size.
  const bool strides = solver_.proves((access.offset & Term::of(count - 1)) == Term::of(0));
  const int64_t stride = strides ? count : 1;
  for (int64_t place = places.low; place <= places.high; place += stride) {
    const Truth here = access.offset == Term::of_signed(place);
    solver_.add(!here || any.bits == Term::of(at(static_cast<uint64_t>(place))));
  }
  return any;
}

Word Executor::read_object(const Machine& machine, const Access& access) {
  const uint64_t bytes = access.bytes.value();
  const Member* member =
      member_at(rules_.subject.types, access.pointer->detail, access.offset.value(), bytes);
  if (member == nullptr || member->kind != Member::Kind::kPointer || bytes != 8) {
    // A replayed run finds zeros there.
    if (remembers_) return Word::of(Term());
    return Word::of(solver_.fresh(static_cast<unsigned>(8 * bytes)));
  }
  Word object = Word::at(Type::kObject);
  object.detail = member->type;
  const Trust base = trust_of(machine, *access.pointer);
  if (member->keeps == Member::Keeps::kTrusted && base == Trust::kTrusted) {
    object.trust = Trust::kTrusted;
    object.reference = access.pointer->reference;
    object.nullable = member->nullable;
    object.object = fresh_object();
  }
  if (base == Trust::kUntrusted) object.trust = base;
  return object;
}

std::expected<Word, Violation> Executor::read(Machine& machine, const Access& access) {
  const auto bits = static_cast<unsigned>(8 * access.bytes.value());
  switch (access.pointer->type) {
    case Type::kStack: {
      if (Checked c = check_stack_read(machine, access); !c) return std::unexpected(c.error());
      const Frame& frame = machine.frames[access.pointer->frame];
      if (access.offset.constant()) {
        const auto word = read_stack(
            frame, static_cast<uint32_t>(access.offset.signed_value() + ebpf::kStackSize),
            static_cast<uint32_t>(access.bytes.value()));
        if (!word) return violated(Reason::kSpilledPointer, access.reg);
        return *word;
      }
      // Where Z3 does not say, all places are left at which the whole word is on the stack.
      const auto places = solver_.bounds(access.offset, -ebpf::kStackSize, -int64_t{bits / 8});
      Word any = Word::of(solver_.fresh(bits));
      for (int64_t at = places.low; at <= places.high; ++at) {
        const auto word = read_stack(frame, static_cast<uint32_t>(at + ebpf::kStackSize), bits / 8);
        const Truth here = access.offset == Term::of_signed(at);
        if (!word || word->pointer()) {
          if (solver_.proves(!here)) continue;
          return violated(Reason::kSpilledPointer, access.reg);
        }
        solver_.add(!here || any.bits == word->bits);
      }
      return any;
    }
    case Type::kContext: {
      const auto& arguments = rules_.subject.arguments;
      if (rules_.subject.platform.entry == Entry::kBtf &&
          access.offset.value() / 8 < arguments.size()) {
        const Parameter& parameter = arguments[access.offset.value() / 8];
        if (remembers_ && parameter.kind == Parameter::Kind::kNumber) {
          return remember(machine, access);
        }
        const Word word = argument_of(parameter);
        if (remembers_) {
          record(machine,
                 {.kind = Event::Kind::kPointer, .offset = access.offset, .object = word.object});
        }
        return word;
      }
      return read_field(machine, *field_at(rules_.subject.platform.context, access.offset.value()),
                        access);
    }
    case Type::kStructure: {
      const auto& structure = rules_.subject.platform.structure(access.pointer->structure);
      return read_field(machine, *field_at(structure.fields, access.offset.value()), access);
    }
    case Type::kObject:
      return read_object(machine, access);
    case Type::kMapValue:
      if (!access.pointer->map->constant.empty()) return read_constant(access);
      break;
    default:
      break;
  }
  if (remembers_) return remember(machine, access);
  return Word::of(solver_.fresh(bits));
}

Checked Executor::load(Machine& machine, const Insn& insn) {
  const ebpf::Row& row = insn.row();
  const Word pointer = machine.registers[insn.src];
  const Access access{.pointer = &pointer,
                      .reg = insn.src,
                      .offset = pointer.bits + Term::of_signed(insn.offset),
                      .bytes = Term::of(row.bytes),
                      .most = row.bytes,
                      .atomic = row.kind == Kind::kLoadAcquire};
  if (Checked c = check_access(machine, access); !c) return c;
  auto word = read(machine, access);
  if (!word) return std::unexpected(word.error());
  if (row.kind == Kind::kLoadSx) {
    if (word->pointer()) return violated(Reason::kSpilledPointer, insn.src);
    word->bits = sign_extend(row.bytes, word->bits);
  }
  machine.registers[insn.dst] = *word;
  return {};
}

Checked Executor::write(Machine& machine, const Access& access, const Word& word) {
  const bool stack = access.pointer->type == Type::kStack;
  if (word.pointer() && !stack && (!rules_.privileged || access.pointer->type == Type::kMemory)) {
    return violated(Reason::kPointerLeak, access.reg);
  }
  if (!stack) {
    if (remembers_ || access.pointer->type == Type::kContext) keep_bytes(machine, access, word);
    return {};
  }
  const bool whole = access.offset.constant() && access.bytes.is(8);
  if (word.pointer()) {
    // A callee's frame is gone when the caller reads the address.
    const bool outlives =
        word.type == Type::kStack && access.pointer->frame + 1u != machine.frames.size();
    const bool aligned = whole && access.offset.signed_value() % 8 == 0;
    if (outlives || (!aligned && !rules_.privileged)) {
      return violated(Reason::kSpilledPointer, access.reg);
    }
  }
  Frame& frame = machine.frames[access.pointer->frame];
  if (!access.offset.constant()) {
    if (!write_somewhere(frame, access, word)) overwrite(machine, access, false);
    return {};
  }
  const auto at = static_cast<uint32_t>(access.offset.signed_value() + ebpf::kStackSize);
  const auto bytes = static_cast<uint32_t>(access.bytes.value());
  if (!rules_.privileged && !whole) {
    // What is left of an address must not be read as a number.
    for (uint32_t i = 0; i < bytes; ++i) {
      const uint32_t stored = frame.stack[at + i].stored;
      if (stored == 0 || !stored_[stored].word.pointer()) continue;
      for (Byte& byte : frame.stack) {
        if (byte.stored == stored) byte = {};
      }
    }
  }
  Word kept = word;
  if (word.number() && bytes < 8) kept.bits = zero_extend(bytes, word.bits);
  if (word.pointer() && !whole) kept = Word::of(solver_.fresh(8 * bytes));
  write_stack(frame, at, bytes, kept);
  return {};
}

// A number in one of a few places, each of which holds a number of the same size: whichever it is,
// the others stay.
bool Executor::write_somewhere(Frame& frame, const Access& access, const Word& word) {
  constexpr int64_t kMaxPlaces = 64;
  if (!word.number()) return false;
  const auto bytes = static_cast<uint32_t>(access.bytes.value());
  const auto places = solver_.bounds(access.offset, -ebpf::kStackSize, -int64_t{bytes});
  const auto low = static_cast<uint32_t>(places.low + ebpf::kStackSize);
  if ((places.high - places.low) / bytes >= kMaxPlaces || low % bytes != 0) return false;
  if (!solver_.proves((access.offset & Term::of(bytes - 1)) == Term())) return false;
  std::vector<Term> before;
  for (int64_t at = places.low; at <= places.high; at += bytes) {
    const auto old = read_stack(frame, static_cast<uint32_t>(at + ebpf::kStackSize), bytes);
    if (!old || !old->number()) return false;
    before.push_back(old->bits);
  }
  const Term value = zero_extend(bytes, word.bits);
  for (size_t i = 0; i < before.size(); ++i) {
    const int64_t at = places.low + static_cast<int64_t>(i * bytes);
    const Truth here = access.offset == Term::of_signed(at);
    write_stack(frame, static_cast<uint32_t>(at + ebpf::kStackSize), bytes,
                Word::of(Term(select(here.formula(), value.bv(), before[i].bv()))));
  }
  return true;
}

Checked Executor::store(Machine& machine, const Insn& insn) {
  const ebpf::Row& row = insn.row();
  const bool immediate = row.kind == Kind::kStoreImm;
  if (!immediate) {
    if (Checked c = initialised(machine, insn.src); !c) return c;
  }
  const Word pointer = machine.registers[insn.dst];
  const Word word = immediate ? Word::of(Term(insn.imm)) : machine.registers[insn.src];
  const Access access{.pointer = &pointer,
                      .reg = insn.dst,
                      .offset = pointer.bits + Term::of_signed(insn.offset),
                      .bytes = Term::of(row.bytes),
                      .most = row.bytes,
                      .write = true,
                      .atomic = row.kind == Kind::kStoreRelease};
  if (Checked c = check_access(machine, access); !c) return c;
  return write(machine, access, word);
}

Checked Executor::atomic(Machine& machine, const Insn& insn) {
  const ebpf::Row& row = insn.row();
  const bool compares = row.atomic == ebpf::AtomicOp::kCmpxchg;
  if (Checked c = no_leak(machine, insn.src, Reason::kPointerLeak); !c) return c;
  if (compares) {
    if (Checked c = no_leak(machine, 0, Reason::kPointerLeak); !c) return c;
  }
  const Word pointer = machine.registers[insn.dst];
  Access access{.pointer = &pointer,
                .reg = insn.dst,
                .offset = pointer.bits + Term::of_signed(insn.offset),
                .bytes = Term::of(row.bytes),
                .most = row.bytes,
                .atomic = true};
  if (Checked c = check_access(machine, access); !c) return c;
  access.write = true;
  if (Checked c = check_access(machine, access); !c) return c;
  auto old = read(machine, access);
  if (!old) return std::unexpected(old.error());
  if (old->pointer()) {
    if (!rules_.privileged || row.bytes != 8) return violated(Reason::kSpilledPointer, insn.dst);
    *old = Word::of(solver_.fresh());
  }
  Word now = Word::of(solver_.fresh(8u * row.bytes));
  const Word& src = machine.registers[insn.src];
  const Word& expected = machine.registers[0];
  if (src.number() && (!compares || expected.number()) && row.bytes == 8) {
    now.bits = lift([&](auto o, auto s, auto e) { return ebpf::atomic(row.atomic, o, s, e); },
                    old->bits, src.bits, compares ? expected.bits : Term());
  }
  if (Checked c = write(machine, access, now); !c) return c;
  if (row.fetch) machine.registers[compares ? 0 : insn.src] = *old;
  return {};
}

}  // namespace zext::verifier::symbolic
