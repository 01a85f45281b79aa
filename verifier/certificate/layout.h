// How a file tells a cut point by an earlier one.
//
//   cut_point_layout(io, index, base, now);      // io: a Writer or a Reader
//
// Its pc, its parent, a bit for each part that is not what the base lets expect, and those parts.
#pragma once

#include "verifier/certificate/layout_frame.h"

namespace zext::verifier::certificate {

// What a cut point without a base is told by: a program's first instruction.
const CutPoint& beginning();

// Where functions were left since the base, r6 to r9 are what they had saved; r10 is the frame's.
Content expected_register(const CutPoint& base, size_t frames, size_t reg);

// A bit for each part that differs, in the order of cut_point_layout.
unsigned changes(const CutPoint& base, const CutPoint& now);

template <class Io>
void held_layout(Io& io, Held& held) {
  io.object(held.object);
  io.natural(held.pc);
  io.byte(held.frame);
  io.require(held.frame < kMaxFrames, "a frame that there cannot be");
}

template <class Io>
void lock_layout(Io& io, Lock& lock) {
  flag_layout(io, lock.held);
  if (!lock.held) return;
  io.object(lock.object);
  io.natural(lock.map);
  io.natural(lock.pc);
}

template <class Io>
void frames_layout(Io& io, const CutPoint& base, CutPoint& now) {
  uint64_t count = now.frames.size();
  io.natural(count);
  if (!io.require(count <= kMaxFrames, "too many frames")) return;
  if (!io.make_room(now.frames, count)) return;
  for (size_t i = 0; i < now.frames.size(); ++i) {
    if (io.failed()) return;
    if (i < base.frames.size()) {
      frame_layout(io, now.ranges, base.frames[i], now.frames[i]);
    } else {
      frame_layout(io, now.ranges, called_from(base), now.frames[i]);
    }
  }
}

// Where it is: its pc by that of the base, its parent by how many cut points come before it.
template <class Io>
void place_layout(Io& io, uint32_t index, const CutPoint& base, CutPoint& now) {
  int64_t moved = int64_t{now.pc} - base.pc;
  io.integer(moved);
  const bool fits = moved >= -int64_t{base.pc} && moved <= int64_t{kNone} - base.pc;
  if (!io.require(fits, "a place outside of any program")) return;
  now.pc = static_cast<uint32_t>(base.pc + moved);

  uint32_t up = now.parent < index ? index - now.parent : kNone;
  if (now.parent == kNone) up = 0;
  io.natural(up);
  io.require(up <= index, "a parent that does not come before its child");
  now.parent = up == 0 ? kNone : index - up;
}

template <class Io>
void cut_point_layout(Io& io, uint32_t index, const CutPoint& base, CutPoint& now) {
  place_layout(io, index, base, now);
  unsigned changed = Io::kReads ? 0 : changes(base, now);
  io.natural(changed);
  Parts<Io> parts(io, changed);

  parts.part(base.ranges, now.ranges, [&](auto& ranges) {
    list_layout(io, base.ranges, ranges, by_symbol, [&](Range& range) { range_layout(io, range); });
  });
  parts.part(base.inequalities, now.inequalities, [&](auto& sums) {
    list_layout(io, base.inequalities, sums, NoOrder{}, [&](Sum& sum) { sum_layout(io, sum); });
  });
  now.loop = parts.told();
  if (now.loop) io.symbol(now.round);
  parts.part(base.frames, now.frames, [&](auto&) { frames_layout(io, base, now); });
  for (size_t reg = 0; reg < now.registers.size(); ++reg) {
    if (io.failed()) return;
    if (parts.told()) {
      content_layout(io, now.ranges, now.registers[reg]);
    } else {
      io.same(expected_register(base, now.frames.size(), reg), now.registers[reg]);
    }
  }
  parts.part(base.held, now.held, [&](auto& all) {
    list_layout(io, base.held, all, NoOrder{}, [&](Held& held) { held_layout(io, held); });
  });
  parts.part(base.lock, now.lock, [&](Lock& lock) { lock_layout(io, lock); });
  if (parts.told()) {
    optional_layout(io, now.ranges, now.has_goto_rounds, now.goto_rounds);
  } else {
    io.same(base.has_goto_rounds, now.has_goto_rounds);
    io.same(base.goto_rounds, now.goto_rounds);
  }
  parts.part(base.packet_size, now.packet_size, [&](uint32_t& symbol) { io.symbol(symbol); });
  parts.part(base.meta_size_plus_one, now.meta_size_plus_one,
             [&](uint32_t& symbol) { io.symbol(symbol); });
  parts.end();
}

}  // namespace zext::verifier::certificate
