#include "kernel_shim/hosts/daemon/engine.h"

#include "kernel_shim/engines/interpreter/interpreter_engine.h"
#include "kernel_shim/programs/analyser.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim::daemon {
namespace {

class Interpreter : public DaemonEngine {
 public:
  explicit Interpreter(const kshim_host& base) : base_(base) {}
  const kshim_host& functions() const override { return base_; }
  void use(Kernel& kernel) override {
    kernel.engine = &kInterpreter;
    kernel.analyser = &kHostedAnalyser;
  }
  std::optional<Pages::Piece> pages_at(const void* /*address*/) const override { return {}; }

 private:
  const kshim_host& base_;
};

}  // namespace

std::expected<std::unique_ptr<DaemonEngine>, std::string> make_interpreter(const std::string& name,
                                                                           const kshim_host& base) {
  if (name == "interpreter") return std::make_unique<Interpreter>(base);
  return std::unexpected(name + " is no engine; interpreter, qemu, rtl and lockstep are");
}

}  // namespace zext::shim::daemon
