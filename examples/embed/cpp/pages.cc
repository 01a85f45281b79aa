#include "examples/embed/cpp/pages.h"

#include <new>

namespace embed {
namespace {

constexpr uint64_t kLine = 64;
constexpr uint64_t kPage = 4096;

uint64_t up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }
uint8_t* start_of(void* range) { return static_cast<uint8_t*>(range); }

}  // namespace

uint64_t Pages::rounded(uint64_t size) { return up(size, size < kPage ? kLine : kPage); }

void Pages::start(uint8_t* first, uint8_t* end) {
  ranges_ = new (first) Range{static_cast<uint64_t>(end - first), nullptr};
}

void* Pages::alloc(uint64_t size) {
  const uint64_t wanted = rounded(size);
  const uint64_t unit = size < kPage ? kLine : kPage;
  for (Range** at = &ranges_; *at != nullptr; at = &(*at)->next) {
    uint8_t* const first = start_of(*at);
    const Range range = **at;
    const uint64_t skipped =
        up(reinterpret_cast<uint64_t>(first), unit) - reinterpret_cast<uint64_t>(first);
    if (range.size < skipped + wanted) continue;
    const uint64_t rest = range.size - skipped - wanted;
    Range* behind = range.next;
    if (rest != 0) behind = new (first + skipped + wanted) Range{rest, range.next};
    if (skipped == 0) {
      *at = behind;
    } else {
      **at = {skipped, behind};
    }
    used_ += wanted;
    return first + skipped;
  }
  return nullptr;
}

void Pages::free(void* block, uint64_t size) {
  Range* before = nullptr;
  Range** at = &ranges_;
  while (*at != nullptr && start_of(*at) < start_of(block)) {
    before = *at;
    at = &before->next;
  }
  auto* range = new (block) Range{rounded(size), *at};
  *at = range;
  used_ -= range->size;
  if (start_of(range) + range->size == start_of(range->next)) {
    *range = {range->size + range->next->size, range->next->next};
  }
  if (before != nullptr && start_of(before) + before->size == start_of(range)) {
    *before = {before->size + range->size, range->next};
  }
}

}  // namespace embed
