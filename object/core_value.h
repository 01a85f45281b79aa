// What a CO-RE relocation asks for, in one BTF: an offset, a size, an id, whether something exists.
//
//   const CoreQuery query{.btf = btf, .root = task_id, .access = "0:1", .kind =
//   BPF_CORE_FIELD_...}; const auto here = local_value(query);           // 4 const auto there =
//   target_value(query, kernel, work);  // 2464
//
// The kinds are those of Linux's enum bpf_core_relo_kind.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "object/btf.h"
#include "object/core_types.h"

namespace zext::object {

struct CoreQuery {
  const Btf& btf;  // the object's
  uint32_t root = 0;
  std::string_view access;
  uint32_t kind = 0;
};

struct CoreValue {
  uint64_t value = 0;
  bool missing = false;  // the kernel has no such thing: an instruction that needs it must not run
  bool exact = true;     // the instruction holds the local value: else it may be another
  // Offsets of fields: of what is there.
  uint64_t bytes = 0;
  bool pointer = false;
  bool is_unsigned = false;

  // Whether an instruction makes the same of both.
  bool same_as(const CoreValue& other) const {
    return value == other.value && missing == other.missing && bytes == other.bytes;
  }
};

// Errors say what is wrong with the query.
std::expected<CoreValue, std::string> local_value(const CoreQuery& query);
// Errors: several types of the kernel that fit give different values; or the work is spent.
std::expected<CoreValue, std::string> target_value(const CoreQuery& query, const Btf& kernel,
                                                   CoreWork& work);

}  // namespace zext::object
