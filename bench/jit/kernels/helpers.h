// What a kernel calls outside of itself: by its number in eBPF, else as any function of another
// object.
#pragma once

#include "bench/jit/kernels/kernel.h"

#ifdef __bpf__
#define HELPER(number, name, parameters, ...) \
  __attribute__((unused)) static uint64_t(*const name) parameters = (void*)number;
#else
#define HELPER(number, name, parameters, ...) uint64_t name parameters;
#endif
#include "bench/jit/kernels/helpers.def"
