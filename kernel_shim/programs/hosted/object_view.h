// A loaded program as an object::Program, for those who explain: functions, lines, names.
//
//   const object::Program view = object_view(program);
//   log.add(explain(view, subject, verdict));
#pragma once

#include "kernel_shim/programs/program.h"
#include "object/program.h"

namespace zext::shim {

object::Program object_view(const Program& program);

}  // namespace zext::shim
