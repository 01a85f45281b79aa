// Mutation: bugs that a lowering can be built with, so that a proof can show that it would see
// them.
//
//   Emitter<Bv<64>, Mutation::kDivisionByZeroUnguarded> e(context);
//
// Production instantiates kNone only; the conditions are `if constexpr` and leave nothing behind.
#pragma once

#include <cstdint>

namespace zext::jit {

enum class Mutation : uint8_t {
  kNone,
  kImm64LowHalfSignExtended,     // LD_IMM64: low half sign-extended and added to the high half
  kAdd32KeepsUpperHalf,          // 32-bit addition without zero extension
  kDivisionByZeroUnguarded,      // RV64's all ones as quotient, where eBPF wants 0
  kDivision32TestsUpperHalf,     // 32-bit division by a register whose upper half is not zero
  kRightShiftArithmetic,         // >>= as s>>=
  kConditionNotInverted,         // the far form of a branch keeps its condition
  kJump32ComparesUpperHalf,      // 32-bit jumps compare whole registers
  kMovsxZeroExtends,             // movsx without the sign
  kAddressCarryForgotten,        // auipc's part ignores that addi's is signed
  kProbeNamesFirstItem,          // exception table: the first instruction of a load, not the access
  kFarLowUnsigned,               // auipc's part without what the low part's sign takes back
  kAndImmediateZeroExtended,     // 64-bit `&=` with a negative immediate taken as unsigned
  kAccessHalfAsWide,             // loads and stores of half the bytes
  kOffsetNotRounded,             // lui of the offset's upper bits, although the rest is negative
  kFenceOnOtherSide,             // acquire's fence before the load, release's after the store
  kAtomicAlwaysFetches,          // the old value goes to src of operations that do not fetch
  kFetchUnordered,               // fetching operations without acquire and release
  kFetch32SignExtended,          // the old value of a 32-bit operation as RV64 leaves it
  kFrameTooSmall,                // sp goes down 16 bytes less than the frame takes
  kSavedNotRestored,             // the epilogue forgets r7's home
  kResultNotMoved,               // a called function's result stays in a0
  kCallxLinksNowhere,            // callx without a return address
  kMayGotoNeverSpends,           // the budget of may_goto stays what it is
  kNullIsCast,                   // a null pointer becomes the arena's base
  kSkipTooShort,                 // an inverted branch goes four bytes less far than it should
  kCompare32TestsUpperHalf,      // 32-bit cmpxchg compares all of r0
  kTailCallLimitOffByOne,        // one tail call more than Linux allows
  kTailCallIndexUntruncated,     // a tail call's index compared with all its 64 bits
  kTailCallKeepsFrame,           // a tail call leaves its function's frame on the stack
  kPacketOffsetNotTruncated,     // LD_IND adds its offset in 64 bits
  kLoadWordSignExtended,         // a 32-bit load without zero extension
  kMove32TakenInAsItIs,          // w1 = w2 left out although its upper half's zeros count
  kKeptConstantComparesLowHalf,  // another constant taken, whose low half is the same
  kConstantStaysMasked,          // blinded constants: the exclusive or is missing
};

}  // namespace zext::jit
