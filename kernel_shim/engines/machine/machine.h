// Machine: something that runs the firmware: the core, QEMU, or both in lockstep.
//
//   auto machine = make_core(ram, limits);
//   auto outcome = (*machine)->serve(services);      // one request of the mailbox
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "kernel_shim/engines/machine/ram.h"

namespace zext::shim::machine {

class Machine {
 public:
  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  virtual ~Machine() = default;

  // Answers Mailbox::service, in RAM.
  using Serve = std::function<void(Mailbox& mailbox)>;

  // Serves the request in the mailbox: afterwards the answer is there, and all of RAM is as the
  // machine left it. Errors, for people: it hangs, it died, the two sides of lockstep differ.
  virtual std::expected<void, std::string> request(const Serve& serve) = 0;

  virtual Platform platform() const { return Platform::kCore; }
  virtual bool serves() const { return true; }  // in the middle of a run
  virtual uint64_t tick_nanoseconds() const { return 1; }
  virtual bool counts_cycles() const { return true; }
  // Text that was written from outside is executed as it is now; else by Command::kCopy.
  virtual bool sees_text() const { return true; }
};

// `max_instructions`: of one request. The RAM outlives the machine, and holds the firmware.
std::expected<std::unique_ptr<Machine>, std::string> make_core(Ram& ram, uint64_t max_instructions);
std::expected<std::unique_ptr<Machine>, std::string> make_lockstep(Ram& ram,
                                                                   uint64_t max_instructions);
// Starts QEMU, which serves its first request at once.
std::expected<std::unique_ptr<Machine>, std::string> make_qemu(Ram& ram);

}  // namespace zext::shim::machine
