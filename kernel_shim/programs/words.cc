#include "kernel_shim/programs/words.h"

#include <algorithm>
#include <cstdint>

#include "verifier/state/number.h"

namespace zext::shim {
namespace {

using verifier::Reason;
using verifier::RegisterFact;
using verifier::StructureId;
using verifier::Type;

constexpr uint32_t kLastHelper = 211;       // of Linux 5.19
constexpr int64_t kFar = int64_t{1} << 29;  // BPF_MAX_VAR_OFF

const verifier::Helper* find_helper(uint32_t number) {
  for (const verifier::Helper& row : verifier::helpers()) {
    if (row.number == number) return &row;
  }
  return nullptr;
}

const char* structure_text(const RegisterFact& fact) {
  switch (static_cast<StructureId>(fact.structure)) {
    case StructureId::kSocket:
      return fact.nullable ? "sock_or_null" : "sock";
    case StructureId::kSockCommon:
      return fact.nullable ? "sock_common_or_null" : "sock_common";
    case StructureId::kTcpSock:
      return fact.nullable ? "tcp_sock_or_null" : "tcp_sock";
    case StructureId::kXdpSock:
      return "xdp_sock";
    case StructureId::kFlowKeys:
      return "flow_keys";
    case StructureId::kNone:
    case StructureId::kCount:
      break;
  }
  return "struct";
}

}  // namespace

const char* linux_type(const RegisterFact& fact) {
  switch (fact.type) {
    case Type::kUninitialised:
      return "?";
    case Type::kNumber:
      return "scalar";
    case Type::kContext:
      return "ctx";
    case Type::kPacket:
      return "pkt";
    case Type::kPacketEnd:
      return "pkt_end";
    case Type::kPacketMeta:
      return "pkt_meta";
    case Type::kStack:
      return "fp";
    case Type::kMemory:
      return "mem";
    case Type::kMap:
      return fact.nullable ? "map_value_or_null" : "map_ptr";
    case Type::kMapKey:
      return "map_key";
    case Type::kMapValue:
      return fact.nullable ? "map_value_or_null" : "map_value";
    case Type::kRegion:
      return fact.nullable ? "alloc_mem_or_null" : "mem";
    case Type::kStructure:
      return structure_text(fact);
    case Type::kObject:
      return fact.nullable ? "ptr_or_null_" : "ptr_";
    case Type::kPerCpu:
      return "percpu_ptr_";
    case Type::kTracepointBuffer:
      return "tp_buffer";
    case Type::kFunction:
      return "func";
  }
  return "";
}

const RegisterFact& Words::fact() const {
  static constexpr RegisterFact kNothing;
  return reg() < rejection_.registers.size() ? rejection_.registers[reg()] : kNothing;
}

const ebpf::Instruction<>* Words::instruction() const {
  return rejection_.pc < subject_.code.size() ? &subject_.code.insns[rejection_.pc] : nullptr;
}

bool Words::at_call() const {
  const auto* insn = instruction();
  return insn != nullptr &&
         (insn->row().kind == ebpf::Kind::kCallHelper || insn->row().kind == ebpf::Kind::kCallBtf);
}

// Reasons of which Linux says the same whatever the registers hold; null: it says more.
const char* Words::fixed_text() const {
  switch (rejection_.reason) {
    case Reason::kMixedPointers:
      return "same insn cannot be used with different pointers";
    case Reason::kDivisionByZero:
      return "div by zero";
    case Reason::kFramePointerWrite:
      return "frame pointer is read only";
    case Reason::kStructureWrite:
      return "cannot write into sock";
    case Reason::kObjectWrite:
      return "only read is supported";
    case Reason::kMayNotSleep:
      return "helper call might sleep in a non-sleepable prog";
    case Reason::kLicenceNeeded:
      return "cannot call GPL-restricted function from non-GPL compatible program";
    case Reason::kPacketAccess:
      return access_.write ? "cannot write into packet" : "cannot access packet";
    case Reason::kUnsupportedKernelFunction:
      return "calling kernel function is not allowed";
    case Reason::kUnsupportedVariable:
      return "kernel variables are not supported";
    case Reason::kUnsupportedMap:
      return "no direct value access support for this map type";
    case Reason::kUnsupportedFunctionPointer:
      return "callx is not supported";
    case Reason::kUnsupportedAddressSpace:
      return "addr_space_cast insn can only convert between address space 1 and 0";
    case Reason::kUnsupportedProgramType:
      return "this program type is not supported";
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
    case Reason::kObjectAccess:
    case Reason::kReadOnlyWrite:
    case Reason::kWriteOnlyRead:
    case Reason::kSpecialField:
    case Reason::kAlignment:
    case Reason::kAtomicAccess:
    case Reason::kNullPointer:
    case Reason::kNotAPointer:
    case Reason::kPointerArithmetic:
    case Reason::kPointerOffset:
    case Reason::kPointerComparison:
    case Reason::kPointerLeak:
    case Reason::kSpilledPointer:
    case Reason::kReturnValue:
    case Reason::kReturnRange:
    case Reason::kCallbackResult:
    case Reason::kStackDepth:
    case Reason::kCallDepth:
    case Reason::kTermination:
    case Reason::kUnreachableCode:
    case Reason::kUnknownHelper:
    case Reason::kHelperNotAllowed:
    case Reason::kHelperArgument:
    case Reason::kHelperSize:
    case Reason::kHelperMap:
    case Reason::kUnknownMap:
    case Reason::kReferenceLeak:
    case Reason::kReferenceRelease:
    case Reason::kUntrustedObject:
    case Reason::kLockBalance:
    case Reason::kLockedCall:
    case Reason::kPacketLoad:
    case Reason::kFunctionArgument:
    case Reason::kFunctionPrototype:
    case Reason::kUnsupportedHelper:
      break;
  }
  return nullptr;
}

void Words::say() {
  const char* text = fixed_text();
  if (text != nullptr) return add(text);
  if (!say_access() && !say_pointer() && !say_call()) say_end();
}

// Of memory; whether it was that.
bool Words::say_access() {
  const int64_t at = access_.low;
  const uint32_t bytes = access_.bytes;
  const bool write = access_.write;
  switch (rejection_.reason) {
    case Reason::kUninitialisedStack:
      unwritten_stack();
      return true;
    case Reason::kStackBounds:
      stack_access();
      return true;
    case Reason::kPacketBounds:
    case Reason::kMetaBounds:
      add("invalid access to packet, off=", at, " size=", bytes, ", R", reg(), "(id=0,off=", at,
          ",r=", access_.size, ")");
      add("R", reg(), " offset is outside of the packet");
      return true;
    case Reason::kMapBounds:
    case Reason::kMemoryBounds:
    case Reason::kRegionBounds:
      region_access();
      return true;
    case Reason::kContextAccess:
    case Reason::kContextWrite:
      context_access();
      return true;
    case Reason::kSpecialField:
      special_field();
      return true;
    case Reason::kStructureAccess:
      add("R", reg(), " invalid ", linux_type(fact()), " access off=", at, " size=", bytes);
      return true;
    case Reason::kObjectAccess:
      add("access beyond struct at off ", at, " size ", bytes);
      return true;
    case Reason::kReadOnlyWrite:
    case Reason::kWriteOnlyRead:
      if (fact().type == Type::kMapValue) {
        add(write ? "write into" : "read from", " map forbidden, value_size=", access_.size,
            " off=", at, " size=", bytes);
      }
      add("R", reg(), " cannot ", write ? "write into " : "read from ", "rdonly_",
          linux_type(fact()));
      return true;
    case Reason::kAlignment:
      alignment();
      return true;
    case Reason::kAtomicAccess:
      if (is_misaligned()) alignment();
      if (fact().type == Type::kObject) add("only read is supported");
      add("BPF_ATOMIC stores into R", reg(), " ", linux_type(fact()), " is not allowed");
      return true;
    default:
      return false;
  }
}

void Words::context_access() {
  const int64_t at = access_.low;
  const auto* insn = instruction();
  if (insn != nullptr && insn->row().kind == ebpf::Kind::kStoreImm) {
    add("BPF_ST stores into R", reg(), " ctx is not allowed");
  }
  moved_context();
  if (is_misaligned()) add("misaligned context access off ", at, " size ", access_.bytes);
  add("invalid bpf_context access off=", at, " size=", access_.bytes);
}

void Words::moved_context() {
  const verifier::Number& offset = fact().value;
  if (!is_constant(offset)) {
    log_.add("variable ctx access var_off=");
    bits(offset);
    add(" disallowed");
  } else if (signed_min(offset) < 0) {
    add("negative offset ctx ptr R", reg(), " off=", signed_min(offset), " disallowed");
  } else if (signed_min(offset) != 0) {
    add("dereference of modified ctx ptr R", reg(), " off=", signed_min(offset), " disallowed");
  }
}

void Words::special_field() {
  const verifier::Map* map = fact().map;
  if (map == nullptr) return;
  for (const verifier::SpecialField& field : map->fields) {
    const bool touched = access_.low < int64_t{field.offset} + field.bytes &&
                         access_.high + access_.bytes > int64_t{field.offset};
    if (!touched) continue;
    switch (field.kind) {
      case verifier::SpecialField::Kind::kSpinLock:
        return add("bpf_spin_lock cannot be accessed directly by load/store");
      case verifier::SpecialField::Kind::kTimer:
        return add("bpf_timer cannot be accessed directly by load/store");
      case verifier::SpecialField::Kind::kKptr:
      case verifier::SpecialField::Kind::kReferencedKptr:
      case verifier::SpecialField::Kind::kOther:
        return add("kptr cannot be accessed indirectly by helper");
    }
  }
}

void Words::unwritten_stack() {
  const int64_t at = access_.low;
  const uint32_t bytes = access_.bytes;
  const bool fixed = at == access_.high;
  if (at_call()) {
    if (fixed)
      return add("invalid indirect read from stack R", reg(), " off ", at, "+0 size ", bytes);
    return add("invalid indirect read from stack R", reg(), " var_off ", at, "..", access_.high,
               "+0 size ", bytes);
  }
  if (!fixed) {
    return add("invalid variable-offset read from stack R", reg(), " var_off=", at, "..",
               access_.high, " size=", bytes);
  }
  add("invalid read from stack R", reg(), " off=", at, " size=", bytes);
  add("invalid read from stack off ", at, "+0 size ", bytes);
}

void Words::stack_access() {
  if (is_misaligned()) alignment();
  const char* what = at_call() ? " indirect access to" : access_.write ? " write to" : " read from";
  if (access_.low == access_.high) {
    return add("invalid", what, " stack R", reg(), " off=", access_.low, " size=", access_.bytes);
  }
  add("invalid variable-offset", what, " stack R", reg(), " var_off=", access_.low, "..",
      access_.high, " size=", access_.bytes);
  // Where the bounds are far, Linux says so.
  if (access_.low < -kFar || access_.high > kFar) {
    add("invalid unbounded variable-offset", what, " stack R", reg());
  }
}

// At a constant offset that is no multiple of the size, which is only asked of the stack, and where
// strict alignment is: Linux says that first.
bool Words::is_misaligned() const {
  return access_.low == access_.high && access_.bytes != 0 && access_.low % access_.bytes != 0;
}

void Words::region_access() {
  const int64_t size = access_.size;
  if (is_misaligned()) alignment();
  // Linux asks about the least offset first.
  const bool below = access_.low < 0;
  const bool low = below || access_.low + access_.bytes > size;
  if (below && access_.low != access_.high) {
    add("R", reg(),
        " min value is negative, either use unsigned index or do a if (index >=0) check.");
  }
  if (!low && access_.high >= kFar) {
    return add("R", reg(), " unbounded memory access, make sure to bounds check any such access");
  }
  const int64_t at = low ? access_.low : access_.high;
  out_of_region(fact(), size, at, access_.bytes);
  add("R", reg(), low ? " min" : " max", " value is outside of the allowed memory range");
}

void Words::out_of_region(const RegisterFact& region, int64_t size, int64_t at, uint32_t bytes) {
  switch (region.type) {
    case Type::kMapKey:
      return add("invalid access to map key, key_size=", size, " off=", at, " size=", bytes);
    case Type::kMapValue:
      return add("invalid access to map value, value_size=", size, " off=", at, " size=", bytes);
    default:
      return add("invalid access to memory, mem_size=", size, " off=", at, " size=", bytes);
  }
}

void Words::alignment() {
  const char* what = "";
  switch (fact().type) {
    case Type::kStack:
      what = "stack ";
      break;
    case Type::kPacket:
    case Type::kPacketMeta:
      what = "packet ";
      break;
    case Type::kMapValue:
      what = "value ";
      break;
    case Type::kContext:
      what = "context ";
      break;
    default:
      break;
  }
  const auto* insn = instruction();
  uint32_t bytes = access_.bytes;
  int64_t displacement = insn == nullptr ? 0 : insn->offset;
  if (at_call()) {
    const verifier::Helper* helper =
        subject_.platform.helper(static_cast<uint32_t>(insn->imm.value()));
    if (helper != nullptr && reg() >= 1 && reg() <= helper->arguments.size()) {
      bytes = helper->arguments[reg() - 1].bytes;
    }
    displacement = 0;
    add("invalid indirect access to stack R", reg(), " off=", access_.low, " size=", bytes);
  }
  const verifier::Number& value = fact().value;
  const int64_t moved = is_constant(value) ? signed_min(value) : 0;
  const bool packet = fact().type == Type::kPacket || fact().type == Type::kPacketMeta;
  log_.add("misaligned ", what, "access off ", packet ? "2+" : "");
  bits(is_constant(value) ? verifier::constant_number(0) : value);
  add("+", moved, "+", displacement, " size ", bytes);
}

// A number as Linux writes tnums: what is known to be 1; what is not known.
void Words::bits(const verifier::Number& number) {
  log_.add("(0x");
  log_.hex(known_ones(number));
  log_.add("; 0x");
  log_.hex(unknown_bits(number));
  log_.add(")");
}

// Of what pointers may not do.
bool Words::say_pointer() {
  switch (rejection_.reason) {
    case Reason::kUninitialisedRegister:
      add("R", reg(), " !read_ok");
      return true;
    case Reason::kNullPointer:
      null_pointer();
      return true;
    case Reason::kNotAPointer:
      if (fact().type == Type::kMap) add("only read from bpf_array is supported");
      add("R", reg(), " invalid mem access '", linux_type(fact()), "'");
      return true;
    case Reason::kPointerArithmetic:
      arithmetic();
      return true;
    case Reason::kPointerOffset:
      offset();
      return true;
    case Reason::kPointerComparison:
      add("R", reg(), " pointer comparison prohibited");
      return true;
    case Reason::kPointerLeak:
      leak();
      return true;
    case Reason::kSpilledPointer:
      spilled();
      return true;
    default:
      return false;
  }
}

void Words::null_pointer() {
  const auto* insn = instruction();
  if (at_call()) return argument();
  if (insn != nullptr && insn->row().kind == ebpf::Kind::kAlu) {
    return add("R", reg(), " pointer arithmetic on ", linux_type(fact()),
               " prohibited, null-check it first");
  }
  add("R", reg(), " invalid mem access '", linux_type(fact()), "'");
}

void Words::spilled() {
  const auto* insn = instruction();
  const bool stores = insn != nullptr && insn->row().kind == ebpf::Kind::kStore;
  if (stores && rejection_.registers[insn->src].type == Type::kStack) {
    add("cannot spill pointers to stack into stack frame of the caller");
  }
  add(access_.write ? "attempt to corrupt spilled pointer on stack" : "corrupted spill memory");
  add("invalid size of register fill");
}

void Words::arithmetic() {
  const auto* insn = instruction();
  const RegisterFact& held = fact();
  const char* type = linux_type(held);
  if (insn == nullptr) return;
  const ebpf::Row& row = insn->row();
  if (held.nullable) {
    return add("R", reg(), " pointer arithmetic on ", type, " prohibited, null-check it first");
  }
  if (row.kind != ebpf::Kind::kAlu) {
    return add("R", reg(), " pointer arithmetic prohibited");
  }
  const bool added = row.alu == ebpf::AluOp::kAdd || row.alu == ebpf::AluOp::kSub;
  if (row.width == 32) return add("R", reg(), " 32-bit pointer arithmetic prohibited");
  if (row.alu == ebpf::AluOp::kAnd || row.alu == ebpf::AluOp::kOr || row.alu == ebpf::AluOp::kXor) {
    return add("R", reg(), " bitwise operator ", row.symbol, " on pointer prohibited");
  }
  if (!added) {
    return add("R", reg(), " pointer arithmetic with ", row.symbol, " operator prohibited");
  }
  const bool both = row.source == ebpf::Source::kRegister &&
                    is_pointer(rejection_.registers[insn->dst].type) &&
                    is_pointer(rejection_.registers[insn->src].type);
  if (both) {
    return add("R", reg(),
               row.alu == ebpf::AluOp::kAdd ? " pointer += pointer prohibited"
                                            : " pointer -= pointer prohibited");
  }
  if (row.alu == ebpf::AluOp::kSub && reg() == insn->src && row.source == ebpf::Source::kRegister) {
    add("math between ", type, " pointer and register with unbounded min value is not allowed");
    return add("R", uint32_t{insn->dst}, " tried to subtract pointer from scalar");
  }
  if (row.alu == ebpf::AluOp::kSub && held.type == Type::kStack) {
    add("R", reg(), " subtraction from stack pointer prohibited");
  }
  if (row.source == ebpf::Source::kRegister) {
    add("math between ", type, " pointer and register with unbounded min value is not allowed");
  }
  add("R", reg(), " pointer arithmetic on ", type, " prohibited");
}

// A pointer was moved too far: `access_` has by how much.
void Words::offset() {
  const char* type = linux_type(fact());
  if (access_.low == access_.high) {
    const verifier::Number& before = fact().value;
    const int64_t moved = is_constant(before) ? signed_min(before) : 0;
    int64_t sum = 0;
    if (__builtin_add_overflow(moved, access_.low, &sum)) sum = access_.low;
    add("math between ", type, " pointer and ", access_.low, " is not allowed");
    add(type, " pointer offset ", sum, " is not allowed");
    add("value ", sum, " makes ", type, " pointer be out of bounds");
    if (fact().type == Type::kMapValue) {
      const auto size = static_cast<int64_t>(fact().map->value_size);
      out_of_region(fact(), size, sum, 1);
    }
    return;
  }
  add("value ", access_.low, " makes ", type, " pointer be out of bounds");
  add("math between ", type, " pointer and register with unbounded min value is not allowed");
  if (fact().type == Type::kTracepointBuffer) {
    log_.add("R", reg(), " invalid variable buffer offset: off=0, var_off=(0x0; 0x");
    log_.hex(static_cast<uint64_t>(access_.high));
    add(")");
  }
  add("R", reg(), " unbounded memory access, make sure to bounds check any such access");
}

void Words::leak() {
  const auto* insn = instruction();
  if (insn == nullptr) return;
  if (insn->row().kind == ebpf::Kind::kExit) {
    if (fact().type == Type::kStack) add("cannot return stack pointer to the caller");
    return add("R0 leaks addr as return value");
  }
  if (insn->row().kind == ebpf::Kind::kCallHelper) {
    return add("R", reg(), " leaks addr to helper function");
  }
  const bool stores = insn->row().kind == ebpf::Kind::kStore;
  const uint8_t base = stores || insn->row().kind == ebpf::Kind::kAtomic ? insn->dst : insn->src;
  switch (rejection_.registers[base].type) {
    case Type::kContext:
      return add("R", reg(), " leaks addr into ctx");
    case Type::kMapValue:
      return add("R", reg(), " leaks addr into map");
    case Type::kPacket:
      return add("R", reg(), " leaks addr into packet");
    default:
      return add("R", reg(), " leaks addr into mem");
  }
}

// Of calls of helpers and functions.
bool Words::say_call() {
  switch (rejection_.reason) {
    case Reason::kUnknownHelper:
    case Reason::kHelperNotAllowed:
      function(access_.related > kLastHelper ? "invalid" : "unknown");
      return true;
    case Reason::kHelperArgument:
    case Reason::kUntrustedObject:
    case Reason::kUnsupportedHelper:
      argument();
      return true;
    case Reason::kHelperSize:
      size();
      return true;
    case Reason::kHelperMap: {
      const verifier::Helper* helper = find_helper(access_.related);
      const verifier::Map* map = fact().map;
      add("cannot pass map_type ", map == nullptr ? 0 : map->type, " into func bpf_",
          helper == nullptr ? "unknown" : helper->name, "#", access_.related);
      return true;
    }
    case Reason::kUnknownMap:
      add("fd ", access_.related, " is not pointing to valid bpf_map");
      return true;
    case Reason::kReferenceRelease:
      add("R", reg(), " must be referenced when passed to release function");
      add("release reference: reference has not been acquired before");
      return true;
    case Reason::kFunctionArgument:
      add("R", reg(), " type=", linux_type(fact()), " doesn't match the prototype of the function");
      return true;
    case Reason::kFunctionPrototype:
      add("Global function() doesn't return scalar. Only those are supported.");
      add("Arg#", reg(), " type in global function is not supported yet.");
      return true;
    default:
      return false;
  }
}

void Words::function(const char* what) {
  const verifier::Helper* helper = find_helper(access_.related);
  const char* prefix = helper == nullptr ? "" : "bpf_";
  const char* name = helper != nullptr      ? helper->name
                     : access_.related == 0 ? "bpf_unspec"
                                            : "unknown";
  const auto number = static_cast<int32_t>(access_.related);
  // By these two lines libbpf knows a CO-RE relocation that the kernel's types do not fit.
  add(rejection_.pc, ": (85) call ", prefix, name, "#", number);
  add(what, " func ", prefix, name, "#", number);
}

namespace {

// What Linux says that an argument of this kind may be.
const char* expected_text(const verifier::Argument& argument) {
  switch (argument.kind) {
    case verifier::ArgumentKind::kContext:
      return "ctx";
    case verifier::ArgumentKind::kMap:
      return "map_ptr";
    case verifier::ArgumentKind::kMapKey:
    case verifier::ArgumentKind::kMapValue:
    case verifier::ArgumentKind::kMemory:
      return "fp, pkt, pkt_meta, map_key, map_value, mem, alloc_mem, buf";
    case verifier::ArgumentKind::kStructure:
      return argument.structures == bit(StructureId::kSocket)
                 ? "sock"
                 : "sock_common, sock, tcp_sock, xdp_sock, ptr_";
    case verifier::ArgumentKind::kBtf:
      return "ptr_";
    case verifier::ArgumentKind::kRecord:
      return "alloc_mem";
    case verifier::ArgumentKind::kSpinLock:
    case verifier::ArgumentKind::kTimer:
    case verifier::ArgumentKind::kKptr:
    case verifier::ArgumentKind::kString:
      return "map_value";
    case verifier::ArgumentKind::kFunction:
      return "func";
    case verifier::ArgumentKind::kPerCpuBtf:
      return "percpu_ptr_";
    case verifier::ArgumentKind::kNone:
    case verifier::ArgumentKind::kAnything:
    case verifier::ArgumentKind::kNumber:
    case verifier::ArgumentKind::kSize:
    case verifier::ArgumentKind::kSizeOrZero:
    case verifier::ArgumentKind::kConstantSize:
      return "scalar";
    case verifier::ArgumentKind::kStackOrNull:
    case verifier::ArgumentKind::kDynptr:
    case verifier::ArgumentKind::kIterator:
      return "fp";
  }
  return "";
}

}  // namespace

void Words::argument() {
  constexpr uint32_t kGetLocalStorage = 81;
  const auto* insn = instruction();
  const verifier::Helper* helper =
      insn == nullptr ? nullptr
                      : subject_.platform.helper(static_cast<uint32_t>(insn->imm.value()));
  if (helper == nullptr || reg() < 1 || reg() > helper->arguments.size()) {
    return add("R", reg(), " type=", linux_type(fact()), " expected=fp");
  }
  const verifier::Argument& wanted = helper->arguments[reg() - 1];
  if (helper->number == kGetLocalStorage && fact().type == Type::kNumber) {
    add("get_local_storage() doesn't support non-zero flags");
  }
  if (fact().type == Type::kPacket && wanted.kind == verifier::ArgumentKind::kMemory) {
    add("helper access to the packet is not allowed");
  }
  if (fact().type == Type::kContext && wanted.kind == verifier::ArgumentKind::kContext) {
    moved_context();
  }
  if (wanted.kind == verifier::ArgumentKind::kRecord && fact().type == Type::kRegion) {
    add("dereference of modified alloc_mem ptr R", reg(), " off=", signed_min(fact().value),
        " disallowed");
  }
  add("R", reg(), " type=", linux_type(fact()), " expected=", expected_text(wanted));
}

void Words::size() {
  if (fact().type != Type::kNumber) return argument();
  constexpr int64_t kMost = int64_t{1} << 29;
  if (signed_min(fact().value) < 0) {
    return add("R", reg(), " min value is negative, either use unsigned or 'var &= const'");
  }
  if (signed_max(fact().value) >= kMost) {
    return add("R", reg(), " unbounded memory access, use 'var &= const' or 'if (var < const)'");
  }
  const RegisterFact& memory = rejection_.registers[reg() - 1];
  if (memory.type == Type::kMapValue) {
    const int64_t at = signed_min(memory.value);
    out_of_region(memory, memory.map->value_size, at, 0);
    add("R", reg() - 1, " min value is outside of the allowed memory range");
  }
  add("R", reg(), " invalid zero-sized read");
}

// Of how programs end, and what is left then.
void Words::say_end() {
  switch (rejection_.reason) {
    case Reason::kReturnValue:
      if (fact().type == Type::kUninitialised) return add("R0 !read_ok");
      return add("R0 leaks addr as return value");
    case Reason::kReturnRange:
      return range("program exit");
    case Reason::kCallbackResult:
      return range("callback return");
    case Reason::kStackDepth:
      return add("combined stack size of ", rejection_.calls.size() + 1, " calls is ",
                 access_.related, ". Too large");
    case Reason::kTermination:
      add("infinite loop detected at insn ", rejection_.pc);
      return add("followed round by round, this program is too large");
    case Reason::kUnreachableCode:
      return add("unreachable insn ", rejection_.pc);
    case Reason::kCallDepth:
      call_depth();
      return;
    case Reason::kReferenceLeak:
      leaked_reference();
      return;
    case Reason::kLockBalance:
      return locks();
    case Reason::kLockedCall:
      if (!at_call()) add("BPF_LD_[ABS|IND] cannot be used inside bpf_spin_lock-ed region");
      return add("function calls are not allowed while holding a lock");
    case Reason::kPacketLoad:
      if (!subject_.platform.packet_loads) {
        return add("BPF_LD_[ABS|IND] instructions not allowed for this program type");
      }
      return add("at the time of BPF_LD_ABS|IND R6 != pointer to skb");
    default:
      return;
  }
}

void Words::call_depth() {
  const auto& calls = rejection_.calls;
  // The same call again: it leads back to itself.
  for (size_t i = 0; i + 1 < calls.size(); ++i) {
    if (std::find(calls.begin() + static_cast<ptrdiff_t>(i) + 1, calls.end(), calls[i]) ==
        calls.end()) {
      continue;
    }
    add("back-edge from insn ", calls[i], " to ", rejection_.pc);
    break;
  }
  add("the call stack of 9 frames is too deep !");
}

void Words::leaked_reference() {
  const auto* insn = instruction();
  if (insn != nullptr && ebpf::is_tail_call(*insn)) {
    add("tail_call would lead to reference leak");
  } else if (insn != nullptr && (insn->row().kind == ebpf::Kind::kLoadAbs ||
                                 insn->row().kind == ebpf::Kind::kLoadInd)) {
    add("BPF_LD_[ABS|IND] cannot be mixed with socket references");
  }
  add("Unreleased reference id=1 alloc_insn=", access_.related);
}

void Words::locks() {
  const auto* insn = instruction();
  const bool call = insn != nullptr && insn->row().kind == ebpf::Kind::kCallHelper;
  if (!call) return add("bpf_spin_unlock is missing");
  constexpr int64_t kLock = 93;
  if (insn->imm.signed_value() == kLock) {
    add("function calls are not allowed while holding a lock");
    return add("Locking two bpf_spin_locks are not allowed");
  }
  add("bpf_spin_unlock of different lock");
  add("bpf_spin_unlock without taking a lock");
}

void Words::range(const char* at) {
  const RegisterFact& r0 = rejection_.registers[0];
  const verifier::ResultRange& wanted = subject_.platform.result;
  if (is_pointer(r0.type)) {
    return add("At ", at, " the register R0 is not a known value (", linux_type(r0), ")");
  }
  log_.add("At ", at, " the register R0 has ");
  if (unknown_bits(r0.value) == ~uint64_t{0}) {
    log_.add("unknown scalar value");
  } else {
    log_.add("value ");
    bits(r0.value);
  }
  add(" should have been in (", wanted.low, "; ", wanted.high, ")");
}

}  // namespace zext::shim
