// Daemon: a kernel of its own for one user's processes: an instance of the runtime with its host.
//
//   Daemon daemon(options);
//   std::string error = daemon.start();        // empty: it is ready
//   ... on a thread, for each message of a client:
//   daemon.serve(client, request, payload, &reply, &descriptor);
//
// Clients are other processes: a host with two page tables, whose user copies are
// process_vm_readv(2) and process_vm_writev(2).
#pragma once

#include <time.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel_shim/hosts/daemon/client.h"
#include "kernel_shim/hosts/daemon/cpus.h"
#include "kernel_shim/hosts/daemon/descriptors.h"
#include "kernel_shim/hosts/daemon/engine.h"
#include "kernel_shim/hosts/daemon/events.h"
#include "kernel_shim/hosts/daemon/machine.h"
#include "kernel_shim/hosts/daemon/pages.h"
#include "kernel_shim/hosts/daemon/pins.h"
#include "kernel_shim/hosts/daemon/protocol.h"
#include "kernel_shim/hosts/daemon/sampler.h"
#include "kernel_shim/hosts/daemon/tasks.h"
#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim::daemon {

struct DaemonOptions {
  std::string folder;
  std::string engine = "interpreter";
  EngineMaker make_engine = make_interpreter;
  Machine::Options machine;
  bool allow_unprivileged = false;
  uint64_t memory_limit = 0;   // of maps and programs; 0: half of the machine's
  uint32_t idle_seconds = 10;  // without clients and objects, until it ends; 0: never
};

class Daemon {
 public:
  explicit Daemon(DaemonOptions options);
  ~Daemon();

  // Empty, or why it cannot. The folder is there and locked.
  std::string start();
  // Puts all handles and ends the instance: how many objects were left, which is 0.
  uint64_t stop();

  // Answers a request. A descriptor to send along goes to `descriptor`.
  void serve(Client& client, const Request& request, std::span<const uint8_t> payload, Reply* reply,
             File* descriptor);
  // Lets go what nobody holds any more.
  void sweep();
  // Nothing is held, pinned or attached.
  bool idle();
  bool stopping() const { return stopping_; }
  void count_client(int change) { clients_ += change; }
  int64_t clients() const { return clients_; }
  const DaemonOptions& options() const { return options_; }

 private:
  friend struct HostCalls;
  friend struct HostEvents;

  int64_t bpf(const Request& request);
  int64_t perf_event_open(const Request& request);
  int64_t with_object(int fd, int64_t (Daemon::*use)(kshim_object*, const Request&, Reply*, File*),
                      const Request& request, Reply* reply, File* descriptor);
  int64_t ioctl(kshim_object* object, const Request& request, Reply* reply, File* descriptor);
  int64_t mmap(kshim_object* object, const Request& request, Reply* reply, File* descriptor);
  int64_t poll(kshim_object* object, const Request& request, Reply* reply, File* descriptor);
  int64_t fdinfo(kshim_object* object, const Request& request, Reply* reply, File* descriptor);
  int64_t fdinfo_of_other(Client& client, const Request& request, Reply* reply, File* descriptor);
  int64_t fire(Client& client, std::span<const uint8_t> payload, Reply* reply, File* descriptor);
  std::string status();
  void print(const char* text, uint64_t length);
  std::optional<Pages::Piece> find_pages(const void* address);

  DaemonOptions options_;
  Machine machine_;
  Tasks tasks_;
  Cpus cpus_;
  Pages pages_;
  Descriptors descriptors_;
  Pins pins_;
  Events events_;
  Sampler sampler_;
  std::unique_ptr<DaemonEngine> engine_;
  kshim_host functions_{};
  kshim* shim_ = nullptr;
  bool all_capable_ = false;  // a user's own kernel: the user is its root
  uint64_t started_ = 0;
  File trace_pipe_;
  std::mutex trace_mutex_;
  std::atomic<int64_t> clients_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> calls_{0};
  std::atomic<uint64_t> last_sweep_{0};  // nanoseconds
};

// The call that a thread of the daemon is answering: what host functions are asked in.
struct Call {
  Client* client = nullptr;
  uint64_t attribute = 0;  // where the client has it
  std::span<const uint8_t> attribute_bytes;
  File installed;  // the descriptor that the call made
  bool has_task = false;
  kshim_task task{};
  pid_t memory = 0;  // the process whose memory is the user's
};
// Of this thread; null: it is answering none.
Call* current_call();
// While it lives, its call is this thread's.
class CallScope {
 public:
  explicit CallScope(Call& call);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  Call* before_;
};

// kshim_host's functions; in host_calls.cc and host_events.cc.
void fill_calls(kshim_host* functions);
void fill_events(kshim_host* functions);

uint64_t now(clockid_t clock);

}  // namespace zext::shim::daemon
