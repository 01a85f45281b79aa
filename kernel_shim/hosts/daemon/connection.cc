#include "kernel_shim/hosts/daemon/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>

#include "kernel_shim/hosts/daemon/cpus.h"

namespace zext::shim::daemon {
namespace {

// How long a thread looks on for the next request, in nanoseconds.
constexpr uint64_t kPatience = 40'000;
constexpr int kLooksBetweenClocks = 32;
// How old the knowledge may be that a client is alive: far less than it takes until its number is
// another process's.
constexpr uint64_t kAliveFor = 1'000'000;

// Threads that look on at the same time, at most half of the CPUs: the clients are to run too.
std::atomic<int> watching{0};
int max_watching() {
  static const int kFound = [] {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) / 2 : 0;
  }();
  return kFound;
}

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

constexpr size_t kRoom = sizeof(Request) + kMaxPayload;

bool send_reply(int socket, const Reply& reply, const File& descriptor) {
  iovec part = {const_cast<Reply*>(&reply), sizeof reply};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (descriptor) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = descriptor.get();
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof reply);
}

// A page that the client has too, and may write at any time: what is read of it is copied first.
class SharedPage {
 public:
  SharedPage() = default;
  ~SharedPage() {
    if (channel_ != nullptr) munmap(channel_, kChannelSize);
  }
  SharedPage(const SharedPage&) = delete;
  SharedPage& operator=(const SharedPage&) = delete;

  // Makes it: the file for the client, or nothing.
  File open() {
    if (channel_ != nullptr) return File();
    File file(memfd_create("zext-channel", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file || ftruncate(file.get(), kChannelSize) != 0 ||
        fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
      return File();
    }
    void* page = mmap(nullptr, kChannelSize, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (page == MAP_FAILED) return File();
    channel_ = new (page) Channel();
    return file;
  }

  bool is_open() const { return channel_ != nullptr; }
  bool has_request() const { return channel_->asked.load(std::memory_order_seq_cst) != handled_; }
  // The request, and its payload in `bytes`.
  Request take(std::array<uint8_t, kMaxInlineAttribute>* bytes, size_t* size) {
    handled_ = channel_->asked.load(std::memory_order_acquire);
    const Request request = channel_->request;
    *size = std::min(size_t{channel_->payload_size}, bytes->size());
    memcpy(bytes->data(), channel_->payload, *size);
    // On one CPU with the client, looking on keeps the client from going on.
    const auto cpu = static_cast<uint32_t>(sched_getcpu());
    apart_ = cpu != request.cpu;
    channel_->daemon_cpu.store(cpu, std::memory_order_relaxed);
    return request;
  }
  void answer(const Reply& reply) {
    channel_->reply = reply;
    channel_->answered.store(handled_, std::memory_order_seq_cst);
    if (channel_->client_sleeps.load(std::memory_order_seq_cst) != 0) {
      syscall(SYS_futex, &channel_->answered, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }
  }

  // Looks on for a while: whether there is a request.
  bool watch() const {
    if (has_request()) return true;
    if (!apart_) return false;
    bool found = false;
    if (watching.fetch_add(1) < max_watching()) {
      const uint64_t until = now(CLOCK_MONOTONIC) + kPatience;
      do {
        for (int i = 0; i < kLooksBetweenClocks && !found; ++i) {
          pause();
          found = has_request();
        }
      } while (!found && now(CLOCK_MONOTONIC) < until);
    }
    watching.fetch_sub(1);
    return found;
  }
  // From now on the client rings the bell. Whether there is a request that came before that.
  bool fall_asleep() {
    channel_->daemon_sleeps.store(1, std::memory_order_seq_cst);
    return has_request();
  }
  void wake_up() { channel_->daemon_sleeps.store(0, std::memory_order_seq_cst); }

 private:
  Channel* channel_ = nullptr;
  uint32_t handled_ = 0;
  bool apart_ = true;  // the client was on another CPU
};

class Conversation {
 public:
  Conversation(Daemon& daemon, Client client, int socket)
      : daemon_(daemon),
        client_(std::move(client)),
        socket_(socket),
        room_(std::make_unique_for_overwrite<uint8_t[]>(kRoom)) {}

  void run() {
    while (page_.is_open() ? next_by_page() : next_by_message()) {
    }
  }

 private:
  // False: the conversation is over.
  bool next_by_page() {
    if (page_.watch()) return answer_page();
    if (page_.fall_asleep()) {
      page_.wake_up();
      return answer_page();
    }
    const bool goes_on = next_by_message();
    page_.wake_up();
    return goes_on;
  }

  bool answer_page() {
    size_t size = 0;
    const Request request = page_.take(&bytes_, &size);
    if (!alive()) return false;
    Reply reply;
    File descriptor;
    serve(request, {bytes_.data(), size}, &reply, &descriptor);
    if (descriptor && !send_reply(socket_, reply, descriptor)) return false;
    page_.answer(reply);
    return true;
  }

  bool next_by_message() {
    const ssize_t size = recv(socket_, room_.get(), kRoom, MSG_TRUNC);
    if (size < 0 && errno == EINTR) return true;
    // The bell: there is something in the page.
    if (size == static_cast<ssize_t>(sizeof kBell) && page_.is_open()) return true;
    if (size < static_cast<ssize_t>(sizeof(Request)) || size > static_cast<ssize_t>(kRoom)) {
      return false;
    }
    if (!alive()) return false;
    Request request;
    memcpy(&request, room_.get(), sizeof request);
    const std::span<const uint8_t> payload(room_.get() + sizeof request,
                                           static_cast<size_t>(size) - sizeof request);
    Reply reply;
    File descriptor;
    serve(request, payload, &reply, &descriptor);
    if (request.op == Op::kHello && reply.result == 0 && request.arguments[2] == 1) {
      descriptor = page_.open();
      if (descriptor) reply.descriptor = DescriptorUse::kAside;
    }
    return send_reply(socket_, reply, descriptor);
  }

  // Whoever made the connection has to be there still: its number may be another process's now.
  bool alive() {
    const uint64_t time = now(CLOCK_MONOTONIC);
    if (time - seen_alive_ < kAliveFor) return true;
    seen_alive_ = time;
    return client_.alive();
  }

  void serve(const Request& request, std::span<const uint8_t> payload, Reply* reply,
             File* descriptor) {
    Cpus::prefer(request.cpu);
    try {
      daemon_.serve(client_, request, payload, reply, descriptor);
    } catch (const std::bad_alloc&) {
      *reply = Reply{.result = -ENOMEM};
      descriptor->reset();
    }
  }

  Daemon& daemon_;
  Client client_;
  int socket_;
  SharedPage page_;
  uint64_t seen_alive_ = 0;
  std::array<uint8_t, kMaxInlineAttribute> bytes_{};
  std::unique_ptr<uint8_t[]> room_;  // not touched before it is needed
};

}  // namespace

void answer_client(Daemon& daemon, int socket) {
  std::optional<Client> client = Client::of_peer(socket);
  if (client) Conversation(daemon, std::move(*client), socket).run();
}

}  // namespace zext::shim::daemon
