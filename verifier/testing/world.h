// World: the maps and helpers that random programs find, simple enough to be right.
//
//   World world;
//   Subject subject{.code = code, .platform = platform, .maps = world.maps()};
//   world.enter(memory, environment);         // for each run: the values are all 0 again
//   ebpf::run(code, memory, arguments, environment);
//
// Two maps, an array and a hash map, whose values lie far apart, so that an address says which
// value it points into and how far from its beginning. Helpers read and write through the run's
// memory: a stray pointer makes them fail, which ends the run with a fault.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "isa/ebpf/interpreter.h"
#include "verifier/subject.h"

namespace zext::verifier {

class World {
 public:
  static constexpr uint32_t kEntries = 4;
  static constexpr uint32_t kKeyBytes = 4;
  static constexpr std::array<uint32_t, 2> kValueBytes = {16, 24};  // array, hash

  World();

  std::span<const Map> maps() const { return maps_; }
  // Puts the maps into the run's memory and the helpers into its environment. This must outlive it.
  void enter(ebpf::Memory& memory, ebpf::Environment& environment);

  // Where the value begins that an address points into or near.
  static uint64_t value_at(uint64_t address) { return (address & ~(kSpan - 1)) + kSpan / 2; }
  static uint64_t map_at(size_t map) { return kMaps + 64 * map; }

  // For helpers.
  uint64_t value_of(uint64_t map, uint32_t key) const;
  uint32_t random();

 private:
  static constexpr uint64_t kMaps = 0x5000'0000;
  static constexpr uint64_t kValues = 0x4000'0000'0000;
  static constexpr uint64_t kSpan = uint64_t{1} << 31;

  std::array<Map, 2> maps_;
  std::array<ebpf::MapAddress, 2> addresses_;
  std::vector<std::vector<uint8_t>> values_;
  std::vector<ebpf::Helper> helpers_;
  uint32_t state_ = 1;
};

}  // namespace zext::verifier
