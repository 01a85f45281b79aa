// check_access: whether a memory access is inside its region, by what the state knows.
//
//   const Reference where{.pointer = &state.registers[1], .reg = 1, .offset = 8, .bytes = 4};
//   if (auto allowed = check_access(rules, state, where); !allowed) reject(allowed.error());
//
// The obligations of memory, each by its Reason: a pointer at all, and not 0; stack, packet, map
// values and the rest in bounds; context and structures by whole fields of the platform's tables;
// what is read-only not written.
#pragma once

#include <cstdint>
#include <expected>

#include "verifier/check/reason.h"
#include "verifier/options.h"
#include "verifier/platform/platform.h"
#include "verifier/state/state.h"
#include "verifier/subject.h"
#include "verifier/verdict.h"

namespace zext::verifier {

// An obligation that could not be shown.
struct Failure {
  Reason reason = Reason::kTermination;
  uint8_t reg = kNoRegister;
  Type type = Type::kUninitialised;
  Access access;
};

using Checked = std::expected<void, Failure>;

// What the obligations depend on beside the state.
struct Rules {
  const Subject& subject;
  bool privileged = true;         // addresses may be seen as numbers
  bool strict_alignment = false;  // every access is aligned
};

// An access to the memory at pointer + offset; of `bytes`, or of as many as `size` says.
struct Reference {
  const Value* pointer = nullptr;
  uint8_t reg = 0;
  int16_t offset = 0;
  uint32_t bytes = 0;
  bool write = false;
  bool atomic = false;
  bool helper = false;          // by a helper, so at any alignment
  const Value* size = nullptr;  // a number, of at most `bytes`
};

Checked check_access(const Rules& rules, const State& state, const Reference& where);

// The field that an access lies in and that allows it, or null. The second is of any table.
const Field* context_field(const Rules& rules, const Reference& where);
const Field* structure_field(const Rules& rules, const Reference& where);
// Entry::kBtf: the argument of the traced function that an access of the context is of, or null.
const Parameter* argument_at(const Rules& rules, const Reference& where);
// The member that a checked load of a kernel object lies in.
const Member* object_member(const Rules& rules, const Reference& where);
// The kptr that an access of a map value is of, whole; or null.
const SpecialField* kptr_field(const Reference& where);

// A failure at an access: offsets and sizes as far as they are known.
Failure access_failure(Reason reason, const Reference& where, int64_t size = 0);

// Whether the register holds something that may be read.
Checked check_initialised(const State& state, ebpf::Reg reg);

// Whether it holds a number, which may go anywhere; if not, `leak` says what an address must not
// do. Privileged programs may do it all the same.
Checked check_number(const State& state, ebpf::Reg reg, Reason leak);
Checked check_no_leak(const Rules& rules, const State& state, ebpf::Reg reg, Reason leak);

}  // namespace zext::verifier
