// Server: a daemon at its socket, from start to end.
//
//   return run_server(options, ready);    // an exit status
//
// A thread for each connection, which is a client's thread's. Whatever a client sends, or does not,
// ends at most its own connection.
#pragma once

#include <functional>

#include "kernel_shim/hosts/daemon/daemon.h"

namespace zext::shim::daemon {

enum class ServerEnd {
  kDone,            // idle, or told to stop
  kAlreadyRunning,  // another daemon has the folder
  kFailed,          // said on standard error
};

// Calls `ready` once when clients can connect (also where another daemon is what they connect to).
ServerEnd run_server(const DaemonOptions& options, const std::function<void()>& ready);

}  // namespace zext::shim::daemon
