// Forwarding: a kshim_host whose functions are another's, but for those that are replaced.
//
//   kshim_host functions = forward(base, this);       // context: a Forwarder
#pragma once

#include <mutex>

#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim::machine {

// What the context of the functions is.
struct Forwarder {
  kshim_host base{};
};

// Every function that `forwarder.base` has, called with the base's own context. Memory, text and
// concurrency are left null: they are the machine's.
kshim_host forward(Forwarder& forwarder);

}  // namespace zext::shim::machine
