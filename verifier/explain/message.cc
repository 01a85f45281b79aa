// Each reason as a sentence, and what to do about it.
#include <fmt/format.h>

#include "verifier/explain/explain.h"

namespace zext::verifier {
namespace {

std::string offsets(const Access& access) {
  return access.low == access.high ? fmt::format("{}", access.low)
                                   : fmt::format("{}..{}", access.low, access.high);
}

std::string verb(const Access& access) { return access.write ? "writing" : "reading"; }

std::string bytes(int64_t count) { return fmt::format("{} byte{}", count, count == 1 ? "" : "s"); }

std::string out_of_bounds(const Access& access, const char* region) {
  const std::string what = fmt::format("{} {} at {} offset {}", verb(access), bytes(access.bytes),
                                       region, offsets(access));
  if (access.low < 0) return what + " may be before its start";
  return fmt::format("{} needs {}, but only {} known to be there", what,
                     bytes(access.high + access.bytes),
                     access.size == 1 ? "1 is" : fmt::format("{} are", access.size));
}

std::string named(uint8_t reg) {
  return reg == kNoRegister ? "the operand" : fmt::format("r{}", reg);
}

std::string noun(Type type) {
  switch (type) {
    case Type::kUninitialised:
      return "nothing";
    case Type::kNumber:
      return "a number";
    case Type::kContext:
      return "the context's address";
    case Type::kPacket:
      return "an address in the packet";
    case Type::kPacketEnd:
      return "the packet's end";
    case Type::kPacketMeta:
      return "an address in the packet's metadata";
    case Type::kStack:
      return "an address on the stack";
    case Type::kMemory:
      return "an address in the buffer";
  }
  return "";
}

}  // namespace

std::string message_of(const Rejection& rejection) {
  const Access& access = rejection.access;
  const std::string reg = named(rejection.reg);
  const std::string holds = noun(rejection.type);
  switch (rejection.reason) {
    case Reason::kUninitialisedRegister:
      return fmt::format("{} is read, but nothing was written to it on this path", reg);
    case Reason::kUninitialisedStack:
      return fmt::format("reading {} at stack offset {}, of which not every byte was written",
                         bytes(access.bytes), offsets(access));
    case Reason::kStackBounds:
      return fmt::format("{} {} at stack offset {} leaves the frame, which is -512..-1",
                         verb(access), bytes(access.bytes), offsets(access));
    case Reason::kPacketBounds:
      return out_of_bounds(access, "packet");
    case Reason::kMetaBounds:
      return out_of_bounds(access, "metadata");
    case Reason::kMemoryBounds:
      return out_of_bounds(access, "buffer");
    case Reason::kContextAccess:
      return fmt::format("{} {} at context offset {} is no field that this program type offers",
                         verb(access), bytes(access.bytes), offsets(access));
    case Reason::kContextWrite:
      return fmt::format("the context's field at offset {} is read-only", offsets(access));
    case Reason::kAtomicAccess:
      return fmt::format(
          "an atomic operation through {}, which holds {}, must be aligned to {} "
          "and on the stack or in the buffer",
          reg, holds, bytes(access.bytes));
    case Reason::kNotAPointer:
      return fmt::format("{} memory through {}, which holds {}", verb(access), reg, holds);
    case Reason::kPointerArithmetic:
      return fmt::format("this operation on {}, which holds {}", reg, holds);
    case Reason::kPointerOffset:
      return fmt::format("{}, which holds {}, is moved by {}: more than 2^29 bytes", reg, holds,
                         offsets(access));
    case Reason::kPointerComparison:
      return fmt::format("{}, which holds {}, is compared with something of another kind", reg,
                         holds);
    case Reason::kPointerLeak:
      return fmt::format("{} holds {}, which must not leave the program", reg, holds);
    case Reason::kSpilledPointer:
      return fmt::format("{} {} at stack offset {} would split or forge an address", verb(access),
                         bytes(access.bytes), offsets(access));
    case Reason::kFramePointerWrite:
      return "r10 is read-only";
    case Reason::kReturnValue:
      return rejection.type == Type::kUninitialised
                 ? "the program ends without a result in r0"
                 : fmt::format("the program ends with {} in r0", holds);
    case Reason::kStackDepth:
      return fmt::format("the frames of nested calls take {}, more than 512",
                         bytes(access.related));
    case Reason::kCallDepth:
      return fmt::format("calls nest {} frames deep, more than 8", access.related);
    case Reason::kTermination:
      return "no bound was found for this loop";
    case Reason::kUnsupportedHelper:
      return fmt::format("calling helper {} is not supported yet", access.related);
    case Reason::kUnsupportedKernelFunction:
      return fmt::format("calling the kernel function with BTF id {} is not supported yet",
                         access.related);
    case Reason::kUnsupportedMap:
    case Reason::kUnsupportedVariable:
    case Reason::kUnsupportedFunctionPointer:
    case Reason::kUnsupportedPacketLoad:
    case Reason::kUnsupportedMayGoto:
    case Reason::kUnsupportedAddressSpace:
    case Reason::kUnsupportedProgramType:
      return demand_of(rejection.reason);
  }
  return "";
}

std::string hint_of(const Rejection& rejection) {
  const Access& access = rejection.access;
  switch (rejection.reason) {
    case Reason::kPacketBounds:
      if (access.low < 0) return "check that the offset is not negative before adding it";
      return fmt::format(
          "before it, compare with the packet's end: "
          "if (data + {} > data_end) return ...",
          access.high + access.bytes);
    case Reason::kMetaBounds:
      return fmt::format(
          "before it, compare with the packet's start: "
          "if (data_meta + {} > data) return ...",
          access.high + access.bytes);
    case Reason::kMemoryBounds:
      if (access.low < 0) return "check that the index is not negative before using it";
      if (access.low != access.high) return "compare the index with the buffer's length before it";
      return fmt::format("compare the buffer's length with {} before it",
                         access.high + access.bytes);
    case Reason::kStackBounds:
      return "bound the index, or make the array larger";
    case Reason::kUninitialisedStack:
      return "initialise the variable on every path, padding included";
    case Reason::kUninitialisedRegister:
      return "initialise the variable on every path; a call leaves nothing in r1 to r5";
    case Reason::kReturnValue:
      return "return a number on every path";
    case Reason::kPointerOffset:
      return "bound the number before adding it to a pointer";
    case Reason::kTermination:
      return "let a counter move by a constant in every round and test it against a bound; "
             "or unroll the loop";
    case Reason::kPointerArithmetic:
      return rejection.type == Type::kPacketEnd
                 ? "move the packet pointer instead: compare data + n with data_end"
                 : "only 64-bit addition and subtraction of numbers move an address";
    case Reason::kPointerLeak:
      return "store and return numbers; addresses belong on the stack";
    case Reason::kCallDepth:
      return "inline some of the functions; recursion is not possible";
    case Reason::kStackDepth:
      return "use smaller arrays, or fewer nested functions";
    case Reason::kContextAccess:
      return "access a field of the context as a whole, at its own offset";
    case Reason::kContextWrite:
    case Reason::kAtomicAccess:
    case Reason::kNotAPointer:
    case Reason::kPointerComparison:
    case Reason::kSpilledPointer:
    case Reason::kFramePointerWrite:
    case Reason::kUnsupportedHelper:
    case Reason::kUnsupportedKernelFunction:
    case Reason::kUnsupportedMap:
    case Reason::kUnsupportedVariable:
    case Reason::kUnsupportedFunctionPointer:
    case Reason::kUnsupportedPacketLoad:
    case Reason::kUnsupportedMayGoto:
    case Reason::kUnsupportedAddressSpace:
    case Reason::kUnsupportedProgramType:
      return "";
  }
  return "";
}

}  // namespace zext::verifier
