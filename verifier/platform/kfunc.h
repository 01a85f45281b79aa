// Kfunc: what a function of the kernel takes and gives, beyond what its BTF says, one row each.
//
//   const Kfunc* acquire = find_kfunc("bpf_task_acquire");
//   acquire->prototype.result.acquires                     // true
//   acquire->prototype.arguments[0].trust                  // Trust::kRcu
//
// In the words of helpers. The rows (kfuncs.def) are Linux's up to 6.12.
#pragma once

#include <cstdint>
#include <span>

#include "verifier/platform/helper.h"

namespace zext::verifier {

// What a call does beside what its prototype says.
enum class KfuncEffect : uint8_t {
  kNone,
  kRcuLock,
  kRcuUnlock,
  kIteratorNew,
  kIteratorNext,
  kIteratorDestroy,
  kSlice,
  kWritableSlice,
  kClone,          // a second dynptr for the same memory
  kContextObject,  // the kernel's object behind the context
  kTypedObject,    // the argument as an object of the BTF type that the second one says
};

// Helpers' numbers end below.
inline constexpr uint32_t kFirstKfunc = 1u << 16;

struct Kfunc {
  Helper prototype;  // `name` is whole; `number` from kFirstKfunc on, in the rows' order
  KfuncEffect effect = KfuncEffect::kNone;
  bool in_rcu = false;          // only in an RCU section
  bool iterators_only = false;  // only in programs of type tracing/iter
  uint64_t programs = 0;        // a bit for each of Linux's BPF_PROG_TYPE_*
};

std::span<const Kfunc> kfuncs();
// By its name, which may have a flavour: "bpf_task_acquire___new". Null for unknown ones.
const Kfunc* find_kfunc(const char* name);

}  // namespace zext::verifier
