// Arguments: what the arguments of a call are by the row of its helper, in a run.
//
//   const CallArguments call{.row = row, .values = {r1, r2, r3, r4, r5}, .map = store};
//   call.bytes(2)                        // of memory that r3 points to: as many as r4 says
//   stray_argument(call, surroundings)   // the register that is no address of what is wanted
#pragma once

#include <cstdint>

#include "isa/ebpf/interpreter.h"
#include "verifier/platform/helper.h"
#include "verifier/replay/maps.h"
#include "verifier/replay/scene.h"
#include "verifier/subject.h"

namespace zext::verifier {

struct CallArguments {
  const Helper& row;
  const ebpf::Arguments& values;
  Store* map = nullptr;  // the one among them

  const Argument& kind(unsigned i) const { return row.arguments[i]; }
  uint64_t value(unsigned i) const { return values[i]; }
  // Of the memory that argument i points to; 0 where it is no memory, or is 0 and may be.
  uint64_t bytes(unsigned i) const;
  // Whether argument i is memory that the call writes.
  bool written(unsigned i) const;
  // Of the memory that the result points to, as an argument says it.
  uint64_t result_bytes() const;
};

// Register 1 to 5 of the first argument that is not what the row wants: memory that is not all
// there, 0 for what must not be 0, an address of something else. 0 where all are right. Kernel
// objects are taken at their word, as their loads are probed.
uint8_t stray_argument(const CallArguments& call, const Subject& subject, ebpf::Memory& memory,
                       Maps& maps, const Scene& scene);

}  // namespace zext::verifier
