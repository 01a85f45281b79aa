#include "verifier/replay/random_input.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "verifier/replay/arguments.h"
#include "verifier/replay/objects.h"
#include "verifier/replay/random_packet.h"
#include "verifier/replay/store.h"

namespace zext::verifier {
namespace {

// Bytes that are random in what is large.
constexpr size_t kMostBytes = 512;
constexpr uint32_t kMostEntries = 6;
constexpr uint32_t kReadOnlyMap = 1u << 7;  // BPF_F_RDONLY_PROG
constexpr int kMaxNesting = 8;

// The bytes of kernel objects and structures, of map values and of what helpers fill.
class Contents {
 public:
  Contents(const Subject& subject, Dice& dice) : subject_(subject), dice_(dice) {}

  Bytes words(uint64_t count) {
    count = std::min<uint64_t>(count, kMostBytes);
    if (dice_.once_in(3)) return dice_.bytes(count);
    Bytes made(count + sizeof(uint64_t));
    for (size_t at = 0; at < count;) {
      const auto bytes = static_cast<unsigned>(dice_.one_of({1, 2, 4, 8}));
      put_word(made, at, dice_.number(), bytes);
      at += bytes;
    }
    made.resize(count);
    return made;
  }

  // Pointers are not 0, unless programs have to ask.
  Bytes object(uint32_t type) {
    const TypeInfo* info = subject_.types[type];
    if (info == nullptr) return {};
    Bytes bytes(info->bytes);
    fill(type, 0, bytes, 0);
    return bytes;
  }

  Bytes structure(StructureId id) { return words(size_of(subject_.platform.structure(id).fields)); }

 private:
  void fill(uint32_t type, uint64_t at, Bytes& bytes, int depth) {
    const TypeInfo* info = subject_.types[type];
    if (info == nullptr || depth > kMaxNesting) return;
    for (const Member& member : info->members) {
      const uint64_t most = std::min<uint64_t>(member.bytes, kMostBytes);
      for (uint64_t i = 0; member.element != 0 && i + member.element <= most; i += member.element) {
        const uint64_t place = at + member.offset + i;
        const auto width = static_cast<unsigned>(std::min<uint64_t>(member.element, 8));
        if (member.kind == Member::Kind::kStruct) {
          fill(member.type, place, bytes, depth + 1);
        } else if (member.kind == Member::Kind::kPointer) {
          put_word(bytes, place, member.nullable && dice_.once_in(4) ? 0 : 1, 8);
        } else {
          put_word(bytes, place, dice_.number(), width);
        }
      }
    }
  }

  const Subject& subject_;
  Dice& dice_;
};

class Maker {
 public:
  Maker(const Subject& subject, uint64_t seed)
      : subject_(subject), dice_(seed), contents_(subject, dice_) {
    dice_.learn(subject.code);
  }

  Input make() {
    const Platform& platform = subject_.platform;
    if (platform.packet_max > 0 || platform.packet_loads) input_.packet = random_packet(dice_);
    if (platform.meta_max > 0) input_.meta = contents_.words(4 * dice_.below(4));
    if (platform.entry == Entry::kMemory) {
      input_.memory = dice_.once_in(2) ? random_packet(dice_) : contents_.words(kMostBytes);
      input_.memory.resize(dice_.below(input_.memory.size() + 1));
    }
    context();
    typed_arguments();
    for (uint32_t i = 0; i < subject_.maps.size(); ++i) entries(i);
    return std::move(input_);
  }

 private:
  void context() {
    input_.context.resize(std::min<uint64_t>(size_of(subject_.platform.context), 4 * kMostBytes));
    for (const Field& field : subject_.platform.context) {
      if (field.kind == FieldKind::kStructure) {
        input_.objects.push_back({.at = field.offset,
                                  .null = field.nullable && dice_.once_in(4),
                                  .bytes = contents_.structure(field.structure)});
      } else if (field.kind == FieldKind::kTracepointBuffer) {
        input_.objects.push_back({.at = field.offset, .bytes = contents_.words(kMostBytes)});
      } else if (field.bytes <= 8) {
        put_word(input_.context, field.offset, number_for(field), field.bytes);
      } else {
        const Bytes bytes = contents_.words(field.bytes);
        const size_t room =
            input_.context.size() - std::min<size_t>(input_.context.size(), field.offset);
        std::copy_n(bytes.begin(), std::min(bytes.size(), room),
                    input_.context.begin() + field.offset);
      }
    }
  }

  // What programs compare with constants has one of those, mostly.
  uint64_t number_for(const Field& field) {
    const std::string_view name = field.name;
    if (dice_.once_in(4)) return dice_.number();
    if (name == "len" || name == "wire_len") return input_.packet.size();
    if (name == "protocol") return dice_.one_of({0x0008, 0xdd86, 6, 17});
    if (name.ends_with("family")) return dice_.one_of({2, 10});
    if (name.ends_with("port")) {
      const uint16_t port = random_port(dice_);
      return dice_.one_of({port, __builtin_bswap16(port)});
    }
    if (name.find("ip4") != name.npos || name.find("ip6") != name.npos) {
      return get_word(random_address(dice_, 4), 0, 4);
    }
    return dice_.number();
  }

  void typed_arguments() {
    if (subject_.platform.entry != Entry::kBtf) return;
    for (uint32_t i = 0; i < subject_.arguments.size(); ++i) {
      const Parameter& parameter = subject_.arguments[i];
      input_.arguments.push_back(dice_.number());
      Input::Object object{.at = 8 * i, .null = parameter.nullable && dice_.once_in(4)};
      object.bytes = parameter.kind == Parameter::Kind::kObject ? contents_.object(parameter.type)
                                                                : contents_.words(parameter.bytes);
      input_.objects.push_back(std::move(object));
    }
  }

  void entries(uint32_t index) {
    const Map& map = subject_.maps[index];
    if ((map.flags & kReadOnlyMap) != 0 && !map.constant.empty()) return;
    const auto most = std::min(map.max_entries, kMostEntries);
    const uint64_t count = most == 0 ? 0 : dice_.below(most + 1);
    for (uint64_t i = 0; i < count; ++i) {
      const Bytes outer_key = key(map);
      input_.maps.push_back({.map = index, .key = outer_key, .value = value(map)});
      if (map.inner == nullptr) continue;
      for (uint64_t j = dice_.below(3); j-- > 0;) {
        input_.maps.push_back(
            {.map = index, .key = key(*map.inner), .value = value(*map.inner), .outer = outer_key});
      }
    }
  }

  // As programs make them: small numbers, addresses, parts of the packet.
  Bytes key(const Map& map) {
    Bytes key(map.key_size);
    const Keeping keeping = keeping_of(map.type);
    if (keeping == Keeping::kArray || dice_.once_in(2)) {
      const uint64_t most = std::clamp<uint64_t>(map.max_entries, 1, 16);
      put_word(key, 0, dice_.below(most), std::min<unsigned>(map.key_size, 4));
      return key;
    }
    constexpr uint32_t kPrefixBytes = 4;
    const bool trie = keeping == Keeping::kTrie && map.key_size > kPrefixBytes;
    const uint32_t begin = trie ? kPrefixBytes : 0;
    const Bytes bytes = key_bytes(map.key_size - begin);
    std::ranges::copy(bytes, key.begin() + begin);
    if (trie) put_word(key, 0, dice_.below(8 * bytes.size() + 1), kPrefixBytes);
    return key;
  }

  Bytes key_bytes(size_t count) {
    if (input_.packet.size() >= count && dice_.once_in(2)) {
      const auto at = static_cast<std::ptrdiff_t>(dice_.below(input_.packet.size() - count + 1));
      const auto begin = input_.packet.begin() + at;
      return {begin, begin + static_cast<std::ptrdiff_t>(count)};
    }
    return dice_.once_in(3) ? dice_.bytes(count) : random_address(dice_, count);
  }

  Bytes value(const Map& map) {
    Bytes bytes = contents_.words(map.value_size);
    for (const SpecialField& field : map.fields) {
      const bool object = field.kind == SpecialField::Kind::kKptr ||
                          field.kind == SpecialField::Kind::kReferencedKptr;
      for (uint64_t i = 0; i < field.bytes; ++i) {
        if (field.offset + i < bytes.size()) bytes[field.offset + i] = 0;
      }
      if (object && !dice_.once_in(4)) put_word(bytes, field.offset, 1, 8);
    }
    return bytes;
  }

  const Subject& subject_;
  Dice dice_;
  Contents contents_;
  Input input_;
};

class Answers {
 public:
  Answers(const Subject& subject, uint64_t seed)
      : subject_(subject), dice_(seed ^ kOther), contents_(subject, dice_) {
    dice_.learn(subject.code);
  }

  Input::Call answer(uint32_t pc, const Helper& row, const ebpf::Arguments& arguments) {
    // Values' sizes are not known here; more bytes than there are do no harm.
    const CallArguments call{.row = row, .values = arguments};
    Input::Call made{.pc = pc};
    result(call, made);
    for (unsigned i = 0; i < arguments.size(); ++i) {
      if (!call.written(i) || dice_.once_in(4)) continue;
      made.fills.push_back({.reg = static_cast<uint8_t>(i + 1),
                            .bytes = contents_.words(std::max<uint64_t>(call.bytes(i), 1))});
    }
    if (row.changes_packet && dice_.once_in(2)) made.packet = random_packet(dice_);
    if (row.changes_packet && dice_.once_in(4)) made.meta = contents_.words(4 * dice_.below(4));
    return made;
  }

 private:
  static constexpr uint64_t kOther = 0x9e37'79b9'7f4a'7c15;

  void result(const CallArguments& call, Input::Call& made) {
    const Result& wanted = call.row.result;
    switch (wanted.kind) {
      case ResultKind::kNothing:
        return;
      case ResultKind::kNumber:
        made.result = number(call);
        return;
      case ResultKind::kStructure:
        made.memory = contents_.structure(wanted.structure);
        break;
      case ResultKind::kBtf:
        made.memory = contents_.object(subject_.types.named(wanted.type_name));
        break;
      case ResultKind::kMapValue:
      case ResultKind::kMemory:
      case ResultKind::kRecord:
      case ResultKind::kDynptrData:
      case ResultKind::kPerCpu:
        made.memory = contents_.words(kMostBytes);
        break;
      case ResultKind::kKptr:
        break;
    }
    made.points = !wanted.nullable || !dice_.once_in(4);
  }

  // Its ends and what is near 0 more often.
  uint64_t number(const CallArguments& call) {
    const Result& wanted = call.row.result;
    if (wanted.low > wanted.high) return dice_.once_in(2) ? 0 : dice_.number();
    int64_t high = wanted.high;
    if (wanted.at_most_size) {
      for (unsigned i = 0; i < call.values.size(); ++i) {
        const ArgumentKind kind = call.kind(i).kind;
        if (kind != ArgumentKind::kSize && kind != ArgumentKind::kSizeOrZero) continue;
        high = std::min<int64_t>(high, static_cast<int64_t>(call.value(i)));
      }
    }
    if (dice_.once_in(4)) return static_cast<uint64_t>(dice_.once_in(2) ? wanted.low : high);
    const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(wanted.low);
    const int64_t near = static_cast<int64_t>(dice_.number());
    if (near >= wanted.low && near <= high) return static_cast<uint64_t>(near);
    const uint64_t step = span == UINT64_MAX ? dice_.word() : dice_.below(span + 1);
    return static_cast<uint64_t>(wanted.low) + step;
  }

  const Subject& subject_;
  Dice dice_;
  Contents contents_;
};

}  // namespace

Input random_input(const Subject& subject, uint64_t seed) { return Maker(subject, seed).make(); }

std::function<std::optional<Input::Call>(uint32_t, const Helper&, const ebpf::Arguments&)>
random_answers(const Subject& subject, uint64_t seed) {
  const auto answers = std::make_shared<Answers>(subject, seed);
  return [answers](uint32_t pc, const Helper& row, const ebpf::Arguments& arguments) {
    return std::optional(answers->answer(pc, row, arguments));
  };
}

}  // namespace zext::verifier
