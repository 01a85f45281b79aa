// The Internet's checksum (RFC 1071), and changes of it (RFC 1624).
#include <errno.h>

#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/helpers/skb.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim::helpers {
namespace {

// Linux: MAX_BPF_STACK, which bounds both buffers of bpf_csum_diff together.
constexpr uint64_t kMaxDifference = 512;
// What UDP writes for a checksum of 0.
constexpr uint16_t kMangledZero = 0xffff;

// One's complement sum of two 32-bit sums.
uint32_t add(uint32_t left, uint32_t right) {
  const uint32_t sum = left + right;
  return sum + (sum < left ? 1 : 0);
}

// The 16 bits that go into a packet.
uint16_t fold(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// Adds words, or their complements, to a sum.
uint32_t sum_words(const uint8_t* bytes, uint64_t size, uint32_t sum, bool complement) {
  for (uint64_t i = 0; i < size; i += 4) {
    uint32_t word;
    __builtin_memcpy(&word, bytes + i, sizeof word);
    sum = add(sum, complement ? ~word : word);
  }
  return sum;
}

struct Field {
  uint8_t* at = nullptr;
  int error = 0;
  uint16_t value() const {
    uint16_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
  }
  void set(uint16_t value) const { __builtin_memcpy(at, &value, sizeof value); }
};

Field field_at(Run& run, const Arguments& arguments, uint64_t known_flags) {
  const auto offset = static_cast<uint32_t>(arguments[1]);
  if ((arguments[4] & ~known_flags) != 0) return {.error = -EINVAL};
  if (offset > 0xffff || offset % 2 != 0 || uint64_t{offset} + 2 > skb_length(run)) {
    return {.error = -EFAULT};
  }
  return {.at = run.packet->data + offset};
}

// Replaces `from` by `to` in what the field sums up: 2 or 4 bytes, or 0: `to` is a difference.
int replace(const Field& field, uint64_t from, uint64_t to, uint64_t bytes) {
  const uint32_t sum = static_cast<uint16_t>(~field.value());
  switch (bytes) {
    case 0:
      if (from != 0) return -EINVAL;
      field.set(fold(add(sum, static_cast<uint32_t>(to))));
      return 0;
    case 2:
      field.set(fold(add(add(sum, static_cast<uint16_t>(~from)), static_cast<uint16_t>(to))));
      return 0;
    case 4:
      field.set(fold(add(add(sum, static_cast<uint32_t>(~from)), static_cast<uint32_t>(to))));
      return 0;
    default:
      return -EINVAL;
  }
}

}  // namespace

uint64_t csum_diff(Run&, const Arguments& arguments) {
  const auto from_size = static_cast<uint32_t>(arguments[1]);
  const auto to_size = static_cast<uint32_t>(arguments[3]);
  if ((from_size | to_size) % 4 != 0 || uint64_t{from_size} + to_size > kMaxDifference) {
    return result(-EINVAL);
  }
  uint32_t sum = static_cast<uint32_t>(arguments[4]);
  sum = sum_words(pointer<const uint8_t>(arguments[0]), from_size, sum, true);
  return sum_words(pointer<const uint8_t>(arguments[2]), to_size, sum, false);
}

// No device here leaves a packet's whole sum with it.
uint64_t csum_update(Run&, const Arguments&) { return result(-kNotSupported); }

uint64_t l3_csum_replace(Run& run, const Arguments& arguments) {
  const Field field = field_at(run, arguments, BPF_F_HDR_FIELD_MASK);
  if (field.error != 0) return result(field.error);
  return result(replace(field, arguments[2], arguments[3], arguments[4]));
}

uint64_t l4_csum_replace(Run& run, const Arguments& arguments) {
  constexpr uint64_t kKnown =
      BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | BPF_F_PSEUDO_HDR | BPF_F_HDR_FIELD_MASK;
  const Field field = field_at(run, arguments, kKnown);
  if (field.error != 0) return result(field.error);
  const uint64_t flags = arguments[4];
  const bool zero_is_none = (flags & BPF_F_MARK_MANGLED_0) != 0;
  if (zero_is_none && (flags & BPF_F_MARK_ENFORCE) == 0 && field.value() == 0) return 0;
  const int error = replace(field, arguments[2], arguments[3], flags & BPF_F_HDR_FIELD_MASK);
  if (error != 0) return result(error);
  if (zero_is_none && field.value() == 0) field.set(kMangledZero);
  return 0;
}

}  // namespace zext::shim::helpers
