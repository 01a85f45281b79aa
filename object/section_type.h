// From a section's name to the type of its programs, as libbpf names them: a table of data.
//
//   type_of_section("xdp")              // ProgramType::kXdp
//   type_of_section("tc/ingress")       // ProgramType::kSchedCls
//   type_of_section("plain")            // ProgramType::kPlainMemory, zext's own
//
// The names are those of Linux's Documentation/bpf/libbpf/program_types.rst.
#pragma once

#include <string_view>

#include "object/program.h"

namespace zext::object {

// kUnspecified where the table does not have the name. A leading '?', with which libbpf marks
// programs not to be loaded at once, does not matter.
ProgramType type_of_section(std::string_view name);

}  // namespace zext::object
