#include "kernel_shim/hosts/daemon/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include "kernel_shim/hosts/daemon/connection.h"
#include "kernel_shim/hosts/daemon/control.h"
#include "kernel_shim/hosts/daemon/folder.h"

namespace zext::shim::daemon {
namespace {

// A connection is a thread of a client: some thousands at a time, of one process fewer.
constexpr int kMaxConnections = 4096;
constexpr int kBacklog = 256;
constexpr int kSweepMilliseconds = 200;
constexpr std::chrono::seconds kPatience{5};
constexpr int kLockTries = 200;
constexpr int kLockMilliseconds = 10;

// Connections that are being served, so that the end can wait for their threads.
class Connections {
 public:
  bool add(int socket) {
    const std::lock_guard guard(mutex_);
    if (threads_ >= kMaxConnections) return false;
    sockets_.insert(socket);
    ++threads_;
    return true;
  }
  // Before it is closed: its number can be another one's after that.
  void remove(int socket) {
    const std::lock_guard guard(mutex_);
    sockets_.erase(socket);
  }
  // The last that a thread does.
  void thread_ends() {
    const std::lock_guard guard(mutex_);
    --threads_;
    changed_.notify_all();
  }
  // Ends all and waits for their threads. False: a call takes longer than anybody wants to wait.
  bool end() {
    std::unique_lock guard(mutex_);
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
    return changed_.wait_for(guard, kPatience, [this] { return threads_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<int> sockets_;
  int threads_ = 0;
};

void serve_connection(Daemon& daemon, Connections& connections, int socket) {
  {
    const File owned(socket);
    try {
      answer_client(daemon, socket);
    } catch (const std::exception& error) {
      fprintf(stderr, "zext shim: a connection ended: %s\n", error.what());
    }
    connections.remove(socket);
  }
  daemon.sweep();
  daemon.count_client(-1);
  connections.thread_ends();
}

File listen_in(const std::string& folder) {
  const File directory(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  File socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  // By the directory's descriptor: a path of any length.
  snprintf(name.sun_path, sizeof name.sun_path, "/proc/self/fd/%d/%s", directory.get(),
           kSocketName);
  unlinkat(directory.get(), kSocketName, 0);
  if (!directory || !socket ||
      bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      listen(socket.get(), kBacklog) != 0) {
    return File();
  }
  return socket;
}

void accept_one(Daemon& daemon, Connections& connections, int listener) {
  const int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return;
  if (!connections.add(socket)) {
    close(socket);
    return;
  }
  daemon.count_client(1);
  try {
    std::thread(serve_connection, std::ref(daemon), std::ref(connections), socket).detach();
  } catch (const std::system_error&) {
    connections.remove(socket);
    close(socket);
    daemon.count_client(-1);
    connections.thread_ends();
  }
}

// Until a signal, Op::kStop, or nothing to do for long enough.
void serve_all(Daemon& daemon, Connections& connections, int listener, int signals) {
  uint64_t busy = now(CLOCK_MONOTONIC);
  const uint64_t patience = uint64_t{daemon.options().idle_seconds} * 1'000'000'000;
  while (!daemon.stopping()) {
    pollfd waits[2] = {{.fd = listener, .events = POLLIN, .revents = 0},
                       {.fd = signals, .events = POLLIN, .revents = 0}};
    const int ready = poll(waits, 2, kSweepMilliseconds);
    if (waits[1].revents != 0) return;
    if (ready > 0 && waits[0].revents != 0) {
      accept_one(daemon, connections, listener);
      busy = now(CLOCK_MONOTONIC);
      continue;
    }
    if (ready != 0) continue;
    daemon.sweep();
    const uint64_t time = now(CLOCK_MONOTONIC);
    if (!daemon.idle()) busy = time;
    if (patience != 0 && time - busy > patience) return;
  }
}

bool can_connect(const std::string& folder) { return Control::connect(folder).has_value(); }

// Nothing: another daemon is there. One that is just ending is waited for.
File take_lock(const std::string& folder) {
  for (int i = 0; i < kLockTries; ++i) {
    File lock = lock_folder(folder);
    if (lock || can_connect(folder)) return lock;
    constexpr timespec kPause = {.tv_sec = 0, .tv_nsec = kLockMilliseconds * 1'000'000L};
    nanosleep(&kPause, nullptr);
  }
  return File();
}

void raise_limits() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

ServerEnd fail(const std::string& what) {
  fprintf(stderr, "zext shim: %s\n", what.c_str());
  return ServerEnd::kFailed;
}

}  // namespace

ServerEnd run_server(const DaemonOptions& options, const std::function<void()>& ready) {
  raise_limits();
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGHUP);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  signal(SIGPIPE, SIG_IGN);
  const std::string problem = make_folder(options.folder);
  if (!problem.empty()) return fail(problem);
  const File lock = take_lock(options.folder);
  if (!lock) {
    if (!can_connect(options.folder)) return fail("the lock of " + options.folder + " is taken");
    ready();
    return ServerEnd::kAlreadyRunning;
  }
  empty_folder(options.folder);
  const File signals(signalfd(-1, &ends, SFD_CLOEXEC));
  ServerEnd end = ServerEnd::kDone;
  {
    Daemon daemon(options);
    const std::string error = daemon.start();
    File listener = error.empty() ? listen_in(options.folder) : File();
    if (!error.empty()) end = fail(error);
    if (error.empty() && !listener) end = fail("no socket in " + options.folder);
    if (listener) {
      ready();
      Connections connections;
      serve_all(daemon, connections, listener.get(), signals.get());
      unlink((options.folder + "/" + kSocketName).c_str());
      listener.reset();
      if (!connections.end()) {
        // A program that a simulated machine is at: what it has goes with the process.
        empty_folder(options.folder);
        _exit(0);
      }
      const uint64_t left = daemon.stop();
      if (left != 0) fprintf(stderr, "zext shim: %lu objects were left\n", left);
    }
  }
  empty_folder(options.folder);
  return end;
}

}  // namespace zext::shim::daemon
