// Objects: the kernel's objects in a run, by BTF type, and structures of the platform.
//
//   const uint64_t task = objects.add(types.named("task_struct"), input_bytes);
//   objects.back(address);            // before a load: what a pointer member leads to is made
//
// Programs follow pointers from object to object as far as they like, so each pointer leads to one
// object of its type that all share, which is made when it is first read.
#pragma once

#include <cstdint>
#include <set>

#include "verifier/replay/space.h"
#include "verifier/subject.h"

namespace zext::verifier {

class Objects {
 public:
  Objects(const Subject& subject, Space& space) : subject_(subject), space_(space) {}

  // A new object that begins with these bytes. Its pointers lead to the shared objects, except for
  // those that the bytes say are 0.
  uint64_t add(uint32_t type, Bytes bytes);
  static uint64_t shared(uint32_t type) {
    return address_of(Place::Kind::kObject, kSharedObject, type);
  }
  // Makes the shared object that the address points into, if it does.
  void back(uint64_t address);

  // A structure with pointers of its own, if it has any.
  uint64_t add_structure(StructureId id, Bytes bytes);

 private:
  Bytes object_bytes(uint32_t type, Bytes bytes) const;
  void fill_pointers(uint32_t type, uint64_t at, uint64_t given, Bytes& bytes, int depth) const;

  const Subject& subject_;
  Space& space_;
  std::set<uint64_t> made_;
};

// The bytes of all fields of a table.
uint64_t size_of(std::span<const Field> fields);

void put_word(std::span<uint8_t> bytes, uint64_t at, uint64_t value, unsigned count);
uint64_t get_word(std::span<const uint8_t> bytes, uint64_t at, unsigned count);

}  // namespace zext::verifier
