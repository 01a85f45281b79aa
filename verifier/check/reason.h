// Reason: the obligations a program must meet, each with a stable id that messages and tools use.
//
//   id_of(Reason::kPacketBounds);        // "packet-bounds"
//
// A rejection names the first obligation that could not be shown. Ids never change meaning.
#pragma once

#include <cstdint>

namespace zext::verifier {

// X(name, id, what the obligation demands)
#define ZEXT_VERIFIER_REASONS(X)                                                                   \
  X(UninitialisedRegister, "uninitialised-register", "a register is written before it is read")    \
  X(UninitialisedStack, "uninitialised-stack", "stack bytes are written before they are read")     \
  X(StackBounds, "stack-bounds", "accesses stay within the frame's 512 bytes")                     \
  X(PacketBounds, "packet-bounds", "accesses stay between data and data_end")                      \
  X(MetaBounds, "meta-bounds", "accesses stay between data_meta and data")                         \
  X(MemoryBounds, "memory-bounds", "accesses stay within the buffer's length")                     \
  X(ContextAccess, "context-access", "the context is accessed by whole fields the type offers")    \
  X(ContextWrite, "context-write", "only fields that the type lets a program change are written")  \
  X(AtomicAccess, "atomic-access", "atomic operations are aligned, and on stack or buffer")        \
  X(NotAPointer, "not-a-pointer", "memory is accessed through a pointer")                          \
  X(PointerArithmetic, "pointer-arithmetic", "pointers are only moved, by 64-bit + and -")         \
  X(PointerOffset, "pointer-offset", "a pointer stays within 2^29 bytes of its region")            \
  X(PointerComparison, "pointer-comparison", "pointers are compared within one region")            \
  X(PointerLeak, "pointer-leak", "addresses do not reach memory outside the stack, or the result") \
  X(SpilledPointer, "spilled-pointer", "a spilled pointer is stored and loaded whole and aligned") \
  X(FramePointerWrite, "frame-pointer-write", "r10 is not written")                                \
  X(ReturnValue, "return-value", "r0 holds a number at exit")                                      \
  X(StackDepth, "stack-depth", "the frames of a chain of calls fit in 512 bytes")                  \
  X(CallDepth, "call-depth", "calls nest at most 8 frames deep")                                   \
  X(Termination, "termination", "each loop moves a number towards a bound that it cannot pass")    \
  X(UnsupportedHelper, "unsupported-helper", "calls of helpers are not supported yet")             \
  X(UnsupportedKernelFunction, "unsupported-kfunc", "calls by BTF id are not supported yet")       \
  X(UnsupportedMap, "unsupported-map", "maps are not supported yet")                               \
  X(UnsupportedVariable, "unsupported-variable", "kernel variables are not supported yet")         \
  X(UnsupportedFunctionPointer, "unsupported-function-pointer",                                    \
    "addresses of functions and calls through registers are not supported yet")                    \
  X(UnsupportedPacketLoad, "unsupported-packet-load", "LD_ABS and LD_IND are not supported yet")   \
  X(UnsupportedMayGoto, "unsupported-may-goto", "may_goto is not supported yet")                   \
  X(UnsupportedAddressSpace, "unsupported-address-space", "arenas are not supported yet")          \
  X(UnsupportedProgramType, "unsupported-program-type", "this program type is not supported yet")

enum class Reason : uint8_t {
#define X(name, id, demand) k##name,
  ZEXT_VERIFIER_REASONS(X)
#undef X
};

// "packet-bounds"; stable, for tools.
constexpr const char* id_of(Reason reason) {
  switch (reason) {
#define X(name, id, demand) \
  case Reason::k##name:     \
    return id;
    ZEXT_VERIFIER_REASONS(X)
#undef X
  }
  return "";
}

// What the obligation demands, in a few words.
constexpr const char* demand_of(Reason reason) {
  switch (reason) {
#define X(name, id, demand) \
  case Reason::k##name:     \
    return demand;
    ZEXT_VERIFIER_REASONS(X)
#undef X
  }
  return "";
}

}  // namespace zext::verifier
