#include "kernel_shim/programs/resolve.h"

#include <errno.h>

#include "kernel_shim/programs/attributes.h"
#include "kernel_shim/programs/map_rules.h"
#include "kernel_shim/programs/tag.h"

namespace zext::shim {
namespace {

using ebpf::Slot;

constexpr uint8_t kLoadImm64 = ebpf::row_of(ebpf::Op::kLoadImm64).opcode;
constexpr uint32_t kMaxOffset = uint32_t{1} << 29;  // BPF_MAX_VAR_OFF

constexpr bool names_value(uint8_t source) {
  return source == BPF_PSEUDO_MAP_VALUE || source == BPF_PSEUDO_MAP_IDX_VALUE;
}
constexpr bool is_indexed(uint8_t source) {
  return source == BPF_PSEUDO_MAP_IDX || source == BPF_PSEUDO_MAP_IDX_VALUE;
}
constexpr bool names_map(uint8_t source) {
  return source == BPF_PSEUDO_MAP_FD || is_indexed(source) || names_value(source);
}

void set_immediate(Slot* slots, uint8_t source, uint32_t low, uint32_t high) {
  slots[0].registers = static_cast<uint8_t>(slots[0].dst() | source << 4);
  slots[0].imm = static_cast<int32_t>(low);
  slots[1].imm = static_cast<int32_t>(high);
}

}  // namespace

MapUses::~MapUses() {
  kernel_.free(program_, used_, sizeof(UsedMap) * room_);
  kernel_.free(program_, places_, sizeof(Place) * room_);
}

int MapUses::find(kshim_uptr fd_array, Log& log) {
  program_tag(program_.insns, program_.slots, program_.tag);
  if (const int error = make_room(); error != 0) return error;
  for (uint32_t pc = 0; pc < program_.slots; ++pc) {
    const Slot* slots = program_.insns + pc;
    if (slots->opcode != kLoadImm64) continue;
    const bool whole = pc + 1 < program_.slots && slots[1].opcode == 0 && slots[1].registers == 0 &&
                       slots[1].offset == 0;
    if (!whole) {
      log.add("invalid bpf_ld_imm64 insn\n");
      return -EINVAL;
    }
    if (const int error = take(pc, fd_array, log); error != 0) return error;
    ++pc;
  }
  return 0;
}

int MapUses::make_room() {
  for (uint32_t pc = 0; pc < program_.slots; ++pc) {
    const Slot& slot = program_.insns[pc];
    if (slot.opcode == kLoadImm64 && slot.src() != 0 && slot.src() != BPF_PSEUDO_FUNC) ++room_;
  }
  if (room_ == 0) return 0;
  used_ = static_cast<UsedMap*>(kernel_.alloc(program_, sizeof(UsedMap) * room_));
  places_ = static_cast<Place*>(kernel_.alloc(program_, sizeof(Place) * room_));
  program_.maps = static_cast<Map**>(kernel_.alloc(program_, sizeof(Map*) * kMostMaps));
  program_.map_room = program_.maps == nullptr ? 0 : kMostMaps;
  return used_ == nullptr || places_ == nullptr || program_.maps == nullptr ? -ENOMEM : 0;
}

int MapUses::take(uint32_t pc, kshim_uptr fd_array, Log& log) {
  const Slot* slots = program_.insns + pc;
  const uint8_t source = slots->src();
  if (source == 0 || source == BPF_PSEUDO_FUNC) return 0;
  if (source == BPF_PSEUDO_BTF_ID) return take_variable(pc, log);
  if (!names_map(source) || (!names_value(source) && slots[1].imm != 0)) {
    log.add("unrecognized bpf_ld_imm64 insn\n");
    return -EINVAL;
  }
  return take_map(pc, fd_array, log);
}

int MapUses::take_map(uint32_t pc, kshim_uptr fd_array, Log& log) {
  const Slot* slots = program_.insns + pc;
  Map* map = nullptr;
  if (const int error = find_map(*slots, fd_array, log, &map); error != 0) return error;
  Place place{.pc = pc, .id = map->id};
  if (const int error = address_of(*map, slots, &place, log); error != 0) return error;
  places_[place_count_++] = place;
  return 0;
}

// The map that this number stands for, as before or opened now.
int MapUses::find_map(const Slot& slot, kshim_uptr fd_array, Log& log, Map** map) {
  const bool by_index = is_indexed(slot.src());
  for (uint32_t i = 0; i < used_count_; ++i) {
    if (used_[i].by_index != by_index || used_[i].number != slot.imm) continue;
    *map = used_[i].map;
    return 0;
  }
  // Numbers of one map are few; more are somebody's attempt to make this search slow.
  if (used_count_ >= 16 * kMostMaps) return -E2BIG;
  Ref<Map> opened;
  if (const int error = open_map(by_index, slot.imm, fd_array, log, &opened); error != 0) {
    return error;
  }
  *map = opened.get();
  if (const int error = check_map_rules(program_, *opened, log); error != 0) return error;
  if (const int error = keep(std::move(opened)); error != 0) return error;
  used_[used_count_++] = {.map = *map, .by_index = by_index, .number = slot.imm};
  return 0;
}

int MapUses::open_map(bool by_index, int32_t number, kshim_uptr fd_array, Log& log, Ref<Map>* map) {
  int32_t fd = number;
  if (by_index) {
    if (fd_array == 0) {
      log.add("fd_idx without fd_array is invalid\n");
      return -EPROTO;
    }
    const kshim_uptr at = fd_array + static_cast<uint64_t>(int64_t{number}) * sizeof fd;
    if (kernel_.host().copy_from_user(&fd, at, sizeof fd) != 0) return -EFAULT;
  }
  const int error = object_of_fd(kernel_, fd, KSHIM_MAP, map);
  if (error != 0) log.add("fd ", fd, " is not pointing to valid bpf_map\n");
  return error;
}

// The program's reference, one for each map.
int MapUses::keep(Ref<Map> map) {
  for (uint32_t i = 0; i < program_.map_count; ++i) {
    if (program_.maps[i] == map.get()) return 0;
  }
  if (program_.map_count >= kMostMaps) return -E2BIG;
  program_.maps[program_.map_count++] = map.release();
  return 0;
}

int MapUses::address_of(Map& map, const Slot* slots, Place* place, Log& log) const {
  if (!names_value(slots->src())) {
    place->address = reinterpret_cast<uint64_t>(&map);
    return 0;
  }
  const auto offset = static_cast<uint32_t>(slots[1].imm);
  if (offset >= kMaxOffset) {
    log.add("direct value offset of ", offset, " is not allowed\n");
    return -EINVAL;
  }
  const auto direct_value = map_ops(map.type)->direct_value;
  if (direct_value == nullptr) {
    log.add("no direct value access support for this map type\n");
    return -EINVAL;
  }
  place->offset = offset;
  const int error = direct_value(map, offset, &place->address);
  if (error != 0) {
    log.add("invalid access to map value pointer, value_size=", map.value_size, " off=", offset,
            "\n");
  }
  return error;
}

int MapUses::take_variable(uint32_t pc, Log& log) {
  const Slot* slots = program_.insns + pc;
  if (slots[1].imm != 0) {
    log.add("invalid module BTF object FD specified.\n");
    return -EINVAL;
  }
  if (kernel_.vmlinux == nullptr) {
    log.add("kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified in Kconfig.\n");
    return -EINVAL;
  }
  const auto& btf = static_cast<const BtfObject&>(*kernel_.vmlinux);
  const btf_type* type = btf.type(static_cast<uint32_t>(slots->imm));
  if (type == nullptr) {
    log.add("ldimm64 insn specifies invalid btf_id ", slots->imm, ".\n");
    return -ENOENT;
  }
  if (slots->imm == 0 || BTF_INFO_KIND(type->info) != BTF_KIND_VAR) {
    log.add("pseudo btf_id ", slots->imm, " in ldimm64 isn't KIND_VAR.\n");
    return -EINVAL;
  }
  const char* name = btf.string(type->name_off);
  const uint64_t address = kernel_.host().symbol(name);
  if (address == 0) {
    log.add("ldimm64 failed to find the address for kernel symbol '", name, "'.\n");
    return -ENOENT;
  }
  places_[place_count_++] = {.pc = pc, .address = address};
  return 0;
}

void MapUses::rewrite() {
  for (uint32_t i = 0; i < place_count_; ++i) {
    const Place& place = places_[i];
    Slot* shown = program_.xlated + place.pc;
    const auto low = static_cast<uint32_t>(place.address);
    const auto high = static_cast<uint32_t>(place.address >> 32);
    const uint8_t source = shown->src();
    if (place.id == 0) {
      set_immediate(shown, 0, low, high);
    } else {
      const uint8_t kind = names_value(source) ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
      set_immediate(shown, kind, place.id, place.offset);
    }
    set_immediate(program_.insns + place.pc, 0, low, high);
  }
}

}  // namespace zext::shim
