// The core: one load of the model for each request, so that each begins with the same predictor and
// caches and takes the same cycles.

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "kernel_shim/engines/machine/machine.h"
#include "rtl_sim/image/image.h"
#include "rtl_sim/model/model.h"

namespace zext::shim::machine {
namespace {

namespace sim = rtl_sim;

// An instruction takes a few cycles; this many for each is a hang.
constexpr uint64_t kCyclesPerInstruction = 200;

std::span<const uint8_t> bytes_of(const void* memory, uint64_t size) {
  return {static_cast<const uint8_t*>(memory), size};
}

class Core : public Machine {
 public:
  Core(Ram& ram, sim::Model model, uint64_t max_instructions)
      : ram_(ram), model_(std::move(model)), max_instructions_(max_instructions) {
    image_.entry = kPhysical;
    image_.tohost = physical(kMailbox);
  }

  std::expected<void, std::string> request(const Serve& serve) override {
    if (auto loaded = model_.load(image_); !loaded) return failed(loaded.error());
    while (true) {
      const sim::Outcome outcome = model_.run(max_instructions_ * kCyclesPerInstruction);
      model_.memory();  // now RAM has all that the caches had
      switch (outcome.stop) {
        case sim::Outcome::Stop::kExited:
          return {};
        case sim::Outcome::Stop::kHtifRequest:
          if (auto served = answer(serve); !served) return served;
          break;
        case sim::Outcome::Stop::kCycleLimit:
        case sim::Outcome::Stop::kPc:
          return std::unexpected("the core does not come to an end: " + outcome.hang);
      }
    }
  }

 private:
  static std::unexpected<std::string> failed(const sim::Error& error) {
    return std::unexpected(error.message());
  }

  // The core goes on from its caches: what the host changes has to get there, what it waits for
  // last.
  std::expected<void, std::string> answer(const Serve& serve) {
    Mailbox& mailbox = ram_.mailbox();
    serve(mailbox);
    if (auto done = write(&mailbox.result, bytes_of(&mailbox.result, 8)); !done) return done;
    if (auto done = write(mailbox.data, {mailbox.data, mailbox.service_bytes}); !done) return done;
    return write(&mailbox.answered, bytes_of(&mailbox.asked, 8));
  }

  std::expected<void, std::string> write(const void* to, std::span<const uint8_t> bytes) {
    const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
    const auto address = physical(reinterpret_cast<uint64_t>(to));
    if (auto written = model_.write(address, copy); !written) return failed(written.error());
    return {};
  }

  Ram& ram_;
  sim::Model model_;
  sim::Image image_;
  uint64_t max_instructions_;
};

}  // namespace

std::expected<std::unique_ptr<Machine>, std::string> make_core(Ram& ram,
                                                               uint64_t max_instructions) {
  sim::ModelConfig config;
  config.memory = {.base = kPhysical, .size = ram.size()};
  config.memory_bytes = ram.bytes();
  config.uart = false;
  config.serve_htif = false;
  auto model = sim::Model::create(config);
  if (!model) return std::unexpected(model.error().message());
  return std::make_unique<Core>(ram, std::move(*model), max_instructions);
}

}  // namespace zext::shim::machine
