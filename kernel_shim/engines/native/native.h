// kNative: programs as text of the machine that this kernel itself runs on: RV64.
//
//   kshim_create_native(&host, nullptr, &shim);      // in C; the instance's engine is this one
//
// Text is the host's (text_alloc and so on); helpers are called as C functions. A machine has one
// native instance, since helpers find their run by the CPU.
#pragma once

#include "kernel_shim/programs/engine.h"

namespace zext::shim {

extern const Engine kNative;

// Makes the instance the machine's native one: 0; -EBUSY: there is one; -EOPNOTSUPP: the host gives
// no text.
int use_native(Kernel& kernel);
void end_native(Kernel& kernel);

}  // namespace zext::shim
