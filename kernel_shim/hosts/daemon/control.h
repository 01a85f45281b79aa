// Control: a connection to a daemon for its owner's own tools: firing, status, stopping.
//
//   std::optional<Control> daemon = Control::connect(folder);
//   std::optional<Answer> answer = daemon->ask({.op = Op::kStatus});
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel_shim/hosts/daemon/file.h"
#include "kernel_shim/hosts/daemon/protocol.h"

namespace zext::shim::daemon {

struct Answer {
  Reply reply;
  File descriptor;
  // What the descriptor's file holds.
  std::string text() const;
};

class Control {
 public:
  // Nothing: no daemon listens there, or one of another build.
  static std::optional<Control> connect(const std::string& folder);
  // The process that listens there, whatever it is; 0: none.
  static pid_t listener(const std::string& folder);
  // Nothing: it has gone.
  std::optional<Answer> ask(const Request& request, const std::vector<uint8_t>& payload = {});

 private:
  explicit Control(File socket) : socket_(std::move(socket)) {}
  File socket_;
};

}  // namespace zext::shim::daemon
