// Space: the regions of a run's memory, and the bytes in them.
//
//   Space space(memory);
//   const uint64_t value = space.add(Place::Kind::kMapValue, 3, bytes);   // a place of its own
//   space.bytes(value)[0] = 1;
//   space.remove(value);                                                  // from now on stray
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "isa/ebpf/memory.h"
#include "verifier/replay/place.h"

namespace zext::verifier {

using Bytes = std::vector<uint8_t>;

class Space {
 public:
  static constexpr uint64_t kMostBytes = uint64_t{1} << 30;

  explicit Space(ebpf::Memory& memory, uint64_t most_bytes = kMostBytes)
      : memory_(memory), most_bytes_(most_bytes) {}

  // The address of a new region, the next one of its kind and index. One of no bytes has an address
  // too, and no access there.
  uint64_t add(Place::Kind kind, uint32_t index, Bytes bytes, bool writable = true);
  // The same, where the caller says. Nothing may be there.
  void put(uint64_t address, Bytes bytes, bool writable = true);
  void remove(uint64_t address);
  // Of the region that begins at the address; none if there is no such region.
  std::span<uint8_t> bytes(uint64_t address);

  // Whether the run has asked for more than there is: no region that was added is a new one.
  bool full() const { return full_; }

 private:
  ebpf::Memory& memory_;
  uint64_t most_bytes_;
  std::map<uint64_t, Bytes> regions_;
  std::map<std::pair<Place::Kind, uint32_t>, uint32_t> next_;
  uint64_t used_ = 0;
  bool full_ = false;
};

}  // namespace zext::verifier
