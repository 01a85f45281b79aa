// Every engine that a daemon can have, the simulated machines too.
//
//   options.make_engine = make_engine;
#pragma once

#include "kernel_shim/hosts/daemon/engine.h"

namespace zext::shim::daemon {

// "interpreter", "qemu", "rtl", "lockstep".
std::expected<std::unique_ptr<DaemonEngine>, std::string> make_engine(const std::string& name,
                                                                      const kshim_host& base);

}  // namespace zext::shim::daemon
