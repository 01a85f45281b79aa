#include "kernel_shim/programs/reasons.h"

#include <errno.h>

#include "kernel_shim/programs/words.h"

namespace zext::shim {
namespace {

using verifier::Outcome;
using verifier::Reason;
using Malformed = ebpf::DecodeError::Kind;

int error_of(Reason reason) {
  switch (reason) {
    case Reason::kUninitialisedRegister:
    case Reason::kUninitialisedStack:
    case Reason::kStackBounds:
    case Reason::kPacketBounds:
    case Reason::kMetaBounds:
    case Reason::kMemoryBounds:
    case Reason::kMapBounds:
    case Reason::kRegionBounds:
    case Reason::kContextAccess:
    case Reason::kContextWrite:
    case Reason::kStructureAccess:
    case Reason::kStructureWrite:
    case Reason::kObjectAccess:
    case Reason::kObjectWrite:
    case Reason::kReadOnlyWrite:
    case Reason::kWriteOnlyRead:
    case Reason::kAlignment:
    case Reason::kAtomicAccess:
    case Reason::kNullPointer:
    case Reason::kNotAPointer:
    case Reason::kPointerArithmetic:
    case Reason::kPointerComparison:
    case Reason::kPointerLeak:
    case Reason::kSpilledPointer:
    case Reason::kFramePointerWrite:
    case Reason::kReturnValue:
    case Reason::kStackDepth:
    case Reason::kHelperArgument:
    case Reason::kHelperSize:
    case Reason::kHelperMap:
    case Reason::kPacketAccess:
    case Reason::kUntrustedObject:
      return -EACCES;
    case Reason::kSpecialField:
    case Reason::kMixedPointers:
    case Reason::kPointerOffset:
    case Reason::kDivisionByZero:
    case Reason::kReturnRange:
    case Reason::kCallbackResult:
    case Reason::kTermination:
    case Reason::kUnreachableCode:
    case Reason::kUnknownHelper:
    case Reason::kHelperNotAllowed:
    case Reason::kMayNotSleep:
    case Reason::kLicenceNeeded:
    case Reason::kUnknownMap:
    case Reason::kReferenceLeak:
    case Reason::kReferenceRelease:
    case Reason::kLockBalance:
    case Reason::kLockedCall:
    case Reason::kPacketLoad:
    case Reason::kFunctionArgument:
    case Reason::kFunctionPrototype:
    case Reason::kUnsupportedKernelFunction:
    case Reason::kUnsupportedMap:
    case Reason::kUnsupportedVariable:
    case Reason::kUnsupportedFunctionPointer:
    case Reason::kUnsupportedHelper:
    case Reason::kUnsupportedAddressSpace:
    case Reason::kUnsupportedProgramType:
      return -EINVAL;
    case Reason::kCallDepth:
      return -E2BIG;
  }
  return -EINVAL;
}

const char* class_text(uint8_t opcode) {
  switch (static_cast<ebpf::Class>(opcode & 7)) {
    case ebpf::Class::kLd:
      return opcode == ebpf::row_of(ebpf::Op::kLoadImm64).opcode ? "BPF_LD_IMM64"
                                                                 : "BPF_LD_[ABS|IND]";
    case ebpf::Class::kLdx:
      return "BPF_LDX";
    case ebpf::Class::kSt:
      return "BPF_ST";
    case ebpf::Class::kStx:
      return "BPF_STX";
    case ebpf::Class::kAlu:
    case ebpf::Class::kAlu64:
      return (opcode & 0xf0) == 0x80   ? "BPF_NEG"
             : (opcode & 0xf0) == 0xd0 ? "BPF_END"
             : (opcode & 0xf0) == 0xb0 ? "BPF_MOV"
                                       : "BPF_ALU";
    case ebpf::Class::kJmp:
    case ebpf::Class::kJmp32:
      return (opcode & 0xf0) == 0x80   ? "BPF_CALL"
             : (opcode & 0xf0) == 0x90 ? "BPF_EXIT"
             : (opcode & 0xf0) == 0x00 ? "BPF_JA"
                                       : "BPF_JMP/JMP32";
  }
  return "";
}

// Whether a field of an arithmetic instruction on registers is used that must be 0.
bool is_dirty(const ebpf::Slot& slot) {
  const auto kind = static_cast<ebpf::Class>(slot.opcode & 7);
  const bool computes = kind == ebpf::Class::kAlu || kind == ebpf::Class::kAlu64;
  return computes && (slot.opcode & 8) != 0 && (slot.offset != 0 || slot.imm != 0);
}

// A field must hold another value: what Linux says of it depends on the instruction.
void log_reserved(const ebpf::DecodeError& error, Log& log) {
  const uint8_t operation = error.opcode & 0xf0;
  const auto kind = static_cast<ebpf::Class>(error.opcode & 7);
  const bool shifts = kind == ebpf::Class::kAlu || kind == ebpf::Class::kAlu64;
  const bool stores = kind == ebpf::Class::kStx && (error.opcode & 0xe0) == 0xc0;
  if (stores) {
    log.add("BPF_ATOMIC uses invalid atomic opcode ");
    log.hex(static_cast<uint32_t>(error.value));
    log.add("\n");
  } else {
    log.add(class_text(error.opcode), " uses reserved fields\n");
    if (shifts && operation == 0xd0) log.add("BPF_END uses reserved fields\n");
  }
}

}  // namespace

int error_of(const verifier::Verdict& verdict) {
  switch (verdict.outcome) {
    case Outcome::kAccepted:
      return 0;
    case Outcome::kRejected:
      return error_of(verdict.rejection.reason);
    case Outcome::kResourceLimit:
      return -E2BIG;
  }
  return -EINVAL;
}

void log_reason(const verifier::Subject& subject, const verifier::Verdict& verdict, Log& log) {
  if (!log.wanted()) return;
  switch (verdict.outcome) {
    case Outcome::kAccepted:
      return;
    case Outcome::kRejected:
      return Words(subject, verdict.rejection, log).say();
    case Outcome::kResourceLimit:
      return log.add("BPF program is too large. Processed ", verdict.statistics.steps, " insn\n");
  }
}

int error_of(const ebpf::DecodeError& error) {
  switch (error.kind) {
    case Malformed::kWritesFramePointer:
      return -EACCES;
    case Malformed::kUnknownOpcode:
    case Malformed::kUnknownForm:
    case Malformed::kReservedField:
    case Malformed::kBadRegister:
    case Malformed::kTruncatedWide:
    case Malformed::kBadSecondSlot:
    case Malformed::kTargetOutside:
    case Malformed::kTargetInWide:
    case Malformed::kTargetOutOfFunction:
    case Malformed::kFallsOffEnd:
    case Malformed::kFallsIntoFunction:
    case Malformed::kPartialSlot:
    case Malformed::kEmptyProgram:
      return -EINVAL;
    case Malformed::kTooLong:
      return -E2BIG;
  }
  return -EINVAL;
}

void log_reason(std::span<const ebpf::Slot> slots, const ebpf::DecodeError& error, Log& log) {
  if (!log.wanted()) return;
  switch (error.kind) {
    case Malformed::kUnknownOpcode:
      if (static_cast<ebpf::Class>(error.opcode & 7) == ebpf::Class::kLdx) {
        return log.add("BPF_LDX uses reserved fields\n");
      }
      log.add("unknown opcode ");
      if (error.opcode < 0x10) log.add("0");
      log.hex(error.opcode);
      return log.add("\n");
    case Malformed::kUnknownForm:
    case Malformed::kReservedField:
      return log_reserved(error, log);
    case Malformed::kBadRegister:
      if (is_dirty(slots[error.slot])) log.add(class_text(error.opcode), " uses reserved fields\n");
      return log.add("R", error.value, " is invalid\n");
    case Malformed::kWritesFramePointer:
      return log.add("frame pointer is read only\n");
    case Malformed::kTruncatedWide:
    case Malformed::kBadSecondSlot:
      return log.add("invalid bpf_ld_imm64 insn\n");
    case Malformed::kTargetOutside:
    case Malformed::kTargetOutOfFunction:
      return log.add("jump out of range from insn ", error.slot, " to ", error.value, "\n");
    case Malformed::kTargetInWide:
      return log.add("jump into the middle of ldimm64 insn ", error.value - 1, "\n");
    case Malformed::kFallsOffEnd:
    case Malformed::kFallsIntoFunction:
      return log.add("last insn is not an exit or jmp\n");
    case Malformed::kPartialSlot:
    case Malformed::kEmptyProgram:
    case Malformed::kTooLong:
      return log.add("unknown opcode 00\n");
  }
}

}  // namespace zext::shim
