// Arguments: whether a helper may be called with what is in r1 to r5, by its row.
#include <algorithm>

#include "verifier/check/format.h"
#include "verifier/symbolic/executor.h"

namespace zext::verifier::symbolic {
namespace {

constexpr uint64_t kMaxSize = (uint64_t{1} << 29) - 1;  // of memory for a helper
constexpr uint32_t kFrozen = 1u << 7;                   // BPF_F_RDONLY_PROG
constexpr uint32_t kInnerMap = 1u << 12;                // BPF_F_INNER_MAP
constexpr uint32_t kArrayMap = 2;
constexpr uint32_t kPerCpuArrayMap = 6;
constexpr uint32_t kSockMap = 15;
constexpr uint32_t kSockHash = 18;
constexpr uint32_t kBloomFilter = 30;
constexpr uint32_t kLookup = 1;
constexpr uint32_t kUpdate = 2;
constexpr uint32_t kDelete = 3;
constexpr uint32_t kLocalStorage = 81;
constexpr uint32_t kSnprintf = 165;

bool is_memory(Type type) {
  return type == Type::kPacket || type == Type::kPacketMeta || type == Type::kStack ||
         type == Type::kMemory || type == Type::kMapKey || type == Type::kMapValue ||
         type == Type::kRegion;
}

uint8_t reg(unsigned i) { return static_cast<uint8_t>(i + 1); }

}  // namespace

Trust Executor::trust_of(const Machine& machine, const Word& word) const {
  for (const Held& held : machine.held) {
    if (word.reference != 0 && held.object == word.reference) return Trust::kTrusted;
  }
  return word.trust;
}

// Whether the type's first member is, or begins with, the other type.
bool Executor::begins_with(uint32_t type, uint32_t wanted) const {
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

std::expected<Executor::Call, Violation> Executor::check_call(const Machine& machine,
                                                              const Helper& helper) {
  Call call;
  call.helper = &helper;
  for (unsigned i = 0; i < helper.arguments.size(); ++i) {
    const Argument& wanted = helper.arguments[i];
    if (wanted.kind == ArgumentKind::kNone) break;
    if (Checked c = initialised(machine, reg(i)); !c) return std::unexpected(c.error());
    const Word& word = machine.registers[reg(i)];
    if (wanted.nullable && word.null()) continue;
    if (word.pointer() && word.nullable && !wanted.nullable &&
        wanted.kind != ArgumentKind::kAnything) {
      return violated(Reason::kNullPointer, reg(i));
    }
    if (Checked c = check_argument(machine, call, i); !c) return std::unexpected(c.error());
    if (!wanted.releases) continue;
    const bool held = std::any_of(machine.held.begin(), machine.held.end(),
                                  [&](const Held& h) { return h.object == word.reference; });
    if (!held) return violated(Reason::kReferenceRelease, reg(i));
    call.released = word.reference;
  }
  return call;
}

Checked Executor::check_argument(const Machine& machine, Call& call, unsigned i) {
  const Argument& wanted = call.helper->arguments[i];
  const Word& word = machine.registers[reg(i)];
  const Subject& subject = rules_.subject;
  const auto wrong = [&](Reason reason = Reason::kHelperArgument) {
    return violated(reason, reg(i));
  };
  const bool unmoved = word.bits.is(0);
  const auto object = [&]() -> Checked {
    if (word.type != Type::kObject || !unmoved || wanted.type_name == nullptr) return wrong();
    if (trust_of(machine, word) < wanted.trust) return wrong(Reason::kUntrustedObject);
    const uint32_t type = subject.types.named(wanted.type_name);
    return type != kNoType && begins_with(word.detail, type) ? Checked() : wrong();
  };
  switch (wanted.kind) {
    case ArgumentKind::kNone:
      return {};
    case ArgumentKind::kAnything:
    case ArgumentKind::kNumber:
      if (call.helper->number == kLocalStorage && !word.null()) return wrong();
      return no_leak(machine, reg(i), Reason::kPointerLeak);
    case ArgumentKind::kContext:
      if (subject.platform.entry == Entry::kBtf && wanted.type_name != nullptr) return object();
      return word.type == Type::kContext && unmoved ? Checked() : wrong();
    case ArgumentKind::kMap:
      return check_map_argument(machine, call, i);
    case ArgumentKind::kMapKey:
      return check_map_key(machine, call, i);
    case ArgumentKind::kMapValue:
      return check_map_value(machine, call, i);
    case ArgumentKind::kMemory: {
      const bool sized = i + 1 < call.helper->arguments.size() &&
                         (call.helper->arguments[i + 1].kind == ArgumentKind::kSize ||
                          call.helper->arguments[i + 1].kind == ArgumentKind::kSizeOrZero ||
                          call.helper->arguments[i + 1].kind == ArgumentKind::kConstantSize);
      if (wanted.bytes == 0) return sized ? Checked() : wrong();
      if (wanted.aligned) {
        const Term low = word.bits & Term::of(wanted.bytes - 1u);
        if (Checked c = require(low == Term::of(0), Reason::kAlignment, reg(i)); !c) return c;
      }
      return check_memory(machine, call, i, Term::of(wanted.bytes), wanted.bytes);
    }
    case ArgumentKind::kSize:
    case ArgumentKind::kSizeOrZero:
    case ArgumentKind::kConstantSize:
      return check_size(machine, call, i);
    case ArgumentKind::kStructure:
      if (word.type == Type::kObject && wanted.type_name != nullptr && word.detail != kNoType &&
          begins_with(word.detail, subject.types.named(wanted.type_name))) {
        return unmoved ? Checked() : wrong();
      }
      if (call.cast.type == Type::kUninitialised) call.cast = word;
      return word.type == Type::kStructure && unmoved &&
                     (wanted.structures & bit(word.structure)) != 0
                 ? Checked()
                 : wrong();
    case ArgumentKind::kBtf:
      return object();
    case ArgumentKind::kRecord:
      return word.type == Type::kRegion && unmoved ? Checked() : wrong();
    case ArgumentKind::kSpinLock:
      if (!subject.platform.spin_locks || subject.platform.tracing) {
        return wrong(Reason::kHelperNotAllowed);
      }
      call.locked = word.object;
      return check_field(word, call, i, SpecialField::Kind::kSpinLock);
    case ArgumentKind::kTimer:
      if (subject.platform.tracing) return wrong(Reason::kHelperNotAllowed);
      // Of a map that was looked up it is not known which one it is.
      if (word.type == Type::kMapValue && word.detail != 0) return wrong();
      return check_field(word, call, i, SpecialField::Kind::kTimer);
    case ArgumentKind::kFunction:
      if (word.type != Type::kFunction) return wrong();
      call.function = word.detail;
      call.callback = wanted.callback;
      return {};
    case ArgumentKind::kStackOrNull:
      return word.type == Type::kStack || word.null() ? Checked() : wrong();
    case ArgumentKind::kString:
      return check_string(machine, word, i, call);
    case ArgumentKind::kPerCpuBtf:
      call.variable = word;
      return word.type == Type::kPerCpu && unmoved ? Checked() : wrong();
    case ArgumentKind::kKptr:
      return unsupported("a kptr argument");
    case ArgumentKind::kDynptr:
      return unsupported("a dynptr argument");
    case ArgumentKind::kIterator:
      return unsupported("an iterator argument");
  }
  return wrong();
}

Checked Executor::check_map_argument(const Machine& machine, Call& call, unsigned i) {
  const Word& word = machine.registers[reg(i)];
  if (word.type != Type::kMap) return violated(Reason::kHelperArgument, reg(i));
  const Map& map = *word.map;
  const Platform& platform = rules_.subject.platform;
  const uint64_t allowed = call.helper->arguments[i].maps;
  if (allowed != 0 && (map.type >= 64 || (allowed >> map.type & 1) == 0)) {
    return violated(Reason::kHelperMap, reg(i));
  }
  const bool sockets = map.type == kSockMap || map.type == kSockHash;
  const bool updates = call.helper->number == kUpdate && !platform.updates_sockets;
  const bool deletes =
      call.helper->number == kDelete && !platform.updates_sockets && !platform.deletes_sockets;
  if (sockets && (updates || deletes)) return violated(Reason::kHelperMap, reg(i));
  // A timer belongs to the map whose value it is in.
  if (call.value_map != nullptr && call.value_map != &map) {
    return violated(Reason::kHelperArgument, reg(i));
  }
  call.inner_map = word.object != 0;
  call.map = &map;
  return {};
}

Checked Executor::check_map_key(const Machine& machine, Call& call, unsigned i) {
  if (call.map == nullptr) return violated(Reason::kHelperArgument, reg(i));
  const Map& map = *call.map;
  if (Checked c = check_memory(machine, call, i, Term::of(map.key_size), map.key_size); !c) {
    return c;
  }
  const Word& word = machine.registers[reg(i)];
  const bool array = map.type == kArrayMap || map.type == kPerCpuArrayMap;
  // The map may be another one, of fewer elements, than the one that stands for it.
  if (!array || call.helper->number != kLookup || (map.flags & kInnerMap) != 0 ||
      map.key_size != 4 || word.type != Type::kStack || !word.bits.constant()) {
    return {};
  }
  const auto at = static_cast<uint32_t>(word.bits.signed_value() + ebpf::kStackSize);
  const auto key = read_stack(machine.frames[word.frame], at, map.key_size);
  call.there = key && key->number() && key->bits.constant() && key->bits.value() < map.max_entries;
  return {};
}

Checked Executor::check_map_value(const Machine& machine, Call& call, unsigned i) {
  if (call.map == nullptr) return violated(Reason::kHelperArgument, reg(i));
  const Map& map = *call.map;
  const Word& word = machine.registers[reg(i)];
  if (map.type == kSockMap || map.type == kSockHash) {
    // Such a map is updated with a socket.
    const bool socket =
        word.type == Type::kObject ||
        (word.type == Type::kStructure &&
         (word.structure == StructureId::kSocket || word.structure == StructureId::kSockCommon ||
          word.structure == StructureId::kTcpSock));
    return socket && word.bits.is(0) ? Checked() : violated(Reason::kHelperArgument, reg(i));
  }
  return check_memory(machine, call, i, Term::of(map.value_size), map.value_size);
}

Checked Executor::check_size(const Machine& machine, Call& call, unsigned i) {
  const Word& size = machine.registers[reg(i)];
  const ArgumentKind kind = call.helper->arguments[i].kind;
  if (!size.number()) {
    return violated(
        kind == ArgumentKind::kConstantSize ? Reason::kHelperSize : Reason::kHelperArgument,
        reg(i));
  }
  const bool memory = i > 0 && call.helper->arguments[i - 1].kind == ArgumentKind::kMemory;
  if (kind == ArgumentKind::kConstantSize) {
    if (!size.bits.constant() || size.bits.value() > kMaxSize) {
      return violated(Reason::kHelperSize, reg(i));
    }
    call.memory_bytes = static_cast<uint32_t>(size.bits.value());
    if (memory) return unsupported("a slice of a dynptr");
    return {};
  }
  call.size = size.bits;
  if (!memory) return {};
  const Truth fits = ule(size.bits, Term::of(kMaxSize)) &&
                     (kind == ArgumentKind::kSizeOrZero || ult(Term::of(0), size.bits));
  if (Checked c = require(fits, Reason::kHelperSize, reg(i)); !c) return c;
  const Word& pointer = machine.registers[reg(i - 1)];
  if (pointer.null()) {
    if (!call.helper->arguments[i - 1].nullable) {
      return violated(Reason::kHelperArgument, reg(i - 1));
    }
    // Nothing has no bytes.
    return require(size.bits == Term::of(0), Reason::kHelperArgument, reg(i - 1));
  }
  const auto most = static_cast<uint64_t>(solver_.bounds(size.bits, 0, kMaxSize).high);
  return check_memory(machine, call, i - 1, size.bits, most);
}

Checked Executor::check_memory(const Machine& machine, Call& call, unsigned i, const Term& bytes,
                               uint64_t most) {
  const Argument& wanted = call.helper->arguments[i];
  const Word& pointer = machine.registers[reg(i)];
  const Platform& platform = rules_.subject.platform;
  const bool packet = pointer.type == Type::kPacket || pointer.type == Type::kPacketMeta;
  const bool takes_packet =
      platform.packet_arguments == PacketArguments::kAlways ||
      (platform.packet_arguments == PacketArguments::kByHelper && call.helper->takes_packet);
  // Of a bloom filter the value asked for is read.
  const bool asked = call.map != nullptr && call.map->type == kBloomFilter &&
                     wanted.kind == ArgumentKind::kMapValue;
  const bool fills = wanted.uninitialised && !asked;
  const bool writes = (wanted.writes || wanted.uninitialised) && !asked;
  if (!is_memory(pointer.type) || (packet && !takes_packet && !asked) ||
      (wanted.map_value && pointer.type != Type::kMapValue)) {
    return violated(Reason::kHelperArgument, reg(i));
  }
  Access access{.pointer = &pointer,
                .reg = reg(i),
                .offset = pointer.bits,
                .bytes = bytes,
                .most = static_cast<uint32_t>(most),
                .write = writes,
                .helper = true};
  if (Checked c = check_access(machine, access); !c) return c;
  if (!fills) {
    // What is written is read as well, unless it is to be filled.
    access.write = false;
    if (Checked c = check_access(machine, access); !c) return c;
    access.write = writes;
    if (pointer.type == Type::kStack) {
      if (Checked c = check_stack_read(machine, access); !c) return c;
    }
  } else if (!rules_.privileged && pointer.type == Type::kStack) {
    // What is not filled after all must not be an address.
    for (const Byte& byte : machine.frames[pointer.frame].stack) {
      if (byte.stored == 0 || !stored_[byte.stored].word.pointer()) continue;
      if (Checked c = check_stack_read(machine, access); !c) return c;
      break;
    }
  }
  if (writes) call.written.push_back({.access = access, .fills = fills});
  return {};
}

Checked Executor::check_field(const Word& word, Call& call, unsigned i, SpecialField::Kind kind) {
  if (word.type != Type::kMapValue || !word.bits.constant()) {
    return violated(Reason::kHelperArgument, reg(i));
  }
  call.value_map = word.map;
  for (const SpecialField& field : word.map->fields) {
    if (word.bits.is(field.offset) && field.kind == kind) return {};
  }
  return violated(Reason::kHelperArgument, reg(i));
}

// Bytes that never change, with a 0 among them.
Checked Executor::check_string(const Machine& machine, const Word& word, unsigned i,
                               const Call& call) {
  const auto wrong = violated(Reason::kHelperArgument, reg(i));
  if (word.type != Type::kMapValue || !word.bits.constant()) return wrong;
  const auto bytes = word.map->constant;
  if ((word.map->flags & kFrozen) == 0 || word.bits.value() >= bytes.size()) return wrong;
  const auto text = bytes.subspan(word.bits.value());
  if (std::find(text.begin(), text.end(), 0) == text.end()) return wrong;
  if (call.helper->number != kSnprintf) return {};
  constexpr uint8_t kBytesRegister = 5;
  constexpr uint64_t kMostBytes = 96;
  const Word& given = machine.registers[kBytesRegister];
  const auto words = words_of_format(text);
  if (!words) return wrong;
  if (!given.number() || !given.bits.constant() || given.bits.value() % 8 != 0 ||
      given.bits.value() > kMostBytes || *words > given.bits.value() / 8) {
    return violated(Reason::kHelperSize, kBytesRegister);
  }
  return {};
}

}  // namespace zext::verifier::symbolic
