// How to mend what a reason names.
#include <fmt/format.h>

#include <algorithm>

#include "verifier/explain/explain.h"
#include "verifier/explain/story.h"
#include "verifier/state/number.h"

namespace zext::verifier {
namespace {

std::string bounds_hint(const Access& access, const char* region) {
  if (access.low < 0) return "check that the offset is not negative before adding it";
  if (access.low == access.high) return fmt::format("{} has only {} bytes", region, access.size);
  return fmt::format("before it, compare the index with its bound, or mask it: {} are there",
                     count_bytes(access.size));
}

std::string memory_hint(const Access& access) {
  if (access.low < 0) return "check that the index is not negative before using it";
  if (access.low != access.high) return "compare the index with the buffer's length before it";
  return fmt::format("compare the buffer's length with {} before it", access.high + access.bytes);
}

std::string packet_hint(const Rejection& rejection) {
  const Access& access = rejection.access;
  if (access.low < 0) return "check that the offset is not negative before adding it";
  const int64_t needed = access.high + access.bytes;
  if (access.low != access.high && rejection.reg < ebpf::kRegisterCount) {
    // From where the register points, which is not known exactly.
    const int64_t from = access.low - signed_min(rejection.registers[rejection.reg].value);
    return fmt::format(
        "before it, compare with the packet's end: if (pointer + {} > data_end) return ...",
        from + access.bytes);
  }
  constexpr int64_t kLargePacket = 0xffff;
  if (needed > kLargePacket) return "bound the offset before adding it, then compare with data_end";
  return fmt::format(
      "before it, compare with the packet's end: if (data + {} > data_end) return ...", needed);
}

// Whether the argument at fault must be a constant.
bool wants_constant(const Story& story) {
  const Helper* helper = story.subject.platform.helper(story.rejection.access.related);
  const unsigned index = story.rejection.reg - 1u;
  return helper != nullptr && index < helper->arguments.size() &&
         helper->arguments[index].kind == ArgumentKind::kConstantSize;
}

std::string release_hint(const Story& story) {
  const uint32_t pc = story.rejection.access.related;
  if (pc >= story.subject.code.size()) return "release it before every return";
  const auto* insn = &story.subject.code.insns[pc];
  if (insn->row().kind != ebpf::Kind::kCallHelper) return "release it before every return";
  const Helper* helper = story.subject.platform.helper(static_cast<uint32_t>(insn->imm.value()));
  const bool record = helper != nullptr && helper->result.kind == ResultKind::kRecord;
  return fmt::format("call {} before every return, also where an error is handled",
                     record ? "bpf_ringbuf_submit or bpf_ringbuf_discard" : "its release function");
}

}  // namespace

std::string hint_of(const Story& story) {
  const Access& access = story.rejection.access;
  const Type type = story.rejection.type;
  switch (story.rejection.reason) {
    case Reason::kPacketBounds:
      return packet_hint(story.rejection);
    case Reason::kMetaBounds:
      return fmt::format(
          "before it, compare with the packet's start: if (data_meta + {} > data) return ...",
          access.high + access.bytes);
    case Reason::kMemoryBounds:
      return memory_hint(access);
    case Reason::kMapBounds:
      return bounds_hint(access, type == Type::kMapKey ? "the key" : "the value");
    case Reason::kRegionBounds:
      return bounds_hint(access, "the memory");
    case Reason::kStackBounds:
      return "bound the index, or make the array larger";
    case Reason::kUninitialisedStack:
      return "initialise the variable on every path, padding included";
    case Reason::kUninitialisedRegister:
      return "initialise the variable on every path; a call leaves nothing in r1 to r5";
    case Reason::kReturnValue:
      return "return a number on every path";
    case Reason::kReturnRange:
      return "return one of the values that the program type defines";
    case Reason::kCallbackResult:
      return story.rejection.calls.empty() ? "return 0"
                                           : "return 0 to go on with the next round, 1 to stop";
    case Reason::kPointerOffset:
      return "bound the number before adding it to a pointer";
    case Reason::kTermination:
      return "let a counter move by a constant in every round and test it against a bound; "
             "or unroll the loop";
    case Reason::kPointerArithmetic:
      return type == Type::kContext || type == Type::kStructure
                 ? "access its fields through the pointer as it is"
             : type == Type::kPacketEnd
                 ? "move the packet pointer instead: compare data + n with data_end"
                 : "only 64-bit addition and subtraction of numbers move an address";
    case Reason::kPointerLeak:
      return "store and return numbers; addresses belong on the stack";
    case Reason::kPointerComparison:
      return "compare an address with 0, or with another one into the same memory";
    case Reason::kSpilledPointer:
      return "store and load an address as 8 bytes at a multiple of 8";
    case Reason::kNotAPointer:
      return type == Type::kPacketEnd ? "read through data; data_end is for comparisons"
             : type == Type::kMap     ? "call bpf_map_lookup_elem, and read through what it gives"
             : type == Type::kNumber && story.rejection.reg < ebpf::kRegisterCount &&
                     story.rejection.origins[story.rejection.reg].ended
                 ? "get the address again after the call"
             : type == Type::kNumber
                 ? "a number is no address: was the pointer changed, or lost in arithmetic?"
                 : "";
    case Reason::kCallDepth:
      return "inline some of the functions; recursion is not possible";
    case Reason::kStackDepth:
      return "use smaller arrays, or fewer nested functions";
    case Reason::kContextAccess:
    case Reason::kStructureAccess:
      return "access a field as a whole, at its own offset";
    case Reason::kContextWrite:
    case Reason::kStructureWrite:
    case Reason::kObjectWrite:
      return "there may be a helper that changes it";
    case Reason::kObjectAccess:
      return "read one member as a whole, by the type that the pointer has";
    case Reason::kNullPointer:
      return "before it: if (!pointer) return ...";
    case Reason::kReferenceLeak:
      return release_hint(story);
    case Reason::kReferenceRelease:
      return "release what the helper returned, once, and do not use it afterwards";
    case Reason::kUntrustedObject:
      return "acquire the object, or take one that the program was called with";
    case Reason::kLockBalance:
      return "unlock on every path before the end, and take one lock at a time";
    case Reason::kLockedCall:
      return "call it before bpf_spin_lock or after bpf_spin_unlock";
    case Reason::kHelperSize:
      if (story.rejection.access.low >= 0 && wants_constant(story)) {
        return "write the size as a number, or as sizeof";
      }
      return "bound the size before the call: if (size == 0 || size > sizeof(buffer)) return ...";
    case Reason::kReadOnlyWrite:
      return "write to a map or variable that is not const";
    case Reason::kSpecialField:
      return "leave the field to its helpers, and copy the others one by one";
    case Reason::kMixedPointers:
      return "access each of them by an instruction of its own";
    case Reason::kDivisionByZero:
      return "";
    case Reason::kUnreachableCode:
      return "remove it";
    case Reason::kAlignment:
      return type == Type::kStack ? "place the variable at a multiple of its size"
                                  : "read the bytes one by one, or copy them with memcpy";
    case Reason::kAtomicAccess:
      return "place the counter in a map's value or on the stack, at a multiple of its size";
    case Reason::kFunctionArgument:
      return "the prototype says so; make the function static to have each call checked by itself";
    case Reason::kFramePointerWrite:
      return "copy r10 to another register, and move that";
    case Reason::kUnknownMap:
      return "the object's maps are loaded before the program";
    case Reason::kMayNotSleep:
      return "put the program in a sleepable section, such as \"fentry.s/...\"";
    case Reason::kLicenceNeeded:
      return "char _license[] SEC(\"license\") = \"GPL\";";
    case Reason::kPacketLoad:
      return "read through data and data_end, or call bpf_skb_load_bytes";
    case Reason::kPacketAccess:
      return access.write ? "call bpf_skb_store_bytes where the program type has it" : "";
    case Reason::kUnknownHelper:
    case Reason::kHelperNotAllowed:
    case Reason::kHelperArgument:
    case Reason::kHelperMap:
    case Reason::kWriteOnlyRead:
    case Reason::kUnsupportedHelper:
    case Reason::kUnsupportedKernelFunction:
    case Reason::kUnsupportedMap:
    case Reason::kUnsupportedVariable:
    case Reason::kUnsupportedAddressSpace:
    case Reason::kUnsupportedProgramType:
      return "";
    case Reason::kFunctionPrototype:
      return "make the function static, so that each call is checked on its own";
    case Reason::kUnsupportedFunctionPointer:
      return "call the functions by name, from a switch";
  }
  return "";
}

}  // namespace zext::verifier
