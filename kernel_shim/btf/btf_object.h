// BtfObject: types that were loaded by BTF_LOAD, or the host's own, checked byte by byte.
//
//   BtfObject* btf = nullptr;
//   int error = btf_load(kernel, data, size, log, &btf);
//   const btf_type* type = btf->type(id);           // null for an id that does not exist
//
// Freestanding: a reader of its own, since libbpf needs a C library. The rules of validity are
// Linux 5.19's (kernel/bpf/btf.c); the format is Documentation/bpf/btf.rst.
#pragma once

#include <linux/btf.h>

#include <cstdint>

#include "kernel_shim/runtime/kernel.h"
#include "kernel_shim/runtime/log.h"

namespace zext::shim {

struct BtfObject : Object {
  const uint8_t* data = nullptr;  // as it was loaded
  uint64_t size = 0;
  void* copy = nullptr;  // that holds data; null: it is the host's
  uint64_t copy_size = 0;
  const char* strings = nullptr;  // inside data
  uint32_t strings_size = 0;
  const btf_type** types = nullptr;  // by id; [0] is void
  uint32_t type_count = 0;           // with void
  uint32_t type_capacity = 0;        // of `types`
  bool of_kernel = false;
  char name[64] = {};  // "vmlinux", a module's; empty for BTF_LOAD's

  const btf_type* type(uint32_t id) const { return id < type_count ? types[id] : nullptr; }
  const char* string(uint32_t offset) const {
    return offset < strings_size ? strings + offset : "";
  }
  // The first type of this kind and name, or 0.
  uint32_t find(const char* name, uint32_t kind) const;
  // Behind typedefs, qualifiers and tags; 0 for void.
  uint32_t resolve(uint32_t id) const;
  // In bytes, or 0 where it has none (void, functions, declarations).
  uint64_t size_of(uint32_t id) const;
};

// Checks and copies `size` bytes: an object with one reference and an id. -EINVAL, -E2BIG,
// -ENOTSUPP (version), with the reason in the log; -ENOMEM.
int btf_load(Kernel& kernel, const void* data, uint64_t size, Log& log, BtfObject** btf);
// The host's own: `trusted`, so that kinds newer than 5.19's do not stop it; it has no charge.
int btf_load_host(Kernel& kernel, const void* data, uint64_t size, const char* name,
                  BtfObject** btf);
void btf_destroy(Kernel& kernel, Object& object);

// What MAP_CREATE checks of a key's and a value's type: 0, or -EINVAL (their sizes, or what the
// type of map wants of them), -ENOTSUPP (a map that takes no types). Finds the value's spin lock
// and timer, at the top level of the struct or section, if there is exactly one: where there are
// two, Linux lets the map be and programs that use them are refused.
struct ValueFields {
  uint32_t spin_lock = ~uint32_t{0};  // offsets; ~0: none
  uint32_t timer = ~uint32_t{0};
};
int btf_check_map(const BtfObject& btf, uint32_t map_type, uint32_t key_id, uint32_t value_id,
                  uint32_t key_size, uint32_t value_size, ValueFields* fields);

}  // namespace zext::shim
