// Memory as it was left: for runs that are to be replayed, nobody else writes to it.
#include <algorithm>

#include "verifier/symbolic/executor.h"

namespace zext::verifier::symbolic {
namespace {

// Bytes known of a region beyond which a run is not followed exactly any more.
constexpr size_t kMaxBytes = 2'000;

Term byte_of(const Term& word, unsigned index) {
  return lift(
      [&](auto x) {
        using W = decltype(x);
        return lshr(x, W::of(8 * index)) & W::of(0xff);
      },
      word);
}

}  // namespace

Term Executor::word_of(std::span<const Term> bytes) {
  Term word;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const Term moved = lift(
        [&](auto x) {
          using W = decltype(x);
          return shl(x, W::of(8 * i));
        },
        bytes[i]);
    word = word.is(0) ? moved : lift([](auto x, auto y) { return x | y; }, word, moved);
  }
  return word;
}

void Executor::record(Machine& machine, const Event& event) {
  auto recorded = std::make_shared<Event>(event);
  recorded->before = machine.history;
  recorded->pc = pc_;
  machine.history = std::move(recorded);
}

Region Executor::region_of(const Machine& machine, const Word& pointer) const {
  switch (pointer.type) {
    case Type::kContext:
      // A replayed run finds the context as it was.
      return {.type = pointer.type, .object = remembers_ ? 0 : machine.context_version};
    case Type::kPacket:
    case Type::kPacketMeta:
      return {.type = Type::kPacket};
    case Type::kMapValue:
    case Type::kMapKey:
    case Type::kRegion:
    case Type::kStructure:
      return {.type = pointer.type, .object = pointer.object};
    default:
      return {.type = pointer.type};
  }
}

// Of the packet all offsets count from data.
Term Executor::place_of(const Machine& machine, const Access& access) const {
  if (access.pointer->type != Type::kPacketMeta) return access.offset;
  return access.offset - (machine.meta_size_plus_one - Term::of(1));
}

// What is there now; an initial byte where nothing is known of it.
Word Executor::remember(Machine& machine, const Access& access) {
  const Region region = region_of(machine, *access.pointer);
  const Term place = place_of(machine, access);
  const auto bytes = static_cast<unsigned>(access.bytes.value());
  std::vector<const Event*> known;
  for (const Event* e = machine.history.get(); e != nullptr; e = e->before.get()) {
    if (e->kind == Event::Kind::kByte && e->region == region) known.push_back(e);
  }
  std::vector<Term> word;
  for (unsigned i = 0; i < bytes; ++i) {
    const Term at = place + Term::of(i);
    std::optional<Term> byte;
    std::vector<const Event*> perhaps;  // the latest first
    for (const Event* e : known) {
      const Truth here = e->offset == at;
      if (here.is(false)) continue;
      if (here.is(true)) {
        byte = e->byte;
        break;
      }
      if (perhaps.size() < kMaxBytes) perhaps.push_back(e);
    }
    if (!byte) {
      byte = solver_.fresh(8);
      record(machine, {.region = region, .offset = at, .byte = *byte, .initial = true});
    }
    for (auto e = perhaps.rbegin(); e != perhaps.rend(); ++e) {
      const Truth here = (*e)->offset == at;
      byte = Term(select(here.formula(), (*e)->byte.bv(), byte->bv()));
    }
    word.push_back(*byte);
  }
  return Word::of(word_of(word));
}

void Executor::keep_bytes(Machine& machine, const Access& access, const Word& word) {
  const Region region = region_of(machine, *access.pointer);
  const Term place = place_of(machine, access);
  const Term bits = word.number() ? word.bits : solver_.fresh();
  for (unsigned i = 0; i < access.bytes.value(); ++i) {
    record(machine, {.region = region, .offset = place + Term::of(i), .byte = byte_of(bits, i)});
  }
}

// The bytes that a helper wrote, as it answers them.
std::vector<Term> Executor::filled(Machine& machine, const Access& access) {
  std::vector<Term> bytes;
  const auto count = static_cast<uint32_t>(solver_.bounds(access.bytes, 0, access.most).high);
  const bool stack = access.pointer->type == Type::kStack;
  constexpr uint32_t kMaxFill = 512;
  if (count > kMaxFill || (stack && !access.offset.constant())) {
    record(machine, {.kind = Event::Kind::kLost});
    return bytes;
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (stack) {
      const int64_t at = access.offset.signed_value() + i + ebpf::kStackSize;
      const auto word =
          read_stack(machine.frames[access.pointer->frame], static_cast<uint32_t>(at), 1);
      bytes.push_back(word ? word->bits : Term());
      continue;
    }
    const Term byte = solver_.fresh(8);
    Access one = access;
    one.offset = access.offset + Term::of(i);
    one.bytes = Term::of(1);
    keep_bytes(machine, one, Word::of(byte));
    bytes.push_back(byte);
  }
  return bytes;
}

std::vector<Term> Executor::key_bytes(Machine& machine, const Word& pointer, uint32_t size) {
  std::vector<Term> key;
  for (uint32_t i = 0; i < size; ++i) {
    const Access access{.pointer = &pointer,
                        .reg = 2,
                        .offset = pointer.bits + Term::of(i),
                        .bytes = Term::of(1),
                        .most = 1};
    const auto byte = read(machine, access);
    key.push_back(byte ? byte->bits : Term());
  }
  return key;
}

}  // namespace zext::verifier::symbolic
