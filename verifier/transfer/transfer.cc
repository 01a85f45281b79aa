#include "verifier/transfer/transfer.h"

#include "verifier/cfg/cfg.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;
using ebpf::Op;

constexpr uint32_t kArrayMap = 2;
// Identities of values at fixed addresses, which all programs share, are above all others.
constexpr ObjectId kFixedValues = ObjectId{1} << 31;
constexpr ObjectId kFixedVariables = ObjectId{1} << 30;

Failure about(Reason reason, const Instruction<>& insn) {
  Failure failure{.reason = reason, .reg = kNoRegister, .type = {}, .access = {}};
  failure.access.related = static_cast<uint32_t>(insn.imm.value());
  return failure;
}

const Map* find_map(std::span<const Map> maps, bool by_index, int32_t number) {
  for (const Map& map : maps) {
    if (map.number == number && map.by_index == by_index) return &map;
  }
  return nullptr;
}

template <class Row>
const Row* find_numbered(std::span<const Row> rows, int32_t number) {
  for (const Row& row : rows) {
    if (row.number == number) return &row;
  }
  return nullptr;
}

// What is at the address of a kernel variable; uninitialised where that cannot be said.
Value behind(const KernelVariable& variable) {
  const Parameter& value = variable.value;
  switch (value.kind) {
    case Parameter::Kind::kMemory: {
      Value memory = Value::region(value.bytes, true);
      if (variable.per_cpu) memory.type = Type::kPerCpu;
      return memory;
    }
    case Parameter::Kind::kObject: {
      Value object = Value::pointer(variable.per_cpu ? Type::kPerCpu : Type::kObject);
      object.detail = value.type;
      return object;
    }
    case Parameter::Kind::kNumber:
    case Parameter::Kind::kContext:
    case Parameter::Kind::kUnknown:
      return Value::of(Number::top());
  }
  return {};
}

// Which maps sleepable programs, and those that run in interrupts, may use (Linux's
// check_map_prog_compatibility).
bool may_use(const Subject& subject, const Map& map) {
  constexpr uint64_t kSleepable = 1ull << 1 | 1ull << 2 | 1ull << 5 | 1ull << 6 | 1ull << 9 |
                                  1ull << 10 | 1ull << 12 | 1ull << 13 | 1ull << 24 | 1ull << 27 |
                                  1ull << 28 | 1ull << 29 | 1ull << 31 | 1ull << 32;
  constexpr uint64_t kHashes = 1ull << 1 | 1ull << 5 | 1ull << 13;
  constexpr uint32_t kAllocates = 1;  // BPF_F_NO_PREALLOC
  constexpr uint8_t kPerfEvent = 7;   // BPF_PROG_TYPE_PERF_EVENT
  if (map.type >= 64) return false;
  const uint64_t type = uint64_t{1} << map.type;
  if (subject.sleepable && (kSleepable & type) == 0) return false;
  const bool allocates = (kHashes & type) != 0 && (map.flags & kAllocates) != 0;
  return subject.platform.type != kPerfEvent || !allocates;
}

}  // namespace

// The address of a kernel variable, or of a kernel function, which is a number to programs.
Checked Transfer::load_variable(const Instruction<>& insn, State& state) const {
  const auto number = static_cast<int32_t>(insn.imm.value());
  Value& dst = state.registers[insn.dst];
  const auto variables = rules_.subject.variables;
  if (const KernelVariable* variable = find_numbered(variables, number)) {
    if (variable->missing && !variable->weak) {
      return std::unexpected(about(Reason::kUnsupportedVariable, insn));
    }
    dst = variable->missing ? Value::of(constant_number(0)) : behind(*variable);
    if (!is_pointer(dst.type)) return {};
    // Where the host does not know whether it is there, the program asks.
    dst.nullable = variable->weak && variable->value.nullable;
    dst.object =
        kFixedValues + kFixedVariables + static_cast<ObjectId>(variable - variables.data());
    return {};
  }
  const KernelFunction* function = find_numbered(rules_.subject.kernel_functions, number);
  if (function == nullptr) return std::unexpected(about(Reason::kUnsupportedVariable, insn));
  dst = Value::of(function->missing ? constant_number(0) : Number::top());
  return {};
}

// LD_IMM64's forms that name something of the kernel's.
Checked Transfer::load_constant(const Instruction<>& insn, uint32_t pc, State& state) const {
  Value& dst = state.registers[insn.dst];
  switch (insn.op) {
    case Op::kLoadImm64:
      dst = Value::of(Number::constant(insn.imm));
      return {};
    case Op::kLoadVariable:
      return load_variable(insn, state);
    case Op::kLoadFunction:
      dst = Value::pointer(Type::kFunction);
      dst.detail = named_function(insn, pc);
      return {};
    default:
      break;  // maps, by descriptor or index
  }
  const bool by_index = insn.op == Op::kLoadMapIdx || insn.op == Op::kLoadMapValueIdx;
  const bool value = insn.op == Op::kLoadMapValueFd || insn.op == Op::kLoadMapValueIdx;
  const auto low = static_cast<int32_t>(insn.imm.value());
  const auto offset = static_cast<uint32_t>(insn.imm.value() >> 32);
  const Map* map = find_map(rules_.subject.maps, by_index, low);
  if (map == nullptr) return std::unexpected(about(Reason::kUnknownMap, insn));
  if (!may_use(rules_.subject, *map)) {
    return std::unexpected(about(Reason::kUnsupportedMap, insn));
  }
  if (!value) {
    dst = Value::of_map(Type::kMap, *map);
    return {};
  }
  // Only an array's one value has an address before the program runs.
  if (map->type != kArrayMap || map->max_entries != 1) {
    return std::unexpected(about(Reason::kUnsupportedMap, insn));
  }
  if (offset >= map->value_size) {
    Failure failure = about(Reason::kMapBounds, insn);
    failure.type = Type::kMapValue;
    failure.access = {.low = offset, .high = offset, .bytes = 1, .size = map->value_size};
    return std::unexpected(failure);
  }
  dst = Value::of_map(Type::kMapValue, *map);
  dst.number = constant_number(offset);
  dst.object = kFixedValues + static_cast<ObjectId>(map - rules_.subject.maps.data());
  return {};
}

Checked Transfer::step(const Instruction<>& insn, uint32_t pc, State& state) const {
  const uint16_t written = registers_written(insn);
  if ((written >> ebpf::kFramePointer & 1) != 0) {
    return std::unexpected(Failure{.reason = Reason::kFramePointerWrite,
                                   .reg = ebpf::kFramePointer,
                                   .type = Type::kStack,
                                   .access = {}});
  }
  switch (insn.row().kind) {
    case Kind::kAlu:
      return alu(insn, state);
    case Kind::kNeg:
    case Kind::kMovsx:
    case Kind::kEndian:
      return unary(insn, state);
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kLoadAcquire:
      return load(insn, state);
    case Kind::kStore:
    case Kind::kStoreImm:
    case Kind::kStoreRelease:
      return store(insn, state);
    case Kind::kAtomic:
      return atomic(insn, state);
    case Kind::kImm64:
      return load_constant(insn, pc, state);
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
      return load_packet(insn, state);
    case Kind::kCallx:
      return std::unexpected(about(Reason::kUnsupportedFunctionPointer, insn));
    case Kind::kAddrSpaceCast:
      return std::unexpected(about(Reason::kUnsupportedAddressSpace, insn));
    case Kind::kMayGoto:
    case Kind::kCallHelper:
    case Kind::kCallBtf:
    case Kind::kJump:
    case Kind::kJa:
    case Kind::kGotol:
    case Kind::kCallLocal:
    case Kind::kExit:
      return {};  // the exploration's to do
  }
  return {};
}

}  // namespace zext::verifier
