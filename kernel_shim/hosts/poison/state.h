// What an instance holds, as text: two states are the same if nobody can tell them apart.
//
//   std::string before = describe_state(instance);
//   ... a call that fails ...
//   EXPECT_EQ(describe_state(instance), before);
#pragma once

#include <string>

#include "kernel_shim/hosts/process/instance.h"

namespace zext::shim {

// Descriptors and pins, objects with their references, what is in maps; `with_memory`: and how much
// each has, and what the host has given.
std::string describe_state(Instance& instance, bool with_memory = true);

}  // namespace zext::shim
