// CO-RE: makes a program fit the types of the kernel that is to run it.
//
//   auto applied = apply_core(object, kernel_btf);    // offsets, sizes, ids... as that kernel has
//   them
//
// The rules are libbpf's (Documentation/bpf/libbpf/libbpf_overview.rst, btf.rst): types are found
// by name less a "___flavour", members by name. An instruction that needs what the kernel does not
// have becomes a call of no helper, kPoison: the program is as good as before if it is never
// reached.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "object/btf.h"
#include "object/error.h"
#include "object/program.h"

namespace zext::object {

// The helper's number in such a call, libbpf's.
inline constexpr int32_t kPoison = 195896080;

// Rewrites the slots of all programs and empties Program::core. A weak function or variable that
// the kernel does not have leaves Program::externs: its address is 0, and a call of it is poison. A
// program with a relocation that fits neither its type nor its instruction becomes broken. Errors:
// the object's BTF is malformed.
std::expected<void, Error> apply_core(Object& object, const Btf& kernel);

// What load() says of relocations that are not applied; empty where there are none.
std::string core_note(const Program& program);

}  // namespace zext::object
