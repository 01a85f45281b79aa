// How a file tells a list by an earlier one: which of its elements are there still, then the
// others.
//
//   list_layout(io, base.ranges, ranges, by_symbol, [&](Range& range) { ... });
//
// Lists with an order are merged by it; in the others the new elements come behind the old ones.
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

#include "verifier/certificate/reader.h"
#include "verifier/certificate/writer.h"

namespace zext::verifier::certificate {

struct NoOrder {};

// Which elements of `base` are told by being there still.
template <class T, class Less>
std::vector<bool> kept_of(const std::vector<T>& base, const std::vector<T>& now, Less less) {
  std::vector<bool> kept(base.size());
  auto next = now.begin();
  for (size_t i = 0; i < base.size(); ++i) {
    if constexpr (!std::is_same_v<Less, NoOrder>) {
      next = std::lower_bound(next, now.end(), base[i], less);
    }
    kept[i] = next != now.end() && *next == base[i];
    if (kept[i]) ++next;
  }
  return kept;
}

// A bit each, in whole bytes.
template <class Io>
void bits_layout(Io& io, std::vector<bool>& bits) {
  for (size_t begin = 0; begin < bits.size(); begin += 8) {
    const size_t end = std::min(bits.size(), begin + 8);
    uint8_t byte = 0;
    for (size_t i = begin; i < end; ++i) byte |= static_cast<uint8_t>(bits[i] << (i - begin));
    io.byte(byte);
    io.require(byte >> (end - begin) == 0, "a bit beyond the end of a list");
    for (size_t i = begin; i < end; ++i) bits[i] = (byte >> (i - begin) & 1) != 0;
  }
}

// The elements of `now` that are not told by being there still.
template <class T>
std::vector<T> fresh_of(const std::vector<T>& base, const std::vector<T>& now,
                        const std::vector<bool>& kept) {
  std::vector<T> fresh;
  auto next = now.begin();
  for (size_t i = 0; i < base.size(); ++i) {
    if (!kept[i]) continue;
    const auto old = std::find(next, now.end(), base[i]);
    fresh.insert(fresh.end(), next, old);
    next = old + 1;
  }
  fresh.insert(fresh.end(), next, now.end());
  return fresh;
}

template <class T, class Less>
std::vector<T> merged(std::vector<T> old, std::vector<T> fresh, Less less) {
  std::vector<T> all;
  all.reserve(old.size() + fresh.size());
  const auto from = [](auto& list) { return std::make_move_iterator(list.begin()); };
  const auto to = [](auto& list) { return std::make_move_iterator(list.end()); };
  if constexpr (std::is_same_v<Less, NoOrder>) {
    all.insert(all.end(), from(old), to(old));
    all.insert(all.end(), from(fresh), to(fresh));
  } else {
    std::merge(from(old), to(old), from(fresh), to(fresh), std::back_inserter(all), less);
  }
  return all;
}

template <class Io, class T, class Less, class Element>
void list_layout(Io& io, const std::vector<T>& base, std::vector<T>& now, Less less,
                 Element element) {
  std::vector<bool> kept(base.size());
  std::vector<T> fresh;
  if constexpr (!Io::kReads) {
    kept = kept_of(base, now, less);
    fresh = fresh_of(base, now, kept);
  }
  bits_layout(io, kept);
  uint64_t count = fresh.size();
  io.natural(count);
  if (!io.make_room(fresh, count)) return;
  for (T& one : fresh) element(one);

  if constexpr (Io::kReads) {
    std::vector<T> old;
    for (size_t i = 0; i < base.size(); ++i) {
      if (!kept[i]) continue;
      if (!io.take(sizeof(T) + footprint(base[i]))) return;
      old.push_back(base[i]);
    }
    now = merged(std::move(old), std::move(fresh), less);
    if constexpr (!std::is_same_v<Less, NoOrder>) {
      const auto descends = [&](const T& a, const T& b) { return !less(a, b); };
      io.require(std::adjacent_find(now.begin(), now.end(), descends) == now.end(),
                 "a list that does not ascend");
    }
  }
}

}  // namespace zext::verifier::certificate
