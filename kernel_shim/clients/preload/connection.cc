#include "kernel_shim/clients/preload/connection.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel_shim/clients/preload/system.h"

namespace zext::shim::preload {
namespace {

using daemon::Channel;
using daemon::Op;
using daemon::Reply;
using daemon::Request;

struct Connection {
  int socket = -1;
  Channel* channel = nullptr;  // shared with the daemon; null: messages only
  int process = 0;             // that made it
  bool busy = false;           // in a call, which a signal handler may have interrupted
};

// Without a destructor: threads' ends are told by the key.
thread_local Connection own;
pthread_key_t key;
pthread_once_t key_once = PTHREAD_ONCE_INIT;

// Another number after each fork: a page that the kernel clears in the child says so.
int generation() {
  static uint32_t* page = nullptr;
  static int number = 1;
  uint32_t* mark = __atomic_load_n(&page, __ATOMIC_ACQUIRE);
  if (mark == nullptr) {
    const long made = system_call(SYS_mmap, 0, daemon::kChannelSize, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made < 0 && made > -4096) return static_cast<int>(system_call(SYS_getpid));
    mark = reinterpret_cast<uint32_t*>(made);
    // A kernel that cannot clear it: every call asks for the process's number.
    if (system_call(SYS_madvise, made, daemon::kChannelSize, MADV_WIPEONFORK) < 0) {
      system_call(SYS_munmap, made, daemon::kChannelSize);
      return static_cast<int>(system_call(SYS_getpid));
    }
    *mark = 1;
    uint32_t* expected = nullptr;
    if (!__atomic_compare_exchange_n(&page, &expected, mark, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
      system_call(SYS_munmap, made, daemon::kChannelSize);
      mark = expected;
    }
  }
  if (__atomic_load_n(mark, __ATOMIC_RELAXED) == 0) {
    __atomic_add_fetch(&number, 1, __ATOMIC_RELAXED);
    __atomic_store_n(mark, 1, __ATOMIC_RELEASE);
  }
  return __atomic_load_n(&number, __ATOMIC_RELAXED);
}

void close_connection(Connection& connection) {
  // A child has not got the parent's page, and may have something else there.
  if (connection.process != generation()) connection.channel = nullptr;
  if (connection.socket >= 0) system_call(SYS_close, connection.socket);
  if (connection.channel != nullptr) {
    system_call(SYS_munmap, address(connection.channel), daemon::kChannelSize);
  }
  connection.socket = -1;
  connection.channel = nullptr;
}

void thread_ends(void* connection) { close_connection(*static_cast<Connection*>(connection)); }

void make_key() { pthread_key_create(&key, thread_ends); }

// Programs expect the numbers from 3 on to be theirs.
int move_up(int fd) {
  rlimit limit{};
  system_call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, address(&limit));
  const long from = limit.rlim_cur > 4096 ? 3072 : static_cast<long>(limit.rlim_cur / 4 * 3);
  const long moved = system_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, from);
  if (moved < 0) return fd;
  system_call(SYS_close, fd);
  return static_cast<int>(moved);
}

// A path of any length: the socket is named by its directory's descriptor.
int connect_once() {
  const long folder =
      system_call(SYS_openat, AT_FDCWD, address(directory()), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return static_cast<int>(folder);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  char digits[12];
  int length = 0;
  for (long rest = folder; length == 0 || rest > 0; rest /= 10) {
    digits[length++] = static_cast<char>('0' + rest % 10);
  }
  strcpy(name.sun_path, "/proc/self/fd/");
  char* at = name.sun_path + strlen(name.sun_path);
  while (length > 0) *at++ = digits[--length];
  *at++ = '/';
  strcpy(at, daemon::kSocketName);
  long result = system_call(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (result >= 0) {
    const long error = system_call(SYS_connect, result, address(&name), sizeof name);
    if (error < 0) {
      system_call(SYS_close, result);
      result = error;
    }
  }
  system_call(SYS_close, folder);
  return result < 0 ? static_cast<int>(result) : move_up(static_cast<int>(result));
}

// `zext shim --daemon --detach` returns when the daemon listens.
bool start_daemon() {
  const char* program = getenv(daemon::kProgramVariable);
  if (program == nullptr) return false;
  char text[3][16] = {"shim", "--daemon", "--detach"};
  char* const arguments[] = {const_cast<char*>(program), text[0], text[1], text[2], nullptr};
  // The daemon is no client of itself.
  char* kept[512];
  int count = 0;
  for (char** at = ::environ; *at != nullptr && count < 511; ++at) {
    if (strncmp(*at, "LD_PRELOAD=", 11) != 0) kept[count++] = *at;
  }
  kept[count] = nullptr;
  pid_t child = 0;
  if (posix_spawn(&child, program, nullptr, nullptr, arguments, kept) != 0) return false;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return true;
}

long send_request(int socket, const Request& request, Payload payload) {
  iovec parts[2] = {{const_cast<Request*>(&request), sizeof request},
                    {const_cast<void*>(payload.data), payload.size}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = payload.size == 0 ? 1 : 2;
  long sent = 0;
  do {
    sent = system_call(SYS_sendmsg, socket, address(&message), MSG_NOSIGNAL);
  } while (sent == -EINTR);
  return sent;
}

long receive_reply(int socket, Reply* reply, int* descriptor) {
  iovec part = {reply, sizeof *reply};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  long received = 0;
  do {
    received = system_call(SYS_recvmsg, socket, address(&message), MSG_CMSG_CLOEXEC);
  } while (received == -EINTR);
  if (received < 0) return received;
  if (received != sizeof *reply) return -EPIPE;
  *descriptor = -1;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
  }
  // It was sent and there was no number free for it.
  if (reply->descriptor != daemon::DescriptorUse::kNone && *descriptor < 0) reply->result = -EMFILE;
  return 0;
}

// Who may read this process's memory: the daemon, where Yama asks for that.
void allow_daemon(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (system_call(SYS_getsockopt, socket, SOL_SOCKET, SO_PEERCRED, address(&peer),
                  address(&size)) == 0) {
    system_call(SYS_prctl, PR_SET_PTRACER, peer.pid);
  }
}

// Sets socket and channel: 0, or -EPERM.
int connect_daemon(Connection& connection) {
  int socket = connect_once();
  if ((socket == -ENOENT || socket == -ECONNREFUSED) && start_daemon()) socket = connect_once();
  if (socket < 0) return -EPERM;
  allow_daemon(socket);
  Request hello{.op = Op::kHello};
  hello.arguments[0] = daemon::kProtocolVersion;
  hello.arguments[1] = static_cast<uint64_t>(system_call(SYS_gettid));
  hello.arguments[2] = 1;
  Reply reply;
  int file = -1;
  if (send_request(socket, hello, {}) < 0 || receive_reply(socket, &reply, &file) < 0 ||
      reply.result != 0) {
    system_call(SYS_close, socket);
    return -EPERM;
  }
  connection.socket = socket;
  if (file < 0) return 0;
  const long page =
      system_call(SYS_mmap, 0, daemon::kChannelSize, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (page > 0) {
    connection.channel = reinterpret_cast<Channel*>(page);
    // A child has a connection of its own.
    system_call(SYS_madvise, page, daemon::kChannelSize, MADV_DONTFORK);
  }
  system_call(SYS_close, file);
  return 0;
}

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// How long to look on, in nanoseconds: longer than most calls take; or not at all where the daemon
// could not run meanwhile.
constexpr long kPatience = 40'000;
constexpr int kLooksBetweenClocks = 32;

long patience() {
  static long found = -1;
  long nanoseconds = __atomic_load_n(&found, __ATOMIC_RELAXED);
  if (nanoseconds < 0) {
    unsigned long mask[16] = {};
    const long size = system_call(SYS_sched_getaffinity, 0, sizeof mask, address(mask));
    int cpus = 0;
    for (const unsigned long word : mask) cpus += __builtin_popcountl(word);
    nanoseconds = size > 0 && cpus > 1 ? kPatience : 0;
    __atomic_store_n(&found, nanoseconds, __ATOMIC_RELAXED);
  }
  return nanoseconds;
}

// The C library asks the kernel's page for it: no system call.
long clock_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000L + time.tv_nsec;
}

// Looks on for a while: whether `answered` is `wanted`.
bool watch(const Channel& channel, uint32_t wanted) {
  const auto cpu = static_cast<uint32_t>(sched_getcpu());
  if (cpu == channel.daemon_cpu.load(std::memory_order_relaxed) || patience() == 0) {
    return channel.answered.load(std::memory_order_acquire) == wanted;
  }
  const long until = clock_now() + patience();
  do {
    for (int i = 0; i < kLooksBetweenClocks; ++i) {
      if (channel.answered.load(std::memory_order_acquire) == wanted) return true;
      pause();
    }
  } while (clock_now() < until);
  return false;
}

// Waits until `answered` is `wanted`: 0, or -EPIPE: the daemon has gone.
int await_answer(Connection& line, uint32_t wanted) {
  Channel& channel = *line.channel;
  if (watch(channel, wanted)) return 0;
  while (true) {
    channel.client_sleeps.store(1, std::memory_order_seq_cst);
    const uint32_t seen = channel.answered.load(std::memory_order_seq_cst);
    if (seen == wanted) break;
    constexpr timespec kLook = {.tv_sec = 0, .tv_nsec = 200'000'000};
    const long result =
        system_call(SYS_futex, address(&channel.answered), FUTEX_WAIT, seen, address(&kLook));
    if (result != -ETIMEDOUT) continue;
    pollfd gone = {.fd = line.socket, .events = POLLRDHUP, .revents = 0};
    constexpr timespec kNow = {};
    system_call(SYS_ppoll, address(&gone), 1, address(&kNow), 0, 0);
    if ((gone.revents & (POLLHUP | POLLRDHUP | POLLERR | POLLNVAL)) != 0 &&
        channel.answered.load() != wanted) {
      return -EPIPE;
    }
  }
  channel.client_sleeps.store(0, std::memory_order_relaxed);
  return 0;
}

int exchange_by_channel(Connection& line, const Request& request, Payload payload, Reply* reply,
                        int* descriptor) {
  Channel& channel = *line.channel;
  channel.request = request;
  channel.payload_size = static_cast<uint32_t>(payload.size);
  if (payload.size != 0) memcpy(channel.payload, payload.data, payload.size);
  const uint32_t number = channel.asked.load(std::memory_order_relaxed) + 1;
  channel.asked.store(number, std::memory_order_seq_cst);
  if (channel.daemon_sleeps.load(std::memory_order_seq_cst) != 0) {
    long sent = 0;
    do {
      sent = system_call(SYS_sendto, line.socket, address(&daemon::kBell), sizeof daemon::kBell,
                         MSG_NOSIGNAL);
    } while (sent == -EINTR);
    if (sent < 0) return static_cast<int>(sent);
  }
  const int error = await_answer(line, number);
  if (error != 0) return error;
  *reply = channel.reply;
  if (reply->descriptor == daemon::DescriptorUse::kNone) return 0;
  return static_cast<int>(receive_reply(line.socket, reply, descriptor));
}

int exchange(Connection& line, Request request, Payload payload, Reply* reply, int* descriptor) {
  // What the call does on "this CPU" is then done on the same one from call to call.
  const int cpu = sched_getcpu();
  request.cpu = cpu < 0 ? 0 : static_cast<uint32_t>(cpu);
  if (line.channel != nullptr && (payload.size == 0 || payload.is_readable)) {
    return exchange_by_channel(line, request, payload, reply, descriptor);
  }
  const long sent = send_request(line.socket, request, payload);
  if (sent < 0) return static_cast<int>(sent);
  return static_cast<int>(receive_reply(line.socket, reply, descriptor));
}

bool is_gone(int error) {
  return error == -EPIPE || error == -ECONNRESET || error == -EBADF || error == -ENOTSOCK ||
         error == -ENOTCONN;
}

}  // namespace

long system_call(long number, long a, long b, long c, long d, long e, long f) {
  using Function = long(long, ...);
  static Function* found = nullptr;
  Function* function = next_function(found, "syscall");
  const int before = errno;
  const long result = function(number, a, b, c, d, e, f);
  if (result != -1) return result;
  const long error = -errno;
  errno = before;
  return error;
}

// Kept from the first call on, as a program may change its environment.
const char* directory() {
  static const char* found = nullptr;
  if (__atomic_load_n(&found, __ATOMIC_ACQUIRE) == nullptr) {
    const char* value = getenv(daemon::kDirectoryVariable);
    __atomic_store_n(&found, value == nullptr ? "" : strdup(value), __ATOMIC_RELEASE);
  }
  return found;
}

bool enabled() { return directory()[0] == '/'; }

int call(const Request& request, Payload payload, Reply* reply, int* descriptor) {
  int unused = -1;
  int* received = descriptor == nullptr ? &unused : descriptor;
  *received = -1;
  if (!enabled()) return -EPERM;
  // In a signal handler that interrupted a call: a line of its own, for this once.
  Connection once;
  Connection& line = own.busy ? once : own;
  const int process = generation();
  if (line.socket >= 0 && line.process != process) close_connection(line);
  int error = 0;
  for (int attempt = 0; attempt < 2; ++attempt) {
    line.busy = true;
    if (line.socket < 0) {
      line.process = process;
      if (connect_daemon(line) == 0 && &line == &own) {
        pthread_once(&key_once, make_key);
        pthread_setspecific(key, &own);
      }
    }
    error = line.socket < 0 ? -EPERM : exchange(line, request, payload, reply, received);
    line.busy = false;
    if (error != 0 && error != -EFAULT) close_connection(line);
    if (!is_gone(error)) break;
  }
  if (&line == &once) close_connection(once);
  if (unused >= 0) system_call(SYS_close, unused);
  return is_gone(error) ? -EPERM : error;
}

bool ensure_daemon() {
  if (own.socket >= 0) return true;
  Reply reply;
  return call({.op = Op::kPoll, .number = -1}, {}, &reply, nullptr) == 0;
}

}  // namespace zext::shim::preload
