// Special fields: the parts of a map's value that programs may not touch as they like.
//
//   struct value { struct bpf_spin_lock lock; struct task_struct __kptr* task; };
//   SpecialFields(object_btf, types).of(map)    // kSpinLock at 0, kKptr at 8, of task_struct
//
// Linux knows them by the names of their structs and by the tags of pointers, and so does this.
#pragma once

#include <vector>

#include "object/btf.h"
#include "object/program.h"
#include "verifier/subject.h"
#include "verifier/subject/type_space.h"

namespace zext::verifier {

class SpecialFields {
 public:
  // `btf` is the object's, and may be null.
  SpecialFields(const object::Btf* btf, const TypeSpace& types);

  // Ascending by offset. None where BTF does not say what the value is.
  std::vector<SpecialField> of(const object::Map& map);

 private:
  const object::Btf* btf_;
  const TypeSpace& types_;
  bool old_names_ = false;  // of kptrs
  // Members left to look at, in all maps: a few bytes of BTF can describe any number.
  unsigned visits_ = 1 << 20;
};

}  // namespace zext::verifier
