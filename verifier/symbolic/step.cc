// Control flow: jumps, calls of functions, exits; and what constants name.
#include <algorithm>

#include "isa/ebpf/semantics.h"
#include "verifier/symbolic/executor.h"
#include "verifier/symbolic/reach.h"

namespace zext::verifier::symbolic {
namespace {

using ebpf::JumpOp;
using ebpf::Kind;

constexpr size_t kMaxFrames = 8;
constexpr uint64_t kMaxGotoRounds = uint64_t{1} << 23;
constexpr uint32_t kFixedObjects = uint32_t{1} << 31;

bool in_packet(Type type) {
  return type == Type::kPacket || type == Type::kPacketEnd || type == Type::kPacketMeta;
}

bool is_signed(JumpOp op) {
  return op == JumpOp::kJsgt || op == JumpOp::kJsge || op == JumpOp::kJslt || op == JumpOp::kJsle;
}

Truth jumps(const ebpf::Instruction<>& insn, const Term& dst, const Term& src) {
  return lift(
      [&](auto a, auto b) {
        using W = decltype(a);
        ebpf::Instruction<W> lifted;
        lifted.op = insn.op;
        lifted.imm = W::of(insn.imm.value());
        return ebpf::jumps(lifted, a, b);
      },
      dst, src);
}

}  // namespace

Machine Executor::entry(const Root& root) {
  const Platform& platform = rules_.subject.platform;
  Machine machine;
  machine.pc = root.entry;
  machine.frames.emplace_back();
  machine.top().role = root.role;
  machine.top().entry = root.entry;
  const bool loads = remembers_ && platform.packet_loads;
  machine.packet_size = solver_.fresh_between(0, loads ? UINT16_MAX : platform.packet_max);
  machine.meta_size_plus_one = solver_.fresh_between(0, platform.meta_max + 1);
  machine.memory_size = solver_.fresh_between(0, platform.memory_max);
  machine.goto_rounds = solver_.fresh_between(0, kMaxGotoRounds);
  machine.registers[ebpf::kFramePointer] = Word::at(Type::kStack);
  switch (root.role) {
    case Role::kCallee:
    case Role::kCallback:
    case Role::kProgram:
      if (platform.entry == Entry::kMemory) {
        machine.registers[1] = Word::at(Type::kMemory);
        machine.registers[2] = Word::of(machine.memory_size);
      } else {
        machine.registers[1] = Word::at(Type::kContext);
      }
      break;
    case Role::kGlobal:
      for (const Function& function : rules_.subject.functions) {
        if (function.entry != root.entry) continue;
        for (unsigned i = 0; i < function.parameter_count; ++i) {
          machine.registers[i + 1] = argument_of(function.parameters[i]);
        }
      }
      break;
    case Role::kDeferred:
      machine.registers[1] = Word::at(Type::kMap, *root.map);
      machine.registers[2] = Word::at(Type::kMapKey, *root.map);
      machine.registers[3] = Word::at(Type::kMapValue, *root.map);
      for (const unsigned reg : {2u, 3u}) machine.registers[reg].object = fresh_object();
      break;
  }
  return machine;
}

Executor::Ways Executor::on(Machine machine, uint32_t pc) {
  machine.pc = pc;
  std::vector<Way> ways;
  ways.push_back({.machine = std::move(machine), .taken = {}});
  return ways;
}

Checked Executor::require(const Truth& truth, Reason reason, uint8_t reg) {
  if (truth.is(true) || obligations_ == Obligations::kTrust) return {};
  if (obligations_ == Obligations::kAssume) {
    if (truth.is(false)) return violated(reason, reg);
    solver_.add(truth);
    return {};
  }
  // Nothing is wrong where nothing gets.
  Violation violation{.reason = reason, .pc = pc_, .reg = reg, .broken = !truth};
  switch (solver_.exemplified(!truth)) {
    case Possible::kNo:
      return {};
    case Possible::kYes:
      return std::unexpected(violation);
    case Possible::kUnknown:
      break;
  }
  violation.kind = Violation::Kind::kUndecided;
  return std::unexpected(violation);
}

std::unexpected<Violation> Executor::violated(Reason reason, uint8_t reg) const {
  return std::unexpected(Violation{.reason = reason, .pc = pc_, .reg = reg});
}

std::unexpected<Violation> Executor::unsupported(const char* what) const {
  return std::unexpected(Violation{.kind = Violation::Kind::kUnsupported, .pc = pc_, .what = what});
}

Checked Executor::initialised(const Machine& machine, ebpf::Reg reg) const {
  if (machine.registers[reg].type != Type::kUninitialised) return {};
  return violated(Reason::kUninitialisedRegister, reg);
}

Checked Executor::no_leak(const Machine& machine, ebpf::Reg reg, Reason reason) const {
  if (Checked c = initialised(machine, reg); !c) return c;
  if (machine.registers[reg].pointer() && !rules_.privileged) return violated(reason, reg);
  return {};
}

Executor::Ways Executor::step(Machine machine) {
  pc_ = machine.pc;
  const Insn& insn = rules_.subject.code.insns[pc_];
  const uint32_t next = rules_.subject.code.next(pc_);
  if ((ebpf::fields_of(insn.row()).dst_written && insn.dst == ebpf::kFramePointer) ||
      (ebpf::fields_of(insn.row()).src_written && insn.src == ebpf::kFramePointer)) {
    return violated(Reason::kFramePointerWrite, ebpf::kFramePointer);
  }
  Checked done;
  switch (insn.row().kind) {
    case Kind::kAlu:
    case Kind::kNeg:
    case Kind::kMovsx:
    case Kind::kEndian:
      done = alu(machine, insn);
      break;
    case Kind::kImm64:
      done = load_constant(machine, insn);
      break;
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kLoadAcquire:
      done = load(machine, insn);
      break;
    case Kind::kStore:
    case Kind::kStoreImm:
    case Kind::kStoreRelease:
      done = store(machine, insn);
      break;
    case Kind::kAtomic:
      done = atomic(machine, insn);
      break;
    case Kind::kJump:
      return jump(std::move(machine), insn);
    case Kind::kJa:
    case Kind::kGotol:
      return on(std::move(machine), *rules_.subject.code.target(pc_));
    case Kind::kMayGoto:
      return may_goto(std::move(machine), insn);
    case Kind::kCallLocal:
      return call_local(std::move(machine), insn);
    case Kind::kCallHelper:
      return call_helper(std::move(machine), insn);
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
      return load_packet(std::move(machine), insn);
    case Kind::kExit:
      return exit(std::move(machine));
    case Kind::kCallBtf:
      return unsupported("a call of a kernel function");
    case Kind::kCallx:
      return unsupported("a call through a register");
    case Kind::kAddrSpaceCast:
      return unsupported("an arena");
  }
  if (!done) return std::unexpected(done.error());
  return on(std::move(machine), next);
}

// Where two pointers point, from the same origin; none if their regions are not known to be one.
std::optional<std::pair<Term, Term>> Executor::places(const Machine& machine, const Word& a,
                                                      const Word& b) const {
  const auto from_data = [&](const Word& word) {
    if (word.type != Type::kPacketMeta) return word.bits;
    return word.bits - (machine.meta_size_plus_one - Term::of(1));
  };
  if (a.nullable || b.nullable) return std::nullopt;
  if (in_packet(a.type) && in_packet(b.type)) return std::pair{from_data(a), from_data(b)};
  if (a.type != b.type || a.frame != b.frame || a.object != b.object) return std::nullopt;
  const bool object =
      a.type == Type::kMapKey || a.type == Type::kMapValue || a.type == Type::kRegion;
  const bool one = a.type == Type::kContext || a.type == Type::kStack || a.type == Type::kMemory;
  if (!one && !(object && a.object != 0)) return std::nullopt;
  return std::pair{a.bits, b.bits};
}

Executor::Ways Executor::jump(Machine machine, const Insn& insn) {
  const ebpf::Row& row = insn.row();
  const bool reg = row.source == ebpf::Source::kRegister;
  if (Checked c = initialised(machine, insn.dst); !c) return std::unexpected(c.error());
  if (reg) {
    if (Checked c = initialised(machine, insn.src); !c) return std::unexpected(c.error());
  }
  const Word a = machine.registers[insn.dst];
  const Word b = reg ? machine.registers[insn.src] : Word::of(Term(insn.imm));
  Way taken{.machine = machine, .taken = true};
  Way falls{.machine = std::move(machine), .taken = false};
  const bool equality = row.jump == JumpOp::kJeq || row.jump == JumpOp::kJne;
  bool known = true;
  if (a.number() && b.number()) {
    taken.condition = jumps(insn, a.bits, b.bits);
    falls.condition = !taken.condition;
  } else if (a.pointer() && b.pointer()) {
    const auto both = places(taken.machine, a, b);
    known = row.width == 64 && both && row.jump != JumpOp::kJset && !is_signed(row.jump);
    if (known) {
      for (const Word* word : {&a, &b}) {
        if (Checked c = require(within_reach(word->bits), Reason::kPointerOffset, insn.dst); !c) {
          return std::unexpected(c.error());
        }
      }
      // Offsets are far from where unsigned addresses wrap: moved by 2^63, they are in the same
      // order.
      const Term middle = Term::of(uint64_t{1} << 63);
      taken.condition = jumps(insn, both->first + middle, both->second + middle);
      falls.condition = !taken.condition;
    } else if (equality && row.width == 64 && a.nullable != b.nullable) {
      // Equal to what is there, it is there.
      const Word& unsure = a.nullable ? a : b;
      const Word& sure = a.nullable ? b : a;
      if (sure.type != Type::kObject && unsure.bits.is(0)) {
        Machine& equal = row.jump == JumpOp::kJeq ? taken.machine : falls.machine;
        decide_null(equal, unsure.object, false);
      }
    }
  } else {
    const Word& pointer = a.pointer() ? a : b;
    const Word& other = a.pointer() ? b : a;
    known = equality && row.width == 64 && other.bits.is(0);
    if (known) {
      Way& null = row.jump == JumpOp::kJeq ? taken : falls;
      Way& there = row.jump == JumpOp::kJeq ? falls : taken;
      if (pointer.nullable) {
        if (remembers_) {
          const Presence presence = this->presence(null.machine, pointer.object);
          null.condition = presence.absent;
          there.condition = presence.there;
        }
        decide_null(null.machine, pointer.object, true);
        decide_null(there.machine, pointer.object, false);
      } else {
        // No region is at address 0; what is loaded from a kernel object may be.
        const bool walked =
            pointer.type == Type::kObject && trust_of(null.machine, pointer) <= Trust::kNone;
        null.condition = walked;
      }
    }
  }
  if (!known && !rules_.privileged) {
    return violated(Reason::kPointerComparison, a.pointer() ? insn.dst : insn.src);
  }
  taken.machine.pc = *rules_.subject.code.target(pc_);
  falls.machine.pc = rules_.subject.code.next(pc_);
  std::vector<Way> ways;
  ways.push_back(std::move(taken));
  ways.push_back(std::move(falls));
  return ways;
}

Executor::Ways Executor::may_goto(Machine machine, const Insn&) {
  Way jumps{.machine = machine, .taken = true};
  Way stays{.machine = std::move(machine), .taken = false};
  jumps.machine.pc = *rules_.subject.code.target(pc_);
  stays.machine.pc = rules_.subject.code.next(pc_);
  stays.condition = ult(Term::of(0), stays.machine.goto_rounds);
  stays.machine.goto_rounds = stays.machine.goto_rounds - Term::of(1);
  std::vector<Way> ways;
  ways.push_back(std::move(jumps));
  ways.push_back(std::move(stays));
  return ways;
}

void Executor::enter(Machine& machine, uint32_t entry, uint32_t return_pc, Role role) {
  Frame frame;
  frame.role = role;
  frame.return_pc = return_pc;
  frame.entry = entry;
  for (unsigned i = 0; i < 4; ++i) {
    frame.saved[i] = machine.registers[6 + i];
    machine.registers[6 + i] = {};
  }
  machine.registers[0] = {};
  machine.frames.push_back(std::move(frame));
  machine.registers[ebpf::kFramePointer].frame = static_cast<uint8_t>(machine.frames.size() - 1);
  machine.pc = entry;
}

void Executor::leave(Machine& machine) {
  const auto left = static_cast<uint8_t>(machine.frames.size() - 1);
  for (unsigned reg = 1; reg < 6; ++reg) machine.registers[reg] = {};
  for (unsigned i = 0; i < 4; ++i) machine.registers[6 + i] = machine.top().saved[i];
  machine.pc = machine.top().return_pc;
  machine.frames.pop_back();
  machine.registers[ebpf::kFramePointer].frame = static_cast<uint8_t>(left - 1);
  for (Held& held : machine.held) held.frame = std::min<uint32_t>(held.frame, left - 1u);
}

Executor::Ways Executor::call_local(Machine machine, const Insn&) {
  const uint32_t target = *rules_.subject.code.target(pc_);
  if (machine.lock.held) return violated(Reason::kLockedCall);
  if (machine.frames.size() == kMaxFrames) return violated(Reason::kCallDepth);
  for (const Function& function : rules_.subject.functions) {
    if (function.entry == target && function.global) {
      return call_global(std::move(machine), function);
    }
  }
  enter(machine, target, rules_.subject.code.next(pc_), Role::kCallee);
  const uint32_t pc = machine.pc;
  return on(std::move(machine), pc);
}

Executor::Ways Executor::load_packet(Machine machine, const Insn& insn) {
  const Word& context = machine.registers[6];
  if (!rules_.subject.platform.packet_loads || context.type != Type::kContext ||
      !context.bits.is(0)) {
    return violated(Reason::kPacketLoad, 6);
  }
  if (insn.row().kind == Kind::kLoadInd) {
    if (Checked c = no_leak(machine, insn.src, Reason::kPointerLeak); !c) {
      return std::unexpected(c.error());
    }
  }
  if (machine.lock.held) return violated(Reason::kLockedCall);
  // Where there is no such byte, the function returns 0.
  Machine out = machine;
  out.registers[0] = Word::of(Term::of(0));
  Ways ways = exit(std::move(out));
  if (!ways) return ways;
  for (Way& way : *ways) way.taken = true;
  Way reads{.machine = std::move(machine), .taken = false};
  Word result = Word::of(solver_.fresh(8 * insn.row().bytes));
  if (remembers_) result = packet_word(reads, insn);
  for (unsigned reg = 1; reg < 6; ++reg) reads.machine.registers[reg] = {};
  reads.machine.registers[0] = result;
  reads.machine.pc = rules_.subject.code.next(pc_);
  ways->push_back(std::move(reads));
  return ways;
}

// The big-endian word of the packet that LD_ABS and LD_IND read.
Word Executor::packet_word(Way& way, const Insn& insn) {
  const bool indirect = insn.row().kind == Kind::kLoadInd;
  Term at = Term(insn.imm);
  if (indirect) at = at + (way.machine.registers[insn.src].bits & Term::of(UINT32_MAX));
  const Word packet = Word::at(Type::kPacket);
  const Term bytes = Term::of(insn.row().bytes);
  way.condition = ule(bytes, way.machine.packet_size) && ule(at, way.machine.packet_size - bytes);
  std::vector<Term> word;
  for (unsigned i = 0; i < insn.row().bytes; ++i) {
    const Access access{
        .pointer = &packet, .offset = at + Term::of(i), .bytes = Term::of(1), .most = 1};
    word.insert(word.begin(), remember(way.machine, access).bits);
  }
  return Word::of(word_of(word));
}

Executor::Ways Executor::exit(Machine machine) {
  const Frame& frame = machine.top();
  const Word& result = machine.registers[0];
  const auto in_range = [&](int64_t low, int64_t high, Reason reason) -> Checked {
    if (!result.number()) return violated(reason, 0);
    // Of results that may be negative only the 32 bits that callers read count.
    const Term value =
        low < 0 ? lift([](auto x) { return ebpf::sign_extend(4, x); }, result.bits) : result.bits;
    return require(sle(Term::of_signed(low), value) && sle(value, Term::of_signed(high)), reason,
                   0);
  };
  if (machine.lock.held) return violated(Reason::kLockBalance);
  const size_t depth = machine.frames.size();
  for (const Held& held : machine.held) {
    if (frame.role == Role::kCallback ? held.frame + 1 == depth : depth == 1) {
      return violated(Reason::kReferenceLeak);
    }
  }
  const ResultRange& range = rules_.subject.platform.result;
  Checked done;
  switch (frame.role) {
    case Role::kCallee:
      if (result.type == Type::kStack && result.frame + 1u == depth) {
        done = violated(Reason::kPointerLeak, 0);
      }
      break;
    case Role::kCallback:
      done = in_range(0, 1, Reason::kCallbackResult);
      break;
    case Role::kDeferred:
      done = in_range(0, 0, Reason::kCallbackResult);
      break;
    case Role::kGlobal:
      for (const Function& function : rules_.subject.functions) {
        if (function.entry == frame.entry && !function.returns_nothing && !result.number()) {
          done = violated(Reason::kReturnValue, 0);
        }
      }
      break;
    case Role::kProgram:
      if (result.type == Type::kUninitialised) {
        done = violated(Reason::kReturnValue, 0);
      } else if (!range.any()) {
        done = in_range(range.low, range.high, Reason::kReturnRange);
      } else if (result.pointer() && !rules_.privileged) {
        done = violated(Reason::kReturnValue, 0);
      }
      break;
  }
  if (!done) return std::unexpected(done.error());
  if (depth == 1) return std::vector<Way>();
  const bool round = frame.role == Role::kCallback;
  const std::array<Word, 5> arguments = frame.arguments;
  leave(machine);
  if (round) {
    machine.registers[0] = {};
    for (unsigned i = 0; i < 5; ++i) machine.registers[i + 1] = arguments[i];
    const Term done = machine.top().rounds ? *machine.top().rounds : solver_.fresh();
    machine.top().rounds = done + Term::of(1);
  }
  const uint32_t pc = machine.pc;
  return on(std::move(machine), pc);
}

Checked Executor::load_constant(Machine& machine, const Insn& insn) {
  using ebpf::Op;
  const Subject& subject = rules_.subject;
  Word& dst = machine.registers[insn.dst];
  const auto number = static_cast<int32_t>(insn.imm.value());
  if (insn.op == Op::kLoadImm64) {
    dst = Word::of(Term(insn.imm));
    return {};
  }
  if (insn.op == Op::kLoadFunction) {
    dst = Word::at(Type::kFunction);
    dst.detail = pc_ + 1 + static_cast<uint32_t>(insn.imm.value());
    return {};
  }
  if (insn.op == Op::kLoadVariable) {
    for (const KernelVariable& variable : subject.variables) {
      if (variable.number != number) continue;
      if (variable.missing) {
        if (!variable.weak) return violated(Reason::kUnsupportedVariable);
        dst = Word::of(Term::of(0));
        return {};
      }
      const Parameter& value = variable.value;
      const bool memory = value.kind == Parameter::Kind::kMemory;
      if (!memory && value.kind != Parameter::Kind::kObject) {
        dst = Word::of(solver_.fresh());
        return {};
      }
      dst = Word::at(variable.per_cpu ? Type::kPerCpu : memory ? Type::kRegion : Type::kObject);
      dst.read_only = memory;
      dst.detail = memory ? value.bytes : value.type;
      dst.nullable = variable.weak && value.nullable;
      dst.object = kFixedObjects + (kFixedObjects >> 1) +
                   static_cast<uint32_t>(&variable - subject.variables.data());
      return {};
    }
    for (const KernelFunction& function : subject.kernel_functions) {
      if (function.number != number) continue;
      dst = Word::of(function.missing ? Term::of(0) : solver_.fresh());
      return {};
    }
    return violated(Reason::kUnsupportedVariable);
  }
  const bool by_index = insn.op == Op::kLoadMapIdx || insn.op == Op::kLoadMapValueIdx;
  const bool value = insn.op == Op::kLoadMapValueFd || insn.op == Op::kLoadMapValueIdx;
  for (const Map& map : subject.maps) {
    if (map.number != number || map.by_index != by_index) continue;
    dst = Word::at(value ? Type::kMapValue : Type::kMap, map);
    if (!value) return {};
    const uint64_t offset = insn.imm.value() >> 32;
    constexpr uint32_t kArray = 2;
    if (map.type != kArray || map.max_entries != 1) return violated(Reason::kUnsupportedMap);
    if (offset >= map.value_size) return violated(Reason::kMapBounds);
    dst.bits = Term::of(offset);
    dst.object = kFixedObjects + static_cast<uint32_t>(&map - subject.maps.data());
    return {};
  }
  return violated(Reason::kUnknownMap);
}

void Executor::each_word(Machine& machine, const std::function<void(Word&)>& f) {
  for (Word& word : machine.registers) f(word);
  for (Frame& frame : machine.frames) {
    for (Word& word : frame.saved) f(word);
    for (Word& word : frame.arguments) f(word);
    uint32_t before = 0;
    uint32_t after = 0;
    for (Byte& byte : frame.stack) {
      if (byte.stored == 0) continue;
      if (byte.stored != before) {
        before = after = byte.stored;
        if (stored_[before].word.pointer()) {
          Stored changed = stored_[before];
          f(changed.word);
          // Other machines share what is stored.
          after =
              changed.word.type == Type::kUninitialised ? 0 : static_cast<uint32_t>(stored_.size());
          if (after != 0) stored_.push_back(std::move(changed));
        }
      }
      byte.stored = after;
    }
  }
}

void Executor::decide_null(Machine& machine, uint32_t object, bool null) {
  if (remembers_) record(machine, {.kind = Event::Kind::kDecided, .object = object, .null = null});
  // What was not acquired after all need not be released.
  if (null) {
    std::erase_if(machine.held, [&](const Held& held) { return held.object == object; });
  }
  each_word(machine, [&](Word& word) {
    if (!word.pointer() || !word.nullable || word.object != object) return;
    if (null) {
      word = Word::of(Term::of(0));
    } else {
      word.nullable = false;
    }
  });
}

// For a run that is to be replayed: what makes the element of a map absent, or there. An array's is
// absent if its index is out of range; another map's has what it was found to have before, unless
// the program changed the map.
Executor::Presence Executor::presence(const Machine& machine, uint32_t object) const {
  constexpr uint32_t kArray = 2;
  std::vector<std::pair<uint32_t, bool>> decided;
  const Event* lookup = nullptr;
  Presence result;
  for (const Event* e = machine.history.get(); e != nullptr; e = e->before.get()) {
    if (e->kind == Event::Kind::kDecided) decided.emplace_back(e->object, e->null);
    if (lookup == nullptr) {
      if (e->kind != Event::Kind::kLookup || e->object != object) continue;
      lookup = e;
      if (e->map->type != kArray || e->key.size() != 4) continue;
      result.absent = ule(Term::of(e->map->max_entries), word_of(e->key));
      result.there = !result.absent;
      return result;
    }
    if (e->kind == Event::Kind::kCall && e->map == lookup->map) break;
    if (e->kind != Event::Kind::kLookup || e->map != lookup->map) continue;
    const auto known = std::find_if(decided.begin(), decided.end(),
                                    [&](const auto& d) { return d.first == e->object; });
    if (known == decided.end()) continue;
    Truth same = true;
    for (size_t i = 0; i < e->key.size(); ++i) same = same && e->key[i] == lookup->key[i];
    Truth& contradicted = known->second ? result.there : result.absent;
    contradicted = contradicted && !same;
  }
  return result;
}

void Executor::invalidate_packet(Machine& machine) {
  each_word(machine, [&](Word& word) {
    if (in_packet(word.type)) word = ended();
  });
  // A replayed run finds the packet as it was.
  if (remembers_) return;
  ++machine.context_version;
  const Platform& platform = rules_.subject.platform;
  machine.packet_size = solver_.fresh_between(0, platform.packet_max);
  machine.meta_size_plus_one = solver_.fresh_between(0, platform.meta_max + 1);
}

}  // namespace zext::verifier::symbolic
