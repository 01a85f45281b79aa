// MapUses: the maps that a program's LD_IMM64 instructions name, and what the engine sees instead.
//
//   MapUses uses(kernel, program);
//   int error = uses.find(attr.fd_array, log);      // references of the maps, in program.maps
//   ... the analysis reads the instructions as they were loaded ...
//   uses.rewrite();                                 // maps by address; program.xlated: by id
//
// Linux 5.19's resolve_pseudo_ldimm64(): errors in its order, with its words.
#pragma once

#include <cstdint>

#include "kernel_shim/programs/analyser.h"
#include "kernel_shim/programs/program.h"
#include "kernel_shim/runtime/log.h"

namespace zext::shim {

class MapUses {
 public:
  static constexpr uint32_t kMostMaps = 64;  // MAX_USED_MAPS

  MapUses(Kernel& kernel, Program& program) : kernel_(kernel), program_(program) {}
  MapUses(const MapUses&) = delete;
  MapUses& operator=(const MapUses&) = delete;
  ~MapUses();

  // -EBADF, -EINVAL, -EPROTO (no fd_array), -EFAULT, -E2BIG, -ENOENT, -ENOMEM. Sets program.tag.
  int find(kshim_uptr fd_array, Log& log);
  // Fills program.insns and program.xlated with what find() found.
  void rewrite();

  const UsedMap* used() const { return used_; }
  uint32_t used_count() const { return used_count_; }

 private:
  // An LD_IMM64: what its slots become.
  struct Place {
    uint32_t pc = 0;
    uint32_t id = 0;      // of the map; 0: a kernel variable
    uint32_t offset = 0;  // in the value
    uint64_t address = 0;
  };

  int make_room();
  int take(uint32_t pc, kshim_uptr fd_array, Log& log);
  int take_map(uint32_t pc, kshim_uptr fd_array, Log& log);
  int take_variable(uint32_t pc, Log& log);
  int find_map(const ebpf::Slot& slot, kshim_uptr fd_array, Log& log, Map** map);
  int open_map(bool by_index, int32_t number, kshim_uptr fd_array, Log& log, Ref<Map>* map);
  int keep(Ref<Map> map);
  int address_of(Map& map, const ebpf::Slot* slots, Place* place, Log& log) const;

  Kernel& kernel_;
  Program& program_;
  uint32_t room_ = 0;  // LD_IMM64 that need an entry each
  UsedMap* used_ = nullptr;
  uint32_t used_count_ = 0;
  Place* places_ = nullptr;
  uint32_t place_count_ = 0;
};

}  // namespace zext::shim
