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
  X(MapBounds, "map-bounds", "accesses stay within a map's value or key")                          \
  X(RegionBounds, "region-bounds", "accesses stay within the memory that a pointer leads to")      \
  X(ContextAccess, "context-access", "the context is accessed by whole fields the type offers")    \
  X(ContextWrite, "context-write", "only fields that the type lets a program change are written")  \
  X(StructureAccess, "structure-access", "a socket and the like is read by whole fields it has")   \
  X(StructureWrite, "structure-write", "only fields that may be changed are written")              \
  X(ObjectAccess, "object-access", "kernel objects are read by members of their type")             \
  X(ObjectWrite, "object-write", "kernel objects are not written")                                 \
  X(ReadOnlyWrite, "read-only-write", "memory that is read-only is not written")                   \
  X(WriteOnlyRead, "write-only-read", "memory that is write-only is not read")                     \
  X(SpecialField, "special-field", "locks, timers and kptrs in maps are left to their helpers")    \
  X(Alignment, "alignment", "accesses are aligned where the host demands it")                      \
  X(AtomicAccess, "atomic-access", "atomic operations are aligned, and on memory that takes them") \
  X(NullPointer, "null-pointer", "what may be 0 is compared with 0 before it is used")             \
  X(MixedPointers, "mixed-pointers", "an access of fields is always of the same kind of thing")    \
  X(NotAPointer, "not-a-pointer", "memory is accessed through a pointer")                          \
  X(PointerArithmetic, "pointer-arithmetic", "pointers are only moved, by 64-bit + and -")         \
  X(PointerOffset, "pointer-offset", "a pointer stays within 2^29 bytes of its region")            \
  X(PointerComparison, "pointer-comparison", "pointers are compared within one region")            \
  X(PointerLeak, "pointer-leak", "addresses do not reach who must not know them")                  \
  X(SpilledPointer, "spilled-pointer", "a spilled pointer is stored and loaded whole and aligned") \
  X(DivisionByZero, "division-by-zero", "nothing is divided by the constant 0")                    \
  X(FramePointerWrite, "frame-pointer-write", "r10 is not written")                                \
  X(ReturnValue, "return-value", "r0 holds a number at exit")                                      \
  X(ReturnRange, "return-range", "r0 is a number that this program type may return")               \
  X(CallbackResult, "callback-result", "a callback returns 0 or 1, as its helper demands")         \
  X(StackDepth, "stack-depth", "the frames of a chain of calls fit in 512 bytes")                  \
  X(CallDepth, "call-depth", "calls nest at most 8 frames deep")                                   \
  X(Termination, "termination", "each loop moves a number towards a bound that it cannot pass")    \
  X(UnreachableCode, "unreachable-code", "every instruction can be reached by some jump or call")  \
  X(UnknownHelper, "unknown-helper", "a helper exists by the number called")                       \
  X(HelperNotAllowed, "helper-not-allowed", "the program type may call the helper")                \
  X(HelperArgument, "helper-argument", "a helper's arguments are of the kinds it takes")           \
  X(HelperSize, "helper-size",                                                                     \
    "the size handed to a helper is bounded, and not 0 where it must not be")                      \
  X(HelperMap, "helper-map", "a helper is given a map of a type that it works on")                 \
  X(MayNotSleep, "may-not-sleep", "only sleepable programs call what may sleep")                   \
  X(LicenceNeeded, "licence-needed",                                                               \
    "only programs with a GPL-compatible licence call what demands it")                            \
  X(UnknownMap, "unknown-map", "maps are known by the numbers that instructions name")             \
  X(ReferenceLeak, "reference-leak", "what is acquired is released on every path")                 \
  X(ReferenceRelease, "reference-release", "only what is acquired is released, and once")          \
  X(UntrustedObject, "untrusted-object",                                                           \
    "kernel functions are given objects that are known to stay")                                   \
  X(LockBalance, "lock-balance", "one lock at a time is taken, and released before the end")       \
  X(LockedCall, "locked-call", "nothing is called while a lock is held")                           \
  X(PacketLoad, "packet-load",                                                                     \
    "LD_ABS and LD_IND have the context in r6 and a type that offers them")                        \
  X(PacketAccess, "packet-access", "the program type may read, or write, packets")                 \
  X(FunctionArgument, "function-argument",                                                         \
    "a global function is called with what its prototype says")                                    \
  X(FunctionPrototype, "function-prototype",                                                       \
    "a global function's parameters can be checked on their own")                                  \
  X(UnsupportedKernelFunction, "unsupported-kfunc", "calls of kernel functions are not supported") \
  X(UnsupportedMap, "unsupported-map", "a map is of a type, and used in a way, that is supported") \
  X(UnsupportedVariable, "unsupported-variable", "kernel variables are not supported")             \
  X(UnsupportedFunctionPointer, "unsupported-function-pointer",                                    \
    "calls through registers are not supported")                                                   \
  X(UnsupportedHelper, "unsupported-helper", "a helper's argument is of a kind that is supported") \
  X(UnsupportedAddressSpace, "unsupported-address-space", "arenas are not supported")              \
  X(UnsupportedProgramType, "unsupported-program-type", "this program type is not supported")

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
