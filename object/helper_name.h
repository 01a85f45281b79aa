// Names of Linux's helper functions.
//
//   helper_name(1)     // "bpf_map_lookup_elem"
#pragma once

#include <cstdint>
#include <string>

namespace zext::object {

// What C calls the helper of this number; empty for a number that <linux/bpf.h>, where the names
// are from, does not have.
std::string helper_name(int32_t id);

}  // namespace zext::object
