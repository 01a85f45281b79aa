#include "kernel_shim/runtime/log.h"

#include <errno.h>

namespace zext::shim {
namespace {

constexpr uint32_t kLeastSize = 128;
constexpr uint32_t kMostSize = 0xffff'ffffu >> 2;
constexpr uint32_t kLevels = 7;

}  // namespace

int Log::check() const {
  const bool any = target_.level != 0 || target_.buffer != 0 || target_.size != 0;
  if (!any) return 0;
  const bool fits = target_.size >= kLeastSize && target_.size <= kMostSize && target_.level != 0 &&
                    target_.buffer != 0 && (target_.level & ~kLevels) == 0;
  return fits ? 0 : -EINVAL;
}

void Log::text(const char* text) { this->text(text, __builtin_strlen(text)); }

void Log::text(const char* text, uint64_t length) {
  if (!wanted()) return;
  while (length != 0) {
    const uint64_t room = sizeof piece_ - used_;
    const uint64_t now = length < room ? length : room;
    __builtin_memcpy(piece_ + used_, text, now);
    used_ += static_cast<uint32_t>(now);
    text += now;
    length -= now;
    if (used_ == sizeof piece_) flush();
  }
}

void Log::flush() {
  // One byte is the NUL's.
  const uint64_t room = target_.size - 1 - written_;
  uint64_t now = used_;
  if (now > room) {
    now = room;
    full_ = true;
  }
  if (!faulted_ && host_.copy_to_user(target_.buffer + written_, piece_, now) != 0) faulted_ = true;
  written_ += now;
  used_ = 0;
}

void Log::number(uint64_t number) {
  char digits[20];
  uint32_t at = sizeof digits;
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  text(digits + at, sizeof digits - at);
}

void Log::number_signed(int64_t number) {
  if (number < 0) text("-", 1);
  this->number(number < 0 ? -static_cast<uint64_t>(number) : static_cast<uint64_t>(number));
}

void Log::hex(uint64_t number) {
  char digits[16];
  uint32_t at = sizeof digits;
  do {
    digits[--at] = "0123456789abcdef"[number & 15];
    number >>= 4;
  } while (number != 0);
  text(digits + at, sizeof digits - at);
}

int Log::finish(int error) {
  if (!wanted()) return error;
  flush();
  if (!faulted_ && host_.copy_to_user(target_.buffer + written_, "", 1) != 0) faulted_ = true;
  if (faulted_) return -EFAULT;
  // As Linux counts: a buffer without a free byte may have lost some.
  return full_ || written_ + 1 >= target_.size ? -ENOSPC : error;
}

}  // namespace zext::shim
