// The kernels as data: what there is to measure, on which input, and what this machine makes of it.
//
//   for (const Kernel& kernel : kernels()) {
//     std::vector<uint8_t> buffer = input_of(kernel);
//     uint64_t r0 = kernel.host(buffer.data(), buffer.size());
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cli/helper.h"

namespace zext::bench {

enum class Fill : uint8_t {
  kRandom,   // bytes of a fixed pseudo-random sequence
  kText,     // words, numbers and signs
  kStrings,  // zero-terminated strings of some 30 bytes
  kPackets,  // one every 64 bytes: Ethernet, mostly IPv4, TCP or UDP
};

struct Kernel {
  const char* name = "";
  const char* group = "";
  Fill fill = Fill::kRandom;
  size_t length = 0;
  uint64_t (*host)(uint8_t* buffer, uint64_t length) = nullptr;  // the same C, for this machine
};

std::span<const Kernel> kernels();

// What kernels call outside of themselves; where each machine has it is not said.
struct KernelHelper {
  const char* name = "";
  cli::Helper helper;
};
std::vector<KernelHelper> kernel_helpers();

// What its buffer holds at first; the same each time.
std::vector<uint8_t> input_of(const Kernel& kernel);

}  // namespace zext::bench
