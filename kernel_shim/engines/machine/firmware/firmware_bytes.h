// The firmware's ELF, as it was linked.
#pragma once

#include <cstddef>

namespace zext::shim::machine {

extern const unsigned char kFirmware[];
extern const size_t kFirmwareSize;

}  // namespace zext::shim::machine
