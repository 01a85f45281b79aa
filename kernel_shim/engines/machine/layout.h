// Layout: what this process and the firmware in the simulated machine agree on: addresses, and the
// mailbox in which a run is asked for and answered.
//
//   Mailbox& mailbox = *reinterpret_cast<Mailbox*>(kMailbox);     // on either side
//
// Both builds are LP64 and little-endian, so a struct is the same bytes to both; by
// Mailbox::sizes the host checks that.
//
//   kBase      firmware: text, data, stacks
//   kMailbox   the mailbox
//   kTables    page tables: RAM, linearly; mirrors, page by page
//   kHeap      all else
//   kMirrors   second addresses of pages in the heap, for memory that is seen twice
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernel_shim/engines/machine/heap.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/programs/context.h"
#include "kernel_shim/programs/program.h"
#include "kernel_shim/runtime/kernel.h"
#include "kernel_shim/runtime/run.h"

namespace zext::shim::machine {

// Virtual addresses, which are this process's addresses too. So low because sanitizers have most of
// the first terabytes; below 2^38 because of Sv39.
inline constexpr uint64_t kBase = 0x1000'0000;
inline constexpr uint64_t kPhysical = 0x8000'0000;  // where RAM is on the machine's bus
inline constexpr uint64_t kSuperpage = uint64_t{2} << 20;
inline constexpr uint64_t kMailbox = kBase + kSuperpage;
inline constexpr uint64_t kTables = kMailbox + 0x10'0000;
inline constexpr uint64_t kHeap = kBase + 3 * kSuperpage;
inline constexpr uint64_t kMirrors = 0x5000'0000;
inline constexpr uint64_t kMirrorsEnd = 0x7000'0000;

inline constexpr uint64_t physical(uint64_t address) { return address - kBase + kPhysical; }

enum class Platform : uint64_t {
  kCore,  // the host watches stores to `tohost`
  kUart,  // QEMU: each request is a byte to the UART, each answer one from it
};

enum class Command : uint64_t {
  kBoot,  // makes the firmware's own Kernel; fills Mailbox::sizes, helpers and so on
  kRun,
  kCopy,  // `size` bytes from `from` to `to`: text, where stores from outside go unnoticed
};

enum class End : uint64_t {
  kNone,
  kFinished,
  kTrapped,  // `trap` says how
  kFailed,   // kBoot: no memory
};

// What the firmware asks of the host in the middle of a run.
enum class Service : uint64_t {
  kPeekUser,    // arguments: to, from, size
  kPeekKernel,  // likewise
  kCopyFromUser,
  kStackWalk,  // registers, user, addresses, max
  kSymbol,     // name
};

inline constexpr unsigned kHelpers = 256;
inline constexpr unsigned kMostWakes = 64;
inline constexpr uint64_t kTraceSize = 32768;

// Text with its loads that may fault.
struct MachineText {
  MachineText* next = nullptr;
  uint64_t address = 0;
  uint64_t size = 0;
  const void* exceptions = nullptr;  // jit::Exception, `exception_count` of them
  uint64_t exception_count = 0;
};

struct Call {
  Command command = Command::kBoot;
  // kRun
  const Program* program = nullptr;
  uint64_t entry = 0;
  void* context = nullptr;
  Run** context_run = nullptr;  // the field of the context that is to name the run, or null
  Packet packet{};
  bool has_packet = false;
  bool in_test_run = false;
  uint64_t cookie = 0;
  // kCopy
  void* to = nullptr;
  const void* from = nullptr;
  uint64_t size = 0;
  // The answer to kRun.
  uint64_t r0 = 0;
  uint64_t cycles = 0;
  uint64_t instructions = 0;
};

// Sizes and offsets that both sides must agree on.
struct Sizes {
  uint32_t values[24] = {};
};
Sizes sizes();

struct Mailbox {
  // Lines of their own: stores to the first are what the host watches.
  alignas(64) uint64_t tohost = 0;
  alignas(64) uint64_t asked = 0;     // services, counted
  alignas(64) uint64_t answered = 0;  // by the host
  alignas(64) Platform platform = Platform::kCore;
  bool serves = true;  // services are there
  uint32_t cpu_count = 1;
  alignas(64) End end = End::kNone;
  uint64_t trap[3] = {};  // cause, pc, value

  Call call{};

  Service service = Service::kPeekUser;
  uint64_t arguments[4] = {};
  int64_t result = 0;
  uint64_t service_bytes = 0;  // of what the host puts into `data`
  uint8_t data[4096] = {};

  // What helpers ask for, as it was when the run began.
  uint64_t clocks[KSHIM_CLOCK_REAL + 1] = {};
  uint64_t tick_nanoseconds = 1;  // of the time CSR
  kshim_task task{};
  Object* vmlinux = nullptr;

  // What is told when the run has ended.
  uint32_t wake_count = 0;
  kshim_object* wakes[kMostWakes] = {};
  uint64_t trace_used = 0;  // lines: a 16-bit length and text, each
  uint8_t trace[kTraceSize] = {};

  MachineText* texts = nullptr;
  Heap heap{};

  // Filled by kBoot.
  Sizes sizes{};
  uint64_t helpers[kHelpers] = {};  // addresses, 0: none
  uint64_t packet_loads[3] = {};
};
static_assert(sizeof(Mailbox) < kTables - kMailbox);

}  // namespace zext::shim::machine
