// check_access: whether a memory access is inside its region, by what the state knows.
//
//   const Reference where{.pointer = &state.registers[1], .reg = 1, .offset = 8, .bytes = 4};
//   if (auto allowed = check_access(platform, state, where); !allowed) reject(allowed.error());
//
// The obligations of memory, each by its Reason: a pointer at all; stack, packet, metadata and
// buffer in bounds; context by whole fields of the platform's table; read-only regions not written.
#pragma once

#include <cstdint>
#include <expected>

#include "verifier/check/reason.h"
#include "verifier/platform/platform.h"
#include "verifier/state/state.h"
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

// An access to the memory at pointer + offset.
struct Reference {
  const Value* pointer = nullptr;
  uint8_t reg = 0;
  int16_t offset = 0;
  uint8_t bytes = 0;
  bool write = false;
  bool atomic = false;
};

Checked check_access(const Platform& platform, const State& state, const Reference& where);

// The field that a checked access to the context lies in.
const ContextField* context_field(const Platform& platform, const Reference& where);

// Whether the register holds something that may be read.
Checked check_initialised(const State& state, ebpf::Reg reg);

// Whether it holds a number, which may go anywhere; if not, `leak` says what an address must not
// do.
Checked check_number(const State& state, ebpf::Reg reg, Reason leak);

}  // namespace zext::verifier
