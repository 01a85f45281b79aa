// Calls of functions of the kernel: what tells them from helpers.
#include <algorithm>

#include "verifier/transfer/transfer.h"

namespace zext::verifier {
namespace {

// Most numbers that bpf_iter_num gives (Linux's BPF_MAX_LOOPS), and words of bpf_iter_bits.
constexpr int64_t kMaxNumbers = int64_t{1} << 23;
// Other iterators end before: the host's promise.
constexpr uint64_t kMaxElements = UINT32_MAX;

Failure about(Reason reason, uint32_t number) {
  Failure failure{.reason = reason, .reg = kNoRegister, .type = {}, .access = {}};
  failure.access.related = number;
  return failure;
}

uint32_t stack_place(int64_t offset) { return static_cast<uint32_t>(offset + Stack::kBytes); }

// How many numbers from r2 up to r3, as int, bpf_iter_num gives: none where those are too many.
Number count_of(const Value& first, const Value& end) {
  const Number low = sign_extend(4, first.number);
  const Number high = sign_extend(4, end.number);
  const int64_t most = signed_max(high) - signed_min(low);
  const int64_t least = signed_min(high) - signed_max(low);
  if (most <= 0 || least > kMaxNumbers) return constant_number(0);
  if (most > kMaxNumbers || least < 0) {
    return unsigned_range(0, static_cast<uint64_t>(std::min(most, kMaxNumbers)));
  }
  return unsigned_range(static_cast<uint64_t>(least), static_cast<uint64_t>(most));
}

StackObject& same_object(const Call& call, State& state) {
  return *std::find_if(
      state.stack_objects.begin(), state.stack_objects.end(),
      [&](const StackObject& object) { return object.object == call.used.object; });
}

// What the kernel passes where programs see their context, by Linux's BPF_PROG_TYPE_*.
const char* type_behind_context(uint8_t program_type) {
  switch (program_type) {
    case 1:
    case 3:
    case 4:
    case 8:
    case 10:
    case 11:
    case 12:
    case 14:
    case 19:
      return "sk_buff";
    case 6:
      return "xdp_buff";
    case 7:
      return "bpf_perf_event_data_kern";
    case 13:
      return "bpf_sock_ops_kern";
    case 18:
      return "bpf_sock_addr_kern";
    default:
      return nullptr;
  }
}

}  // namespace

bool Transfer::in_rcu(const State& state) const {
  return !rules_.subject.sleepable || state.has_acquired(kRcuSection);
}

// Objects that are freed only when no RCU section can see them any more.
bool Transfer::protected_by_rcu(uint32_t type) const {
  const Types& types = rules_.subject.types;
  for (const char* name : {"task_struct", "cgroup", "bpf_cpumask", "bpf_crypto_ctx"}) {
    if (type != kNoType && types.named(name) == type) return true;
  }
  return false;
}

// What a function that is traced was called with. Those that may be called anywhere do not say
// whether it stays.
Value Transfer::argument_of(const Parameter& parameter) const {
  constexpr uint8_t kTracing = 26;
  constexpr uint8_t kRawTracepoint = 23;
  constexpr uint8_t kIterator = 28;
  Value value = value_of(parameter);
  const Platform& platform = rules_.subject.platform;
  const bool stays = platform.type != kTracing || platform.attach_type == kRawTracepoint ||
                     platform.attach_type == kIterator;
  if (value.type == Type::kObject && stays && !parameter.fleeting) value.trust = Trust::kTrusted;
  return value;
}

std::expected<Call, Failure> Transfer::check_kernel_function(const ebpf::Instruction<>& insn,
                                                             const State& state) const {
  const auto id = static_cast<int32_t>(insn.imm.value());
  const auto functions = rules_.subject.kernel_functions;
  const auto called = std::find_if(functions.begin(), functions.end(),
                                   [&](const KernelFunction& f) { return f.number == id; });
  const Kfunc* row =
      called == functions.end() || called->missing ? nullptr : find_kfunc(called->name);
  const auto unsupported = [&] {
    return std::unexpected(about(Reason::kUnsupportedKernelFunction, static_cast<uint32_t>(id)));
  };
  if (row == nullptr) return unsupported();
  const Helper& prototype = row->prototype;
  const auto count =
      std::count_if(prototype.arguments.begin(), prototype.arguments.end(),
                    [](const Argument& argument) { return argument.kind != ArgumentKind::kNone; });
  // Another kernel's function of the same name.
  if (count != called->parameter_count) return unsupported();
  const Platform& platform = rules_.subject.platform;
  constexpr uint8_t kIterator = 28;
  if (platform.type >= 64 || (row->programs >> platform.type & 1) == 0 ||
      (row->iterators_only && platform.attach_type != kIterator) ||
      (row->effect == KfuncEffect::kWritableSlice && platform.packet != PacketAccess::kWrite)) {
    return std::unexpected(about(Reason::kHelperNotAllowed, prototype.number));
  }
  if (state.lock.held) return std::unexpected(about(Reason::kLockedCall, prototype.number));
  if (prototype.may_sleep && (!rules_.subject.sleepable || state.has_acquired(kRcuSection))) {
    return std::unexpected(about(Reason::kMayNotSleep, prototype.number));
  }
  const bool locked = state.has_acquired(kRcuSection);
  if ((row->effect == KfuncEffect::kRcuLock && locked) ||
      (row->effect == KfuncEffect::kRcuUnlock && !locked) || (row->in_rcu && !in_rcu(state))) {
    return std::unexpected(about(Reason::kLockBalance, prototype.number));
  }
  auto call = check_call(rules_, state, prototype);
  if (call) call->kfunc = row;
  return call;
}

void Transfer::make_stack_object(const Call& call, uint32_t pc, State& state) const {
  StackObject object = call.made;
  const bool iterator = object.kind == StackObject::Kind::kIterator;
  state.overwrite_stack(object.frame, object.at, object.bytes);
  state.frames[object.frame].stack.invalidate(object.at, object.bytes);
  object.object = symbols_.fresh_object();
  if (object.dynptr == DynptrKind::kSkb || object.dynptr == DynptrKind::kXdp) {
    object.read_only = rules_.subject.platform.packet != PacketAccess::kWrite;
  }
  if (call.kfunc != nullptr && call.kfunc->effect == KfuncEffect::kClone) {
    object.dynptr = call.used.dynptr;
    object.read_only = call.used.read_only;
    object.reference = call.used.reference;
  } else if (iterator || object.dynptr == DynptrKind::kRingBuffer) {
    object.reference = symbols_.fresh_object();
    state.acquired.push_back({.object = object.reference,
                              .pc = pc,
                              .frame = static_cast<uint8_t>(state.frames.size() - 1)});
  }
  if (iterator) {
    const bool numbers = object.name[0] == 'n';
    object.in_rcu = call.kfunc->in_rcu;
    object.rounds = Value::of(numbers ? count_of(state.registers[2], state.registers[3])
                                      : unsigned_range(0, kMaxElements));
    state.symbolise(object.rounds, symbols_);
  }
  state.add_stack_object(object);
}

bool Transfer::take_element(const Call& call, State& state) const {
  Value& left = same_object(call, state).rounds;
  state.symbolise(left, symbols_);
  if (!state.relations.assume(left.form().plus(-1))) return false;
  const auto once = verifier::assume(ebpf::JumpOp::kJge, 64, left.number, constant_number(1), true);
  if (is_bottom(once.a)) return false;
  left.linear = left.form().plus(-1);
  left.number = abstract_alu(ebpf::AluOp::kSub, 64, once.a, constant_number(1));
  if (!state.reduce()) return false;
  const Result& wanted = call.helper->result;
  Value element = Value::region(wanted.bytes, true);
  if (wanted.kind == ResultKind::kBtf) {
    element = Value::pointer(Type::kObject);
    element.detail = rules_.subject.types.named(wanted.type_name);
    element.trust = call.used.in_rcu ? Trust::kRcu : Trust::kTrusted;
  }
  element.object = symbols_.fresh_object();
  element.reference = call.used.object;
  for (unsigned reg = 0; reg <= kArgumentCount; ++reg) state.registers[reg] = {};
  state.registers[0] = element;
  return true;
}

void Transfer::end_elements(const Call& call, State& state) const {
  // As in Linux, whatever is known of the elements left: programs have to ask.
  same_object(call, state).rounds = Value::of(constant_number(0));
  for (unsigned reg = 0; reg <= kArgumentCount; ++reg) state.registers[reg] = {};
  state.registers[0] = Value::of(constant_number(0));
}

// Memory behind the dynptr, or in the buffer that was handed over for bytes that are not in one
// piece.
Value Transfer::slice_of(const Call& call, State& state) const {
  Value slice = Value::region(call.memory_bytes, call.helper->result.read_only);
  slice.reference = call.used.object;
  if (call.buffer.type != Type::kStack || call.memory_bytes == 0) return slice;
  const auto place = static_cast<uint16_t>(stack_place(signed_min(call.buffer.number)));
  Stack& stack = state.frames[call.buffer.frame].stack;
  const uint32_t reach = stack_place(signed_max(call.buffer.number)) - place + call.memory_bytes;
  stack.forget(place, reach);
  const StackObject buffer{.kind = StackObject::Kind::kBuffer,
                           .frame = call.buffer.frame,
                           .at = place,
                           .bytes = static_cast<uint16_t>(reach),
                           .object = symbols_.fresh_object(),
                           .parent = call.used.object,
                           .rounds = {}};
  state.add_stack_object(buffer);
  slice.reference = buffer.object;
  return slice;
}

Checked Transfer::apply(const Call& call, uint32_t pc, State& state) const {
  if (call.kfunc == nullptr) return {};
  switch (call.kfunc->effect) {
    case KfuncEffect::kRcuLock:
      state.acquired.push_back({.object = kRcuSection,
                                .pc = pc,
                                .frame = static_cast<uint8_t>(state.frames.size() - 1)});
      return {};
    case KfuncEffect::kRcuUnlock: {
      const bool iterates = std::any_of(state.stack_objects.begin(), state.stack_objects.end(),
                                        [](const StackObject& object) { return object.in_rcu; });
      if (iterates) return std::unexpected(about(Reason::kLockBalance, call.helper->number));
      state.leave_rcu();
      return {};
    }
    case KfuncEffect::kNone:
    case KfuncEffect::kIteratorNew:
    case KfuncEffect::kIteratorNext:
    case KfuncEffect::kIteratorDestroy:
    case KfuncEffect::kSlice:
    case KfuncEffect::kWritableSlice:
    case KfuncEffect::kClone:
    case KfuncEffect::kContextObject:
    case KfuncEffect::kTypedObject:
      return {};
  }
  return {};
}

// What the prototype alone does not say of an object.
Checked Transfer::adjust_result(const Call& call, Value& result, State&) const {
  constexpr uint32_t kCurrentTask = 158;
  if (call.helper->number == kCurrentTask) result.trust = Trust::kTrusted;
  if (call.kfunc == nullptr) return {};
  const Types& types = rules_.subject.types;
  if (call.kfunc->effect == KfuncEffect::kContextObject) {
    const char* name = type_behind_context(rules_.subject.platform.type);
    result.detail = types.named(name);
    result.trust = Trust::kTrusted;
  } else if (call.kfunc->effect == KfuncEffect::kTypedObject) {
    result.detail = call.memory_bytes;
    result.trust = Trust::kUntrusted;
  } else {
    return {};
  }
  if (types[result.detail] != nullptr) return {};
  return std::unexpected(about(Reason::kHelperArgument, call.helper->number));
}

}  // namespace zext::verifier
