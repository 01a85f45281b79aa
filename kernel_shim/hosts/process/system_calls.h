// SystemCalls: bpf(2) as functions, for tests: each fills the attribute and makes the call.
//
//   SystemCalls calls(instance);
//   long map = calls.map_create({.type = BPF_MAP_TYPE_HASH, .key = 4, .value = 8, .entries = 16});
//   calls.map_update(map, &key, &value);
//
// Results are descriptors, 0, or negative errnos.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kernel_shim/hosts/process/instance.h"

namespace zext::shim {

class SystemCalls {
 public:
  struct MapShape {
    uint32_t type = 0;
    uint32_t key = 0;
    uint32_t value = 0;
    uint32_t entries = 0;
    uint32_t flags = 0;
    long inner = 0;
    long btf = 0;
    uint32_t btf_key = 0;
    uint32_t btf_value = 0;
    uint64_t extra = 0;
  };
  struct ProgramShape {
    uint32_t type = 0;
    std::vector<bpf_insn> insns = {};
    uint32_t attach_type = 0;
    uint32_t flags = 0;
    uint32_t attach_btf_id = 0;
    std::string license = "GPL";
    long btf = 0;
  };
  struct Batch {
    long map = 0;
    void* in = nullptr;
    void* out = nullptr;
    void* keys = nullptr;
    void* values = nullptr;
    uint32_t* count = nullptr;
    uint64_t flags = 0;
  };

  explicit SystemCalls(Instance& instance) : instance_(instance) {}

  long map_create(const MapShape& shape);
  long map_lookup(long map, const void* key, void* value, uint64_t flags = 0);
  long map_update(long map, const void* key, const void* value, uint64_t flags = 0);
  long map_delete(long map, const void* key);
  long map_next_key(long map, const void* key, void* next);
  long map_take(long map, const void* key, void* value, uint64_t flags = 0);
  long map_freeze(long map);
  // BPF_MAP_LOOKUP_BATCH, ...
  long batch(int command, const Batch& batch);

  // With `log`, level 1 and a buffer of that size.
  long prog_load(const ProgramShape& shape, std::string* log = nullptr);
  long test_run(long program, const std::vector<uint8_t>& data, uint32_t* result = nullptr,
                std::vector<uint8_t>* out = nullptr);
  long bind_map(long program, long map);
  long btf_load(const std::vector<uint8_t>& data);

  long pin(long fd, const std::string& path);
  long open_pin(const std::string& path, uint32_t flags = 0);
  long info(long fd, void* info, uint32_t* length);
  // BPF_MAP_GET_NEXT_ID, ...: the id, or a negative errno.
  long next_id(int command, uint32_t id);
  // BPF_MAP_GET_FD_BY_ID, ...
  long fd_by_id(int command, uint32_t id, uint32_t flags = 0);

  long link_create(long program, long target, uint32_t attach_type, uint64_t cookie = 0,
                   uint32_t flags = 0);
  long link_update(long link, long program, uint32_t flags = 0, long old = 0);
  long link_detach(long link);
  long raw_tracepoint(long program, const char* name);
  long perf_tracepoint(const std::string& name);
  long perf_kprobe(const std::string& symbol);
  // An event for bpf_perf_event_output on this CPU.
  long perf_output(int cpu);
  long set_bpf(long event, long program);
  int close(long fd) { return instance_.host().close(static_cast<int>(fd)); }

 private:
  Instance& instance_;
};

// BTF of one type: 1 is int.
std::vector<uint8_t> int_btf();

// Instructions of little programs.
namespace insns {
std::vector<bpf_insn> give(int32_t number);
// Looks key 0 up in the map (4-byte keys) and adds 1 to the 8 bytes it finds: 0.
std::vector<bpf_insn> count(long map);
// Jumps to program 0 of a program array, else gives 7.
std::vector<bpf_insn> tail_call(long array);
// Reserves 8 bytes in a ring, writes `number` and submits: 0.
std::vector<bpf_insn> ring(long map, int32_t number);
// bpf_perf_event_output of 8 bytes on this CPU: 0.
std::vector<bpf_insn> perf_output(long array);
// As long as there is no limit: counts to `rounds` (a loop the verifier must follow).
std::vector<bpf_insn> loop(int32_t rounds);
}  // namespace insns

}  // namespace zext::shim
