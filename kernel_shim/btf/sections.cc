// The header, and where types and strings are.
#include <errno.h>

#include <cstddef>

#include "kernel_shim/btf/check.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {

int Check::sections() {
  int error = copy_header();
  if (error == 0) error = check_header();
  if (error == 0) error = check_layout();
  if (error != 0) return error;
  body_ = btf_.data + header_.hdr_len;
  return find_strings();
}

int Check::copy_header() {
  constexpr uint64_t kLeast = offsetof(btf_header, hdr_len) + sizeof header_.hdr_len;
  if (btf_.size < kLeast) {
    report_.text("hdr_len not found");
    return -EINVAL;
  }
  __builtin_memcpy(&header_, btf_.data, kLeast);
  const uint32_t length = header_.hdr_len;
  if (btf_.size < length) {
    report_.text("btf_header not found");
    return -EINVAL;
  }
  for (uint32_t i = sizeof header_; i < length; ++i) {
    if (btf_.data[i] == 0) continue;
    report_.text("Unsupported btf_header");
    return -E2BIG;
  }
  header_ = {};
  __builtin_memcpy(&header_, btf_.data, length < sizeof header_ ? length : sizeof header_);
  return 0;
}

int Check::check_header() {
  report_.header(header_, btf_.size);
  if (header_.magic != BTF_MAGIC) {
    report_.text("Invalid magic");
    return -EINVAL;
  }
  if (header_.version != BTF_VERSION) {
    report_.text("Unsupported version");
    return -kNotSupported;
  }
  if (header_.flags != 0) {
    report_.text("Unsupported flags");
    return -kNotSupported;
  }
  if (btf_.size == header_.hdr_len) {
    report_.text("No data");
    return -EINVAL;
  }
  return 0;
}

// The two sections follow each other without a gap, in either order, and nothing else is there.
int Check::check_layout() {
  struct Section {
    uint32_t offset, length;
  };
  const Section types{header_.type_off, header_.type_len};
  const Section strings{header_.str_off, header_.str_len};
  // In Linux's order, which subtracts: it decides which mistake is told of.
  const auto by_offset = static_cast<int32_t>(types.offset - strings.offset);
  const auto by_length = static_cast<int32_t>(types.length - strings.length);
  const bool types_first = by_offset != 0 ? by_offset < 0 : by_length <= 0;
  const auto all = static_cast<uint32_t>(btf_.size - header_.hdr_len);
  uint32_t end = 0;
  for (const Section& section : {types_first ? types : strings, types_first ? strings : types}) {
    const char* wrong = nullptr;
    if (all < section.offset) {
      wrong = "Invalid section offset";
    } else if (end < section.offset) {
      wrong = "Unsupported section found";
    } else if (end > section.offset) {
      wrong = "Section overlap found";
    } else if (all - end < section.length) {
      wrong = "Total section length too long";
    }
    if (wrong != nullptr) {
      report_.text(wrong);
      return -EINVAL;
    }
    end += section.length;
  }
  if (end == all) return 0;
  report_.text("Unsupported section found");
  return -EINVAL;
}

int Check::find_strings() {
  if (uint64_t{header_.hdr_len} + header_.str_off + header_.str_len != btf_.size) {
    report_.text("String section is not at the end");
    return -EINVAL;
  }
  const auto* strings = reinterpret_cast<const char*>(body_ + header_.str_off);
  const uint32_t size = header_.str_len;
  if (size == 0 || size - 1 > BTF_MAX_NAME_OFFSET || strings[size - 1] != 0 || strings[0] != 0) {
    report_.text("Invalid string section");
    return -EINVAL;
  }
  btf_.strings = strings;
  btf_.strings_size = size;
  return 0;
}

}  // namespace zext::shim
