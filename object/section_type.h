// From a section's name to what libbpf makes of its programs: a table of data.
//
//   section_type("xdp").type                     // ProgramType::kXdp
//   section_type("cgroup/bind4").attach_type     // 8, BPF_CGROUP_INET4_BIND
//   section_type("lsm.s/file_open")              // kLsm, sleepable, target "file_open"
//   section_type("plain").type                   // ProgramType::kPlainMemory, zext's own
//
// The names are those of Linux's Documentation/bpf/libbpf/program_types.rst.
#pragma once

#include <cstdint>
#include <string_view>

#include "object/program.h"

namespace zext::object {

struct SectionType {
  ProgramType type = ProgramType::kUnspecified;
  uint8_t attach_type = kNoAttachType;  // Linux's enum bpf_attach_type
  bool sleepable = false;
  std::string_view target = {};  // what follows the table's name and a slash; a part of the name
};

// kUnspecified where the table does not have the name. A leading '?', with which libbpf marks
// programs not to be loaded at once, does not matter.
SectionType section_type(std::string_view name);

}  // namespace zext::object
