// IdTable: BPF's ids of one kind of object, as Linux gives them: ascending, never reused soon.
//
//   int error = ids.add(kernel, map);             // map.id is set
//   Object* next = ids.find_from(kernel, id + 1); // the one with the least id from there on
#pragma once

#include <cstdint>

#include "kernel_shim/runtime/lock.h"
#include "kernel_shim/runtime/object.h"

namespace zext::shim {

class IdTable {
 public:
  // Gives the object an id: 0, or -ENOMEM.
  int add(Kernel& kernel, Object& object);
  // Takes it out: nobody finds it from now on. Does nothing if it is not there.
  void remove(Kernel& kernel, Object& object);
  // The object of this id with a reference more, or null: none, or it is on its way out.
  Object* find(Kernel& kernel, uint32_t id);
  // The same of the least id that is not less; GET_NEXT_ID.
  Object* find_from(Kernel& kernel, uint32_t id);
  uint32_t count(Kernel& kernel);
  // Frees the table itself.
  void clear(Kernel& kernel);
  // Any object that is there, without a reference: for the end of an instance.
  Object* any() const { return count_ == 0 ? nullptr : entries_[0]; }

 private:
  uint32_t lower_bound(uint32_t id) const;

  Lock lock_{};
  Object** entries_ = nullptr;  // ascending by id
  uint32_t count_ = 0;
  uint32_t capacity_ = 0;
  uint32_t last_ = 0;  // id that was given last
};

}  // namespace zext::shim
