// The core and QEMU in lockstep: each request is a run of its own from an image of RAM as far as it
// is used, and the memory that it leaves goes back. Slow; nothing is served in the middle of it.

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernel_shim/engines/machine/machine.h"
#include "rtl_sim/image/image.h"
#include "rtl_sim/lockstep/lockstep.h"

namespace zext::shim::machine {
namespace {

namespace sim = rtl_sim;

constexpr uint64_t kPage = 4096;
// What the machine's own code may take of the heap in one run; the heap's free pages begin there.
constexpr uint64_t kRoom = uint64_t{1} << 20;

class Lockstep : public Machine {
 public:
  Lockstep(Ram& ram, uint64_t max_instructions) : ram_(ram), max_instructions_(max_instructions) {}

  bool serves() const override { return false; }

  std::expected<void, std::string> request(const Serve& /*serve*/) override {
    const uint64_t size = std::min(used_bytes() + kRoom, ram_.size());
    sim::Image image;
    image.entry = kPhysical;
    image.tohost = physical(kMailbox);
    image.segments.push_back({.address = kPhysical,
                              .bytes = {ram_.bytes(), ram_.bytes() + size},
                              .size = 0,
                              .executable = true});
    sim::lockstep::Options options;
    options.max_instructions = max_instructions_;
    options.memory = {.base = kPhysical, .size = ram_.size()};
    options.dump = {{.base = kPhysical, .size = size}};
    const auto report = sim::lockstep::run(image, options);
    if (!report) return std::unexpected(report.error().message());
    if (report->divergence) return std::unexpected(sim::lockstep::text(*report->divergence));
    if (report->stop != sim::lockstep::Report::Stop::kExited) {
      return std::unexpected("the program does not come to an end");
    }
    take(report->memory.front());
    if (used_bytes() > size) return std::unexpected("the run took too much memory for lockstep");
    return {};
  }

 private:
  uint64_t used_bytes() const {
    return static_cast<uint64_t>(ram_.mailbox().heap.high_water() - ram_.bytes());
  }

  // Only pages that differ: somebody else may be looking at the others.
  void take(const std::vector<uint8_t>& memory) {
    for (uint64_t at = 0; at < memory.size(); at += kPage) {
      const uint64_t piece = std::min(kPage, memory.size() - at);
      if (std::memcmp(ram_.bytes() + at, memory.data() + at, piece) == 0) continue;
      std::memcpy(ram_.bytes() + at, memory.data() + at, piece);
    }
  }

  Ram& ram_;
  uint64_t max_instructions_;
};

}  // namespace

std::expected<std::unique_ptr<Machine>, std::string> make_lockstep(Ram& ram,
                                                                   uint64_t max_instructions) {
  return std::make_unique<Lockstep>(ram, max_instructions);
}

}  // namespace zext::shim::machine
