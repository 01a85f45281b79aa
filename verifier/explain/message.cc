// Each reason as a sentence.
#include <fmt/format.h>

#include "verifier/explain/explain.h"
#include "verifier/explain/story.h"
#include "verifier/explain/wanted.h"
#include "verifier/state/number.h"

namespace zext::verifier {
namespace {

class Message {
 public:
  explicit Message(const Story& story)
      : story_(story),
        rejection_(story.rejection),
        access_(story.rejection.access),
        reg_(rejection_.reg == kNoRegister ? "the operand" : fmt::format("r{}", rejection_.reg)) {}

  std::string text() const {
    switch (rejection_.reason) {
      case Reason::kUninitialisedRegister:
        return uninitialised_register();
      case Reason::kUninitialisedStack:
        return fmt::format("{} at stack offset {}, of which not every byte was written", doing(),
                           offsets());
      case Reason::kStackBounds:
        return fmt::format("{} at stack offset {} leaves the frame, which is -512..-1", doing(),
                           offsets());
      case Reason::kPacketBounds:
        return out_of_bounds("packet");
      case Reason::kMetaBounds:
        return out_of_bounds("metadata");
      case Reason::kMemoryBounds:
        return out_of_bounds("buffer");
      case Reason::kMapBounds:
        return out_of_bounds(rejection_.type == Type::kMapKey ? "map key" : "map value");
      case Reason::kRegionBounds:
        return out_of_bounds("memory");
      case Reason::kContextAccess:
      case Reason::kStructureAccess:
        return no_such_field();
      case Reason::kContextWrite:
      case Reason::kStructureWrite:
        return fmt::format("{} of {} may only be read", field_name(), structure());
      case Reason::kObjectAccess:
        return fmt::format("{} at offset {} of {} is no member of its type", doing(), offsets(),
                           held());
      case Reason::kObjectWrite:
        return fmt::format("{} holds {}, which programs may only read", reg_, held());
      case Reason::kReadOnlyWrite:
        return fmt::format("{} through {}, which holds {}: it is read-only", doing(), reg_, held());
      case Reason::kWriteOnlyRead:
        return fmt::format("{} through {}, which holds {}: it is write-only", doing(), reg_,
                           held());
      case Reason::kSpecialField:
        return special_field();
      case Reason::kAlignment:
        return fmt::format("{} at offset {} of {} is not aligned", doing(), offsets(), region());
      case Reason::kAtomicAccess:
        return fmt::format("an atomic operation on {} at offset {} of {}: {}",
                           count_bytes(access_.bytes), offsets(), region(),
                           "it must be aligned, and on the stack, in a map value or a buffer");
      case Reason::kNullPointer:
        return fmt::format("{} is {}: it is used before it is compared with 0", reg_, held());
      case Reason::kNotAPointer:
        return not_a_pointer();
      case Reason::kPointerArithmetic:
        return pointer_arithmetic();
      case Reason::kPointerOffset:
        return pointer_offset();
      case Reason::kPointerComparison:
        return fmt::format("{}, which holds {}, is compared with something of another kind", reg_,
                           noun(rejection_.type));
      case Reason::kPointerLeak:
        return fmt::format("{} holds {}, which must not leave the program", reg_,
                           noun(rejection_.type));
      case Reason::kSpilledPointer:
        return fmt::format("{} at stack offset {} would split or forge an address", doing(),
                           offsets());
      case Reason::kMixedPointers:
        return fmt::format("{} is {} here, and something of another kind on another path", reg_,
                           held());
      case Reason::kDivisionByZero:
        return fmt::format("{} is divided by the constant 0", reg_);
      case Reason::kFramePointerWrite:
        return "r10 is read-only";
      case Reason::kReturnValue:
        return return_value();
      case Reason::kReturnRange:
        return return_range();
      case Reason::kCallbackResult:
        return fmt::format("the callback returns {}, where its caller wants {}", result(),
                           rejection_.calls.empty() ? "0" : "0 or 1");
      case Reason::kStackDepth:
        return fmt::format("the frames of nested calls take {}, more than 512",
                           count_bytes(access_.related));
      case Reason::kCallDepth:
        return fmt::format("calls nest more than 8 frames deep");
      case Reason::kTermination:
        return "no bound was found for this loop";
      case Reason::kUnreachableCode:
        return "no jump or call leads to this instruction";
      case Reason::kPacketLoad:
        return packet_load();
      case Reason::kPacketAccess:
        return fmt::format("{} the packet is not allowed in {} programs", verb(), platform());
      case Reason::kUnknownHelper:
        return fmt::format("there is no helper with number {}", access_.related);
      case Reason::kHelperNotAllowed:
        return fmt::format("{} may not be called by {} programs", callee(), platform());
      case Reason::kHelperArgument:
        return helper_argument();
      case Reason::kHelperSize:
        return helper_size();
      case Reason::kHelperMap:
        return fmt::format("{} does not work on {}: it is of type {}", callee(), held(),
                           map_type());
      case Reason::kMayNotSleep:
        return fmt::format("{} may sleep, and this program may not", callee());
      case Reason::kLicenceNeeded:
        return fmt::format("{} is for programs with a GPL-compatible licence", callee());
      case Reason::kUnknownMap:
        return fmt::format("no map is known by the number {}", access_.related);
      case Reason::kReferenceLeak:
        return fmt::format("what {} gave at {} is not released on this path",
                           callee_name(story_.program, story_.subject, access_.related),
                           short_place(story_.program, access_.related));
      case Reason::kReferenceRelease:
        return fmt::format("{} releases {}, but {} holds {}, which is not held any more, {}",
                           callee(), "what a helper gave", reg_, held(), "or never was");
      case Reason::kUntrustedObject:
        return fmt::format("{} needs a kernel object that is known to stay, but {} holds {}",
                           callee(), reg_, held());
      case Reason::kLockBalance:
        return lock_balance();
      case Reason::kLockedCall:
        return fmt::format("{} is called while a lock is held", callee());
      case Reason::kFunctionArgument:
        return function_argument();
      case Reason::kFunctionPrototype:
        if (rejection_.reg == kNoRegister) return "the global function does not return a number";
        return fmt::format("parameter {} of {} is of a type that cannot be checked",
                           unsigned{rejection_.reg}, callee());
      case Reason::kUnsupportedHelper:
        return rejection_.reg == kNoRegister
                   ? fmt::format("what {} gives is not supported", callee())
                   : fmt::format("what {} takes in {} is not supported", callee(), reg_);
      case Reason::kUnsupportedKernelFunction:
        if (!callee().empty()) {
          return fmt::format("calling the kernel function {} is not supported", callee());
        }
        return fmt::format("calling the kernel function with BTF id {} is not supported",
                           access_.related);
      case Reason::kUnsupportedMap:
        return callee().empty()
                   ? "only the value of an array with one entry has a fixed address"
                   : fmt::format("what {} gives for this map is not supported", callee());
      case Reason::kUnsupportedVariable:
      case Reason::kUnsupportedFunctionPointer:
      case Reason::kUnsupportedAddressSpace:
      case Reason::kUnsupportedProgramType:
        return demand_of(rejection_.reason);
    }
    return "";
  }

 private:
  const RegisterFact& fact() const {
    static const RegisterFact kNothing;
    return rejection_.reg < rejection_.registers.size() ? rejection_.registers[rejection_.reg]
                                                        : kNothing;
  }
  std::string held() const { return held_text(fact(), story_.subject); }
  std::string offsets() const { return range_text(access_.low, access_.high); }
  std::string verb() const { return access_.write ? "writing" : "reading"; }
  std::string platform() const { return story_.subject.platform.name; }
  std::string callee() const {
    const auto* insn = story_.instruction();
    return insn == nullptr ? "" : callee_name(story_.program, story_.subject, rejection_.pc);
  }

  // "reading 4 bytes", "reading 16 bytes for bpf_map_lookup_elem".
  std::string doing() const {
    const std::string what = fmt::format("{} {}", verb(), count_bytes(access_.bytes));
    const std::string name = callee();
    return name.empty() ? what : fmt::format("{} for {}", what, name);
  }

  // "the packet", "map value": what the offset is in.
  std::string region() const {
    RegisterFact origin = fact();
    origin.value = constant_number(0);
    return held_text(origin, story_.subject);
  }

  std::string out_of_bounds(const char* region) const {
    const std::string what = fmt::format("{} at {} offset {}", doing(), region, offsets());
    if (access_.low < 0) return what + " may be before its start";
    const std::string needed = count_bytes(access_.high + access_.bytes);
    const bool fixed =
        rejection_.reason == Reason::kMapBounds || rejection_.reason == Reason::kRegionBounds;
    if (fixed) return fmt::format("{} needs {}, but it has {}", what, needed, access_.size);
    const std::string known = access_.size <= 0   ? "none is"
                              : access_.size == 1 ? "only 1 is"
                                                  : fmt::format("only {} are", access_.size);
    return fmt::format("{} needs {}, but {} known to be there", what, needed, known);
  }

  const Origin& origin() const {
    static const Origin kUnknown;
    return rejection_.reg < rejection_.origins.size() ? rejection_.origins[rejection_.reg]
                                                      : kUnknown;
  }

  std::string not_a_pointer() const {
    if (!origin().ended) {
      return fmt::format("{} memory through {}, which holds {}", verb(), reg_,
                         rejection_.type == Type::kNumber ? "a number" : held());
    }
    return fmt::format("{} memory through {}, which is no address any more since {} at {}", verb(),
                       reg_, callee_name(story_.program, story_.subject, origin().pc),
                       short_place(story_.program, origin().pc));
  }

  std::string pointer_arithmetic() const {
    const std::string what = fmt::format("{} holds {}", reg_, noun(rejection_.type));
    switch (rejection_.type) {
      case Type::kContext:
      case Type::kStructure:
      case Type::kPacketEnd:
      case Type::kMap:
      case Type::kPerCpu:
      case Type::kFunction:
        return what + ", which cannot be computed with";
      case Type::kUninitialised:
      case Type::kNumber:
      case Type::kPacket:
      case Type::kPacketMeta:
      case Type::kStack:
      case Type::kMemory:
      case Type::kMapKey:
      case Type::kMapValue:
      case Type::kRegion:
      case Type::kObject:
      case Type::kTracepointBuffer:
        break;
    }
    return what + ": it can be moved by adding or subtracting a number, and in no other way";
  }

  std::string uninitialised_register() const {
    const uint32_t from = origin().pc;
    if (from == kNowhere) return reg_ + " is read, but nothing was written to it on this path";
    const std::string called = callee_name(story_.program, story_.subject, from);
    const std::string at = short_place(story_.program, from);
    return fmt::format("{} is read, but {} at {} left nothing in it", reg_,
                       called.empty() ? "the instruction" : called, at);
  }

  std::string structure() const { return structure_name(story_.subject, fact()); }

  const Field* field() const {
    return access_.low < 0
               ? nullptr
               : field_at(fields_of(story_.subject, fact()), static_cast<uint64_t>(access_.low));
  }
  std::string field_name() const {
    const Field* found = field();
    return found != nullptr && found->name != nullptr ? fmt::format("`{}`", found->name)
                                                      : "the field at offset " + offsets();
  }

  std::string no_such_field() const {
    const std::string what = fmt::format("{} at offset {} of {}", doing(), offsets(), structure());
    if (access_.low != access_.high) return what + ": the offset must be a constant";
    const Field* found = field();
    if (found == nullptr) return what + ": there is no field that this program type may use";
    const int64_t end = access_.low + access_.bytes;
    const std::string where = fmt::format("{}, which is {} at offset {}", field_name(),
                                          count_bytes(found->bytes), found->offset);
    if (end > found->offset + found->bytes) return fmt::format("{} goes beyond {}", what, where);
    if (access_.write && !found->writable && !found->narrow_write) {
      return fmt::format("{}: {} may only be read", what, field_name());
    }
    if (!access_.write && !found->readable) {
      return fmt::format("{}: {} may only be written", what, field_name());
    }
    return fmt::format("{} takes a part of {}: {}", what, where,
                       found->narrow ? "that part cannot be taken" : "it can be taken whole only");
  }

  std::string special_field() const {
    const Map* map = fact().map;
    if (map != nullptr) {
      for (const SpecialField& field : map->fields) {
        const bool touched = access_.low < int64_t{field.offset} + field.bytes &&
                             access_.high + access_.bytes > int64_t{field.offset};
        if (!touched) continue;
        return fmt::format("{} at offset {} of {} touches its {}, which is at {}", doing(),
                           offsets(), region(), special_name(field.kind),
                           range_text(field.offset, int64_t{field.offset} + field.bytes - 1));
      }
    }
    return fmt::format("{} at offset {} of {} touches a lock, timer or kernel pointer", doing(),
                       offsets(), region());
  }

  std::string pointer_offset() const {
    return fmt::format("{} holds {}, and moving it by {} is more than 2^29 bytes", reg_,
                       noun(rejection_.type), wide_range(access_.low, access_.high));
  }

  // Ends that are as far as numbers go say nothing.
  static std::string wide_range(int64_t low, int64_t high) {
    constexpr int64_t kFar = int64_t{1} << 40;
    if (low < -kFar && high > kFar) return "any number";
    if (high > kFar) return fmt::format("{} or more", low);
    if (low < -kFar) return fmt::format("{} or less", high);
    return range_text(low, high);
  }

  std::string result() const {
    const RegisterFact& r0 = rejection_.registers[0];
    return r0.type == Type::kNumber ? describe(r0) : noun(r0.type);
  }

  std::string return_value() const {
    if (rejection_.type == Type::kUninitialised) return "the program ends without a result in r0";
    return fmt::format("the program ends with {} in r0", noun(rejection_.type));
  }

  std::string return_range() const {
    const ResultRange& range = story_.subject.platform.result;
    const std::string wanted = range.any() ? "any number" : range_text(range.low, range.high);
    return fmt::format("the program returns {}, but {} programs return {}", result(), platform(),
                       wanted);
  }

  std::string packet_load() const {
    if (!story_.subject.platform.packet_loads) {
      return fmt::format("{} programs cannot use LD_ABS and LD_IND", platform());
    }
    return fmt::format("LD_ABS and LD_IND need the context in r6, which holds {}", held());
  }

  std::string helper_argument() const {
    const Helper* helper = story_.subject.platform.helper(access_.related);
    if (helper == nullptr) helper = kernel_function(access_.related);
    const unsigned index = rejection_.reg - 1u;
    if (helper == nullptr || index >= helper->arguments.size()) {
      return fmt::format("{} does not take {} in {}", callee(), held(), reg_);
    }
    return fmt::format("{} takes {} in {}, which holds {}", callee(),
                       wanted(helper->arguments[index]), reg_, held());
  }

  std::string helper_size() const {
    const std::string size = fmt::format("the size in {} for {}", reg_, callee());
    const Helper* helper = story_.subject.platform.helper(access_.related);
    const unsigned index = rejection_.reg - 1u;
    const bool constant = helper != nullptr && index < helper->arguments.size() &&
                          helper->arguments[index].kind == ArgumentKind::kConstantSize;
    if (constant && access_.low != access_.high) return size + " must be a constant";
    if (access_.low < 0) return size + " may be negative";
    if (access_.high >= (int64_t{1} << 29)) {
      return fmt::format("{} may be {}, more than 2^29 - 1", size,
                         wide_range(access_.high, access_.high));
    }
    return size + (access_.high == 0 ? " is 0" : " may be 0");
  }

  std::string map_type() const {
    return fact().map == nullptr ? "" : map_type_name(fact().map->type);
  }

  std::string lock_balance() const {
    const auto* insn = story_.instruction();
    const bool at_call = insn != nullptr && insn->row().kind == ebpf::Kind::kCallHelper &&
                         insn->imm.value() == access_.related;
    if (!at_call) {
      return fmt::format("the lock taken at {} is still held at the end",
                         short_place(story_.program, access_.related));
    }
    constexpr uint32_t kSpinUnlock = 94;
    return access_.related == kSpinUnlock ? "bpf_spin_unlock is called for a lock that is not held"
                                          : "bpf_spin_lock is called while a lock is held";
  }

  std::string function_argument() const {
    for (const Function& function : story_.subject.functions) {
      if (function.entry != access_.related || rejection_.reg == 0 ||
          rejection_.reg > function.parameter_count) {
        continue;
      }
      return fmt::format("{} takes {} in {}, which holds {}", callee(),
                         wanted(story_.subject, function.parameters[rejection_.reg - 1u]), reg_,
                         held());
    }
    return fmt::format("{} does not take {} in {}", callee(), held(), reg_);
  }

  const Story& story_;
  const Rejection& rejection_;
  const Access& access_;
  std::string reg_;
};

}  // namespace

std::string message_of(const Story& story) { return Message(story).text(); }

}  // namespace zext::verifier
