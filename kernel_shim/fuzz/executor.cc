#include "kernel_shim/fuzz/executor.h"

#include <errno.h>
#include <linux/btf.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "kernel_shim/fuzz/programs.h"
#include "kernel_shim/links/link.h"

namespace zext::shim::fuzz {
namespace {

// Types that have more to lose come more often.
constexpr uint32_t kMapTypes[] = {
    BPF_MAP_TYPE_HASH,         BPF_MAP_TYPE_HASH,          BPF_MAP_TYPE_ARRAY,
    BPF_MAP_TYPE_ARRAY,        BPF_MAP_TYPE_PROG_ARRAY,    BPF_MAP_TYPE_PERF_EVENT_ARRAY,
    BPF_MAP_TYPE_PERCPU_HASH,  BPF_MAP_TYPE_PERCPU_ARRAY,  BPF_MAP_TYPE_STACK_TRACE,
    BPF_MAP_TYPE_CGROUP_ARRAY, BPF_MAP_TYPE_LRU_HASH,      BPF_MAP_TYPE_LRU_PERCPU_HASH,
    BPF_MAP_TYPE_LPM_TRIE,     BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS,
    BPF_MAP_TYPE_QUEUE,        BPF_MAP_TYPE_STACK,         BPF_MAP_TYPE_RINGBUF,
    BPF_MAP_TYPE_RINGBUF,      BPF_MAP_TYPE_BLOOM_FILTER,  BPF_MAP_TYPE_DEVMAP};
constexpr uint32_t kMapFlags[] = {0,
                                  0,
                                  0,
                                  BPF_F_NO_PREALLOC,
                                  BPF_F_NO_PREALLOC,
                                  BPF_F_MMAPABLE,
                                  BPF_F_MMAPABLE,
                                  BPF_F_RDONLY,
                                  BPF_F_WRONLY,
                                  BPF_F_RDONLY_PROG,
                                  BPF_F_WRONLY_PROG,
                                  BPF_F_NO_COMMON_LRU,
                                  BPF_F_ZERO_SEED,
                                  BPF_F_PRESERVE_ELEMS,
                                  BPF_F_INNER_MAP};
constexpr uint32_t kProgramTypes[] = {BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SOCKET_FILTER,
                                      BPF_PROG_TYPE_KPROBE,        BPF_PROG_TYPE_SCHED_CLS,
                                      BPF_PROG_TYPE_TRACEPOINT,    BPF_PROG_TYPE_XDP,
                                      BPF_PROG_TYPE_XDP,           BPF_PROG_TYPE_RAW_TRACEPOINT,
                                      BPF_PROG_TYPE_PERF_EVENT,    BPF_PROG_TYPE_SYSCALL};
constexpr const char* kTracepoints[] = {"sched_switch", "sys_enter", "sys_exit", "nothing"};

template <typename T, size_t kSize>
T choose(const T (&from)[kSize], uint64_t choice) {
  return from[choice % kSize];
}

std::string pin_name(uint64_t choice) {
  if (choice % 16 == 15) return "/tmp/elsewhere";
  return "/sys/fs/bpf/" + std::to_string(choice % 6);
}

uint32_t sane_type(uint64_t choice) {
  return choice % 32 == 31 ? static_cast<uint32_t>(choice >> 5) : choose(kMapTypes, choice);
}

}  // namespace

Executor::Executor(Instance& instance, ProcessHost::Client& stranger)
    : instance_(instance), own_(instance.host().client()), stranger_(stranger), calls_(instance) {}

Executor::~Executor() { finish(); }

void Executor::finish() {
  for (const Mapping& mapping : std::exchange(mappings_, {})) instance_.munmap(mapping.address);
  const ClientScope scope(instance_.host(), own_);
  for (std::vector<long>& kind : descriptors_) {
    for (const long fd : std::exchange(kind, {})) calls_.close(fd);
  }
}

long Executor::run(const Op& op) {
  if (op.kind == OpKind::kChangeClient) {
    is_stranger_ = op.arguments[0] % 4 == 0;
    return 0;
  }
  const ClientScope scope(instance_.host(), is_stranger_ ? stranger_ : own_);
  return run_here(op);
}

long Executor::run_here(const Op& op) {
  switch (op.kind) {
    case OpKind::kMapCreate:
    case OpKind::kMapLookup:
    case OpKind::kMapUpdate:
    case OpKind::kMapDelete:
    case OpKind::kMapNextKey:
    case OpKind::kMapTake:
    case OpKind::kMapFreeze:
    case OpKind::kMapBatch:
      return run_map(op);
    case OpKind::kProgLoad:
    case OpKind::kProgLoadMutated:
    case OpKind::kTestRun:
    case OpKind::kBindMap:
    case OpKind::kBtfLoad:
      return run_program(op);
    case OpKind::kPin:
    case OpKind::kOpenPin:
    case OpKind::kRemovePin:
    case OpKind::kInfo:
    case OpKind::kNextId:
    case OpKind::kFdById:
    case OpKind::kClose:
    case OpKind::kDup:
    case OpKind::kFdinfo:
      return run_object(op);
    case OpKind::kLinkCreate:
    case OpKind::kLinkUpdate:
    case OpKind::kLinkDetach:
    case OpKind::kRawTracepoint:
    case OpKind::kPerfOpen:
    case OpKind::kPerfIoctl:
    case OpKind::kFire:
      return run_link(op);
    case OpKind::kMapPages:
    case OpKind::kUnmapPages:
    case OpKind::kScribble:
    case OpKind::kPoll:
    case OpKind::kRawCommand:
      return run_memory(op);
    case OpKind::kChangeClient:
      break;
  }
  return 0;
}

// --- choosing

long Executor::pick(Kind kind, uint64_t choice) const {
  const std::vector<long>& have = descriptors_[kind];
  if (have.empty() || choice % 32 == 31) return pick_any(choice >> 5);
  return have[(choice >> 5) % have.size()];
}

long Executor::pick_any(uint64_t choice) const {
  return choice % 16 == 15 ? static_cast<int>(choice) : static_cast<long>(choice % 24);
}

long Executor::keep(Kind kind, long fd) {
  if (fd >= 0 && !is_stranger_) descriptors_[kind].push_back(fd);
  return fd;
}

// A key in user memory, of a few values so that calls meet.
uint64_t Executor::key(uint64_t where, uint64_t choice) {
  const uint64_t address = arena_.pointer(where);
  uint8_t* good = arena_.good(where >> 5);
  if (address == reinterpret_cast<uint64_t>(good)) {
    const uint64_t words[2] = {choice % 6, 0};
    std::memcpy(good, words, sizeof words);
  }
  return address;
}

// --- maps

long Executor::map_create(const Op& op) {
  const auto& a = op.arguments;
  static constexpr uint32_t kKeys[] = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 8, 0, 16, 5, 512};
  static constexpr uint32_t kValues[] = {8, 8, 8, 8, 8, 8, 8, 8, 4, 4, 16, 16, 0, 64, 3, 4096};
  static constexpr uint32_t kEntries[] = {1,  4,  4,  4,  4,  4,    4,    16,
                                          16, 64, 64, 64, 64, 4096, 8192, 0};
  SystemCalls::MapShape shape{.type = sane_type(a[0]),
                              .key = choose(kKeys, a[1]),
                              .value = choose(kValues, a[2]),
                              .entries = choose(kEntries, a[3]),
                              .flags = a[4] % 4 == 0 ? choose(kMapFlags, a[4] >> 2) : 0,
                              .inner = pick(kMap, a[5])};
  // What the type wants, mostly.
  if (a[1] % 8 != 7) {
    switch (shape.type) {
      case BPF_MAP_TYPE_RINGBUF:
        shape.key = shape.value = 0;
        shape.entries = 4096;
        shape.flags = 0;
        break;
      case BPF_MAP_TYPE_QUEUE:
      case BPF_MAP_TYPE_STACK:
      case BPF_MAP_TYPE_BLOOM_FILTER:
        shape.key = 0;
        break;
      case BPF_MAP_TYPE_LPM_TRIE:
        shape.key = 8;
        shape.flags = BPF_F_NO_PREALLOC;
        break;
      case BPF_MAP_TYPE_PROG_ARRAY:
      case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
      case BPF_MAP_TYPE_CGROUP_ARRAY:
      case BPF_MAP_TYPE_ARRAY_OF_MAPS:
      case BPF_MAP_TYPE_HASH_OF_MAPS:
        shape.key = shape.value = 4;
        shape.flags = 0;
        break;
      default:
        break;
    }
  }
  return keep(kMap, calls_.map_create(shape));
}

long Executor::map_update(const Op& op) {
  const auto& a = op.arguments;
  const uint64_t value = arena_.pointer(a[3]);
  uint8_t* good = arena_.good(a[3] >> 5);
  if (value == reinterpret_cast<uint64_t>(good) && a[5] % 2 == 0) {
    // For arrays of descriptors.
    static constexpr Kind kKindsIn[] = {kMap, kProgram, kEvent};
    const auto fd = static_cast<uint32_t>(pick(choose(kKindsIn, a[5] >> 1), a[4]));
    std::memcpy(good, &fd, sizeof fd);
  }
  static constexpr uint64_t kFlags[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 4, 8};
  return calls_.map_update(pick(kMap, a[0]), reinterpret_cast<void*>(key(a[1], a[2])),
                           reinterpret_cast<void*>(value), choose(kFlags, a[4] >> 3));
}

long Executor::map_batch(const Op& op) {
  const auto& a = op.arguments;
  static constexpr int kCommands[] = {BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH,
                                      BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH};
  auto count = static_cast<uint32_t>(a[1] % 20);
  return calls_.batch(choose(kCommands, a[0]),
                      {.map = pick(kMap, a[2]),
                       .in = a[1] % 3 == 0 ? reinterpret_cast<void*>(key(a[3], a[1])) : nullptr,
                       .out = reinterpret_cast<void*>(arena_.pointer(a[4])),
                       .keys = reinterpret_cast<void*>(arena_.pointer(a[5])),
                       .values = reinterpret_cast<void*>(arena_.pointer(a[3])),
                       .count = &count,
                       .flags = a[0] % 32 == 31 ? a[5] : 0});
}

long Executor::run_map(const Op& op) {
  const auto& a = op.arguments;
  const long map = pick(kMap, a[0]);
  void* value = reinterpret_cast<void*>(arena_.pointer(a[3]));
  switch (op.kind) {
    case OpKind::kMapCreate:
      return map_create(op);
    case OpKind::kMapUpdate:
      return map_update(op);
    case OpKind::kMapBatch:
      return map_batch(op);
    case OpKind::kMapLookup:
      return calls_.map_lookup(map, reinterpret_cast<void*>(key(a[1], a[2])), value,
                               a[4] % 8 == 7 ? a[5] % 8 : 0);
    case OpKind::kMapDelete:
      return calls_.map_delete(map, reinterpret_cast<void*>(key(a[1], a[2])));
    case OpKind::kMapNextKey:
      return calls_.map_next_key(
          map, a[4] % 4 == 0 ? nullptr : reinterpret_cast<void*>(key(a[1], a[2])), value);
    case OpKind::kMapTake:
      return calls_.map_take(map, reinterpret_cast<void*>(key(a[1], a[2])), value);
    default:
      return calls_.map_freeze(map);
  }
}

// --- programs

long Executor::prog_load(const Op& op, bool mutated) {
  const auto& a = op.arguments;
  std::vector<bpf_insn> insns = make_program(a[0], pick(kMap, a[1]));
  Random random(a[4]);
  if (mutated) mutate(insns, random);
  SystemCalls::ProgramShape shape{.type = choose(kProgramTypes, a[2]), .insns = insns};
  if (shape.type == BPF_PROG_TYPE_XDP) shape.attach_type = BPF_XDP;
  if (shape.type == BPF_PROG_TYPE_SYSCALL) shape.flags = BPF_F_SLEEPABLE;
  if (a[3] % 16 == 15) shape.license = "proprietary";
  std::string log;
  return keep(kProgram, calls_.prog_load(shape, a[5] % 4 == 0 ? &log : nullptr));
}

long Executor::test_run(const Op& op) {
  const auto& a = op.arguments;
  bpf_attr attr{};
  attr.test.prog_fd = static_cast<uint32_t>(pick(kProgram, a[0]));
  attr.test.data_in = arena_.pointer(a[1]);
  attr.test.data_size_in = a[2] % 8 == 7 ? static_cast<uint32_t>(a[2]) : 64 + a[2] % 64;
  attr.test.data_out = arena_.pointer(a[3]);
  attr.test.data_size_out = static_cast<uint32_t>(a[3] % 256);
  attr.test.repeat = static_cast<uint32_t>(a[4] % 3);
  if (a[5] % 4 == 0) {
    attr.test.ctx_in = arena_.pointer(a[5]);
    attr.test.ctx_size_in = static_cast<uint32_t>(a[4] % 200);
  }
  // Some types take a context and no data.
  if (a[5] % 4 == 1) {
    attr.test.data_in = attr.test.data_size_in = attr.test.data_out = attr.test.data_size_out = 0;
    attr.test.repeat = 0;
    attr.test.ctx_in = arena_.pointer(a[1]);
    attr.test.ctx_size_in = static_cast<uint32_t>(a[4] % 200);
  }
  return instance_.bpf(BPF_PROG_TEST_RUN, attr);
}

long Executor::btf_load(const Op& op) {
  // A header, then types and strings of a random kind.
  Random random(op.arguments[0]);
  const auto words = static_cast<uint32_t>(3 + random.below(20));
  std::vector<uint8_t> bytes(sizeof(btf_header) + words * 4 + 8);
  btf_header header{};
  header.magic = BTF_MAGIC;
  header.version = BTF_VERSION;
  header.hdr_len = sizeof header;
  header.type_len = words * 4;
  header.str_off = words * 4;
  header.str_len = 8;
  std::memcpy(bytes.data(), &header, sizeof header);
  for (uint32_t i = 0; i < words; ++i) {
    auto word = static_cast<uint32_t>(random.below(8));
    if (i % 3 == 1) word = static_cast<uint32_t>(random.below(20)) << 24 | word % 4;
    if (random.below(16) == 0) word = static_cast<uint32_t>(random.next());
    std::memcpy(bytes.data() + sizeof header + i * size_t{4}, &word, sizeof word);
  }
  std::memcpy(bytes.data() + sizeof header + words * size_t{4}, "\0ab\0cde", 8);
  if (random.below(4) == 0) bytes[random.below(bytes.size())] ^= 1u << random.below(8);
  return keep(kBtf, calls_.btf_load(bytes));
}

long Executor::run_program(const Op& op) {
  const auto& a = op.arguments;
  switch (op.kind) {
    case OpKind::kProgLoad:
      return prog_load(op, false);
    case OpKind::kProgLoadMutated:
      return prog_load(op, true);
    case OpKind::kTestRun:
      return test_run(op);
    case OpKind::kBindMap:
      return calls_.bind_map(pick(kProgram, a[0]), pick(kMap, a[1]));
    default:
      return btf_load(op);
  }
}

// --- objects

long Executor::info(const Op& op) {
  const auto& a = op.arguments;
  bpf_attr attr{};
  attr.info.bpf_fd = static_cast<uint32_t>(a[0] % 4 == 0 ? pick(kProgram, a[1]) : pick_any(a[1]));
  attr.info.info = arena_.pointer(a[2]);
  attr.info.info_len = static_cast<uint32_t>(a[3] % 8 == 7 ? a[3] : a[3] % 300);
  if (a[4] % 2 == 0) std::memset(arena_.good(a[2] >> 5), 0, 512);
  return instance_.bpf(BPF_OBJ_GET_INFO_BY_FD, attr);
}

long Executor::run_object(const Op& op) {
  const auto& a = op.arguments;
  static constexpr int kNext[] = {BPF_MAP_GET_NEXT_ID, BPF_PROG_GET_NEXT_ID, BPF_LINK_GET_NEXT_ID,
                                  BPF_BTF_GET_NEXT_ID};
  static constexpr int kById[] = {BPF_MAP_GET_FD_BY_ID, BPF_PROG_GET_FD_BY_ID,
                                  BPF_LINK_GET_FD_BY_ID, BPF_BTF_GET_FD_BY_ID};
  static constexpr Kind kKindOfId[] = {kMap, kProgram, kLink, kBtf};
  switch (op.kind) {
    case OpKind::kPin:
      return calls_.pin(pick_any(a[0]), pin_name(a[1]));
    case OpKind::kOpenPin:
      // Of whatever kind it is: as one of those that are picked from.
      return keep(
          choose(kKindOfId, a[2]),
          calls_.open_pin(pin_name(a[0]), a[1] % 4 == 0 ? choose(kMapFlags, a[1] >> 2) : 0));
    case OpKind::kRemovePin:
      return instance_.host().remove(pin_name(a[0]));
    case OpKind::kInfo:
      return info(op);
    case OpKind::kNextId:
      return calls_.next_id(choose(kNext, a[0]), static_cast<uint32_t>(a[1] % 64));
    case OpKind::kFdById:
      return keep(choose(kKindOfId, a[0]),
                  calls_.fd_by_id(choose(kById, a[0]), static_cast<uint32_t>(a[1] % 64)));
    case OpKind::kDup:
      return keep(kMap, instance_.host().dup(static_cast<int>(pick_any(a[0]))));
    case OpKind::kFdinfo:
      return static_cast<long>(instance_.fdinfo(static_cast<int>(pick_any(a[0]))).size());
    default:
      break;
  }
  std::vector<long>& have = descriptors_[a[0] % kKinds];
  if (have.empty()) return calls_.close(pick_any(a[1]));
  const size_t at = a[1] % have.size();
  const long fd = have[at];
  have.erase(have.begin() + static_cast<ptrdiff_t>(at));
  return calls_.close(fd);
}

// --- links and events

long Executor::perf_open(const Op& op) {
  const auto& a = op.arguments;
  switch (a[0] % 5) {
    case 0:
      return calls_.perf_tracepoint(choose(kTracepoints, a[1] % 3));
    case 1:
      return calls_.perf_kprobe(a[1] % 4 == 0 ? "nothing" : "do_unlinkat");
    case 2:
    case 3:
      return calls_.perf_output(static_cast<int>(a[1] % 5));
    default:
      break;
  }
  perf_event_attr attr{};
  attr.size = a[1] % 4 == 0 ? static_cast<uint32_t>(a[1]) : sizeof attr;
  attr.type = static_cast<uint32_t>(a[2] % 12);
  attr.config = a[3];
  attr.sample_type = a[4];
  attr.wakeup_events = static_cast<uint32_t>(a[5]);
  attr.kprobe_func = arena_.pointer(a[4]);
  return instance_.perf_event_open(attr, -1, static_cast<int>(a[5] % 5));
}

long Executor::perf_ioctl(const Op& op) {
  const auto& a = op.arguments;
  static constexpr uint64_t kRequests[] = {
      PERF_EVENT_IOC_ENABLE,  PERF_EVENT_IOC_DISABLE,      PERF_EVENT_IOC_SET_BPF,
      PERF_EVENT_IOC_SET_BPF, PERF_EVENT_IOC_PAUSE_OUTPUT, PERF_EVENT_IOC_QUERY_BPF,
      PERF_EVENT_IOC_ID,      PERF_EVENT_IOC_SET_FILTER,   PERF_EVENT_IOC_PERIOD};
  const uint64_t request = a[0] % 32 == 31 ? a[1] : choose(kRequests, a[0]);
  const uint64_t argument = request == PERF_EVENT_IOC_SET_BPF
                                ? static_cast<uint64_t>(pick(kProgram, a[2]))
                                : arena_.pointer(a[2]);
  return instance_.ioctl(static_cast<int>(pick(kEvent, a[3])), request, argument);
}

long Executor::fire(const Op& op) {
  const auto& a = op.arguments;
  ProcessHost& host = instance_.host();
  // Records and registers of any content; more of them than any program may read.
  static const std::vector<uint64_t> kRecord(1100, 0x1122'3344'5566'7788);
  std::vector<uint64_t> record = kRecord;
  switch (a[0] % 4) {
    case 0:
      return host.fire_tracepoint(choose(kTracepoints, a[1]), record.data());
    case 1:
      return host.fire_raw_tracepoint(choose(kTracepoints, a[1]), record.data());
    case 2:
      return host.fire_probe("do_unlinkat", record.data());
    default:
      break;
  }
  kshim_packet packet{};
  packet.head = record.data();
  packet.data = record.data() + 32;
  packet.end = record.data() + 48;
  packet.limit = record.data() + 64;
  return host.fire_attached(BPF_XDP, 1 + a[1] % 3, &packet);
}

long Executor::run_link(const Op& op) {
  const auto& a = op.arguments;
  switch (op.kind) {
    case OpKind::kLinkCreate: {
      static constexpr uint32_t kTypes[] = {BPF_PERF_EVENT, BPF_PERF_EVENT,   BPF_XDP,
                                            BPF_XDP,        BPF_TRACE_FENTRY, BPF_TRACE_RAW_TP};
      const uint32_t type = choose(kTypes, a[2]);
      const long target = type == BPF_XDP ? static_cast<long>(1 + a[1] % 3) : pick(kEvent, a[1]);
      return keep(kLink, calls_.link_create(pick(kProgram, a[0]), target, type, a[3],
                                            a[4] % 16 == 15 ? static_cast<uint32_t>(a[5]) : 0));
    }
    case OpKind::kLinkUpdate:
      return calls_.link_update(pick(kLink, a[0]), pick(kProgram, a[1]),
                                a[2] % 2 == 0 ? 0 : BPF_F_REPLACE,
                                a[2] % 2 == 0 ? 0 : pick(kProgram, a[3]));
    case OpKind::kLinkDetach:
      return calls_.link_detach(pick(kLink, a[0]));
    case OpKind::kRawTracepoint:
      return keep(kLink, calls_.raw_tracepoint(pick(kProgram, a[0]), choose(kTracepoints, a[1])));
    case OpKind::kPerfOpen:
      return keep(kEvent, perf_open(op));
    case OpKind::kPerfIoctl:
      return perf_ioctl(op);
    default:
      return fire(op);
  }
}

// --- memory, and anything at all

long Executor::map_pages(const Op& op) {
  const auto& a = op.arguments;
  if (mappings_.size() >= 16) return 0;
  static constexpr uint64_t kLengths[] = {4096, 4096, 8192, 12288, 3 * 4096, 5 * 4096, 1, 0};
  Mapping mapping{.length = choose(kLengths, a[1]), .write = a[2] % 2 == 0};
  const uint64_t offset = a[3] % 3 * 4096;
  const long fd = a[4] % 4 == 0 ? pick(kEvent, a[0]) : pick(kMap, a[0]);
  const long error =
      instance_.mmap(static_cast<int>(fd), offset, mapping.length, mapping.write, &mapping.address);
  if (error == 0) mappings_.push_back(mapping);
  return error;
}

// A reader who writes what he likes into what he shares with the kernel.
long Executor::scribble(const Op& op) {
  Random random(op.arguments[0]);
  for (const Mapping& mapping : mappings_) {
    if (!mapping.write || mapping.length < 4096) continue;
    auto* words = static_cast<volatile uint64_t*>(mapping.address);
    for (int i = 0; i < 16; ++i) {
      const uint64_t at = i == 0 ? 0 : random.below(4096 / sizeof(uint64_t));
      words[at] = random.below(2) == 0 ? random.next() : random.below(8192);
    }
  }
  return 0;
}

// A command of any number, with an attribute of any bytes.
long Executor::raw_command(const Op& op) {
  const auto& a = op.arguments;
  Random random(a[0]);
  bpf_attr attr{};
  auto* bytes = reinterpret_cast<uint8_t*>(&attr);
  const uint64_t words = random.below(8);
  for (uint64_t i = 0; i < words; ++i) {
    const auto value =
        static_cast<uint32_t>(random.below(3) == 0 ? random.next() : random.below(24));
    std::memcpy(bytes + random.below(sizeof attr / 4) * 4, &value, sizeof value);
  }
  const auto command = static_cast<int>(a[1] % 8 == 7 ? a[1] : a[1] % 40);
  const auto size = static_cast<uint32_t>(a[2] % 4 == 3 ? a[2] % 5000 : sizeof attr);
  if (a[3] % 8 == 7) {
    return kshim_bpf(instance_.shim(), command, arena_.pointer(a[4]), size);
  }
  // No more of it than there is.
  const long result = instance_.bpf(command, attr, std::min<uint32_t>(size, sizeof attr));
  // Should it have opened something, nobody else will close it.
  if (result >= 3 && instance_.host().at(static_cast<int>(result)) != nullptr) keep(kMap, result);
  return result;
}

long Executor::run_memory(const Op& op) {
  const auto& a = op.arguments;
  switch (op.kind) {
    case OpKind::kMapPages:
      return map_pages(op);
    case OpKind::kUnmapPages: {
      if (mappings_.empty()) return 0;
      const size_t at = a[0] % mappings_.size();
      const Mapping mapping = mappings_[at];
      mappings_.erase(mappings_.begin() + static_cast<ptrdiff_t>(at));
      return instance_.munmap(mapping.address);
    }
    case OpKind::kScribble:
      return scribble(op);
    case OpKind::kPoll:
      return instance_.poll(static_cast<int>(pick_any(a[0])));
    default:
      return raw_command(op);
  }
}

}  // namespace zext::shim::fuzz
