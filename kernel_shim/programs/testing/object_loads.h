// ObjectLoads: the programs of BPF object files, loaded as libbpf loads them.
//
//   ObjectLoads object(loads, *object::load(bytes));
//   const Loaded loaded = object.load(object.programs()[0], /*level=*/1);
#pragma once

#include <vector>

#include "kernel_shim/programs/testing/loads.h"
#include "object/program.h"

namespace zext::shim {

class ObjectLoads {
 public:
  // Makes its maps, with what their sections say, and its types.
  ObjectLoads(Loads& loads, object::Object object);
  ~ObjectLoads();
  ObjectLoads(const ObjectLoads&) = delete;
  ObjectLoads& operator=(const ObjectLoads&) = delete;

  const std::vector<object::Program>& programs() const { return object_.programs; }
  // The first map, or the types, that could not be made: its errno; else 0.
  long error() const { return error_; }
  Loaded load(const object::Program& program, uint32_t level = 0);

 private:
  void make_map(size_t index);
  void fill(int fd, const object::Map& map);
  void make_types();
  std::vector<ebpf::Slot> resolved(const object::Program& program) const;

  Loads& loads_;
  object::Object object_;
  std::vector<int> maps_;  // descriptors, -1 where there is none
  long btf_ = -1;
  long error_ = 0;
};

}  // namespace zext::shim
