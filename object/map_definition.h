// One BTF-defined map: the structure of a variable in section .maps, read as libbpf reads it.
//
//   struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64);
//            __type(key, __u32); __type(value, __u64); } counters SEC(".maps");
//
//   auto definition = read_map_definition(btf, "counters", variable->type);
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "object/btf.h"
#include "object/error.h"
#include "object/program.h"

namespace zext::object {

struct MapDefinition {
  Map map;
  std::optional<Map> inner;    // maps of maps: the pattern of the inner one
  uint64_t values_offset = 0;  // of the initial values in the variable, or 0
};

// Errors: not a structure, a field that libbpf does not know, a size that cannot be.
std::expected<MapDefinition, Error> read_map_definition(const Btf& btf, std::string_view name,
                                                        uint32_t type_id);

}  // namespace zext::object
