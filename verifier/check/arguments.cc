#include "verifier/check/arguments.h"

#include <algorithm>
#include <cstring>

#include "verifier/check/format.h"

namespace zext::verifier {
namespace {

// Largest size of memory handed to a helper (Linux's BPF_MAX_VAR_SIZ).
constexpr uint64_t kMaxSize = (uint64_t{1} << 29) - 1;
constexpr uint32_t kFrozen = 1u << 7;  // BPF_F_RDONLY_PROG

constexpr uint32_t kArrayMap = 2;
constexpr uint32_t kPerCpuArrayMap = 6;
constexpr uint32_t kSockMap = 15;
constexpr uint32_t kSockHash = 18;
constexpr uint32_t kBloomFilter = 30;
constexpr uint32_t kMapLookup = 1;
constexpr uint32_t kMapUpdate = 2;
constexpr uint32_t kSnprintf = 165;
constexpr uint32_t kMapDelete = 3;
constexpr uint16_t kDynptrBytes = 16;
constexpr uint32_t kGetLocalStorage = 81;  // its flags must be 0

uint32_t stack_place(int64_t offset) { return static_cast<uint32_t>(offset + Stack::kBytes); }

class Checker {
 public:
  Checker(const Rules& rules, const State& state, const Helper& helper)
      : rules_(rules), state_(state), helper_(helper) {
    call_.helper = &helper;
  }

  std::expected<Call, Failure> run() {
    for (unsigned i = 0; i < helper_.arguments.size(); ++i) {
      if (helper_.arguments[i].kind == ArgumentKind::kNone) break;
      if (Checked c = check(i); !c) return std::unexpected(c.error());
    }
    return call_;
  }

 private:
  static ebpf::Reg reg(unsigned i) { return static_cast<ebpf::Reg>(i + 1); }
  const Value& value(unsigned i) const { return state_.registers[reg(i)]; }
  const Argument& argument(unsigned i) const { return helper_.arguments[i]; }

  std::unexpected<Failure> failed(unsigned i, Reason reason = Reason::kHelperArgument) const {
    Failure failure{.reason = reason, .reg = reg(i), .type = value(i).type, .access = {}};
    failure.access.related = helper_.number;
    failure.access.low = signed_min(value(i).number);
    failure.access.high = signed_max(value(i).number);
    return std::unexpected(failure);
  }

  bool unmoved(unsigned i) const {
    return is_constant(value(i).number) && signed_min(value(i).number) == 0;
  }

  Checked check(unsigned i) {
    if (Checked c = check_initialised(state_, reg(i)); !c) return c;
    const Argument& wanted = argument(i);
    if (wanted.nullable && value(i).is_zero()) return {};
    if (is_pointer(value(i).type) && value(i).nullable && !wanted.nullable &&
        wanted.kind != ArgumentKind::kAnything) {
      return failed(i, Reason::kNullPointer);
    }
    if (Checked c = check_kind(i); !c) return c;
    return wanted.releases ? release(i) : Checked();
  }

  Checked check_kind(unsigned i) {
    switch (argument(i).kind) {
      case ArgumentKind::kNone:
        return {};
      case ArgumentKind::kAnything:
      case ArgumentKind::kNumber:
        if (helper_.number == kGetLocalStorage && !value(i).is_zero()) return failed(i);
        return check_no_leak(rules_, state_, reg(i), Reason::kPointerLeak);
      case ArgumentKind::kContext:
        return check_context(i);
      case ArgumentKind::kMap:
        return check_map(i);
      case ArgumentKind::kMapKey:
        return check_key(i);
      case ArgumentKind::kMapValue:
        return check_value(i);
      case ArgumentKind::kMemory:
        return check_memory_argument(i);
      case ArgumentKind::kSize:
      case ArgumentKind::kSizeOrZero:
        return check_size(i);
      case ArgumentKind::kConstantSize:
        return check_constant_size(i);
      case ArgumentKind::kStructure:
        return check_structure(i);
      case ArgumentKind::kBtf:
        return check_object(i);
      case ArgumentKind::kRecord:
        return of_type(i, Type::kRegion);
      case ArgumentKind::kSpinLock:
        return check_lock(i);
      case ArgumentKind::kTimer:
        if (rules_.subject.platform.tracing) return failed(i, Reason::kHelperNotAllowed);
        // Of a map that was looked up it is not known which one it is.
        if (value(i).type == Type::kMapValue && value(i).detail != 0) return failed(i);
        return check_field(i, SpecialField::Kind::kTimer);
      case ArgumentKind::kKptr:
        return check_field(i, SpecialField::Kind::kReferencedKptr);
      case ArgumentKind::kFunction:
        return check_function(i);
      case ArgumentKind::kStackOrNull:
        return value(i).type == Type::kStack || value(i).is_zero() ? Checked() : failed(i);
      case ArgumentKind::kString:
        return check_string(i);
      case ArgumentKind::kPerCpuBtf:
        call_.variable = value(i);
        return of_type(i, Type::kPerCpu);
      case ArgumentKind::kDynptr:
      case ArgumentKind::kIterator:
        return check_stack_object(i);
    }
    return failed(i);
  }

  Checked of_type(unsigned i, Type type) const {
    return value(i).type == type && unmoved(i) ? Checked() : failed(i);
  }

  Checked check_map(unsigned i) {
    if (value(i).type != Type::kMap) return failed(i);
    const Map& map = *value(i).map;
    const uint64_t allowed = argument(i).maps;
    if (allowed != 0 && (map.type >= 64 || (allowed >> map.type & 1) == 0)) {
      return failed(i, Reason::kHelperMap);
    }
    if ((map.type == kSockMap || map.type == kSockHash) && !changes_sockets()) {
      return failed(i, Reason::kHelperMap);
    }
    call_.inner_map = value(i).object != kNoObject;
    // A timer belongs to the map whose value it is in.
    if (call_.value_map != nullptr && call_.value_map != &map) return failed(i);
    call_.map = &map;
    return {};
  }

  // Whether this type of program may update, or delete from, maps of sockets as this call does.
  bool changes_sockets() const {
    const Platform& platform = rules_.subject.platform;
    if (helper_.number == kMapUpdate) return platform.updates_sockets;
    if (helper_.number == kMapDelete) return platform.updates_sockets || platform.deletes_sockets;
    return true;
  }

  Checked check_key(unsigned i) {
    if (call_.map == nullptr) return failed(i);
    const Map& map = *call_.map;
    if (Checked c = memory(i, map.key_size, nullptr); !c) return c;
    const bool array = map.type == kArrayMap || map.type == kPerCpuArrayMap;
    if (!array || map.key_size != 4 || value(i).type != Type::kStack ||
        !is_constant(value(i).number)) {
      return {};
    }
    const Stack& stack = state_.frames[value(i).frame].stack;
    const Value key = stack.load(stack_place(signed_min(value(i).number)), 4);
    // The map may be another one, of fewer elements, than the one that stands for it.
    constexpr uint32_t kInnerMap = 1u << 12;
    if (helper_.number != kMapLookup || (map.flags & kInnerMap) != 0) return {};
    call_.constant_key = key.type == Type::kNumber && is_constant(key.number) &&
                         unsigned_max(key.number) < map.max_entries;
    return {};
  }

  Checked check_value(unsigned i) {
    if (call_.map == nullptr) return failed(i);
    const Map& map = *call_.map;
    if (map.type == kSockMap || map.type == kSockHash) {
      // Such a map is updated with a socket.
      const bool socket =
          value(i).type == Type::kStructure && (value(i).structure == StructureId::kSocket ||
                                                value(i).structure == StructureId::kSockCommon ||
                                                value(i).structure == StructureId::kTcpSock);
      return (socket || value(i).type == Type::kObject) && unmoved(i) ? Checked() : failed(i);
    }
    if (map.type == kBloomFilter) return read(i, map.value_size);
    return memory(i, map.value_size, nullptr);
  }

  // Of a bloom filter the value asked for is read.
  Checked read(unsigned i, uint32_t bytes) {
    if (!takes(value(i))) return failed(i);
    const Reference where{.pointer = &value(i), .reg = reg(i), .bytes = bytes, .helper = true};
    return check_memory(rules_, state_, where, false);
  }

  // The size is the next argument's, or fixed.
  Checked check_memory_argument(unsigned i) {
    const Argument& wanted = argument(i);
    if (wanted.bytes != 0) {
      if (wanted.aligned && !aligned(value(i), wanted.bytes)) return failed(i, Reason::kAlignment);
      return memory(i, wanted.bytes, nullptr);
    }
    if (i + 1 < helper_.arguments.size() && (argument(i + 1).kind == ArgumentKind::kSize ||
                                             argument(i + 1).kind == ArgumentKind::kSizeOrZero ||
                                             argument(i + 1).kind == ArgumentKind::kConstantSize)) {
      return {};  // together with its size
    }
    return failed(i);
  }

  Checked check_size(unsigned i) {
    const Value& size = value(i);
    if (size.type != Type::kNumber) return failed(i);
    call_.size = &size;
    if (i == 0 || argument(i - 1).kind != ArgumentKind::kMemory) return {};
    const Value& pointer = value(i - 1);
    const uint64_t most = unsigned_max(size.number);
    const bool zero_will_do = argument(i).kind == ArgumentKind::kSizeOrZero;
    if (most > kMaxSize || (unsigned_min(size.number) == 0 && !zero_will_do)) {
      return failed(i, Reason::kHelperSize);
    }
    // Nothing has no bytes.
    if (pointer.is_zero()) {
      return argument(i - 1).nullable && most == 0 ? Checked() : failed(i - 1);
    }
    return memory(i - 1, static_cast<uint32_t>(most), &size);
  }

  static bool aligned(const Value& pointer, uint32_t bytes) {
    const uint64_t low_bits = bytes - 1;
    return ((unknown_bits(pointer.number) | known_ones(pointer.number)) & low_bits) == 0;
  }

  // The memory of argument i is `bytes` long, or as `size` says, up to that.
  Checked memory(unsigned i, uint32_t bytes, const Value* size) {
    const Argument& wanted = argument(i);
    const Value& pointer = value(i);
    if (!takes(pointer) || (wanted.map_value && pointer.type != Type::kMapValue)) return failed(i);
    Reference where{
        .pointer = &pointer, .reg = reg(i), .bytes = bytes, .helper = true, .size = size};
    where.write = wanted.writes || wanted.uninitialised;
    const bool fills = wanted.uninitialised;
    // What is written is read as well, unless it is to be filled.
    if (Checked c = check_memory(rules_, state_, where, fills); !c) return c;
    if (where.write && !fills) {
      where.write = false;
      if (Checked c = check_memory(rules_, state_, where, false); !c) return c;
      where.write = true;
    }
    if (where.write) {
      const uint64_t least = size != nullptr ? unsigned_min(size->number) : bytes;
      call_.written[call_.written_count++] = {
          .pointer = pointer, .most = bytes, .least = static_cast<uint32_t>(least), .fills = fills};
    }
    return {};
  }

  // Whether memory of the kind may be handed to this helper at all.
  bool takes(const Value& pointer) const {
    const bool packet = pointer.type == Type::kPacket || pointer.type == Type::kPacketMeta;
    return is_memory(pointer.type) && (!packet || takes_packet());
  }

  bool takes_packet() const {
    switch (rules_.subject.platform.packet_arguments) {
      case PacketArguments::kByHelper:
        return helper_.takes_packet;
      case PacketArguments::kNever:
        return false;
      case PacketArguments::kAlways:
        return true;
    }
    return false;
  }

  Checked check_constant_size(unsigned i) {
    const Value& size = value(i);
    if (size.type != Type::kNumber || !is_constant(size.number) ||
        unsigned_max(size.number) > kMaxSize) {
      return failed(i, Reason::kHelperSize);
    }
    call_.memory_bytes = static_cast<uint32_t>(unsigned_max(size.number));
    if (i == 0 || argument(i - 1).kind != ArgumentKind::kMemory) return {};
    const Value& buffer = value(i - 1);
    if (buffer.is_zero()) return {};
    // Of memory that ends, what is in it would outlive it.
    if (buffer.type != Type::kStack && buffer.type != Type::kMapValue) return failed(i - 1);
    call_.buffer = buffer;
    return memory(i - 1, call_.memory_bytes, nullptr);
  }

  Checked check_structure(unsigned i) {
    if (value(i).type == Type::kObject && socket_object(i)) {
      return unmoved(i) ? Checked() : failed(i);
    }
    if (call_.cast.type == Type::kUninitialised) call_.cast = value(i);
    const bool wanted = value(i).type == Type::kStructure &&
                        (argument(i).structures & bit(value(i).structure)) != 0;
    return wanted && unmoved(i) ? Checked() : failed(i);
  }

  // A kernel object of the type named beside the structures.
  bool socket_object(unsigned i) const {
    const uint32_t named = rules_.subject.types.named(argument(i).type_name);
    return argument(i).type_name != nullptr && value(i).detail != kNoType &&
           (named == value(i).detail || begins_with(value(i).detail, named));
  }

  // Whether the type's first member is, or begins with, the other type.
  bool begins_with(uint32_t type, uint32_t wanted) const {
    constexpr int kMaxNesting = 8;
    for (int depth = 0; depth < kMaxNesting && type != kNoType; ++depth) {
      if (type == wanted) return true;
      const TypeInfo* info = rules_.subject.types[type];
      if (info == nullptr || info->members.empty()) return false;
      const Member& first = info->members.front();
      if (first.offset != 0 || first.kind != Member::Kind::kStruct) return false;
      type = first.type;
    }
    return false;
  }

  Checked check_object(unsigned i) {
    if (value(i).type != Type::kObject || !unmoved(i)) return failed(i);
    if (trust_of(value(i), state_) < argument(i).trust) return failed(i, Reason::kUntrustedObject);
    const char* name = argument(i).type_name;
    // An object for a field is of the field's type.
    if (name == nullptr) return value(i).detail == call_.field_type ? Checked() : failed(i);
    const uint32_t type = rules_.subject.types.named(name);
    return type != kNoType && begins_with(value(i).detail, type) ? Checked() : failed(i);
  }

  // Functions that are traced have the object itself.
  Checked check_context(unsigned i) {
    const bool typed = rules_.subject.platform.entry == Entry::kBtf;
    return typed && argument(i).type_name != nullptr ? check_object(i) : of_type(i, Type::kContext);
  }

  // A dynptr or an iterator, at its own place on the stack, or a place for a new one.
  Checked check_stack_object(unsigned i) {
    const Argument& wanted = argument(i);
    const bool iterator = wanted.kind == ArgumentKind::kIterator;
    StackObject place{.kind = iterator ? StackObject::Kind::kIterator : StackObject::Kind::kDynptr,
                      .frame = value(i).frame,
                      .bytes = iterator ? wanted.bytes : kDynptrBytes,
                      .dynptr = wanted.dynptr,
                      .name = iterator ? wanted.type_name : "",
                      .rounds = {}};
    if (value(i).type != Type::kStack || !is_constant(value(i).number)) return failed(i);
    const int64_t offset = signed_min(value(i).number);
    if (offset % 8 != 0 || offset < -ebpf::kStackSize || offset + place.bytes > 0) return failed(i);
    place.at = static_cast<uint16_t>(stack_place(offset));
    if (wanted.uninitialised) {
      // What is acquired there could not be released any more.
      for (const StackObject& other : state_.stack_objects) {
        const bool lost =
            other.reference != kNoObject && other.overlaps(place.frame, place.at, place.bytes);
        if (lost) return failed(i);
      }
      call_.made = place;
      return {};
    }
    const StackObject* found = state_.stack_object(place.frame, place.at);
    if (found == nullptr || found->kind != place.kind ||
        std::strcmp(found->name, place.name) != 0 ||
        (place.dynptr != DynptrKind::kAny && found->dynptr != place.dynptr)) {
      return failed(i);
    }
    call_.used = *found;
    return {};
  }

  // The special field that argument i points to.
  const SpecialField* field(unsigned i) const {
    const Value& pointer = value(i);
    if (pointer.type != Type::kMapValue || !is_constant(pointer.number)) return nullptr;
    for (const SpecialField& field : pointer.map->fields) {
      if (signed_min(pointer.number) == int64_t{field.offset}) return &field;
    }
    return nullptr;
  }

  Checked check_field(unsigned i, SpecialField::Kind kind) {
    const SpecialField* found = field(i);
    if (found == nullptr || found->kind != kind) return failed(i);
    call_.value_map = value(i).map;
    call_.field_type = found->type;
    return {};
  }

  Checked check_lock(unsigned i) {
    if (Checked c = check_field(i, SpecialField::Kind::kSpinLock); !c) return c;
    call_.locked = value(i).object;
    const Platform& platform = rules_.subject.platform;
    const bool may = platform.spin_locks && !platform.tracing;
    return may ? Checked() : failed(i, Reason::kHelperNotAllowed);
  }

  Checked check_function(unsigned i) {
    if (value(i).type != Type::kFunction) return failed(i);
    call_.function = value(i).detail;
    call_.callback = argument(i).callback;
    // Its callback is handed a dynptr.
    return call_.callback == Callback::kUserRing ? failed(i, Reason::kUnsupportedHelper)
                                                 : Checked();
  }

  // Bytes that never change, with a 0 among them.
  Checked check_string(unsigned i) {
    const Value& pointer = value(i);
    if (pointer.type != Type::kMapValue || !is_constant(pointer.number)) return failed(i);
    const auto bytes = pointer.map->constant;
    const int64_t at = signed_min(pointer.number);
    if ((pointer.map->flags & kFrozen) == 0 || at < 0 || at >= static_cast<int64_t>(bytes.size())) {
      return failed(i);
    }
    const auto text = bytes.subspan(static_cast<size_t>(at));
    if (std::find(text.begin(), text.end(), 0) == text.end()) return failed(i);
    return helper_.number == kSnprintf ? check_format(i, text) : Checked();
  }

  // The words that the format asks for are there: the last argument says how many bytes they take.
  Checked check_format(unsigned i, std::span<const uint8_t> text) const {
    constexpr unsigned kBytesArgument = 4;
    constexpr uint64_t kMostBytes = 96;
    const Value& bytes = value(kBytesArgument);
    const auto words = words_of_format(text);
    if (!words) return failed(i);
    const bool fits = bytes.type == Type::kNumber && is_constant(bytes.number) &&
                      unsigned_max(bytes.number) % 8 == 0 &&
                      unsigned_max(bytes.number) <= kMostBytes &&
                      *words <= unsigned_max(bytes.number) / 8;
    return fits ? Checked() : failed(kBytesArgument, Reason::kHelperSize);
  }

  Checked release(unsigned i) {
    const ArgumentKind kind = argument(i).kind;
    const bool on_stack = kind == ArgumentKind::kDynptr || kind == ArgumentKind::kIterator;
    const ObjectId object = on_stack ? call_.used.reference : value(i).reference;
    if (!state_.has_acquired(object)) return failed(i, Reason::kReferenceRelease);
    call_.released = object;
    return {};
  }

  const Rules& rules_;
  const State& state_;
  const Helper& helper_;
  Call call_;
};

}  // namespace

Trust trust_of(const Value& object, const State& state) {
  return state.has_acquired(object.reference) ? Trust::kTrusted : object.trust;
}

bool is_memory(Type type) {
  switch (type) {
    case Type::kPacket:
    case Type::kPacketMeta:
    case Type::kStack:
    case Type::kMemory:
    case Type::kMapKey:
    case Type::kMapValue:
    case Type::kRegion:
      return true;
    case Type::kUninitialised:
    case Type::kNumber:
    case Type::kContext:
    case Type::kPacketEnd:
    case Type::kMap:
    case Type::kStructure:
    case Type::kObject:
    case Type::kPerCpu:
    case Type::kTracepointBuffer:
    case Type::kFunction:
      return false;
  }
  return false;
}

Checked check_memory(const Rules& rules, const State& state, const Reference& where, bool fills) {
  if (Checked c = check_access(rules, state, where); !c) return c;
  if (where.pointer->type != Type::kStack) return {};
  const Stack& stack = state.frames[where.pointer->frame].stack;
  const uint32_t low = stack_place(signed_min(where.pointer->number) + where.offset);
  const uint32_t high = stack_place(signed_max(where.pointer->number) + where.offset);
  const uint32_t bytes = high - low + where.bytes;
  if (!rules.privileged && stack.holds_pointer(low, bytes)) {
    return std::unexpected(access_failure(Reason::kPointerLeak, where));
  }
  // Where it goes is not known exactly, some of it may stay as it was.
  const bool exact =
      low == high && (where.size == nullptr || unsigned_min(where.size->number) == where.bytes);
  if ((fills && exact) || stack.initialised(low, bytes)) return {};
  return std::unexpected(access_failure(Reason::kUninitialisedStack, where));
}

std::expected<Call, Failure> check_call(const Rules& rules, const State& state,
                                        const Helper& helper) {
  return Checker(rules, state, helper).run();
}

}  // namespace zext::verifier
