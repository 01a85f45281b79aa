// Maps: the maps of a subject during a run, and those inside maps of maps.
//
//   Maps maps(subject, input, space);
//   environment.addresses.maps = maps.addresses();
//   Store* store = maps.find(r1);          // of a helper's argument; null where it is no map
#pragma once

#include <deque>
#include <vector>

#include "isa/ebpf/addresses.h"
#include "verifier/replay/input.h"
#include "verifier/replay/objects.h"
#include "verifier/replay/store.h"

namespace zext::verifier {

class Maps {
 public:
  // With the entries that the input lists.
  Maps(const Subject& subject, const Input& input, Space& space, Objects& objects);

  // As LD_IMM64 names them.
  std::span<const ebpf::MapAddress> addresses() const { return addresses_; }
  Store* find(uint64_t handle);

 private:
  void put(const Input::Entry& entry);
  uint64_t handle_for(const Store& store, const Bytes& value);

  const Subject& subject_;
  Space& space_;
  Objects& objects_;
  std::vector<InnerMap> inner_;
  std::deque<Store> stores_;  // by the index that places have
  std::vector<ebpf::MapAddress> addresses_;
};

}  // namespace zext::verifier
