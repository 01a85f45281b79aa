// DaemonEngine: what runs the programs of a daemon: this process, or a simulated machine.
//
//   auto engine = make_interpreter("interpreter", functions);  // before kshim_create
//   kshim_create(&(*engine)->functions(), ...);
//   (*engine)->use(kernel);                                    // before programs are loaded
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kernel_shim/hosts/daemon/pages.h"
#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim {
class Kernel;
}  // namespace zext::shim

namespace zext::shim::daemon {

class DaemonEngine {
 public:
  virtual ~DaemonEngine() = default;
  // For kshim_create: the daemon's, with what the engine has of its own.
  virtual const kshim_host& functions() const = 0;
  // Makes the instance use the engine, and the analyser of hosted builds.
  virtual void use(Kernel& kernel) = 0;
  // Memory that the engine allocated; nothing: it is not of the engine's.
  virtual std::optional<Pages::Piece> pages_at(const void* address) const = 0;
};

// Makes the engine of this name on the daemon's functions, which stay where they are; or says what
// is wrong.
using EngineMaker = std::function<std::expected<std::unique_ptr<DaemonEngine>, std::string>(
    const std::string& name, const kshim_host& base)>;

// Knows "interpreter" only.
std::expected<std::unique_ptr<DaemonEngine>, std::string> make_interpreter(const std::string& name,
                                                                           const kshim_host& base);

}  // namespace zext::shim::daemon
