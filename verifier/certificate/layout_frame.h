// How a file tells a function that is being executed, by what an earlier cut point has there.
//
//   frame_layout(io, cut_point.ranges, expected, frame);      // io: a Writer or a Reader
#pragma once

#include <bit>

#include "verifier/certificate/layout_content.h"
#include "verifier/certificate/layout_list.h"

namespace zext::verifier::certificate {

inline constexpr size_t kFirstSaved = 6;  // r6 to r9 survive a call

inline constexpr auto by_symbol = [](const Range& a, const Range& b) {
  return a.symbol < b.symbol;
};
inline constexpr auto by_place = [](const Slot& a, const Slot& b) { return a.at < b.at; };

// A function that was called since the base.
Frame called_from(const CutPoint& base);

// Bytes of a stack, a bit each.
using Bytes = std::array<uint64_t, kStackBytes / 64>;
// Those expected, and those of slots.
Bytes with_slots(Bytes written, const std::vector<Slot>& slots);

// A bit for each part that differs, in the order of frame_layout.
unsigned changes(const Frame& expected, const Frame& now);

// Goes through parts in their order: each is told where its bit in `changed` is set, and else as
// expected.
template <class Io>
class Parts {
 public:
  Parts(Io& io, unsigned changed) : io_(io), changed_(changed) {}

  bool told() {
    const bool result = (changed_ & 1) != 0;
    changed_ >>= 1;
    return result;
  }
  template <class T, class Layout>
  void part(const T& expected, T& now, Layout layout) {
    if (told()) {
      layout(now);
    } else {
      io_.same(expected, now);
    }
  }
  // To be called after the last one.
  void end() { io_.require(changed_ == 0, "parts that there are not"); }

 private:
  Io& io_;
  unsigned changed_;
};

template <class Io>
void flag_layout(Io& io, bool& flag) {
  uint8_t byte = flag ? 1 : 0;
  io.byte(byte);
  io.require(byte <= 1, "something that is neither so nor not so");
  flag = byte == 1;
}

template <class Io>
void optional_layout(Io& io, const std::vector<Range>& ranges, bool& present, Content& content) {
  flag_layout(io, present);
  if (present) content_layout(io, ranges, content);
}

template <class Io>
void range_layout(Io& io, Range& range) {
  io.symbol(range.symbol);
  io.natural(range.lo);
  io.limit(range.lo, range.hi);
}

// By how far behind the last one it begins; the first one by how far it ends before the stack does.
template <class Io>
void slot_layout(Io& io, const std::vector<Range>& ranges, const Slot* last, Slot& slot) {
  const int64_t from = last == nullptr ? kStackBytes : last->at + last->bytes;
  const int64_t distance = last == nullptr ? from - slot.at - slot.bytes : slot.at - from;
  // The lowest two bits: 1, 2, 4 or 8 bytes.
  uint64_t code =
      4 * Writer::zig_zag(distance) + static_cast<uint64_t>(std::bit_width(slot.bytes | 1u)) - 1;
  io.natural(code);
  const bool near = code < uint64_t{16} * kStackBytes;
  const int64_t read = near ? Reader::un_zig_zag(code / 4) : 0;
  slot.bytes = static_cast<uint8_t>(1u << code % 4);
  const int64_t at = last == nullptr ? from - read - slot.bytes : from + read;
  const bool inside = near && at >= 0 && at + slot.bytes <= int64_t{kStackBytes};
  if (!io.require(inside, "a slot outside of the stack")) return;
  slot.at = static_cast<uint16_t>(at);
  content_layout(io, ranges, slot.content);
}

template <class Io>
void slots_layout(Io& io, const std::vector<Range>& ranges, const std::vector<Slot>& base,
                  std::vector<Slot>& now) {
  const Slot* last = nullptr;
  list_layout(io, base, now, by_place, [&](Slot& slot) {
    slot_layout(io, ranges, last, slot);
    last = &slot;
  });
  for (size_t i = 1; i < now.size(); ++i) {
    io.require(now[i - 1].at + now[i - 1].bytes <= now[i].at, "slots that overlap");
  }
}

// A bit for each eight bytes of which all are in the word; the word for these bits.
constexpr uint8_t gathered(uint64_t word) {
  return static_cast<uint8_t>((word & 0x8040201008040201) * 0x0101010101010101 >> 56);
}
constexpr uint64_t spread(uint8_t bits) {
  uint64_t word = 0;
  for (unsigned i = 0; i < 8; ++i) word |= (bits >> i & 1) != 0 ? uint64_t{0xff} << (8 * i) : 0;
  return word;
}
static_assert(gathered(spread(0xa5)) == 0xa5);

// By the bytes that are not as expected: which words of 64 have any, from the highest on, and
// whether each eight are alike; then the words, or their bits for eight bytes.
template <class Io>
void written_layout(Io& io, const Bytes& expected, Bytes& written) {
  Bytes other = {};
  unsigned words = 0;
  bool alike = true;
  for (size_t i = 0; i < other.size(); ++i) {
    other[i] = written[i] ^ expected[i];
    words = words << 1 | (other[i] != 0 ? 1 : 0);
    alike = alike && spread(gathered(other[i])) == other[i];
  }
  unsigned head = 2 * words + (alike ? 1 : 0);
  io.natural(head);
  io.require(head < 2u << other.size(), "bytes outside of the stack");
  for (size_t i = 0; i < other.size(); ++i) {
    const bool given = (head >> (other.size() - i) & 1) != 0;
    if (given && head % 2 == 1) {
      uint8_t bits = gathered(other[i]);
      io.byte(bits);
      other[i] = spread(bits);
    } else if (given) {
      io.word(other[i]);
    } else {
      other[i] = 0;
    }
    written[i] = expected[i] ^ other[i];
  }
}

template <class Io>
void role_layout(Io& io, Frame& frame) {
  auto role = static_cast<uint8_t>(frame.role);
  io.byte(role);
  io.require(role <= static_cast<uint8_t>(Role::kCallback), "a role that there is not");
  frame.role = static_cast<Role>(role);
  io.natural(frame.return_pc);
  io.natural(frame.entry);
}

template <class Io>
void frame_layout(Io& io, const std::vector<Range>& ranges, const Frame& expected, Frame& now) {
  unsigned changed = Io::kReads ? 0 : changes(expected, now);
  io.natural(changed);
  Parts<Io> parts(io, changed);

  parts.part(expected.slots, now.slots,
             [&](auto& slots) { slots_layout(io, ranges, expected.slots, slots); });
  if (io.failed()) return;
  const Bytes likely = with_slots(expected.written, now.slots);
  parts.part(likely, now.written, [&](Bytes& written) { written_layout(io, likely, written); });
  if (parts.told()) {
    role_layout(io, now);
  } else {
    now.role = expected.role;
    now.return_pc = expected.return_pc;
    now.entry = expected.entry;
  }
  const auto content = [&](Content& content) { content_layout(io, ranges, content); };
  for (size_t i = 0; i < now.saved.size(); ++i) {
    parts.part(expected.saved[i], now.saved[i], content);
  }
  if (parts.told()) {
    optional_layout(io, ranges, now.has_rounds, now.rounds);
  } else {
    now.has_rounds = expected.has_rounds;
    io.same(expected.rounds, now.rounds);
  }
  for (size_t i = 0; i < now.arguments.size(); ++i) {
    parts.part(expected.arguments[i], now.arguments[i], content);
  }
  parts.end();
}

}  // namespace zext::verifier::certificate
