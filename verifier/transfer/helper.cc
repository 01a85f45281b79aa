// Calls: what helpers and global functions take, give, and leave behind.
#include <algorithm>

#include "verifier/transfer/transfer.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;

constexpr uint32_t kArrayOfMaps = 12;
constexpr uint32_t kHashOfMaps = 13;
constexpr uint32_t kDevMap = 14;
constexpr uint32_t kSockMap = 15;
constexpr uint32_t kCpuMap = 16;
constexpr uint32_t kXskMap = 17;
constexpr uint32_t kSockHash = 18;
constexpr uint32_t kDevMapHash = 25;

Failure about(Reason reason, uint32_t number) {
  Failure failure{.reason = reason, .reg = kNoRegister, .type = {}, .access = {}};
  failure.access.related = number;
  return failure;
}

uint32_t stack_place(int64_t offset) { return static_cast<uint32_t>(offset + Stack::kBytes); }

void clobber(State& state) {
  for (unsigned reg = 0; reg <= kArgumentCount; ++reg) state.registers[reg] = {};
}

// Memory that somebody else wrote: of the stack alone anything is known.
void overwrite(State& state, const Value& pointer, uint32_t most, uint32_t least, bool fills) {
  if (pointer.type != Type::kStack) return;
  Stack& stack = state.frames[pointer.frame].stack;
  const uint32_t low = stack_place(signed_min(pointer.number));
  const uint32_t high = stack_place(signed_max(pointer.number));
  state.overwrite_stack(pointer.frame, low, high - low + most);
  stack.forget(low, high - low + most);
  if (fills && low == high && least > 0) stack.fill(low, least);
}

}  // namespace

std::expected<Call, Failure> Transfer::check_helper(const Instruction<>& insn,
                                                    const State& state) const {
  const auto number = static_cast<uint32_t>(insn.imm.value());
  const Platform& platform = rules_.subject.platform;
  const Helper* helper = platform.helper(number);
  if (helper == nullptr) {
    const auto all = helpers();
    const bool exists = std::any_of(all.begin(), all.end(),
                                    [&](const Helper& row) { return row.number == number; });
    return std::unexpected(
        about(exists ? Reason::kHelperNotAllowed : Reason::kUnknownHelper, number));
  }
  if (helper->gpl_only && !rules_.subject.gpl_compatible) {
    return std::unexpected(about(Reason::kLicenceNeeded, number));
  }
  if (helper->may_sleep && !rules_.subject.sleepable) {
    return std::unexpected(about(Reason::kMayNotSleep, number));
  }
  if (helper->may_sleep && state.has_acquired(kRcuSection)) {
    return std::unexpected(about(Reason::kMayNotSleep, number));
  }
  constexpr uint32_t kSpinUnlock = 94;
  if (state.lock.held && number != kSpinUnlock) {
    constexpr uint32_t kSpinLock = 93;
    return std::unexpected(
        about(number == kSpinLock ? Reason::kLockBalance : Reason::kLockedCall, number));
  }
  auto call = check_call(rules_, state, *helper);
  if (!call) return call;
  if (number == kSpinUnlock && (!state.lock.held || state.lock.object != call->locked ||
                                state.lock.map != call->value_map)) {
    return std::unexpected(about(Reason::kLockBalance, number));
  }
  // The program that goes on does not know what this one holds.
  if (insn.imm.signed_value() == ebpf::kTailCallHelper && !state.acquired.empty()) {
    return std::unexpected(about(Reason::kReferenceLeak, state.acquired.front().pc));
  }
  return call;
}

void Transfer::write_memory(const Call& call, State& state) const {
  if (call.kfunc != nullptr && call.kfunc->prototype.result.kind == ResultKind::kDynptrData) {
    return;  // the buffer of a slice, which slice_of() sees to
  }
  for (uint8_t i = 0; i < call.written_count; ++i) {
    const Call::Written& written = call.written[i];
    overwrite(state, written.pointer, written.most, written.least, written.fills);
  }
}

Checked Transfer::finish_helper(const Call& call, uint32_t pc, State& state) const {
  constexpr uint32_t kSpinLock = 93;
  constexpr uint32_t kSpinUnlock = 94;
  write_memory(call, state);
  if (call.helper->number == kSpinLock) {
    state.lock = {.held = true, .object = call.locked, .map = call.value_map, .pc = pc};
  } else if (call.helper->number == kSpinUnlock) {
    state.lock = {};
  }
  if (call.released != kNoObject) {
    std::erase_if(state.acquired, [&](const Acquired& a) { return a.object == call.released; });
    state.release_stack_objects(call.released);
    state.invalidate(call.released);
  }
  if (call.made.bytes != 0) make_stack_object(call, pc, state);
  if (Checked done = apply(call, pc, state); !done) return done;
  constexpr uint32_t kDynptrWrite = 202;
  const bool writes_packet =
      call.helper->number == kDynptrWrite && call.used.dynptr == DynptrKind::kSkb;
  if (call.helper->changes_packet || writes_packet)
    state.invalidate_packet(rules_.subject.platform, symbols_);
  return give_result(call, pc, state);
}

Checked Transfer::give_result(const Call& call, uint32_t pc, State& state) const {
  const Result& wanted = call.helper->result;
  // What the result says of a size, while that is still known.
  const Value size = call.size != nullptr ? *call.size : Value();
  Value result;
  switch (wanted.kind) {
    case ResultKind::kNothing:
      break;
    case ResultKind::kNumber: {
      int64_t high = wanted.high;
      if (wanted.at_most_size && size.type == Type::kNumber &&
          unsigned_max(size.number) <= INT32_MAX) {
        high = std::min(high, static_cast<int64_t>(unsigned_max(size.number)));
      }
      result = Value::of(wanted.low > high ? Number::top() : signed_range(wanted.low, high));
      break;
    }
    case ResultKind::kMapValue:
      if (call.map == nullptr)
        return std::unexpected(about(Reason::kUnknownMap, call.helper->number));
      result = looked_up(call);
      if (result.type == Type::kUninitialised) {
        return std::unexpected(about(Reason::kUnsupportedMap, call.helper->number));
      }
      break;
    case ResultKind::kMemory:
    case ResultKind::kRecord:
      result =
          Value::region(wanted.bytes != 0 ? wanted.bytes : call.memory_bytes, wanted.read_only);
      break;
    case ResultKind::kStructure:
      result = Value::pointer(Type::kStructure);
      result.structure = wanted.structure;
      break;
    case ResultKind::kBtf:
    case ResultKind::kKptr:
      result = Value::pointer(Type::kObject);
      result.detail = wanted.kind == ResultKind::kKptr
                          ? call.field_type
                          : rules_.subject.types.named(wanted.type_name);
      break;
    case ResultKind::kPerCpu:
      if (call.variable.read_only) {
        result = Value::region(call.variable.detail, true);
      } else {
        result = Value::pointer(Type::kObject);
        result.detail = call.variable.detail;
      }
      break;
    case ResultKind::kDynptrData:
      result = slice_of(call, state);
      break;
  }
  if (Checked done = adjust_result(call, result, state); !done) return done;
  if (is_pointer(result.type)) {
    result.nullable = result.nullable || (wanted.nullable && !call.constant_key);
    if (result.object == kNoObject) result.object = symbols_.fresh_object();
    if (wanted.casts) result.reference = call.cast.reference;
    // A socket that a map held is held by the program as well.
    const bool socket = result.type == Type::kStructure && wanted.kind == ResultKind::kMapValue &&
                        result.structure == StructureId::kSocket;
    const bool acquires = wanted.acquires || socket;
    if (acquires) {
      result.reference = result.object;
      state.acquired.push_back({.object = result.object,
                                .pc = pc,
                                .frame = static_cast<uint8_t>(state.frames.size() - 1)});
    }
  }
  clobber(state);
  state.registers[0] = result;
  return {};
}

// What a lookup in the map gives.
Value Transfer::looked_up(const Call& call) const {
  const Map& map = *call.map;
  switch (map.type) {
    case kArrayOfMaps:
    case kHashOfMaps:
      if (map.inner == nullptr) return {};
      {
        Value inner = Value::of_map(Type::kMap, *map.inner);
        inner.nullable = true;  // there may be no map at the place
        return inner;
      }
    case kSockMap:
    case kSockHash:
    case kXskMap: {
      Value socket = Value::pointer(Type::kStructure);
      socket.structure = map.type == kXskMap ? StructureId::kXdpSock : StructureId::kSocket;
      socket.nullable = true;
      return socket;
    }
    case kDevMap:
    case kDevMapHash:
    case kCpuMap: {
      Value value = Value::of_map(Type::kMapValue, map);
      value.read_only = true;
      return value;
    }
    default: {
      Value value = Value::of_map(Type::kMapValue, map);
      value.detail = call.inner_map ? 1 : 0;
      return value;
    }
  }
}

bool Transfer::call_back(const Call& call, uint32_t pc, State& state) const {
  const std::array<Value, kArgumentCount> arguments = {state.registers[1], state.registers[2],
                                                       state.registers[3], state.registers[4],
                                                       state.registers[5]};
  Value& rounds = state.frames.back().rounds;
  state.symbolise(rounds, symbols_);
  // Most rounds of the helper.
  Value most = Value::of(constant_number(1));
  if (call.callback == Callback::kLoop) {
    const Value& wanted = arguments[0];
    most = unsigned_max(wanted.number) <= 0xffff'ffff ? wanted
                                                      : Value::of(low_bytes(wanted.number, 4));
  } else if (call.callback == Callback::kMapElement) {
    most = Value::of(constant_number(call.map->max_entries));
  } else if (call.callback == Callback::kUserRing) {
    return false;
  }
  const auto refined = verifier::assume(ebpf::JumpOp::kJlt, 64, rounds.number, most.number, true);
  if (is_bottom(refined.a) || is_bottom(refined.b)) return false;
  rounds.number = refined.a;
  if (!state.relations.assume((most.form() - rounds.form()).plus(-1)) || !state.tighten(rounds)) {
    return false;
  }
  write_memory(call, state);
  const Value index = rounds;
  this->call(call.function, pc, state);
  Frame& frame = state.frames.back();
  frame.role = Role::kCallback;
  frame.arguments = arguments;
  clobber(state);
  switch (call.callback) {
    case Callback::kNone:
    case Callback::kTimer:
    case Callback::kUserRing:
      return false;
    case Callback::kLoop:
      state.registers[1] = index;
      state.registers[2] = arguments[2];
      break;
    case Callback::kMapElement:
      state.registers[1] = Value::of_map(Type::kMap, *call.map);
      state.registers[2] = Value::of_map(Type::kMapKey, *call.map);
      state.registers[2].object = symbols_.fresh_object();
      state.registers[3] = Value::of_map(Type::kMapValue, *call.map);
      state.registers[3].object = symbols_.fresh_object();
      state.registers[4] = arguments[2];
      break;
    case Callback::kFindVma:
      state.registers[1] = Value::pointer(Type::kObject);
      state.registers[1].detail = rules_.subject.types.named("task_struct");
      state.registers[2] = Value::pointer(Type::kObject);
      state.registers[2].detail = rules_.subject.types.named("vm_area_struct");
      state.registers[3] = arguments[3];
      break;
  }
  return true;
}

void Transfer::end_round(State& state) const {
  const std::array<Value, kArgumentCount> arguments = state.frames.back().arguments;
  leave(state);
  state.registers[0] = {};
  for (unsigned i = 0; i < kArgumentCount; ++i) state.registers[i + 1] = arguments[i];
  Value& rounds = state.frames.back().rounds;
  rounds.number = abstract_alu(ebpf::AluOp::kAdd, 64, rounds.number, constant_number(1));
  rounds.linear = rounds.linear.plus(1);
}

State Transfer::deferred_entry(const Call& call) const {
  State state = State::entry(rules_.subject.platform);
  state.frames.back().role = Role::kDeferred;
  state.frames.back().entry = call.function;
  clobber(state);
  state.registers[1] = Value::of_map(Type::kMap, *call.value_map);
  state.registers[2] = Value::of_map(Type::kMapKey, *call.value_map);
  state.registers[2].object = symbols_.fresh_object();
  state.registers[3] = Value::of_map(Type::kMapValue, *call.value_map);
  state.registers[3].object = symbols_.fresh_object();
  return state;
}

Value Transfer::value_of(const Parameter& parameter) const {
  switch (parameter.kind) {
    case Parameter::Kind::kNumber:
    case Parameter::Kind::kUnknown:
      return Value::of(Number::top());
    case Parameter::Kind::kContext:
      return Value::pointer(Type::kContext);
    case Parameter::Kind::kMemory: {
      Value memory = Value::region(parameter.bytes, false);
      memory.nullable = parameter.nullable;
      memory.object = symbols_.fresh_object();
      return memory;
    }
    case Parameter::Kind::kObject: {
      Value object = Value::pointer(Type::kObject);
      object.detail = parameter.type;
      object.nullable = parameter.nullable;
      object.object = symbols_.fresh_object();
      return object;
    }
  }
  return {};
}

State Transfer::global_entry(const Function& function) const {
  State state = State::entry(rules_.subject.platform);
  state.frames.back().role = Role::kGlobal;
  state.frames.back().entry = function.entry;
  clobber(state);
  for (unsigned i = 0; i < function.parameter_count; ++i) {
    state.registers[i + 1] = value_of(function.parameters[i]);
  }
  return state;
}

Checked Transfer::check_arguments(const Function& function, const State& state) const {
  if (function.returns_nothing || function.returns_unknown) {
    return std::unexpected(about(Reason::kFunctionPrototype, function.entry));
  }
  for (unsigned i = 0; i < function.parameter_count; ++i) {
    const auto reg = static_cast<ebpf::Reg>(i + 1);
    const Parameter& parameter = function.parameters[i];
    if (Checked c = check_initialised(state, reg); !c) return c;
    const Value& value = state.registers[reg];
    const auto failed = [&](Reason reason) {
      Failure failure{.reason = reason, .reg = reg, .type = value.type, .access = {}};
      failure.access.related = function.entry;
      return std::unexpected(failure);
    };
    switch (parameter.kind) {
      case Parameter::Kind::kUnknown:
        return failed(Reason::kFunctionPrototype);
      case Parameter::Kind::kNumber:
        if (value.type != Type::kNumber) return failed(Reason::kFunctionArgument);
        break;
      case Parameter::Kind::kContext:
        if (value.type != Type::kContext || !is_zero(value.number)) {
          return failed(Reason::kFunctionArgument);
        }
        break;
      case Parameter::Kind::kObject:
        if (value.is_zero() && parameter.nullable) break;
        if (value.type != Type::kObject || value.detail != parameter.type ||
            !is_zero(value.number)) {
          return failed(Reason::kFunctionArgument);
        }
        if (value.nullable && !parameter.nullable) return failed(Reason::kNullPointer);
        break;
      case Parameter::Kind::kMemory: {
        if (value.is_zero() && parameter.nullable) break;
        if (!is_memory(value.type)) return failed(Reason::kFunctionArgument);
        // The function may read and write it, and asks whether it is 0.
        Value pointer = value;
        if (parameter.nullable) pointer.nullable = false;
        Reference where{.pointer = &pointer, .reg = reg, .bytes = parameter.bytes, .helper = true};
        if (Checked c = check_memory(rules_, state, where, false); !c) return c;
        where.write = true;
        if (Checked c = check_memory(rules_, state, where, false); !c) return c;
        break;
      }
    }
  }
  if (state.lock.held) return std::unexpected(about(Reason::kLockedCall, 0));
  // It may sleep.
  if (rules_.subject.sleepable && state.has_acquired(kRcuSection)) {
    return std::unexpected(about(Reason::kMayNotSleep, 0));
  }
  return {};
}

void Transfer::return_from(const Function& function, bool changes_packet, State& state) const {
  for (unsigned i = 0; i < function.parameter_count; ++i) {
    const Parameter& parameter = function.parameters[i];
    if (parameter.kind != Parameter::Kind::kMemory) continue;
    overwrite(state, state.registers[i + 1], parameter.bytes, 0, false);
  }
  if (changes_packet) state.invalidate_packet(rules_.subject.platform, symbols_);
  clobber(state);
  if (!function.returns_nothing) state.registers[0] = Value::of(Number::top());
}

Checked Transfer::check_exit(const State& state) const {
  const Value& result = state.registers[0];
  const Frame& frame = state.frames.back();
  const auto failed = [&](Reason reason) {
    Failure failure{.reason = reason, .reg = 0, .type = result.type, .access = {}};
    failure.access.low = signed_min(result.number);
    failure.access.high = signed_max(result.number);
    return std::unexpected(failure);
  };
  // Of results that may be negative only the 32 bits that callers read count.
  const auto in_range = [&](int64_t low, int64_t high) {
    if (result.type != Type::kNumber) return false;
    const Number number = low < 0 ? sign_extend(4, result.number) : result.number;
    return signed_min(number) >= low && signed_max(number) <= high;
  };
  if (state.lock.held) {
    return std::unexpected(about(Reason::kLockBalance, state.lock.pc));
  }
  const size_t depth = state.frames.size();
  for (const Acquired& acquired : state.acquired) {
    const bool leaked = frame.role == Role::kCallback ? acquired.frame + 1u == depth : depth == 1;
    if (leaked && acquired.object == kRcuSection) {
      return std::unexpected(about(Reason::kLockBalance, acquired.pc));
    }
    if (leaked) return std::unexpected(about(Reason::kReferenceLeak, acquired.pc));
  }
  switch (frame.role) {
    case Role::kCallee: {
      const bool dangling = result.type == Type::kStack && result.frame + 1u == depth;
      return dangling ? failed(Reason::kPointerLeak) : Checked();
    }
    case Role::kCallback:
      return in_range(0, 1) ? Checked() : failed(Reason::kCallbackResult);
    case Role::kDeferred:
      return in_range(0, 0) ? Checked() : failed(Reason::kCallbackResult);
    case Role::kGlobal: {
      const Function* function = function_at(frame.entry);
      if (function != nullptr && function->returns_nothing) return {};
      return result.type == Type::kNumber ? Checked() : failed(Reason::kReturnValue);
    }
    case Role::kProgram:
      break;
  }
  const ResultRange& range = rules_.subject.platform.result;
  if (result.type == Type::kUninitialised) return failed(Reason::kReturnValue);
  if (!range.any())
    return in_range(range.low, range.high) ? Checked() : failed(Reason::kReturnRange);
  if (result.type == Type::kNumber || rules_.privileged) return {};
  return failed(Reason::kReturnValue);
}

const Function* Transfer::function_at(uint32_t entry) const {
  for (const Function& function : rules_.subject.functions) {
    if (function.entry == entry) return &function;
  }
  return nullptr;
}

}  // namespace zext::verifier
