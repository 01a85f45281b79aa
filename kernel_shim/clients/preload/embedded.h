// The preload library as bytes: `zext shim` writes them where LD_PRELOAD finds them.
#pragma once

#include <span>

namespace zext::shim::preload {

std::span<const unsigned char> embedded_library();

}  // namespace zext::shim::preload
