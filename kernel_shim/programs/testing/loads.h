// Loads: an instance whose programs can be loaded from text, as bpf(2)'s callers load them.
//
//   Loads loads;
//   auto loaded = loads.load({.type = BPF_PROG_TYPE_XDP, .text = "r0 = 2\nexit\n"});
//   loaded.result            // a descriptor, or a negative errno
//   loaded.log               // what the verifier said, where a level was asked for
#pragma once

#include <linux/bpf.h>

#include <string>
#include <vector>

#include "isa/ebpf/insn.h"
#include "kernel_shim/hosts/process/process_host.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim {

struct LoadText {
  uint32_t type = BPF_PROG_TYPE_SOCKET_FILTER;
  std::string text = "r0 = 0\nexit\n";
  std::string license = "GPL";
  uint32_t attach_type = 0;
  uint32_t flags = 0;
  uint32_t level = 0;         // of the log
  uint32_t room = 64 * 1024;  // bytes for the log
};

struct Loaded {
  long result = 0;
  std::string log;
};

class Loads {
 public:
  explicit Loads(ProcessHost::Options options = {}, const kshim_config& config = {});
  ~Loads();
  Loads(const Loads&) = delete;
  Loads& operator=(const Loads&) = delete;

  ProcessHost& host() { return host_; }
  Kernel& kernel();

  long bpf(int command, bpf_attr& attr);
  Loaded load(const LoadText& program);
  // The same with a word more: `change` may set fields of the attribute.
  template <typename Change>
  Loaded load(const LoadText& program, Change&& change) {
    Prepared prepared = prepare(program);
    change(prepared.attr);
    return finish(prepared);
  }
  // A new map's descriptor.
  int map(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags = 0);
  // The types of an object, given by BTF_LOAD.
  long btf(const void* data, uint32_t size);
  Program& program(long fd);
  void close(long fd) { host_.close(static_cast<int>(fd)); }

  // A program that is ready to be loaded again and again.
  struct Prepared {
    std::vector<ebpf::Slot> slots;
    std::string license;
    std::vector<char> log;
    bpf_attr attr{};
  };
  static Prepared prepare(const LoadText& program);
  // The system call alone.
  long load_prepared(Prepared& prepared);

 private:
  Loaded finish(Prepared& prepared);

  ProcessHost host_;
  kshim* shim_ = nullptr;
};

// The address that user pointers of bpf_attr want.
inline uint64_t user(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

}  // namespace zext::shim
