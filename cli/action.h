// Action: what a subcommand does once its options are parsed; its result is an ExitCode.
#pragma once

#include <functional>

namespace zext::cli {

using Action = std::function<int()>;

}  // namespace zext::cli
