// QEMU as the reference: runs an image on qemu-system-riscv64, at once or instruction by
// instruction.
//
//   auto outcome = qemu::run(*load_elf(bytes), {});           // outcome->exit_code, ->instructions
//
// or as the stream of everything that QEMU retired, for comparing:
//
//   auto stream = qemu::Stream::open(*load_elf(bytes), {});
//   while (const qemu::Retired* r = *stream->next()) std::printf("%lx\n", r->retirement.pc);
//
// QEMU runs as a child process that shares its guest memory and a ring of retirements with us; it
// cannot outlive us. `run` needs only QEMU's documented plugin interface; `Stream` also needs a few
// of its symbols, checked when it starts (see plugin_registers.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rtl_sim/image/error.h"
#include "rtl_sim/image/image.h"
#include "rtl_sim/model/retirement.h"

namespace zext::rtl_sim::qemu {

struct Options {
  uint64_t max_instructions = UINT64_MAX;
  MemoryRange memory = {};             // at QEMU virt's RAM address; its size a multiple of 4 KiB
  std::vector<MemoryRange> dump = {};  // memory to hand out when `run` has ended
  std::chrono::milliseconds stall_limit{
      10'000};                                  // QEMU showing no progress for so long is an error
  std::string program = "qemu-system-riscv64";  // searched in PATH unless it has a slash
  // Whether a stream follows a leader, which Stream::lead tells of: QEMU executes an instruction
  // only after the leader has, takes the leader's interrupts and none of devices, and gets the
  // leader's values where these depend on time or on the implementation.
  bool follow = false;
  unsigned pmp_entries = 8;  // that exist; the others, up to 16, are zero for ever
};

// How a run ended.
struct Outcome {
  enum class Stop {
    kExited,            // the program stored 2 * exit_code + 1 to `tohost`
    kHtifRequest,       // the program stored another non-zero value to `tohost`
    kInstructionLimit,  // max_instructions retired before that
  };
  Stop stop = Stop::kInstructionLimit;
  uint64_t exit_code = 0;
  uint64_t tohost = 0;        // the value stored, for kExited and kHtifRequest
  uint64_t instructions = 0;  // retired, trapping ones and the store to `tohost` included
  double seconds = 0;         // from the first instruction to the last, QEMU's start left out
  std::vector<std::vector<uint8_t>> memory = {};  // one for each of Options::dump
};

// Runs the image until it stores a non-zero value to `tohost` or the limit is reached.
// Errors: QEMU missing, too old, dying or stalling (each with what it printed); an image or a dump
// outside memory; an image without `tohost` when there is no instruction limit either.
std::expected<Outcome, Error> run(const Image& image, const Options& options);

// A retirement of QEMU. Of the core's fields `cycle` and all that tells of the pipeline, rs1, rs2
// and their values stay zero: QEMU does not show them. The csr ones also do where a trap came right
// behind the instruction, and for registers that implementations may choose.
struct Retired {
  Retirement retirement;
  // What it read is the implementation's choice, depends on time or comes from a device. A follower
  // goes on with the leader's rd_value; here are QEMU's own values.
  bool wants_value = false;
  // The instruction table does not know these bits, and yet QEMU ran them without a trap.
  bool unknown = false;
  // QEMU is known to compute this wrongly and did; rd_value is right, and so is the guest's
  // register.
  bool corrected = false;
};

// How far a leader may be ahead.
inline constexpr uint64_t kMostAhead = 2048;

// A run as a stream. Not thread-safe. Closing it early ends QEMU.
class Stream {
 public:
  // Starts QEMU with the image loaded, registers zero, halted at the entry. Errors as for run(),
  // and a QEMU that does not show its registers or has other extensions than the core.
  static std::expected<Stream, Error> open(const Image& image, const Options& options);

  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  // The next retirement, valid until the next call; null at the end (see outcome()).
  // Errors: QEMU died, or retired nothing during the stall limit.
  std::expected<const Retired*, Error> next();

  // With Options::follow: what the leader retired, one by one from the first; QEMU waits for it.
  // At most kMostAhead retirements ahead of next().
  void lead(const Retirement& leader);

  // The leader has come to its end: QEMU goes on alone, as far as its own end.
  void end_lead();

  // How the run ended, once next() gave null; Options::dump is not looked at.
  const Outcome& outcome() const;

  // Guest memory, [0] is at Options::memory.base. QEMU runs ahead of next(): stable only at the
  // end.
  std::span<const uint8_t> memory() const;

  // QEMU's process, for tests that hurt it.
  int process_id() const;

 private:
  class Impl;
  explicit Stream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Error::what of a QEMU that showed no progress for the stall limit.
inline constexpr const char* kStalled = "QEMU hangs";

// Whether `program` is there to be run. For tests and for a clear message before work starts.
bool available(const std::string& program = "qemu-system-riscv64");

}  // namespace zext::rtl_sim::qemu
