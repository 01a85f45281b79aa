// Executor: one client that makes the calls of a sequence.
//
//   Instance instance;
//   Executor executor(instance, {});
//   for (const Op& op : ops) executor.run(op);
//
// The numbers of a call choose among what the client has: its descriptors by kind, places in its
// memory, names of pins; now and then they choose something that is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel_shim/fuzz/arena.h"
#include "kernel_shim/fuzz/sequence.h"
#include "kernel_shim/hosts/process/instance.h"
#include "kernel_shim/hosts/process/system_calls.h"

namespace zext::shim::fuzz {

class Executor {
 public:
  // `stranger`: the client without rights that kChangeClient goes to.
  Executor(Instance& instance, ProcessHost::Client& stranger);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // What the call answered.
  long run(const Op& op);
  // Ends all mappings and closes what it has opened.
  void finish();

 private:
  struct Mapping {
    void* address = nullptr;
    uint64_t length = 0;
    bool write = false;
  };
  enum Kind { kMap, kProgram, kLink, kBtf, kEvent, kKinds };

  long run_here(const Op& op);
  long run_map(const Op& op);
  long run_program(const Op& op);
  long run_object(const Op& op);
  long run_link(const Op& op);
  long run_memory(const Op& op);
  // A descriptor of the kind, mostly.
  long pick(Kind kind, uint64_t choice) const;
  long pick_any(uint64_t choice) const;
  long keep(Kind kind, long fd);
  uint64_t key(uint64_t where, uint64_t choice);

  long map_create(const Op& op);
  long map_update(const Op& op);
  long map_batch(const Op& op);
  long prog_load(const Op& op, bool mutated);
  long test_run(const Op& op);
  long btf_load(const Op& op);
  long info(const Op& op);
  long perf_open(const Op& op);
  long perf_ioctl(const Op& op);
  long map_pages(const Op& op);
  long scribble(const Op& op);
  long fire(const Op& op);
  long raw_command(const Op& op);

  Instance& instance_;
  ProcessHost::Client& own_;
  ProcessHost::Client& stranger_;
  SystemCalls calls_;
  Arena arena_;
  bool is_stranger_ = false;
  std::vector<long> descriptors_[kKinds];
  std::vector<Mapping> mappings_;
};

}  // namespace zext::shim::fuzz
