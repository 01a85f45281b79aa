#include "verifier/certificate/random_certificate.h"

#include <algorithm>

#include "verifier/certificate/format.h"
#include "verifier/certificate/implied.h"
#include "verifier/platform/helper.h"

namespace zext::verifier::certificate {
namespace {

// 0 to most.
uint64_t upto(Random& rng, uint64_t most) {
  return std::uniform_int_distribution<uint64_t>(0, most)(rng);
}
bool once_in(Random& rng, uint64_t times) { return upto(rng, times - 1) == 0; }

// Small ones, great ones, and those near powers of two.
uint64_t word(Random& rng) {
  switch (upto(rng, 3)) {
    case 0:
      return upto(rng, 300);
    case 1:
      return uint64_t{0} - upto(rng, 300);
    case 2:
      return (uint64_t{1} << upto(rng, 63)) + upto(rng, 2) - 1;
    default:
      return rng();
  }
}
uint32_t word32(Random& rng) { return static_cast<uint32_t>(word(rng)); }

// Of a few, the ones of every program among them.
uint32_t symbol(Random& rng) {
  return upto(rng, 9) < 4 ? static_cast<uint32_t>(upto(rng, 3))
                          : 1000 + 77 * static_cast<uint32_t>(upto(rng, 40));
}
uint32_t object(Random& rng) {
  if (once_in(rng, 8)) return kNone;
  if (once_in(rng, 4)) return kFirstFixedObject + static_cast<uint32_t>(upto(rng, 3));
  return 11 * static_cast<uint32_t>(upto(rng, 20));
}

template <class T, class Less>
void sort_uniquely(std::vector<T>& list, Less less) {
  std::sort(list.begin(), list.end(), less);
  const auto same = [&](const T& a, const T& b) { return !less(a, b); };
  list.erase(std::unique(list.begin(), list.end(), same), list.end());
}

Sum sum(Random& rng) {
  Sum made;
  made.constant = static_cast<int64_t>(word(rng));
  made.terms.resize(upto(rng, 4));
  for (Sum::Term& term : made.terms) {
    term.symbol = symbol(rng);
    term.factor = static_cast<int64_t>(word(rng) | 1);
    if (once_in(rng, 2)) term.factor = 1;
  }
  sort_uniquely(made.terms, [](const auto& a, const auto& b) { return a.symbol < b.symbol; });
  if (once_in(rng, 2)) made.constant = 0;
  return made;
}

Content content(Random& rng, const std::vector<Range>& ranges) {
  Content made;
  made.type = static_cast<Type>(upto(rng, static_cast<uint64_t>(Type::kFunction)));
  if (made.type == Type::kUninitialised) return made;
  if (once_in(rng, 4)) made.frame = static_cast<uint8_t>(upto(rng, kMaxFrames - 1));
  if (once_in(rng, 4)) made.structure = static_cast<uint8_t>(upto(rng, 255));
  if (once_in(rng, 4)) {
    made.trust = static_cast<uint8_t>(upto(rng, static_cast<uint64_t>(Trust::kTrusted)));
  }
  made.nullable = once_in(rng, 4);
  made.read_only = once_in(rng, 4);
  if (once_in(rng, 2)) made.object = object(rng);
  if (once_in(rng, 4)) made.reference = object(rng);
  if (once_in(rng, 4)) made.detail = word32(rng);
  if (once_in(rng, 4)) made.map = word32(rng);
  made.number = random_number(rng);
  made.has_form = once_in(rng, 2);
  if (!made.has_form) return made;
  made.form = sum(rng);
  if (once_in(rng, 2)) made.number = implied(made.form, made.type, ranges);
  if (once_in(rng, 4)) made.form = {.terms = {}, .constant = made.number.slo};
  return made;
}

std::vector<Slot> slots(Random& rng, const std::vector<Range>& ranges) {
  std::vector<Slot> made;
  for (uint64_t at = upto(rng, kStackBytes - 1);; at += upto(rng, 40)) {
    Slot slot;
    slot.bytes = static_cast<uint8_t>(1u << upto(rng, 3));
    if (at + slot.bytes > kStackBytes) return made;
    slot.at = static_cast<uint16_t>(at);
    slot.content = content(rng, ranges);
    made.push_back(slot);
    at += slot.bytes;
  }
}

Frame frame(Random& rng, const std::vector<Range>& ranges, bool outermost) {
  Frame made;
  made.role = static_cast<Role>(upto(rng, static_cast<uint64_t>(Role::kCallback)));
  made.return_pc = word32(rng);
  made.entry = word32(rng);
  if (!outermost) {
    for (Content& one : made.saved) one = content(rng, ranges);
  }
  if (made.role == Role::kCallback) {
    for (Content& one : made.arguments) one = content(rng, ranges);
  }
  made.has_rounds = once_in(rng, 3);
  if (made.has_rounds) made.rounds = content(rng, ranges);
  made.slots = slots(rng, ranges);
  for (uint64_t& bytes : made.written) {
    if (once_in(rng, 2)) bytes = word(rng);
  }
  return made;
}

// Something new in some part of it.
void change(Random& rng, CutPoint& point) {
  const std::vector<Range>& ranges = point.ranges;
  switch (upto(rng, 9)) {
    case 0:
      point.ranges.push_back({symbol(rng), word(rng), word(rng)});
      sort_uniquely(point.ranges, [](const auto& a, const auto& b) { return a.symbol < b.symbol; });
      return;
    case 1:
      if (!ranges.empty()) point.ranges.erase(ranges.begin() + upto(rng, ranges.size() - 1));
      return;
    case 2:
      point.inequalities.push_back(sum(rng));
      return;
    case 3:
      if (!point.inequalities.empty()) point.inequalities.erase(point.inequalities.begin());
      return;
    case 4:
      if (point.frames.size() < kMaxFrames) {
        point.frames.push_back(frame(rng, ranges, point.frames.empty()));
      }
      return;
    case 5:
      if (!point.frames.empty()) point.frames.pop_back();
      return;
    case 6:
      if (!point.frames.empty()) point.frames.back().slots = slots(rng, ranges);
      return;
    case 7:
      point.held.push_back({object(rng), word32(rng), static_cast<uint8_t>(upto(rng, 7))});
      return;
    case 8:
      point.lock = {.held = true, .object = object(rng), .map = word32(rng), .pc = word32(rng)};
      return;
    default:
      point.has_goto_rounds = !point.has_goto_rounds;
      point.goto_rounds = point.has_goto_rounds ? content(rng, ranges) : Content{};
      point.packet_size = symbol(rng);
      return;
  }
}

CutPoint cut_point(Random& rng, const std::vector<CutPoint>& before) {
  CutPoint made;
  if (!before.empty()) made = before[upto(rng, before.size() - 1)];
  made.pc = once_in(rng, 4) ? word32(rng) : static_cast<uint32_t>(upto(rng, 500));
  made.loop = once_in(rng, 3);
  made.round = made.loop ? symbol(rng) : 0;
  for (uint64_t changes = upto(rng, 6); changes > 0; --changes) change(rng, made);
  for (uint64_t changes = upto(rng, 3); changes > 0; --changes) {
    made.registers[upto(rng, made.registers.size() - 1)] = content(rng, made.ranges);
  }
  return made;
}

}  // namespace

Number random_number(Random& rng) {
  Number made;
  made.lo = word(rng);
  made.hi = word(rng);
  if (made.lo > made.hi) std::swap(made.lo, made.hi);
  if (once_in(rng, 4)) made.hi = made.lo;
  made.slo = static_cast<int64_t>(word(rng));
  made.shi = static_cast<int64_t>(static_cast<uint64_t>(made.slo) + upto(rng, 100));
  made.ones = word(rng);
  made.unknown = word(rng) & ~made.ones;
  made.lo32 = word32(rng);
  made.hi32 = word32(rng);
  made.slo32 = static_cast<int32_t>(word32(rng));
  made.shi32 = static_cast<int32_t>(word32(rng));
  constexpr unsigned kSome[] = {0, kUnsignedView, kSignedView, kUnsignedView | kBitsView};
  const unsigned given = once_in(rng, 4) ? static_cast<unsigned>(upto(rng, kAllViews))
                                         : kSome[upto(rng, std::size(kSome) - 1)];
  return implied(made, given);
}

Certificate random_certificate(Random& rng) {
  Certificate made;
  made.subject = rng();
  const uint64_t count = upto(rng, 8);
  for (uint32_t i = 0; i < count; ++i) {
    made.cut_points.push_back(cut_point(rng, made.cut_points));
    made.cut_points.back().parent =
        i == 0 || once_in(rng, 2) ? kNone : static_cast<uint32_t>(upto(rng, i - 1));
  }
  return made;
}

}  // namespace zext::verifier::certificate
