#include "kernel_shim/programs/testing/object_loads.h"

#include <bpf/btf.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace zext::shim {
namespace {

struct FreeBtf {
  void operator()(struct btf* btf) const { btf__free(btf); }
};

// Sections of variables have no sizes in an object file: the loader gives them.
void size_sections(struct btf* btf) {
  for (uint32_t id = 1; id < btf__type_cnt(btf); ++id) {
    auto* type = const_cast<btf_type*>(btf__type_by_id(btf, id));
    if (!btf_is_datasec(type)) continue;
    uint32_t size = 0;
    for (uint32_t i = 0; i < btf_vlen(type); ++i) {
      btf_var_secinfo& place = btf_var_secinfos(type)[i];
      place.offset = (size + 7) & ~7U;
      size = place.offset + place.size;
    }
    type->size = size;
  }
}

std::vector<bpf_func_info> functions_of(const object::Program& program) {
  std::vector<bpf_func_info> functions;
  for (const object::Function& function : program.functions) {
    if (function.btf_id == 0) return {};
    functions.push_back({.insn_off = function.first_slot, .type_id = function.btf_id});
  }
  return functions;
}

}  // namespace

ObjectLoads::ObjectLoads(Loads& loads, object::Object object)
    : loads_(loads), object_(std::move(object)), maps_(object_.maps.size(), -1) {
  for (size_t i = 0; i < maps_.size(); ++i) make_map(i);
  if (!object_.btf.empty()) make_types();
}

ObjectLoads::~ObjectLoads() {
  for (const int map : maps_) {
    if (map >= 0) loads_.close(map);
  }
  if (btf_ >= 0) loads_.close(btf_);
}

void ObjectLoads::make_map(size_t index) {
  const object::Map& map = object_.maps[index];
  if (maps_[index] >= 0) return;
  bpf_attr attr{};
  attr.map_type = map.type;
  attr.key_size = map.key_size;
  attr.value_size = map.value_size;
  attr.max_entries = map.max_entries;
  attr.map_flags = map.flags;
  if (map.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && map.max_entries == 0) {
    attr.max_entries = loads_.kernel().cpu_count();
  }
  if (map.inner) {
    make_map(*map.inner);
    attr.inner_map_fd = static_cast<uint32_t>(maps_[*map.inner]);
  }
  const long fd = loads_.bpf(BPF_MAP_CREATE, attr);
  if (fd < 0 && error_ == 0) error_ = fd;
  maps_[index] = static_cast<int>(fd);
  if (fd >= 0 && map.kind == object::Map::Kind::kData) fill(maps_[index], map);
}

void ObjectLoads::fill(int fd, const object::Map& map) {
  const uint32_t key = 0;
  std::vector<uint8_t> value = map.value;
  value.resize(map.value_size);
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(fd);
  attr.key = user(&key);
  attr.value = user(value.data());
  loads_.bpf(BPF_MAP_UPDATE_ELEM, attr);
  if (!map.read_only) return;
  attr = {};
  attr.map_fd = static_cast<uint32_t>(fd);
  loads_.bpf(BPF_MAP_FREEZE, attr);
}

void ObjectLoads::make_types() {
  const std::unique_ptr<struct btf, FreeBtf> btf(
      btf__new(object_.btf.data(), static_cast<uint32_t>(object_.btf.size())));
  if (btf == nullptr) return;
  size_sections(btf.get());
  uint32_t size = 0;
  const void* data = btf__raw_data(btf.get(), &size);
  btf_ = loads_.btf(data, size);
  if (btf_ < 0 && error_ == 0) error_ = btf_;
}

std::vector<ebpf::Slot> ObjectLoads::resolved(const object::Program& program) const {
  std::vector<ebpf::Slot> slots = program.slots;
  for (const object::Relocation& relocation : program.relocations) {
    if (relocation.kind == object::Relocation::Kind::kMap ||
        relocation.kind == object::Relocation::Kind::kMapValue) {
      slots[relocation.slot].imm = maps_[relocation.index];
    }
  }
  return slots;
}

Loaded ObjectLoads::load(const object::Program& program, uint32_t level) {
  const std::vector<ebpf::Slot> slots = resolved(program);
  const std::vector<bpf_func_info> functions = functions_of(program);
  const LoadText like{.type = static_cast<uint32_t>(program.type),
                      .license = object_.license,
                      .attach_type = program.attach_type == object::kNoAttachType
                                         ? uint32_t{0}
                                         : program.attach_type,
                      .flags = program.sleepable ? uint32_t{BPF_F_SLEEPABLE} : 0,
                      .level = level,
                      .room = 1 << 20};
  return loads_.load(like, [&](bpf_attr& attr) {
    attr.insns = user(slots.data());
    attr.insn_cnt = static_cast<uint32_t>(slots.size());
    std::strncpy(attr.prog_name, program.name.c_str(), sizeof attr.prog_name - 1);
    if (btf_ < 0 || functions.empty()) return;
    attr.prog_btf_fd = static_cast<uint32_t>(btf_);
    attr.func_info = user(functions.data());
    attr.func_info_cnt = static_cast<uint32_t>(functions.size());
    attr.func_info_rec_size = sizeof(bpf_func_info);
  });
}

}  // namespace zext::shim
