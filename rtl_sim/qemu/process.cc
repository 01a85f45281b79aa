#include "rtl_sim/qemu/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace zext::rtl_sim::qemu {
namespace {

using Clock = std::chrono::steady_clock;

std::unexpected<Error> host_error(const std::string& what) {
  return std::unexpected(Error{what, std::strerror(errno), "free memory, files or processes"});
}

// In the child, between fork and exec: only async-signal-safe calls. Returns on failure.
void become(char* const* arguments, std::span<const int> inherited, int talk, int errors,
            pid_t parent) {
  // Without a parent nobody would ever end it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) return;
  if (dup2(talk, 0) < 0 || dup2(talk, 1) < 0 || dup2(errors, 2) < 0) return;
  for (int fd : inherited) fcntl(fd, F_SETFD, 0);
  execvp(arguments[0], arguments);
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

std::expected<Descriptor, Error> memory_file(const char* name, size_t size) {
  Descriptor file(memfd_create(name, MFD_CLOEXEC));
  if (!file.valid() || ftruncate(file.get(), static_cast<off_t>(size)) != 0) {
    return host_error("cannot make a file in memory");
  }
  return file;
}

std::expected<Process, Error> Process::start(const std::vector<std::string>& arguments,
                                             std::span<const int> inherited) {
  int talk[2], failure[2];
  auto errors = memory_file("stderr", 0);
  if (!errors) return std::unexpected(errors.error());
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) != 0) {
    return host_error("cannot make a socket");
  }
  Descriptor ours(talk[0]), theirs(talk[1]);
  if (pipe2(failure, O_CLOEXEC) != 0) return host_error("cannot make a pipe");
  Descriptor failed(failure[0]), failing(failure[1]);

  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t id = fork();
  if (id < 0) return host_error("cannot start a process");
  if (id == 0) {
    become(argv.data(), inherited, theirs.get(), errors->get(), parent);
    const int reason = errno;
    [[maybe_unused]] const ssize_t told = ::write(failing.get(), &reason, sizeof reason);
    _exit(127);
  }
  Process process(arguments[0], id, std::move(ours), std::move(*errors));
  {
    Descriptor closed(std::move(failing));
  }  // or the read below would never end
  int reason = 0;
  if (read(failed.get(), &reason, sizeof reason) == sizeof reason) {
    return std::unexpected(Error{"cannot run " + arguments[0], std::strerror(reason),
                                 "install Debian's qemu-system-misc, as ./setup does"});
  }
  return process;
}

Process::~Process() {
  if (id_ < 0 || ended_) return;
  kill(id_, SIGKILL);
  waitpid(id_, nullptr, 0);
}

std::expected<std::string, Error> Process::read_line(std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (true) {
    if (const size_t end = buffer_.find('\n'); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd ready{talk_.get(), POLLIN, 0};
    const int events = left <= 0 ? 0 : poll(&ready, 1, static_cast<int>(left));
    if (events < 0 && errno == EINTR) continue;
    if (events <= 0) {
      return std::unexpected(Error{name_ + " does not answer",
                                   "after " + std::to_string(limit.count()) + " ms",
                                   "is the machine overloaded? try a longer limit"});
    }
    char bytes[1024];
    const ssize_t length = read(talk_.get(), bytes, sizeof bytes);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) {
      // The socket closes a moment before the process can be waited for.
      for (int i = 0; i < 1'000 && !ended(); ++i) usleep(1'000);
      return std::unexpected(ended_error(ended_.value_or("closed its output")));
    }
    buffer_.append(bytes, length);
  }
}

bool Process::write(const std::string& text) {
  const ssize_t length = send(talk_.get(), text.data(), text.size(), MSG_NOSIGNAL);
  return length == static_cast<ssize_t>(text.size());
}

std::optional<std::string> Process::ended() {
  if (ended_) return ended_;
  int status = 0;
  if (waitpid(id_, &status, WNOHANG) != id_) return std::nullopt;
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    ended_ = "signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  } else {
    ended_ = "exit status " + std::to_string(WEXITSTATUS(status));
  }
  return ended_;
}

std::string Process::stderr_text() const {
  constexpr off_t kMost = 2'000;
  struct stat file;
  if (fstat(errors_.get(), &file) != 0) return "";
  const off_t from = std::max<off_t>(0, file.st_size - kMost);
  std::string text(static_cast<size_t>(file.st_size - from), '\0');
  const ssize_t length = pread(errors_.get(), text.data(), text.size(), from);
  text.resize(std::max<ssize_t>(0, length));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Error Process::ended_error(const std::string& how) const {
  const std::string said = stderr_text();
  return {name_ + " ended unexpectedly", how + (said.empty() ? "" : ": " + said),
          "zext is tested with QEMU 7.2 as Debian 12 packages it"};
}

}  // namespace zext::rtl_sim::qemu
