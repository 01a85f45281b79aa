// The interpreter's faults in words.
#include "isa/ebpf/interpreter.h"

namespace zext::ebpf {
namespace {

std::string hexadecimal(uint64_t value) {
  std::string text;
  do {
    text.insert(text.begin(), "0123456789abcdef"[value & 0xf]);
    value >>= 4;
  } while (value != 0);
  return "0x" + text;
}

std::string what(const Fault& fault) {
  const std::string address = hexadecimal(fault.address);
  const std::string access = std::to_string(fault.bytes) + " bytes at " + address;
  switch (fault.kind) {
    case Fault::Kind::kStrayLoad:
      return "stray load of " + access + "; no region of memory contains them";
    case Fault::Kind::kStrayStore:
      return "stray store of " + access + "; no writable region of memory contains them";
    case Fault::Kind::kMisalignedAtomic:
      return "misaligned atomic access of " + access + "; align the address to its size";
    case Fault::Kind::kInstructionLimit:
      return "the limit of " + std::to_string(fault.instructions) +
             " instructions is reached; raise it, or bound the program's loops";
    case Fault::Kind::kCallDepth:
      return "call deeper than " + std::to_string(kMaxFrames) +
             " frames; bound the recursion or inline functions";
    case Fault::Kind::kStackOverlaps:
      return "the frame at " + address +
             " overlaps a region of memory; choose another address for the stack";
    case Fault::Kind::kUnknownHelper:
      return "no helper or kernel function has number " + std::to_string(fault.address) +
             "; offer it to the run or remove the call";
    case Fault::Kind::kHelperFailed:
      return "helper " + std::to_string(fault.address) + " gave up; check its arguments";
    case Fault::Kind::kBadCallTarget:
      return "call to " + address +
             ", which is no function of this program; load the address of one";
    case Fault::Kind::kNoPacket:
      return "legacy packet load, but the run has no packet; give one";
    case Fault::Kind::kTailCall:
      return "tail call into " + address +
             ", which is no program array's address; offer the array to the run";
    case Fault::Kind::kUnresolved:
      return describe(fault.unresolved);
    case Fault::Kind::kNoArena:
      return "addr_space_cast is not supported: the run has no arena; use plain pointers";
  }
  __builtin_unreachable();
}

}  // namespace

std::string describe(const Fault& fault) {
  return "slot " + std::to_string(fault.pc) + ": " + what(fault);
}

}  // namespace zext::ebpf
