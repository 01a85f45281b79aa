// Connection: a thread of the daemon that answers a thread of a client.
//
//   answer_client(daemon, socket);     // returns when the client has gone
//
// By messages, and by the page that both share where the client wants one (protocol.h: Channel).
#pragma once

#include "kernel_shim/hosts/daemon/daemon.h"

namespace zext::shim::daemon {

void answer_client(Daemon& daemon, int socket);

}  // namespace zext::shim::daemon
