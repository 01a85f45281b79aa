// The memory image that the core and QEMU both start from: start-up code, the setting of one run,
// and a program's machine code.
//
//   auto image = make_image(code.bytes, code.entry, setting);
//   model.load(image);
//
// The start-up code sets the stack, puts r1 to r5 into a0 to a4, calls the program, stores a0 at
// kResult and 1 to `tohost`. A trap stores mcause, mepc and mtval after the result and ends with
// the exit code kTrapExit; after a fault of a load that may fault the program goes on instead
// (cli/probe_handler.h).
#pragma once

#include <cstdint>
#include <span>

#include "cli/setting.h"
#include "jit/exception.h"
#include "rtl_sim/image/image.h"

namespace zext::cli {

inline constexpr uint64_t kTohost = kMailboxAddress;
inline constexpr uint64_t kResult = kMailboxAddress + 64;
inline constexpr uint64_t kTrapRecord = kMailboxAddress + 72;  // mcause, mepc, mtval
inline constexpr uint64_t kTrapExit = 1000;
inline constexpr uint64_t kTrapRegisters = kMailboxAddress + 128;  // x0 to x31, when it began
inline constexpr uint64_t kMailboxSize = 128 + 32 * 8;

// `text` is placed at kTextAddress and entered `entry` bytes into it; `exceptions` are its loads
// that may fault, in a table behind it.
rtl_sim::Image make_image(std::span<const uint8_t> text, uint32_t entry, const Setting& setting,
                          std::span<const jit::Exception> exceptions = {});

}  // namespace zext::cli
