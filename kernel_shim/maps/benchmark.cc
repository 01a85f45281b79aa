// Maps: operations a second, as programs do them, and as system calls do them in process, these
// beside the bpf(2) of the kernel that this runs on, where it has one for us.
//
//   bazel run -c opt //kernel_shim/maps:benchmark -- --benchmark_filter=Program/hash
//
// Program: lookups, updates, and pairs of insert and delete, in one read section each. Call: the
// same by commands, in turn here and in the host kernel, in CPU time; `host_ns` is the
// host's for one, and `of_host` ours divided by it (under 1: ours is faster).
#include <benchmark/benchmark.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "kernel_shim/hosts/process/instance.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

constexpr uint32_t kCpus = 4;

struct Type {
  const char* name;
  uint32_t type;
  uint32_t flags = 0;
};
constexpr Type kTypes[] = {
    {"array", BPF_MAP_TYPE_ARRAY},
    {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY},
    {"hash", BPF_MAP_TYPE_HASH},
    {"hash_no_prealloc", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC},
    {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH},
    {"lru_hash", BPF_MAP_TYPE_LRU_HASH},
    {"lru_hash_own_lists", BPF_MAP_TYPE_LRU_HASH, BPF_F_NO_COMMON_LRU},
    {"lpm_trie", BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC},
};

bool is_array(const Type& type) {
  return type.type == BPF_MAP_TYPE_ARRAY || type.type == BPF_MAP_TYPE_PERCPU_ARRAY;
}
bool is_trie(const Type& type) { return type.type == BPF_MAP_TYPE_LPM_TRIE; }

// A key of 8 bytes; of an array the first 4 count, of a trie they are the prefix's length.
uint64_t key_of(const Type& type, uint64_t number) {
  return is_trie(type) ? __builtin_bswap32(static_cast<uint32_t>(number)) * (uint64_t{1} << 32) | 32
                       : number;
}
uint32_t key_size(const Type& type) { return is_array(type) ? 4 : 8; }

// Numbers below `limit` in no order that a cache would know.
class Numbers {
 public:
  explicit Numbers(uint64_t limit, uint64_t seed = 1) : limit_(limit), state_(seed * 2 + 1) {}
  uint64_t next() {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return (state_ >> 32) * limit_ >> 32;
  }

 private:
  uint64_t limit_;
  uint64_t state_;
};

bpf_attr create_attributes(const Type& type, uint32_t entries) {
  bpf_attr attr{};
  attr.map_type = type.type;
  attr.key_size = key_size(type);
  attr.value_size = 8;
  attr.max_entries = entries;
  attr.map_flags = type.flags;
  return attr;
}

// --- as programs
struct ProgramMap {
  ProgramMap(const Type& type, uint32_t entries) : type(type), entries(entries) {
    bpf_attr attr = create_attributes(type, entries + 64);
    const long fd = instance.bpf(BPF_MAP_CREATE, attr);
    if (fd < 0) std::abort();
    map = static_cast<Map*>(&object_of(instance.host().at(static_cast<int>(fd))));
    for (uint64_t i = 0; i < entries; ++i) {
      const uint64_t key = key_of(type, i);
      const ReadSection section(kernel());
      map_update(kernel(), *map, &key, &i, BPF_ANY);
    }
  }
  Kernel& kernel() { return instance.kernel(); }

  Type type;
  uint32_t entries;
  Instance instance{{.host = {.cpus = kCpus}}};
  Map* map = nullptr;
};

// One for all threads of a benchmark.
std::unique_ptr<ProgramMap> g_map;

template <size_t kIndex>
void set_up(const benchmark::State& state) {
  g_map = std::make_unique<ProgramMap>(kTypes[kIndex], static_cast<uint32_t>(state.range(0)));
}
void tear_down(const benchmark::State&) { g_map.reset(); }

template <typename Operation>
void run_program(benchmark::State& state, Operation operation) {
  ProgramMap& map = *g_map;
  Numbers numbers(map.entries, static_cast<uint64_t>(state.thread_index()) + 1);
  for (auto _ : state) {
    const ReadSection section(map.kernel());
    for (int i = 0; i < 64; ++i) operation(map, numbers.next());
  }
  state.SetItemsProcessed(state.iterations() * 64);
}

void lookup(benchmark::State& state) {
  run_program(state, [](ProgramMap& map, uint64_t number) {
    const uint64_t key = key_of(map.type, number);
    benchmark::DoNotOptimize(map_lookup(map.kernel(), *map.map, &key));
  });
}

void update(benchmark::State& state) {
  run_program(state, [](ProgramMap& map, uint64_t number) {
    const uint64_t key = key_of(map.type, number);
    map_update(map.kernel(), *map.map, &key, &number, BPF_ANY);
  });
}

// A key of this thread's own comes and goes.
void insert_delete(benchmark::State& state) {
  const auto own = static_cast<uint64_t>(state.thread_index()) << 24;
  run_program(state, [&](ProgramMap& map, uint64_t number) {
    const uint64_t key = key_of(map.type, (uint64_t{1} << 28) + own + number);
    map_update(map.kernel(), *map.map, &key, &number, BPF_ANY);
    map_remove(map.kernel(), *map.map, &key);
  });
}

// --- as system calls
// Of this thread: what it does itself, however busy the machine is.
double cpu_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

class CallMap {
 public:
  CallMap(const Type& type, uint32_t entries) : type_(type) {
    // An LRU of each CPU's own is not to lose any, if all come from one CPU.
    bpf_attr attr = create_attributes(type, entries * 8);
    ours_ = instance_.bpf(BPF_MAP_CREATE, attr);
    host_ = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
    for (uint64_t i = 0; i < entries; ++i) {
      fill(i);
      call_ours(BPF_MAP_UPDATE_ELEM);
      if (host_ >= 0) call_host(BPF_MAP_UPDATE_ELEM);
    }
  }
  ~CallMap() {
    if (host_ >= 0) close(static_cast<int>(host_));
  }
  bool has_host() const { return host_ >= 0; }
  void fill(uint64_t number) {
    key_ = key_of(type_, number);
    value_[0] = number;
  }
  long call_ours(int command) {
    bpf_attr attr = attributes(ours_);
    return instance_.bpf(command, attr);
  }
  long call_host(int command) {
    bpf_attr attr = attributes(host_);
    return syscall(SYS_bpf, command, &attr, sizeof attr);
  }

 private:
  bpf_attr attributes(long fd) {
    bpf_attr attr{};
    attr.map_fd = static_cast<uint32_t>(fd);
    attr.key = reinterpret_cast<uint64_t>(&key_);
    attr.value = reinterpret_cast<uint64_t>(value_);
    return attr;
  }

  Type type_;
  Instance instance_{{.host = {.cpus = kCpus}}};
  long ours_ = -1;
  long host_ = -1;
  uint64_t key_ = 0;
  uint64_t value_[1024] = {};
};

void call(benchmark::State& state, const Type& type, int command) {
  const auto entries = static_cast<uint32_t>(state.range(0));
  CallMap map(type, entries);
  Numbers numbers(entries);
  double ours = 0;
  double hosts = 0;
  for (auto _ : state) {
    constexpr int kTogether = 64;
    const double start = cpu_nanoseconds();
    for (int i = 0; i < kTogether; ++i) {
      map.fill(numbers.next());
      if (map.call_ours(command) != 0) state.SkipWithError("the command failed");
    }
    const double middle = cpu_nanoseconds();
    for (int i = 0; map.has_host() && i < kTogether; ++i) {
      map.fill(numbers.next());
      map.call_host(command);
    }
    const double end = cpu_nanoseconds();
    state.SetIterationTime((middle - start) / 1e9);
    ours += (middle - start) / kTogether;
    hosts += (end - middle) / kTogether;
  }
  const auto rounds = static_cast<double>(state.iterations());
  state.SetItemsProcessed(state.iterations() * 64);
  state.counters["ns"] = ours / rounds;
  if (!map.has_host()) return;
  state.counters["host_ns"] = hosts / rounds;
  state.counters["of_host"] = ours / hosts;
}

// --- all of them
template <size_t kIndex>
void register_program(const char* name, void (*body)(benchmark::State&)) {
  const std::string full = std::string("Program/") + kTypes[kIndex].name + "/" + name;
  benchmark::RegisterBenchmark(full.c_str(), body)
      ->Arg(1000)
      ->Arg(1'000'000)
      ->ThreadRange(1, 2)
      ->UseRealTime()
      ->Setup(set_up<kIndex>)
      ->Teardown(tear_down);
}

void register_call(const Type& type, const char* name, int command) {
  const std::string full = std::string("Call/") + type.name + "/" + name;
  benchmark::RegisterBenchmark(
      full.c_str(), [type, command](benchmark::State& state) { call(state, type, command); })
      ->Arg(10'000)
      ->UseManualTime();
}

template <size_t kIndex>
void register_type() {
  const Type& type = kTypes[kIndex];
  register_program<kIndex>("lookup", lookup);
  register_program<kIndex>("update", update);
  if (!is_array(type)) register_program<kIndex>("insert_delete", insert_delete);
  register_call(type, "lookup", BPF_MAP_LOOKUP_ELEM);
  // A trie that holds all it may refuses even what it has.
  if (!is_trie(type)) register_call(type, "update", BPF_MAP_UPDATE_ELEM);
}

template <size_t... kIndices>
void register_all(std::index_sequence<kIndices...>) {
  (register_type<kIndices>(), ...);
}

}  // namespace
}  // namespace zext::shim

int main(int argc, char** argv) {
  zext::shim::register_all(std::make_index_sequence<std::size(zext::shim::kTypes)>());
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
