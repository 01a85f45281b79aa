// The same calls on the host kernel's maps and on ours: the same answers, byte by byte.
//
// The host kernel is newer than the Linux 5.19 that this library follows. Where it answers
// otherwise for a known reason, known_difference() says so; such cases are counted and printed.
#include "kernel_shim/maps/oracle.h"

#include <gtest/gtest.h>
#include <linux/btf.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <vector>

#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

using Bytes = std::vector<uint8_t>;
using Random = std::mt19937_64;

uint64_t pick(Random& random, std::initializer_list<uint64_t> values) {
  return *(values.begin() + random() % values.size());
}

uint64_t address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

// --- creating

std::string show(const bpf_attr& attr) {
  std::ostringstream text;
  text << "type " << attr.map_type << " key " << attr.key_size << " value " << attr.value_size
       << " entries " << attr.max_entries << " flags 0x" << std::hex << attr.map_flags << " extra "
       << attr.map_extra << " name '" << std::string(attr.map_name, strnlen(attr.map_name, 16))
       << "' inner " << std::dec << attr.inner_map_fd << " ifindex " << attr.map_ifindex << " btf "
       << attr.btf_key_type_id << "," << attr.btf_value_type_id;
  return text.str();
}

uint64_t round_up_8(uint64_t size) { return (size + 7) & ~uint64_t{7}; }

// Why Linux 5.19 answers as ours does, and the host's newer kernel otherwise; or null.
const char* known_difference(const bpf_attr& attr, long kernel, long shim) {
  const bool is_array = attr.map_type == BPF_MAP_TYPE_ARRAY;
  if (is_array && attr.value_size > kMaxValueSize && shim == -E2BIG) {
    return "6.0: array values may be larger than what kmalloc gives";
  }
  const bool per_cpu = is_per_cpu(attr.map_type);
  if (per_cpu && round_up_8(attr.value_size) > kMaxPerCpuValueSize && kernel == -E2BIG &&
      (shim == -ENOMEM || shim == -E2BIG)) {
    return "6.12: per-CPU values that the allocator refuses are E2BIG, not ENOMEM";
  }
  return nullptr;
}

bpf_attr random_attributes(Random& random) {
  static constexpr uint32_t kTypes[] = {
      BPF_MAP_TYPE_HASH,         BPF_MAP_TYPE_ARRAY,          BPF_MAP_TYPE_PROG_ARRAY,
      BPF_MAP_TYPE_PERCPU_HASH,  BPF_MAP_TYPE_PERCPU_ARRAY,   BPF_MAP_TYPE_PERF_EVENT_ARRAY,
      BPF_MAP_TYPE_STACK_TRACE,  BPF_MAP_TYPE_CGROUP_ARRAY,   BPF_MAP_TYPE_LRU_HASH,
      BPF_MAP_TYPE_LPM_TRIE,     BPF_MAP_TYPE_ARRAY_OF_MAPS,  BPF_MAP_TYPE_HASH_OF_MAPS,
      BPF_MAP_TYPE_QUEUE,        BPF_MAP_TYPE_STACK,          BPF_MAP_TYPE_RINGBUF,
      BPF_MAP_TYPE_BLOOM_FILTER, BPF_MAP_TYPE_LRU_PERCPU_HASH};
  bpf_attr attr{};
  attr.map_type = kTypes[random() % std::size(kTypes)];
  attr.key_size = static_cast<uint32_t>(pick(random, {0, 1, 4, 4, 4, 5, 8, 257, 260, 264, 513}));
  attr.value_size = static_cast<uint32_t>(pick(random, {0,
                                                        1,
                                                        4,
                                                        4,
                                                        8,
                                                        8,
                                                        12,
                                                        20,
                                                        32,
                                                        1016,
                                                        1024,
                                                        2540,
                                                        2560,
                                                        32768,
                                                        32769,
                                                        1 << 20,
                                                        (4 << 20) - 512,
                                                        (4 << 20) - 8,
                                                        4 << 20,
                                                        (4 << 20) + 1,
                                                        0x7fff'ffff,
                                                        0x8000'0000,
                                                        0xffff'ffff}));
  attr.max_entries =
      static_cast<uint32_t>(pick(random, {0, 1, 2, 3, 4, 7, 4096, 5000, 8192, 0x8000'0001}));
  if (random() % 2 == 0) attr.map_flags = uint32_t{1} << random() % 14;
  if (random() % 6 == 0) attr.map_flags |= uint32_t{1} << random() % 14;
  if (random() % 8 == 0) attr.map_extra = pick(random, {1, 5, 15, 16, uint64_t{1} << 32});
  if (random() % 8 == 0) attr.numa_node = static_cast<uint32_t>(pick(random, {1, 99, ~0u}));
  if (random() % 8 == 0) {
    const char* names[] = {"a.b_C9", "with space", "fifteen_bytes__", "sixteen_bytes___", "-"};
    const char* name = names[random() % 5];
    memcpy(attr.map_name, name, strlen(name));
  }
  if (random() % 40 == 0) attr.map_ifindex = 12345;
  if (random() % 20 == 0) attr.btf_value_type_id = 1;
  if (random() % 20 == 0) attr.btf_key_type_id = 1;
  return attr;
}

// Neither side is to really take much: Linux gives the memory of a map back only some time after it
// was closed, and here are thousands of them.
bool is_huge(const bpf_attr& attr) {
  constexpr uint64_t kMost = 128 << 10;
  constexpr uint64_t kOfElement = 64;  // what tables keep beside key and value
  const uint64_t key = std::min<uint64_t>(attr.key_size, 512);
  return attr.max_entries > kMost ||
         attr.max_entries * (kOfElement + key + 2 * round_up_8(attr.value_size)) > kMost;
}
// Whether the sizes alone are refused by both, so that nothing is taken.
bool has_no_elements(const bpf_attr& attr) {
  return attr.value_size > kMaxValueSize || attr.max_entries == 0;
}

TEST(OracleTest, MapsAreCreatedAlike) {
  Oracle oracle;
  if (!oracle.reason().empty()) GTEST_SKIP() << oracle.reason();
  Random random(11);
  // What maps of maps are made like; -1 where there is none.
  bpf_attr inner{};
  inner.map_type = BPF_MAP_TYPE_ARRAY;
  inner.key_size = inner.value_size = 4;
  inner.max_entries = 1;
  const auto kernel_inner = static_cast<int>(oracle.kernel().bpf(BPF_MAP_CREATE, inner));
  const auto shim_inner = static_cast<int>(oracle.shim().bpf(BPF_MAP_CREATE, inner));
  std::map<std::string, int> differences;
  int created = 0;
  for (int step = 0; step < 20000; ++step) {
    bpf_attr attr = random_attributes(random);
    if (is_huge(attr) && !has_no_elements(attr)) continue;
    const bool with_inner = random() % 4 != 0;
    bpf_attr kernel_attr = attr;
    bpf_attr shim_attr = attr;
    kernel_attr.inner_map_fd = static_cast<uint32_t>(with_inner ? kernel_inner : -1);
    shim_attr.inner_map_fd = static_cast<uint32_t>(with_inner ? shim_inner : -1);
    kernel_attr.btf_fd = shim_attr.btf_fd = static_cast<uint32_t>(-1);
    const long kernel = oracle.kernel().bpf(BPF_MAP_CREATE, kernel_attr);
    const long shim = oracle.shim().bpf(BPF_MAP_CREATE, shim_attr);
    if (kernel >= 0) oracle.kernel().close(static_cast<int>(kernel));
    if (shim >= 0) oracle.shim().close(static_cast<int>(shim));
    if (kernel >= 0 && shim >= 0) {
      ++created;
      continue;
    }
    if (kernel == shim) continue;
    const char* reason = known_difference(attr, kernel, shim);
    EXPECT_NE(reason, nullptr) << show(attr) << ": kernel " << kernel << ", shim " << shim;
    if (reason != nullptr) ++differences[reason];
  }
  oracle.kernel().close(kernel_inner);
  EXPECT_GT(created, 500);
  for (const auto& [reason, count] : differences) printf("%6d x %s\n", count, reason.c_str());
}

// --- elements

// One map on both sides, and what can be compared of it.
struct Subject {
  const char* name;
  uint32_t type;
  uint32_t key_size;
  uint32_t value_size;
  uint32_t entries;
  uint32_t flags = 0;
  bool ordered = true;  // keys come in an order that both sides share
  bool has_lock = false;
  uint32_t keys = 0;  // different ones that are used; 0: entries + 2
};

struct Both {
  int kernel = -1;
  int shim = -1;
};

class Elements {
 public:
  Elements(Oracle& oracle, const Subject& subject, uint64_t seed)
      : oracle_(oracle), subject_(subject), random_(seed) {
    bpf_attr attr{};
    attr.map_type = subject.type;
    attr.key_size = subject.key_size;
    attr.value_size = subject.value_size;
    attr.max_entries = subject.entries;
    attr.map_flags = subject.flags;
    map_ = create(attr);
    const uint64_t stride = round_up_8(subject.value_size);
    value_bytes_ = is_per_cpu(subject.type) ? stride * oracle.cpus() : subject.value_size;
  }
  ~Elements() {
    oracle_.kernel().close(map_.kernel);
    oracle_.shim().close(map_.shim);
    for (const Both& fds : others_) {
      oracle_.kernel().close(fds.kernel);
      oracle_.shim().close(fds.shim);
    }
  }
  Elements(const Elements&) = delete;
  Elements& operator=(const Elements&) = delete;

  void run(int steps) {
    ASSERT_GE(map_.kernel, 0) << subject_.name;
    ASSERT_GE(map_.shim, 0) << subject_.name;
    for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      step_ = step;
      one_step();
    }
  }

 private:
  Both create(bpf_attr attr) {
    bpf_attr shim_attr = attr;
    if (subject_.has_lock) {
      const Both btf = load_btf();
      attr.btf_fd = static_cast<uint32_t>(btf.kernel);
      shim_attr.btf_fd = static_cast<uint32_t>(btf.shim);
      attr.btf_key_type_id = shim_attr.btf_key_type_id = 1;
      attr.btf_value_type_id = shim_attr.btf_value_type_id = 3;
      others_.push_back(btf);
    }
    if (subject_.type == BPF_MAP_TYPE_PROG_ARRAY) {
      others_ = {load_program(BPF_PROG_TYPE_SOCKET_FILTER), load_program(BPF_PROG_TYPE_XDP)};
    }
    if (is_map_of_maps(subject_.type)) {
      for (uint32_t i = 0; i < 3; ++i) others_.push_back(create_inner());
      attr.inner_map_fd = static_cast<uint32_t>(others_[0].kernel);
      shim_attr.inner_map_fd = static_cast<uint32_t>(others_[0].shim);
    }
    return {static_cast<int>(oracle_.kernel().bpf(BPF_MAP_CREATE, attr)),
            static_cast<int>(oracle_.shim().bpf(BPF_MAP_CREATE, shim_attr))};
  }

  Both create_inner() {
    bpf_attr attr{};
    attr.map_type = BPF_MAP_TYPE_ARRAY;
    attr.key_size = attr.value_size = 4;
    attr.max_entries = 1;
    return {static_cast<int>(oracle_.kernel().bpf(BPF_MAP_CREATE, attr)),
            static_cast<int>(oracle_.shim().bpf(BPF_MAP_CREATE, attr))};
  }

  // return 0
  Both load_program(uint32_t type) {
    const bpf_insn instructions[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K,
         .dst_reg = BPF_REG_0,
         .src_reg = 0,
         .off = 0,
         .imm = 0},
        {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
    bpf_attr attr{};
    attr.prog_type = type;
    attr.insns = address(instructions);
    attr.insn_cnt = 2;
    attr.license = address("GPL");
    bpf_attr again = attr;
    return {static_cast<int>(oracle_.kernel().bpf(BPF_PROG_LOAD, attr)),
            static_cast<int>(oracle_.shim().bpf(BPF_PROG_LOAD, again))};
  }

  // int; struct bpf_spin_lock { int val; }; struct value { struct bpf_spin_lock lock; int rest[]; }
  Both load_btf() {
    const std::string strings("\0int\0bpf_spin_lock\0val\0value\0lock\0rest\0", 39);
    constexpr uint32_t kInt = 1;
    constexpr uint32_t kSpinLock = 5;
    constexpr uint32_t kVal = 19;
    constexpr uint32_t kValue = 23;
    constexpr uint32_t kLock = 29;
    constexpr uint32_t kRest = 34;
    const auto info = [](uint32_t kind, uint32_t members) { return kind << 24 | members; };
    const uint32_t types[] = {kInt,
                              info(BTF_KIND_INT, 0),
                              4,
                              BTF_INT_SIGNED << 24 | 32,
                              kSpinLock,
                              info(BTF_KIND_STRUCT, 1),
                              4,
                              kVal,
                              1,
                              0,
                              kValue,
                              info(BTF_KIND_STRUCT, 2),
                              subject_.value_size,
                              kLock,
                              2,
                              0,
                              kRest,
                              1,
                              32};
    btf_header header{};
    header.magic = BTF_MAGIC;
    header.version = BTF_VERSION;
    header.hdr_len = sizeof header;
    header.type_len = sizeof types;
    header.str_off = sizeof types;
    header.str_len = static_cast<uint32_t>(strings.size());
    Bytes raw(sizeof header + sizeof types + strings.size());
    memcpy(raw.data(), &header, sizeof header);
    memcpy(raw.data() + sizeof header, types, sizeof types);
    memcpy(raw.data() + sizeof header + sizeof types, strings.data(), strings.size());
    bpf_attr attr{};
    attr.btf = address(raw.data());
    attr.btf_size = static_cast<uint32_t>(raw.size());
    bpf_attr again = attr;
    return {static_cast<int>(oracle_.kernel().bpf(BPF_BTF_LOAD, attr)),
            static_cast<int>(oracle_.shim().bpf(BPF_BTF_LOAD, again))};
  }

  // --- random arguments

  Bytes random_key() {
    const uint64_t keys = subject_.keys != 0 ? subject_.keys : uint64_t{subject_.entries} + 2;
    Bytes key(subject_.key_size);
    if (subject_.type == BPF_MAP_TYPE_LPM_TRIE) {
      const auto prefix = static_cast<uint32_t>(random_() % (8 * (key.size() - 4) + 1));
      memcpy(key.data(), &prefix, 4);
      for (size_t i = 4; i < key.size(); ++i) key[i] = static_cast<uint8_t>(random_() % 3 * 0x55);
      return key;
    }
    const uint64_t number = random_() % 50 == 0 ? random_() : random_() % keys;
    memcpy(key.data(), &number, std::min<size_t>(8, key.size()));
    return key;
  }
  Bytes random_bytes(uint64_t size) {
    Bytes value(size);
    for (uint8_t& byte : value) byte = static_cast<uint8_t>(random_());
    if (subject_.type == BPF_MAP_TYPE_BLOOM_FILTER) {
      for (uint8_t& byte : value) byte &= 1;
    }
    return value;
  }
  uint64_t update_flags() {
    // Before 6.13 a trie did not ask whether the key is there.
    if (subject_.type == BPF_MAP_TYPE_LPM_TRIE) return pick(random_, {0, 0, 3, 4, 8});
    return random_() % 4 != 0 ? 0 : pick(random_, {1, 2, 3, 4, 4, 5, 6, 8, uint64_t{1} << 40});
  }
  uint64_t lookup_flags() { return random_() % 8 != 0 ? 0 : pick(random_, {1, 4, 4, 4, 5, 8}); }
  // Mostly the pointer; else nothing, or nowhere.
  uint64_t maybe(uint64_t pointer) {
    const uint64_t what = random_() % 60;
    return what == 0 ? 0 : what == 1 ? 0x10 : pointer;
  }

  // --- the calls

  struct Call {
    bpf_attr attr{};
    Bytes in_key, in_value;    // both sides read these
    Bytes out_key, out_value;  // room for what each side writes
    bool values_are_fds = false;
  };
  struct Result {
    long result = 0;
    Bytes out_key, out_value;
    uint32_t count = 0;
  };

  void one_step() {
    switch (random_() % 16) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return update();
      case 5:
      case 6:
      case 7:
        return lookup();
      case 8:
      case 9:
        return remove();
      case 10:
      case 11:
        return next_key();
      case 12:
        return take();
      case 13:
        return walk();
      case 14:
        return update_batch();
      default:
        return batch();
    }
  }

  bool no_keys() const { return subject_.key_size == 0; }
  uint64_t key_pointer(const Bytes& key) {
    if (no_keys()) return random_() % 40 == 0 ? 0x10 : 0;
    return maybe(address(key.data()));
  }

  // Values are descriptors going in, ids coming out: each side's own.
  bool has_objects() const {
    return is_map_of_maps(subject_.type) || subject_.type == BPF_MAP_TYPE_PROG_ARRAY;
  }

  // Descriptors are of others_.
  Bytes value_of(const Bytes& value, bool kernel) const {
    if (!has_objects()) return value;
    Bytes own = value;
    for (size_t i = 0; i + 4 <= own.size(); i += 4) {
      const Both& fds = others_[value[i] % others_.size()];
      const int fd = value[i + 1] % 8 == 0 ? -1 : kernel ? fds.kernel : fds.shim;
      memcpy(own.data() + i, &fd, 4);
    }
    return own;
  }

  void update() {
    const Bytes key = random_key();
    const Bytes value = random_bytes(value_bytes_);
    const Bytes kernel_value = value_of(value, true);
    const Bytes shim_value = value_of(value, false);
    bpf_attr attr{};
    attr.key = key_pointer(key);
    attr.flags = update_flags();
    bpf_attr shim_attr = attr;
    const uint64_t bad = maybe(1);
    attr.value = bad == 1 ? address(kernel_value.data()) : bad;
    shim_attr.value = bad == 1 ? address(shim_value.data()) : bad;
    call("update", BPF_MAP_UPDATE_ELEM, attr, shim_attr);
  }

  void lookup() { read("lookup", BPF_MAP_LOOKUP_ELEM, lookup_flags()); }
  void take() { read("take", BPF_MAP_LOOKUP_AND_DELETE_ELEM, lookup_flags()); }

  void read(const char* what, int command, uint64_t flags) {
    const Bytes key = random_key();
    Bytes kernel_value(value_bytes_, 0xaa);
    if (subject_.type == BPF_MAP_TYPE_BLOOM_FILTER) kernel_value = random_bytes(value_bytes_);
    Bytes shim_value = kernel_value;
    bpf_attr attr{};
    attr.key = key_pointer(key);
    attr.flags = flags;
    bpf_attr shim_attr = attr;
    const uint64_t bad = maybe(1);
    attr.value = bad == 1 ? address(kernel_value.data()) : bad;
    shim_attr.value = bad == 1 ? address(shim_value.data()) : bad;
    const auto [kernel, shim] = call(what, command, attr, shim_attr);
    if (kernel == 0 && has_objects()) return;
    EXPECT_EQ(kernel_value, shim_value) << what << subject_.name << " step " << step_;
  }

  void remove() {
    const Bytes key = random_key();
    bpf_attr attr{};
    attr.key = key_pointer(key);
    bpf_attr shim_attr = attr;
    call("remove", BPF_MAP_DELETE_ELEM, attr, shim_attr);
  }

  void next_key() {
    const Bytes key = random_key();
    Bytes kernel_key(std::max<size_t>(1, subject_.key_size), 0xaa);
    Bytes shim_key = kernel_key;
    bpf_attr attr{};
    attr.key = random_() % 4 == 0 ? 0 : key_pointer(key);
    if (!subject_.ordered) attr.key = 0;
    bpf_attr shim_attr = attr;
    attr.next_key = address(kernel_key.data());
    shim_attr.next_key = address(shim_key.data());
    call("next", BPF_MAP_GET_NEXT_KEY, attr, shim_attr);
    if (!subject_.ordered) return;
    EXPECT_EQ(kernel_key, shim_key) << subject_.name << " step " << step_;
  }

  // All elements, as a set.
  using Contents = std::set<std::pair<Bytes, Bytes>>;
  Contents contents(Side& side, int fd) {
    Contents all;
    Bytes key(subject_.key_size);
    bool first = true;
    for (int limit = 0; limit < 1000; ++limit) {
      Bytes next(subject_.key_size);
      bpf_attr attr{};
      attr.map_fd = static_cast<uint32_t>(fd);
      attr.key = first ? 0 : address(key.data());
      attr.next_key = address(next.data());
      if (side.bpf(BPF_MAP_GET_NEXT_KEY, attr) != 0) break;
      key = next;
      first = false;
      Bytes value(value_bytes_);
      attr.key = address(key.data());
      attr.value = address(value.data());
      const long result = side.bpf(BPF_MAP_LOOKUP_ELEM, attr);
      if (result == 0) all.emplace(key, has_objects() ? Bytes() : value);
      if (result != 0) all.emplace(key, Bytes(1, static_cast<uint8_t>(-result)));
    }
    return all;
  }
  void walk() {
    if (no_keys()) return;
    EXPECT_EQ(contents(oracle_.kernel(), map_.kernel), contents(oracle_.shim(), map_.shim))
        << subject_.name << " step " << step_;
  }

  void update_batch() {
    const uint32_t count = random_() % 4;
    Bytes keys;
    for (uint32_t i = 0; i < count; ++i) {
      const Bytes key = random_key();
      keys.insert(keys.end(), key.begin(), key.end());
    }
    const Bytes values = random_bytes(count * value_bytes_);
    const Bytes kernel_values = value_of(values, true);
    const Bytes shim_values = value_of(values, false);
    bpf_attr attr{};
    attr.batch.keys = address(keys.data());
    attr.batch.count = count;
    attr.batch.elem_flags = random_() % 4 == 0 ? pick(random_, {1, 2, 4, 8}) : 0;
    attr.batch.flags = random_() % 20 == 0 ? 1 : 0;
    bpf_attr shim_attr = attr;
    const bool deletes = random_() % 2 == 0;
    attr.batch.values = deletes ? 0 : address(kernel_values.data());
    shim_attr.batch.values = deletes ? 0 : address(shim_values.data());
    call(deletes ? "delete batch" : "update batch",
         deletes ? BPF_MAP_DELETE_BATCH : BPF_MAP_UPDATE_BATCH, attr, shim_attr);
  }

  // Everything at once: how a hash table splits it is its own affair.
  void batch() {
    const uint32_t room = subject_.ordered ? static_cast<uint32_t>(random_() % 6) : 512;
    const bool takes = random_() % 8 == 0;
    Bytes out[2][3];
    bpf_attr attrs[2];
    const uint64_t flags = random_() % 6 == 0 ? pick(random_, {1, 4, 8}) : 0;
    const Bytes in = random_key();
    const bool from_start = !subject_.ordered || random_() % 2 == 0;
    for (int side = 0; side < 2; ++side) {
      for (Bytes& bytes : out[side]) bytes.assign(std::max<uint64_t>(8, 512 * value_bytes_), 0xaa);
      bpf_attr& attr = attrs[side];
      attr = {};
      attr.batch.in_batch = from_start ? 0 : address(in.data());
      attr.batch.keys = address(out[side][0].data());
      attr.batch.values = address(out[side][1].data());
      attr.batch.out_batch = address(out[side][2].data());
      attr.batch.count = room;
      attr.batch.elem_flags = flags;
    }
    call(takes ? "take batch" : "lookup batch",
         takes ? BPF_MAP_LOOKUP_AND_DELETE_BATCH : BPF_MAP_LOOKUP_BATCH, attrs[0], attrs[1]);
    if (!subject_.ordered) {
      Contents got[2];
      for (int side = 0; side < 2; ++side) {
        for (uint32_t i = 0; i < attrs[side].batch.count && i < 512 && room != 0; ++i) {
          const auto key = out[side][0].begin() + i * subject_.key_size;
          const auto value = out[side][1].begin() + static_cast<long>(i * value_bytes_);
          got[side].emplace(
              Bytes(key, key + subject_.key_size),
              has_objects() ? Bytes() : Bytes(value, value + static_cast<long>(value_bytes_)));
        }
      }
      EXPECT_EQ(got[0], got[1]) << subject_.name << " step " << step_;
      return;
    }
    if (has_objects()) return;
    for (int part = 0; part < 3; ++part) {
      EXPECT_EQ(out[0][part], out[1][part])
          << subject_.name << " part " << part << " step " << step_;
    }
  }

  // Calls that came after 5.19, or were changed since.
  bool is_newer(int command) const {
    // 6.15: looking up a batch passes over elements that are empty; it was -EINTR.
    if (subject_.type == BPF_MAP_TYPE_ARRAY_OF_MAPS) return command == BPF_MAP_LOOKUP_BATCH;
    // 6.18: stack traces can be taken out.
    if (subject_.type == BPF_MAP_TYPE_STACK_TRACE) {
      return command == BPF_MAP_LOOKUP_AND_DELETE_ELEM;
    }
    return false;
  }

  std::pair<long, long> call(const char* what, int command, bpf_attr& attr, bpf_attr& shim_attr) {
    const bool is_batch = command >= BPF_MAP_LOOKUP_BATCH && command <= BPF_MAP_DELETE_BATCH;
    if (is_batch) {
      attr.batch.map_fd = static_cast<uint32_t>(map_.kernel);
      shim_attr.batch.map_fd = static_cast<uint32_t>(map_.shim);
    } else {
      attr.map_fd = static_cast<uint32_t>(map_.kernel);
      shim_attr.map_fd = static_cast<uint32_t>(map_.shim);
    }
    if (is_newer(command)) return {0, 0};
    const uint64_t flags = is_batch ? attr.batch.elem_flags : attr.flags;
    const long kernel = oracle_.kernel().bpf(command, attr);
    const long shim = oracle_.shim().bpf(command, shim_attr);
    EXPECT_EQ(kernel, shim) << what << ' ' << subject_.name << " step " << step_ << " flags "
                            << flags << " key " << attr.key << " count " << attr.batch.count;
    if (is_batch) {
      EXPECT_EQ(attr.batch.count, shim_attr.batch.count) << what << ' ' << subject_.name;
    }
    return {kernel, shim};
  }

  Oracle& oracle_;
  const Subject& subject_;
  Random random_;
  Both map_;
  uint64_t value_bytes_ = 0;
  int step_ = 0;
  std::vector<Both> others_;
};

constexpr Subject kSubjects[] = {
    {"array", BPF_MAP_TYPE_ARRAY, 4, 12, 5},
    {"array of one", BPF_MAP_TYPE_ARRAY, 4, 100, 1, BPF_F_MMAPABLE},
    {"array to read", BPF_MAP_TYPE_ARRAY, 4, 8, 3, BPF_F_RDONLY},
    {"array to write", BPF_MAP_TYPE_ARRAY, 4, 8, 3, BPF_F_WRONLY},
    {"array with locks", BPF_MAP_TYPE_ARRAY, 4, 8, 3, 0, true, true},
    {"per-CPU array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 12, 5},
    {"program array", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 3},
    {"perf event array", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 3},
    {"cgroup array", BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 3},
    {"array of maps", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 3},
    {"queue", BPF_MAP_TYPE_QUEUE, 0, 12, 4},
    {"stack", BPF_MAP_TYPE_STACK, 0, 7, 4},
    {"bloom filter", BPF_MAP_TYPE_BLOOM_FILTER, 0, 4, 1000},
    {"ring", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096},
    {"stack traces", BPF_MAP_TYPE_STACK_TRACE, 4, 16, 3},
    {"hash", BPF_MAP_TYPE_HASH, 4, 12, 8, 0, false, false, 11},
    {"hash, not allocated", BPF_MAP_TYPE_HASH, 6, 8, 8, BPF_F_NO_PREALLOC, false, false, 11},
    {"hash with locks", BPF_MAP_TYPE_HASH, 4, 8, 8, 0, false, true, 11},
    {"per-CPU hash", BPF_MAP_TYPE_PERCPU_HASH, 8, 12, 8, 0, false, false, 11},
    {"LRU hash", BPF_MAP_TYPE_LRU_HASH, 4, 12, 1024, 0, false, false, 8},
    {"LRU per-CPU hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 12, 1024, 0, false, false, 8},
    {"hash of maps", BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 8, 0, false, false, 11},
    {"LPM trie", BPF_MAP_TYPE_LPM_TRIE, 6, 8, 200, BPF_F_NO_PREALLOC},
};

class OracleElements : public testing::TestWithParam<Subject> {};

TEST_P(OracleElements, AreAlike) {
  Oracle oracle;
  if (!oracle.reason().empty()) GTEST_SKIP() << oracle.reason();
  for (uint64_t seed = 0; seed < 4 && !HasFailure(); ++seed) {
    Elements elements(oracle, GetParam(), seed);
    elements.run(3000);
  }
}

INSTANTIATE_TEST_SUITE_P(All, OracleElements, testing::ValuesIn(kSubjects), [](const auto& info) {
  std::string name = info.param.name;
  std::erase_if(name, [](char c) { return isalnum(static_cast<unsigned char>(c)) == 0; });
  return name;
});

}  // namespace
}  // namespace zext::shim
