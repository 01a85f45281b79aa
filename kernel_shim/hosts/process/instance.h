// Instance: a host and the whole library on it: system calls as a client makes them.
//
//   Instance instance;
//   bpf_attr attr{};
//   attr.map_type = BPF_MAP_TYPE_ARRAY; ...
//   long fd = instance.bpf(BPF_MAP_CREATE, attr);   // or a negative errno
//
// The interpreter runs the programs and the hosted analyser judges them. At the end every
// descriptor and pin is closed; what then is left ends the process (process_host.h).
#pragma once

#include <linux/bpf.h>
#include <linux/perf_event.h>

#include <cstdint>
#include <functional>
#include <string>

#include "kernel_shim/hosts/process/process_host.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

class Instance {
 public:
  struct Options {
    ProcessHost::Options host = {};
    kshim_config config = {};
    // Between the library and the host: gets the host's functions, gives what the library sees.
    std::function<kshim_host(const kshim_host&)> wrap = {};
    bool plain_analyser = false;  // the freestanding library's instead
  };

  Instance() : Instance(Options()) {}
  explicit Instance(Options options);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  ProcessHost& host() { return host_; }
  kshim* shim() { return shim_; }
  Kernel& kernel() { return kernel_of(shim_); }

  // bpf(2) of the thread's client.
  long bpf(int command, bpf_attr& attr, uint32_t size = sizeof(bpf_attr));
  long perf_event_open(perf_event_attr& attr, int pid, int cpu, int group = -1,
                       uint64_t flags = PERF_FLAG_FD_CLOEXEC);
  // -EBADF for what is no descriptor.
  long ioctl(int fd, uint64_t request, uint64_t argument = 0);
  uint32_t poll(int fd);
  std::string fdinfo(int fd);

  // mmap(2) of a descriptor, MAP_SHARED: true pages, at an address of their own. `address`: where
  // they are to be (MAP_FIXED), or null. The mapping keeps its object, as a file is kept.
  long mmap(int fd, uint64_t offset, uint64_t length, bool write, void** address);
  int munmap(void* address);

 private:
  struct Mapping {
    kshim_object* object = nullptr;
    uint64_t length = 0;
    bool write = false;
  };
  void unmap_all();

  ProcessHost host_;
  kshim* shim_ = nullptr;
  std::mutex mutex_;
  std::map<void*, Mapping> mappings_;
};

}  // namespace zext::shim
