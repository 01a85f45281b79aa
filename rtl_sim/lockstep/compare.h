// One instruction on both sides: what differs, what may, and why it probably does.
//
//   if (auto d = difference(core, qemu)) report(d->field, d->core, d->qemu);
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rtl_sim/image/image.h"
#include "rtl_sim/lockstep/lockstep.h"
#include "rtl_sim/model/retirement.h"
#include "rtl_sim/qemu/qemu.h"

namespace zext::rtl_sim::lockstep {

struct Difference {
  Field field;
  uint64_t core;
  uint64_t qemu;
};

// The first field that differs. Left out is what QEMU does not show (see qemu::Retired), and the
// bits of an instruction that could not be fetched.
std::optional<Difference> difference(const Retirement& core, const qemu::Retired& qemu);

// The bits of what a CSR holds that must be equal although the rest of it may differ: none of a
// counter, but those of mip that only software sets. For registers whose reads
// qemu::Retired::wants_value marks.
uint64_t comparable_bits(uint16_t csr);

// A likely cause that is no fault of the core, in a sentence; empty when none is known.
std::string hint(Field field, const Retirement& core, const qemu::Retired& qemu,
                 const MemoryRange& memory);

}  // namespace zext::rtl_sim::lockstep
