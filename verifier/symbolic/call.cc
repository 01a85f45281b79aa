// Calls: what helpers and global functions give and leave behind.
#include <algorithm>

#include "verifier/symbolic/executor.h"

namespace zext::verifier::symbolic {
namespace {

constexpr size_t kMaxFrames = 8;
constexpr uint32_t kMapLookup = 1;
constexpr uint32_t kSpinLock = 93;
constexpr uint32_t kSpinUnlock = 94;
constexpr uint32_t kArrayOfMaps = 12;
constexpr uint32_t kHashOfMaps = 13;
constexpr uint32_t kDevMap = 14;
constexpr uint32_t kSockMap = 15;
constexpr uint32_t kCpuMap = 16;
constexpr uint32_t kXskMap = 17;
constexpr uint32_t kSockHash = 18;
constexpr uint32_t kDevMapHash = 25;

}  // namespace

void Executor::add_root(const Root& root) {
  if (std::find(roots_.begin(), roots_.end(), root) == roots_.end()) roots_.push_back(root);
}

Executor::Ways Executor::call_helper(Machine machine, const Insn& insn) {
  const Subject& subject = rules_.subject;
  const auto number = static_cast<uint32_t>(insn.imm.value());
  const uint32_t next = subject.code.next(pc_);
  const Helper* helper = subject.platform.helper(number);
  if (helper == nullptr) return violated(Reason::kHelperNotAllowed);
  if (helper->gpl_only && !subject.gpl_compatible) return violated(Reason::kLicenceNeeded);
  if (helper->may_sleep && !subject.sleepable) return violated(Reason::kMayNotSleep);
  if (machine.lock.held && number != kSpinUnlock) {
    return violated(number == kSpinLock ? Reason::kLockBalance : Reason::kLockedCall);
  }
  auto call = check_call(machine, *helper);
  if (!call) return std::unexpected(call.error());
  if (number == kSpinUnlock && (!machine.lock.held || machine.lock.object != call->locked ||
                                machine.lock.map != call->value_map)) {
    return violated(Reason::kLockBalance);
  }
  const bool tail = ebpf::is_tail_call(insn);
  if (tail && !machine.held.empty()) return violated(Reason::kReferenceLeak);
  std::vector<Way> ways;
  if (call->callback != Callback::kNone) {
    if (machine.frames.size() == kMaxFrames) return violated(Reason::kCallDepth);
    if (call->callback == Callback::kTimer) {
      add_root({.entry = call->function, .role = Role::kDeferred, .map = call->value_map});
    } else {
      Way back{.machine = machine, .taken = true};
      if (!call_back(back.machine, *call, back.condition)) {
        return unsupported("a helper that calls back");
      }
      ways.push_back(std::move(back));
      machine.top().rounds.reset();
    }
  }
  // A program that a function of this one goes on in returns to the function's caller.
  if (tail && machine.frames.size() > 1) {
    Machine out = machine;
    invalidate_packet(out);
    out.registers[0] = Word::of(solver_.fresh());
    Ways left = exit(std::move(out));
    if (!left) return left;
    for (Way& way : *left) {
      way.taken = true;
      ways.push_back(std::move(way));
    }
  }
  const bool decides = !ways.empty();
  if (Checked c = finish(machine, *call); !c) return std::unexpected(c.error());
  machine.pc = next;
  Way on{.machine = std::move(machine), .taken = {}};
  if (decides) on.taken = false;
  ways.push_back(std::move(on));
  return ways;
}

Checked Executor::finish(Machine& machine, const Call& call) {
  std::vector<Event::Fill> fills;
  for (const Written& written : call.written) {
    const Word pointer = *written.access.pointer;
    Access access = written.access;
    access.pointer = &pointer;
    overwrite(machine, access, written.fills);
    if (remembers_) fills.push_back({.reg = access.reg, .bytes = filled(machine, access)});
  }
  if (call.helper->number == kSpinLock) {
    machine.lock = {.held = true, .object = call.locked, .map = call.value_map};
  } else if (call.helper->number == kSpinUnlock) {
    machine.lock = {};
  }
  if (call.released != 0) {
    std::erase_if(machine.held, [&](const Held& held) { return held.object == call.released; });
    each_word(machine, [&](Word& word) {
      const bool gone = word.reference == call.released || word.object == call.released;
      if (word.pointer() && gone) word = ended();
    });
  }
  if (call.helper->changes_packet) invalidate_packet(machine);
  ++machine.context_version;
  auto result = result_of(call);
  if (!result) return std::unexpected(result.error());
  if (result->pointer()) {
    const Result& wanted = call.helper->result;
    result->nullable = result->nullable || (wanted.nullable && !call.there);
    if (result->object == 0) result->object = fresh_object();
    if (wanted.casts) result->reference = call.cast.reference;
    // A socket that a map held is held by the program as well.
    const bool socket = wanted.kind == ResultKind::kMapValue && result->type == Type::kStructure &&
                        result->structure == StructureId::kSocket;
    if (wanted.acquires || socket) {
      result->reference = result->object;
      machine.held.push_back({.object = result->object,
                              .pc = pc_,
                              .frame = static_cast<uint32_t>(machine.frames.size() - 1)});
    }
  }
  if (remembers_) record_call(machine, call, *result, std::move(fills));
  for (unsigned reg = 1; reg < 6; ++reg) machine.registers[reg] = {};
  machine.registers[0] = *result;
  return {};
}

// For the input that makes a replayed run go the same way.
void Executor::record_call(Machine& machine, const Call& call, const Word& result,
                           std::vector<Event::Fill> fills) {
  if (result.type == Type::kMapValue && call.helper->number == kMapLookup) {
    record(machine, {.kind = Event::Kind::kLookup,
                     .map = call.map,
                     .key = key_bytes(machine, machine.registers[2], call.map->key_size),
                     .object = result.object});
    return;
  }
  Event event{.kind = Event::Kind::kCall,
              .map = call.map,
              .object = 0,
              .result = {},
              .helper = call.helper->number,
              .fills = std::move(fills)};
  if (result.number()) event.result = result.bits;
  if (result.pointer()) event.object = result.object;
  if (result.type == Type::kRegion) event.bytes = result.detail;
  if (result.type == Type::kMapValue) event.bytes = result.map->value_size;
  record(machine, event);
}

std::expected<Word, Violation> Executor::result_of(const Call& call) {
  const Result& wanted = call.helper->result;
  switch (wanted.kind) {
    case ResultKind::kNothing:
      return Word();
    case ResultKind::kNumber: {
      const Term result = solver_.fresh();
      if (wanted.low <= wanted.high) {
        solver_.add(sle(Term::of_signed(wanted.low), result) &&
                    sle(result, Term::of_signed(wanted.high)));
      }
      if (wanted.at_most_size && call.size) {
        const Truth small = ule(*call.size, Term::of(INT32_MAX));
        solver_.add(!small || sle(result, *call.size));
      }
      return Word::of(result);
    }
    case ResultKind::kMapValue:
      if (call.map == nullptr) return violated(Reason::kUnknownMap);
      return looked_up(call);
    case ResultKind::kMemory:
    case ResultKind::kRecord: {
      Word region = Word::at(Type::kRegion);
      region.detail = wanted.bytes != 0 ? wanted.bytes : call.memory_bytes;
      region.read_only = wanted.read_only;
      return region;
    }
    case ResultKind::kStructure: {
      Word structure = Word::at(Type::kStructure);
      structure.structure = wanted.structure;
      return structure;
    }
    case ResultKind::kBtf: {
      Word object = Word::at(Type::kObject);
      object.detail = rules_.subject.types.named(wanted.type_name);
      return object;
    }
    case ResultKind::kPerCpu: {
      Word behind = Word::at(call.variable.read_only ? Type::kRegion : Type::kObject);
      behind.read_only = call.variable.read_only;
      behind.detail = call.variable.detail;
      return behind;
    }
    case ResultKind::kKptr:
    case ResultKind::kDynptrData:
      break;
  }
  return unsupported("what the helper gives");
}

// What a lookup in the map gives.
std::expected<Word, Violation> Executor::looked_up(const Call& call) {
  const Map& map = *call.map;
  switch (map.type) {
    case kArrayOfMaps:
    case kHashOfMaps: {
      if (map.inner == nullptr) return violated(Reason::kUnsupportedMap);
      Word inner = Word::at(Type::kMap, *map.inner);
      inner.nullable = true;
      return inner;
    }
    case kSockMap:
    case kSockHash:
    case kXskMap: {
      Word socket = Word::at(Type::kStructure);
      socket.structure = map.type == kXskMap ? StructureId::kXdpSock : StructureId::kSocket;
      socket.nullable = true;
      return socket;
    }
    default: {
      Word value = Word::at(Type::kMapValue, map);
      const bool devices = map.type == kDevMap || map.type == kDevMapHash || map.type == kCpuMap;
      value.read_only = devices;
      value.detail = !devices && call.inner_map ? 1 : 0;
      return value;
    }
  }
}

bool Executor::call_back(Machine& machine, const Call& call, Truth& condition) {
  std::array<Word, 5> arguments;
  std::copy_n(machine.registers.begin() + 1, 5, arguments.begin());
  std::optional<Term>& rounds = machine.top().rounds;
  if (!rounds) rounds = Term::of(0);
  const Word index = Word::of(*rounds);
  if (call.callback == Callback::kLoop) {
    condition = ult(*rounds, arguments[0].bits & Term::of(UINT32_MAX));
  } else if (call.callback == Callback::kMapElement) {
    condition = ult(*rounds, Term::of(call.map->max_entries));
  } else {
    return false;
  }
  for (const Written& written : call.written) overwrite(machine, written.access, written.fills);
  enter(machine, call.function, pc_, Role::kCallback);
  machine.top().arguments = arguments;
  for (unsigned reg = 1; reg < 6; ++reg) machine.registers[reg] = {};
  if (call.callback == Callback::kLoop) {
    machine.registers[1] = index;
    machine.registers[2] = arguments[2];
    return true;
  }
  machine.registers[1] = Word::at(Type::kMap, *call.map);
  machine.registers[2] = Word::at(Type::kMapKey, *call.map);
  machine.registers[3] = Word::at(Type::kMapValue, *call.map);
  for (const unsigned reg : {2u, 3u}) machine.registers[reg].object = fresh_object();
  machine.registers[4] = arguments[2];
  if (remembers_) {
    record(machine, {.kind = Event::Kind::kElement,
                     .map = call.map,
                     .object = machine.registers[3].object,
                     .key_object = machine.registers[2].object});
  }
  return true;
}

Word Executor::argument_of(const Parameter& parameter) {
  switch (parameter.kind) {
    case Parameter::Kind::kNumber:
    case Parameter::Kind::kUnknown:
      break;
    case Parameter::Kind::kContext:
      return Word::at(Type::kContext);
    case Parameter::Kind::kMemory: {
      Word memory = Word::at(Type::kRegion);
      memory.detail = parameter.bytes;
      memory.nullable = parameter.nullable;
      memory.object = fresh_object();
      return memory;
    }
    case Parameter::Kind::kObject: {
      Word object = Word::at(Type::kObject);
      object.detail = parameter.type;
      object.nullable = parameter.nullable;
      object.object = fresh_object();
      return object;
    }
  }
  return Word::of(solver_.fresh());
}

Checked Executor::check_function(const Machine& machine, const Function& function) {
  if (function.returns_nothing || function.returns_unknown) {
    return violated(Reason::kFunctionPrototype);
  }
  for (unsigned i = 0; i < function.parameter_count; ++i) {
    const auto reg = static_cast<uint8_t>(i + 1);
    const Parameter& parameter = function.parameters[i];
    if (Checked c = initialised(machine, reg); !c) return c;
    const Word& word = machine.registers[reg];
    bool fits = false;
    switch (parameter.kind) {
      case Parameter::Kind::kUnknown:
        return violated(Reason::kFunctionPrototype, reg);
      case Parameter::Kind::kNumber:
        fits = word.number();
        break;
      case Parameter::Kind::kContext:
        fits = word.type == Type::kContext && word.bits.is(0);
        break;
      case Parameter::Kind::kObject:
        fits = (parameter.nullable && word.null()) ||
               (word.type == Type::kObject && word.detail == parameter.type && word.bits.is(0) &&
                (parameter.nullable || !word.nullable));
        break;
      case Parameter::Kind::kMemory: {
        fits = parameter.nullable && word.null();
        if (fits || !word.pointer()) break;
        // The function may read and write it, and asks whether it is 0.
        Word pointer = word;
        if (parameter.nullable) pointer.nullable = false;
        Access access{.pointer = &pointer,
                      .reg = reg,
                      .offset = pointer.bits,
                      .bytes = Term::of(parameter.bytes),
                      .most = parameter.bytes,
                      .helper = true};
        if (pointer.type == Type::kContext || pointer.type == Type::kStructure ||
            pointer.type == Type::kObject || pointer.type == Type::kTracepointBuffer) {
          break;
        }
        if (Checked c = check_access(machine, access); !c) return c;
        access.write = true;
        if (Checked c = check_access(machine, access); !c) return c;
        if (pointer.type == Type::kStack) {
          if (Checked c = check_stack_read(machine, access); !c) return c;
        }
        fits = true;
        break;
      }
    }
    if (!fits) return violated(Reason::kFunctionArgument, reg);
  }
  return {};
}

Executor::Ways Executor::call_global(Machine machine, const Function& function) {
  if (remembers_) {
    if (Checked c = check_function(machine, function); !c) return std::unexpected(c.error());
    enter(machine, function.entry, rules_.subject.code.next(pc_), Role::kCallee);
    return on(std::move(machine), function.entry);
  }
  if (Checked c = check_function(machine, function); !c) return std::unexpected(c.error());
  add_root({.entry = function.entry, .role = Role::kGlobal});
  for (unsigned i = 0; i < function.parameter_count; ++i) {
    const Word word = machine.registers[i + 1];
    if (function.parameters[i].kind != Parameter::Kind::kMemory || !word.pointer()) continue;
    const uint32_t bytes = function.parameters[i].bytes;
    overwrite(machine,
              {.pointer = &word, .offset = word.bits, .bytes = Term::of(bytes), .most = bytes},
              false);
  }
  if (changes_packet(function.entry)) {
    for (unsigned reg = 1; reg <= function.parameter_count; ++reg) {
      const Type type = machine.registers[reg].type;
      // It would go on using what it moved away.
      if (type == Type::kPacket || type == Type::kPacketMeta) {
        return violated(Reason::kFunctionArgument, static_cast<uint8_t>(reg));
      }
    }
    invalidate_packet(machine);
  }
  for (unsigned reg = 1; reg < 6; ++reg) machine.registers[reg] = {};
  machine.registers[0] = Word::of(solver_.fresh());
  return on(std::move(machine), rules_.subject.code.next(pc_));
}

// Whether the function, or one that it calls, may change packets.
bool Executor::changes_packet(uint32_t entry) const {
  const ebpf::Code& code = rules_.subject.code;
  std::vector<uint32_t> entries{entry};
  for (size_t i = 0; i < entries.size(); ++i) {
    for (uint32_t pc = entries[i]; pc < code.size(); pc = code.next(pc)) {
      if (code.function_of(pc) != entries[i]) break;
      const Insn& insn = code.insns[pc];
      const ebpf::Kind kind = insn.row().kind;
      if (kind == ebpf::Kind::kCallBtf) return true;
      if (kind == ebpf::Kind::kCallHelper) {
        const Helper* helper =
            rules_.subject.platform.helper(static_cast<uint32_t>(insn.imm.value()));
        if (ebpf::is_tail_call(insn) || (helper != nullptr && helper->changes_packet)) return true;
      }
      const bool address = insn.op == ebpf::Op::kLoadFunction;
      if (!address && kind != ebpf::Kind::kCallLocal) continue;
      const uint32_t callee =
          address ? pc + 1 + static_cast<uint32_t>(insn.imm.value()) : *code.target(pc);
      if (std::find(entries.begin(), entries.end(), callee) == entries.end()) {
        entries.push_back(callee);
      }
    }
  }
  return false;
}

}  // namespace zext::verifier::symbolic
