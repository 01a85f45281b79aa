#include "kernel_shim/hosts/daemon/control.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdio>
#include <cstring>

namespace zext::shim::daemon {

std::string Answer::text() const {
  return descriptor ? read_all("/proc/self/fd/" + std::to_string(descriptor.get())) : std::string();
}

namespace {

File dial(const std::string& folder) {
  const File directory(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  File socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  snprintf(name.sun_path, sizeof name.sun_path, "/proc/self/fd/%d/%s", directory.get(),
           kSocketName);
  if (!directory || !socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    return {};
  }
  return socket;
}

}  // namespace

pid_t Control::listener(const std::string& folder) {
  const File socket = dial(folder);
  ucred peer{};
  socklen_t size = sizeof peer;
  if (!socket || getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
  return peer.pid;
}

std::optional<Control> Control::connect(const std::string& folder) {
  File socket = dial(folder);
  if (!socket) return {};
  Control control(std::move(socket));
  Request hello;
  hello.arguments[0] = kProtocolVersion;
  hello.arguments[1] = static_cast<uint64_t>(gettid());
  const auto answer = control.ask(hello);
  if (!answer || answer->reply.result != 0) return {};
  return control;
}

std::optional<Answer> Control::ask(const Request& request, const std::vector<uint8_t>& payload) {
  iovec out[2] = {{const_cast<Request*>(&request), sizeof request},
                  {const_cast<uint8_t*>(payload.data()), payload.size()}};
  msghdr message{};
  message.msg_iov = out;
  message.msg_iovlen = 2;
  if (sendmsg(socket_.get(), &message, MSG_NOSIGNAL) < 0) return {};
  Answer answer;
  iovec in = {&answer.reply, sizeof answer.reply};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  message = {};
  message.msg_iov = &in;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size = 0;
  do {
    size = recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size != static_cast<ssize_t>(sizeof answer.reply)) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    answer.descriptor = File(fd);
  }
  return answer;
}

}  // namespace zext::shim::daemon
