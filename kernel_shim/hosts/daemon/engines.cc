#include "kernel_shim/hosts/daemon/engines.h"

#include <utility>

#include "kernel_shim/engines/machine/machine_engine.h"
#include "kernel_shim/programs/analyser.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim::daemon {
namespace {

class Machines : public DaemonEngine {
 public:
  explicit Machines(std::unique_ptr<MachineHost> machine) : machine_(std::move(machine)) {}
  const kshim_host& functions() const override { return machine_->functions(); }
  void use(Kernel& kernel) override {
    machine_->use(kernel);
    kernel.analyser = &kHostedAnalyser;
  }
  std::optional<Pages::Piece> pages_at(const void* address) const override {
    const auto pages = machine_->pages_at(address);
    if (!pages) return {};
    return Pages::Piece{.file = pages->fd, .offset = pages->offset};
  }

 private:
  std::unique_ptr<MachineHost> machine_;
};

}  // namespace

std::expected<std::unique_ptr<DaemonEngine>, std::string> make_engine(const std::string& name,
                                                                      const kshim_host& base) {
  const auto kind = machine_named(name);
  if (!kind) return make_interpreter(name, base);
  auto machine = MachineHost::create(base, {.machine = *kind});
  if (!machine) return std::unexpected(machine.error());
  return std::make_unique<Machines>(std::move(*machine));
}

}  // namespace zext::shim::daemon
