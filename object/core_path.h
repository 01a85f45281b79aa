// A way from a type to a part of it, "0:1:2" in a CO-RE relocation, and the same way in another
// BTF.
//
//   auto local = read_path(btf, task_id, "0:1");             // task->pid, at bit 32
//   auto target = find_path(*local, kernel, kernel_task_id, work);  // the kernel's pid, at bit
//   19712
//
// Members are found again by name, elements of arrays by index; the names of anonymous structs and
// unions on the way do not matter.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "object/btf.h"
#include "object/core_types.h"

namespace zext::object {

// Into a member of the struct or union `type`; or, where `member` is empty, to an element of type
// `type`.
struct PathStep {
  uint32_t type = 0;
  uint32_t index = 0;
  std::string_view member = {};
};

struct CorePath {
  const Btf* btf = nullptr;
  std::vector<PathStep> steps;  // the first is to an element: the root may be an array's
  uint64_t bits = 0;            // from the root's begin
};

// None where the numbers do not fit the types.
std::optional<CorePath> read_path(const Btf& btf, uint32_t root, std::string_view access);
// None where the target has no such way, or another kind of thing at its end.
std::optional<CorePath> find_path(const CorePath& local, const Btf& target, uint32_t root,
                                  CoreWork& work);

// The numbers of "0:1:2"; none for anything else, and for more than 64.
std::optional<std::vector<uint32_t>> read_access(std::string_view access);

}  // namespace zext::object
