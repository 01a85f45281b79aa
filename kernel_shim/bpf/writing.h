// Writing: a system call that changes a map's elements, which MAP_FREEZE must not overtake.
//
//   const Writing writing(map);
//   if (!writing.allowed()) return -EPERM;     // it is frozen
#pragma once

#include "kernel_shim/maps/map.h"

namespace zext::shim {

class Writing {
 public:
  explicit Writing(Map& map) : map_(map), allowed_(map_begin_write(map) == 0) {}
  ~Writing() {
    if (allowed_) map_end_write(map_);
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  bool allowed() const { return allowed_; }

 private:
  Map& map_;
  bool allowed_;
};

}  // namespace zext::shim
