// Listing: C, eBPF and RV64 side by side.
//
//   std::string text = listing(program, code, {.lines = object.programs[0].lines});
//
//   ; filter.c:41:7   if (ip->version != 4)
//     12  if r3 != 0x4 goto +0x9 ; to slot 22
//         81000024  4291          c.li t0, 0x4
//         81000026  04569063      bne a3, t0, 0x81000066
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "isa/ebpf/decode.h"
#include "jit/compile.h"
#include "object/program.h"

namespace zext::jit {

struct ListingOptions {
  std::span<const object::Line> lines = {};  // sorted by slot; none: no C
  uint64_t text_address = 0;                 // of the code's first byte, as shown
};

// `code` is what compile(program, ...) gave.
std::string listing(const ebpf::Code& program, const Code& code,
                    const ListingOptions& options = {});

}  // namespace zext::jit
