// Tail calls: what compiled code reads of a program array, and which functions are concerned.
//
//   struct {                        // the default ProgramArrayLayout; r2 of bpf_tail_call points
//   here
//     uint32_t max_entries;         // at 0
//     uint32_t reserved;
//     uint64_t tail_entries[];      // at 8: text address + Code::tail_entry; 0 where there is none
//   };
//
// bpf_tail_call(r1 = context, r2 = array, r3 = index) goes on in the program at array[index]. It is
// taken if the index, truncated to 32 bits, is less than max_entries, the entry is not 0, and fewer
// than kMaxTailCalls have been taken since the program was entered from outside, over all programs
// and functions in between. Then the function's frame is dropped, and the other program starts with
// r1 alone; its result is that of the function it replaced. Otherwise execution goes on behind the
// call with every register as it was (Linux says nothing of r0 to r5 there, and its verifier lets
// no program read them; its JITs leave the count in r0).
//
// An entry may change while programs run: compiled code loads it once, by one aligned load of eight
// bytes. Whoever stores it must have made the text visible first (fence.i on all harts), and may
// free a program's text only when no run that began before the store is under way.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/ebpf/decode.h"

namespace zext::jit {

// Offsets in a program array, less than 2048: of a 32-bit count (a multiple of four), and of as
// many 64-bit entries (a multiple of eight). The array itself is aligned to eight bytes.
struct ProgramArrayLayout {
  uint16_t max_entries = 0;
  uint16_t entries = 8;
};

// Whether compiled code can use the layout.
constexpr bool usable(const ProgramArrayLayout& layout) {
  return layout.max_entries < 2048 && layout.max_entries % 4 == 0 && layout.entries < 2048 &&
         layout.entries % 8 == 0;
}

// For each function, 1 if it makes a tail call or calls a function that does: it needs to know
// where the invocation counts them. Linear in the program, but for sorting its local calls.
std::vector<uint8_t> counted_functions(const ebpf::Code& program);

}  // namespace zext::jit
