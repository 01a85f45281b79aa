// What BPF_PROG_LOAD allows by the attribute alone: types, attach types, licences, who may.
//
//   int error = check_type_allowed(kernel, attr.prog_type);        // -EPERM
//   error = check_attach_attributes(type, attach_type, ...);     // -EINVAL
//
// Linux 5.19's bpf_prog_load(), up to the verifier.
#pragma once

#include <linux/bpf.h>

#include <cstdint>

#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

inline constexpr uint32_t kMaxInsns = 1'000'000;          // BPF_COMPLEXITY_LIMIT_INSNS
inline constexpr uint32_t kMaxUnprivilegedInsns = 4'096;  // BPF_MAXINSNS

// Flags that 5.19 knows: 0 or -EINVAL.
int check_program_flags(uint32_t flags);
// By "GPL" and five others.
bool is_gpl_compatible(const char* license);
// 1 to kMaxInsns for who has CAP_BPF: 0 or -E2BIG.
int check_length(const Kernel& kernel, uint32_t count);
// Whether the caller may load programs of this type: 0 or -EPERM.
int check_type_allowed(const Kernel& kernel, uint32_t type);

// What programs are attached to, as the attribute says it.
struct AttachAttributes {
  uint32_t type = 0;
  uint32_t attach_type = 0;  // expected_attach_type
  uint32_t btf_id = 0;
  bool has_btf = false;
  bool has_program = false;
};
// The attach type that Linux takes where an old program gives none.
uint32_t default_attach_type(uint32_t type, uint32_t attach_type);
// 0 or -EINVAL.
int check_attach_attributes(const AttachAttributes& attributes);

// Whether programs of this type exist: 0 or -EINVAL.
int check_type_known(uint32_t type);

}  // namespace zext::shim
