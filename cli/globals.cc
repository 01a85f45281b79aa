#include "cli/globals.h"

#include <fmt/core.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "cli/pipeline.h"

namespace zext::cli {
namespace {

using ebpf::Op;
using object::Error;

// Values begin at a page's start, as memory-mapped arrays do, with a page that nobody owns between.
constexpr uint64_t kPage = 4096;

// Maps that are one value, as Linux demands of what LD_IMM64 may name a byte of.
bool is_one_value(const object::Map& map) {
  return map.type == BPF_MAP_TYPE_ARRAY && map.max_entries == 1 && map.value_size != 0;
}

std::vector<ebpf::MapAddress> addresses_of(const std::vector<object::Map>& maps) {
  std::vector<ebpf::MapAddress> addresses;
  addresses.reserve(maps.size());
  uint64_t next = kGlobalsAddress;
  for (const object::Map& map : maps) {
    ebpf::MapAddress address{.number = static_cast<int32_t>(addresses.size())};
    if (is_one_value(map)) {
      address.value = next;
      address.value_size = map.value_size;
      next += (map.value_size + kPage - 1) / kPage * kPage + kPage;
    }
    addresses.push_back(address);
  }
  return addresses;
}

class Placement {
 public:
  Placement(const object::Program& program, const ebpf::Code& code,
            const std::vector<object::Map>& maps)
      : program_(program),
        code_(code),
        maps_(maps),
        reached_(maps.size()),
        globals_{.regions = {}, .maps = addresses_of(maps)} {}

  std::expected<Globals, Error> place() {
    for (uint32_t pc = 0; pc < code_.size(); pc = code_.next(pc)) {
      if (auto wrong = follow(pc)) return std::unexpected(*std::move(wrong));
    }
    // Pointers add to the list while it is gone through.
    for (size_t i = 0; i < order_.size(); ++i) {
      for (const object::Pointer& pointer : maps_[order_[i]].pointers) {
        if (!pointer.map) return std::unexpected(no_place(maps_[order_[i]], pointer));
        reach(*pointer.map);
      }
    }
    std::ranges::sort(order_);
    for (const uint32_t map : order_) {
      if (globals_.maps[map].value + maps_[map].value_size > kGlobalsEnd) {
        return std::unexpected(no_room(maps_[map]));
      }
      globals_.regions.push_back(region(map));
    }
    return std::move(globals_);
  }

 private:
  void reach(uint32_t map) {
    if (reached_[map]) return;
    reached_[map] = true;
    order_.push_back(map);
  }

  std::optional<Error> follow(uint32_t pc) {
    const ebpf::Instruction<>& insn = code_.insns[pc];
    if (!ebpf::names_address(insn.op)) return std::nullopt;
    // Where the kernel has a descriptor, objects have the map's number.
    const auto number = static_cast<uint32_t>(insn.imm.value());
    if (insn.op == Op::kLoadMapFd && number < maps_.size()) {
      return needs_runtime(pc, maps_[number]);
    }
    const auto address = ebpf::address_of(insn, {.maps = globals_.maps});
    if (!address) {
      return Error{
          .where = place_of(program_, pc),
          .what = ebpf::describe(address.error()),
          .hint = "zext knows the addresses of an object's global variables, and no others"};
    }
    reach(number);
    return std::nullopt;
  }

  Error needs_runtime(uint32_t pc, const object::Map& map) const {
    std::string use = "takes the address of";
    if (const auto helper = helper_after(pc)) use = fmt::format("calls helper {} on", *helper);
    return {
        .where = place_of(program_, pc),
        .what = fmt::format("{} map '{}' of type {} (enum bpf_map_type), which needs a kernel's "
                            "map runtime; the machines here have none",
                            use, map.name, map.type),
        .hint = "keep the data in global variables: they are placed in memory"};
  }

  // The helper that the map at `pc` is most likely for: the first one called behind it.
  std::optional<uint64_t> helper_after(uint32_t pc) const {
    for (; pc < code_.size(); pc = code_.next(pc)) {
      const ebpf::Instruction<>& insn = code_.insns[pc];
      if (insn.op == Op::kCallHelper) return insn.imm.value();
      if (insn.op == Op::kExit) return std::nullopt;
    }
    return std::nullopt;
  }

  static Error no_place(const object::Map& map, const object::Pointer& pointer) {
    return {.where = fmt::format("variables of {}, byte {}", map.name, pointer.at),
            .what = "holds the address of a function, or of what is no variable",
            .hint = "variables may point to variables; call functions by their names"};
  }

  static Error no_room(const object::Map& map) {
    return {
        .where = "variables of " + map.name,
        .what = fmt::format("{} bytes, with those before them more than the {} there is room for",
                            map.value_size, kGlobalsEnd - kGlobalsAddress),
        .hint = "make the tables smaller"};
  }

  Region region(uint32_t number) const {
    const object::Map& map = maps_[number];
    Region region{.name = map.name,
                  .address = globals_.maps[number].value,
                  .bytes = map.value,
                  .writable = !map.read_only};
    region.bytes.resize(map.value_size);
    for (const object::Pointer& pointer : map.pointers) {
      const uint64_t to = globals_.maps[*pointer.map].value + pointer.offset;
      std::memcpy(&region.bytes[pointer.at], &to, sizeof to);
    }
    return region;
  }

  const object::Program& program_;
  const ebpf::Code& code_;
  const std::vector<object::Map>& maps_;
  std::vector<bool> reached_;
  std::vector<uint32_t> order_;  // of the maps that are reached
  Globals globals_;
};

}  // namespace

std::expected<Globals, Error> place_globals(const object::Program& program, const ebpf::Code& code,
                                            const std::vector<object::Map>& maps) {
  return Placement(program, code, maps).place();
}

std::expected<void, Error> add_globals(Setting& setting, const object::Program& program,
                                       const ebpf::Code& code,
                                       const std::vector<object::Map>& maps) {
  auto globals = place_globals(program, code, maps);
  if (!globals) return std::unexpected(globals.error());
  for (Region& region : globals->regions) setting.regions.push_back(std::move(region));
  setting.maps = std::move(globals->maps);
  return {};
}

}  // namespace zext::cli
