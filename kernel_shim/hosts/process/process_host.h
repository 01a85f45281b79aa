// ProcessHost: a whole host kernel inside this process, for tests and for embedding.
//
//   ProcessHost host;
//   Kernel kernel(Host(host.functions()), kshim_config{});
//   kernel.start();
//   host.serve(c_shim(kernel));
//   int fd = install_fd(kernel, *map);   // a number of the host's own, from 3 on
//   host.close_all();
//   kernel.stop();                       // ~ProcessHost reports what was left
//
// One page table: user pointers are addresses of this process, copied so that a bad one is -EFAULT.
// CPUs are tokens: whoever turns preemption off holds one of them, so that there are never more
// running at a time than there are CPUs. Clients are processes with descriptors and rights of their
// own; a thread is in one of them (ClientScope), at first in client 0.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim {

class ProcessHost {
 public:
  struct Options {
    uint32_t cpus = 4;
    uint32_t capabilities = ~0u;  // of client 0: bits of kshim_capability
    uint64_t user = 0;            // of client 0
    std::string pin_root = "/sys/fs/bpf";
    std::span<const uint8_t> btf = {};  // the kernel's own types
    bool attach_points = true;          // false: those functions are NULL
    uint32_t descriptors = 1024;        // a client may have
    bool abort_on_leak = true;
  };
  // A process: its descriptors, and what it may do.
  struct Client {
    uint32_t capabilities = 0;
    uint64_t user = 0;
    std::vector<kshim_object*> descriptors;  // by number; null: free
    std::set<int> others;                    // numbers of something that is not ours
  };
  // A handle of what is behind a descriptor; null where there is nothing of ours.
  class Handle {
   public:
    Handle(ProcessHost& host, kshim_object* object) : host_(&host), object_(object) {}
    Handle(Handle&& other) noexcept : host_(other.host_), object_(other.release()) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
      if (object_ != nullptr) host_->put(object_);
    }
    explicit operator bool() const { return object_ != nullptr; }
    kshim_object* get() const { return object_; }
    kshim_object* release() { return std::exchange(object_, nullptr); }

   private:
    ProcessHost* host_;
    kshim_object* object_;
  };
  // What the library has taken and not given back.
  struct Counts {
    uint64_t blocks = 0;  // alloc less free
    uint64_t bytes = 0;
    uint64_t pages = 0;  // bytes of pages_alloc less pages_free
    uint64_t armed = 0;
    bool operator==(const Counts&) const = default;
  };

  ProcessHost() : ProcessHost(Options()) {}
  explicit ProcessHost(Options options);
  ~ProcessHost();
  ProcessHost(const ProcessHost&) = delete;
  ProcessHost& operator=(const ProcessHost&) = delete;

  const kshim_host& functions() const { return functions_; }
  // Says which instance handles are of, and how it is told of events.
  void serve(kshim* shim, uint64_t (*fire)(kshim*, uint64_t, void*) = nullptr);
  const Options& options() const { return options_; }

  // --- clients and their descriptors
  Client& add_client(uint32_t capabilities, uint64_t user);
  Client& client();  // of this thread
  int close(int fd);
  int dup(int fd);
  Handle get(int fd);
  kshim_object* at(int fd);      // null: not ours, or closed; no handle is taken
  int open_other();              // a descriptor of something else: -EINVAL for the library
  int send(int fd, Client& to);  // as SCM_RIGHTS: the number there
  // Closes every descriptor of every client and removes every pin.
  void close_all();

  // --- pins
  int make_directory(const std::string& path);
  int remove(const std::string& path);
  std::vector<std::string> pins();

  // --- what programs did
  std::vector<std::string> take_trace();
  uint64_t wakes(kshim_object* object);
  // Waits until wake() has been called for the object more than `seen` times: false after the time.
  bool wait_for_wake(kshim_object* object, uint64_t seen, uint32_t milliseconds);
  Counts counts();

  // --- what the kernel has
  void add_symbol(const std::string& name, uint64_t address);
  uint64_t add_tracepoint(const std::string& name, uint32_t context_size);
  void set_stack(std::vector<uint64_t> kernel, std::vector<uint64_t> user);

  // --- events: programs that are attached run in this thread; how many attach points were fired
  // ---
  uint32_t fire_probe(std::string_view symbol, void* registers, bool is_return = false);
  uint32_t fire_uprobe(std::string_view path, uint64_t offset, void* registers,
                       bool is_return = false);
  uint32_t fire_tracepoint(std::string_view name, void* record);
  uint32_t fire_raw_tracepoint(std::string_view name, uint64_t* arguments);
  uint32_t fire_attached(uint32_t attach_type, uint64_t target, void* context);
  uint32_t fire_perf(uint32_t type, uint64_t config);
  // What the last kshim_fire of this thread said.
  static uint64_t last_result();

 private:
  friend class ClientScope;
  friend struct ProcessCalls;
  friend struct ProcessEvents;
  class ArmingGuard;
  enum class Source { kProbe, kTracepoint, kRawTracepoint, kAttach, kPerf };
  struct Armed {
    Source source{};
    std::string name;
    uint64_t number = 0;  // offset, tracepoint id, target, config
    uint32_t type = 0;    // attach type, perf type
    bool is_return = false;
    bool is_user = false;
    uint64_t cookie = 0;
  };
  struct Tracepoint {
    uint64_t id = 0;
    uint32_t context_size = 0;
  };
  struct Pin {
    kshim_object* object = nullptr;
    uint64_t user = 0;
  };

  // Takes over the handle; null: of something else.
  int install(Client& client, kshim_object* object);
  static kshim_object* find(Client& client, int fd);
  int get_handle_of(int fd, kshim_object** object);
  void put(kshim_object* object);
  int parent_error(const std::string& path) const;
  int pin(const std::string& path, kshim_object* object);
  int pin_get(const std::string& path, kshim_object** object);
  int arm(Armed armed, void** handle);
  void disarm(void* handle);
  uint32_t fire(const Armed& like, void* context);
  uint64_t tracepoint_id(std::string_view name);
  void take_cpu();
  bool take_this_cpu(uint32_t cpu);  // false: there is none, or the thread has another one
  void give_cpu();
  uint32_t cpu();
  void fill_functions();
  void fill_events();

  Options options_;
  const uint64_t number_;  // of this host: thread-local state is kept by it
  kshim_host functions_{};
  kshim* shim_ = nullptr;
  uint64_t (*fire_)(kshim*, uint64_t, void*) = nullptr;

  std::atomic<uint64_t> blocks_{0}, bytes_{0}, pages_{0};
  std::unique_ptr<std::atomic<bool>[]> cpus_;

  std::mutex mutex_;  // of clients, pins, symbols
  std::vector<std::unique_ptr<Client>> clients_;
  Client* first_client_ = nullptr;
  std::map<std::string, Pin> pins_;
  std::set<std::string> directories_;
  std::map<std::string, uint64_t> symbols_;
  std::map<std::string, Tracepoint, std::less<>> tracepoints_;
  std::vector<uint64_t> kernel_stack_, user_stack_;

  std::mutex output_mutex_;
  std::vector<std::string> trace_;
  std::map<kshim_object*, uint64_t> wakes_;
  std::condition_variable woken_;

  std::shared_mutex armed_mutex_;    // held for reading while an event is told of
  std::atomic<uint32_t> arming_{0};  // that wait for it: events let them go first
  std::vector<std::unique_ptr<Armed>> armed_;
};

// While it lives, this thread is in another client.
class ClientScope {
 public:
  ClientScope(ProcessHost& host, ProcessHost::Client& client);
  ~ClientScope();
  ClientScope(const ClientScope&) = delete;
  ClientScope& operator=(const ClientScope&) = delete;

 private:
  ProcessHost& host_;
  ProcessHost::Client* before_;
};

}  // namespace zext::shim
