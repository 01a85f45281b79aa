// footprint: the memory that a part of a certificate takes beside its own struct, in bytes.
//
//   sizeof(CutPoint) + footprint(cut_point)
//
// A file must be large enough for the memory that reading it takes (format.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "verifier/certificate/certificate.h"

namespace zext::verifier::certificate {

template <class T>
  requires std::is_trivially_copyable_v<T>
uint64_t footprint(const T& /*plain*/) {
  return 0;
}
uint64_t footprint(const Sum& sum);
uint64_t footprint(const Content& content);
uint64_t footprint(const Slot& slot);
uint64_t footprint(const Frame& frame);
uint64_t footprint(const CutPoint& cut_point);

template <class T>
uint64_t footprint(const std::vector<T>& list) {
  uint64_t bytes = list.size() * sizeof(T);
  for (const T& element : list) bytes += footprint(element);
  return bytes;
}
template <class T, size_t kSize>
uint64_t footprint(const std::array<T, kSize>& list) {
  uint64_t bytes = 0;
  for (const T& element : list) bytes += footprint(element);
  return bytes;
}

inline uint64_t footprint(const Sum& sum) { return footprint(sum.terms); }
inline uint64_t footprint(const Content& content) { return footprint(content.form); }
inline uint64_t footprint(const Slot& slot) { return footprint(slot.content); }
inline uint64_t footprint(const Frame& frame) {
  return footprint(frame.saved) + footprint(frame.arguments) + footprint(frame.rounds) +
         footprint(frame.slots);
}
inline uint64_t footprint(const CutPoint& cut_point) {
  return footprint(cut_point.registers) + footprint(cut_point.frames) +
         footprint(cut_point.ranges) + footprint(cut_point.inequalities) +
         footprint(cut_point.held) + footprint(cut_point.goto_rounds);
}

}  // namespace zext::verifier::certificate
