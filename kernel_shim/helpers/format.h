// Formats: the text of bpf_trace_printk, bpf_trace_vprintk, bpf_snprintf and bpf_seq_printf.
//
//   char text[64];
//   int64_t length = format(run, text, sizeof text, "pid %d\n", 9, values, 1);   // or -EINVAL
//
// Linux's bpf_bprintf_prepare says what a format may hold: %d %i %u %x %X with l and ll, %c, %s,
// %ps %pS %pB %pK %px %p, %pks and %pus (strings of the kernel and of the user), %pi4 %pI4 %pi6
// %pI6, with flags and a width; everything else is -EINVAL, before anything is printed.
#pragma once

#include <cstdint>

#include "kernel_shim/runtime/kernel.h"
#include "kernel_shim/runtime/run.h"

namespace zext::shim::helpers {

// Linux: MAX_BPRINTF_VARARGS.
inline constexpr uint32_t kMaxFormatValues = 12;

// Prints at most `size` bytes with a NUL and returns the length of all the text without it, as
// snprintf does. `text` may be null if `size` is 0. -EINVAL: no NUL within `format_size` bytes, not
// a format, or more specifiers than `count` values.
int64_t format(const Host& host, char* text, uint64_t size, const char* format,
               uint64_t format_size, const uint64_t* values, uint32_t count);

}  // namespace zext::shim::helpers
