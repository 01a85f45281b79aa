// Log: text for the caller's log_buf, by Linux's rules of log_level, log_size and truncation.
//
//   Log log(host, {.level = attr.log_level, .buffer = attr.log_buf, .size = attr.log_size});
//   log.add("invalid func unknown#", number);
//   return log.finish(error);                  // -ENOSPC where the text did not fit
//
// Text is collected in kernel memory and copied out when a piece is full, so that adding never
// waits for user memory while locks are held: add() may sleep, and is not for atomic context.
#pragma once

#include <cstdint>

#include "kernel_shim/runtime/host.h"

namespace zext::shim {

struct LogTarget {
  uint32_t level = 0;  // BPF_LOG_*: 1, 2, 4 (statistics)
  kshim_uptr buffer = 0;
  uint32_t size = 0;
};

class Log {
 public:
  Log(const Host& host, const LogTarget& target) : host_(host), target_(target) {}
  // Level, buffer and size must fit together (5.19: all or none, size from 128 to 2^30 - 1, level
  // of 7 or less): 0 or -EINVAL.
  int check() const;

  bool wanted() const { return target_.level != 0; }
  bool wants(uint32_t level) const { return (target_.level & level) != 0; }
  void text(const char* text);
  void text(const char* text, uint64_t length);
  void number(uint64_t number);
  void number_signed(int64_t number);
  void hex(uint64_t number);
  template <typename... Parts>
  void add(const Parts&... parts) {
    if (wanted()) (part(parts), ...);
  }

  // Copies out what is left and the NUL. -EFAULT, -ENOSPC (the text was longer than the buffer:
  // it holds its beginning), else `error`.
  int finish(int error);

 private:
  void part(const char* value) { text(value); }
  void part(uint32_t value) { number(value); }
  void part(uint64_t value) { number(value); }
  void part(int32_t value) { number_signed(value); }
  void part(int64_t value) { number_signed(value); }
  void flush();

  const Host& host_;
  LogTarget target_;
  uint64_t written_ = 0;  // bytes copied out
  uint32_t used_ = 0;     // of piece_
  bool full_ = false;
  bool faulted_ = false;
  char piece_[512];
};

}  // namespace zext::shim
