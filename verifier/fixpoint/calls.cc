// Calls and their ends, and whatever else may go on in two ways without being a jump.
#include <algorithm>

#include "verifier/fixpoint/explorer.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;

// Frames of a chain of calls, as in Linux (MAX_CALL_FRAMES).
constexpr size_t kMaxFrames = 8;

// The register of an argument that lies in the packet, or 0.
ebpf::Reg packet_argument(const Function& function, const State& state) {
  for (ebpf::Reg reg = 1; reg <= function.parameter_count; ++reg) {
    const Type type = state.registers[reg].type;
    if (type == Type::kPacket || type == Type::kPacketMeta) return reg;
  }
  return 0;
}

}  // namespace

// Whether one more frame may be entered; notes who calls whom.
bool Explorer::nest(const Path& path, uint32_t callee) {
  if (called_[path.pc] == 0) {
    calls_.push_back({path.state.frames.back().entry, callee, path.pc});
  }
  called_[path.pc] = 1;
  return path.state.frames.size() < kMaxFrames;
}

Explorer::Next Explorer::call(Path& path, const Instruction<>&) {
  const uint32_t target = *code_.target(path.pc);
  if (path.state.lock.held) {
    return reject(path,
                  {.reason = Reason::kLockedCall, .reg = kNoRegister, .type = {}, .access = {}});
  }
  if (!nest(path, target)) {
    Failure failure{.reason = Reason::kCallDepth, .reg = kNoRegister, .type = {}, .access = {}};
    failure.access.related = kMaxFrames + 1;
    return reject(path, failure);
  }
  const Function* function = transfer_.function_at(target);
  if (function != nullptr && function->global) return call_global(path, *function);
  transfer_.call(target, code_.next(path.pc), path.state);
  path.provenance.enter();
  path.from = path.pc;
  path.pc = target;
  return Next::kGoOn;
}

Explorer::Next Explorer::call_global(Path& path, const Function& function) {
  if (Checked done = transfer_.check_arguments(function, path.state); !done) {
    return reject(path, done.error());
  }
  for (ebpf::Reg reg = 1; reg <= kArgumentCount; ++reg) measure_stack(path, reg, 0);
  const bool changes = changes_packet(function.entry);
  if (const ebpf::Reg reg = packet_argument(function, path.state); changes && reg != 0) {
    // It would go on using what it moved away.
    return reject(path, {.reason = Reason::kFunctionArgument,
                         .reg = reg,
                         .type = path.state.registers[reg].type,
                         .access = {}});
  }
  const auto before = Provenance::addresses(path.state);
  transfer_.return_from(function, changes, path.state);
  verify_later(transfer_.global_entry(function));
  path.provenance.wrote(code_.insns[path.pc], path.pc, path.trace);
  path.provenance.ended(before, path.state, path.pc, path.trace);
  path.from = path.pc;
  path.pc = code_.next(path.pc);
  return Next::kGoOn;
}

// Whether the function, or one that it calls, calls a helper that changes packets.
bool Explorer::changes_packet(uint32_t entry) const {
  std::vector<uint32_t> entries{entry};
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto next = std::upper_bound(code_.functions.begin(), code_.functions.end(), entries[i]);
    const uint32_t end = next == code_.functions.end() ? code_.size() : *next;
    for (uint32_t pc = entries[i]; pc < end; pc = code_.next(pc)) {
      const Instruction<>& insn = code_.insns[pc];
      if (insn.row().kind == Kind::kCallHelper) {
        const Helper* helper =
            rules_.subject.platform.helper(static_cast<uint32_t>(insn.imm.value()));
        constexpr uint32_t kDynptrWrite = 202;  // to a packet, where the dynptr is one's
        if (helper != nullptr && (helper->changes_packet || helper->number == kDynptrWrite)) {
          return true;
        }
        if (ebpf::is_tail_call(insn)) return true;  // what it goes on in may do so
      }
      const bool address = insn.op == ebpf::Op::kLoadFunction;
      if (insn.row().kind != Kind::kCallLocal && !address) continue;
      const uint32_t callee = address ? named_function(insn, pc) : *code_.target(pc);
      if (std::find(entries.begin(), entries.end(), callee) == entries.end()) {
        entries.push_back(callee);
      }
    }
  }
  return false;
}

Explorer::Next Explorer::call_helper(Path& path, const Instruction<>& insn) {
  auto call = transfer_.check_helper(insn, path.state);
  if (!call) return reject(path, call.error());
  for (ebpf::Reg reg = 1; reg <= kArgumentCount; ++reg) measure_stack(path, reg, 0);
  const bool has_function = call->callback != Callback::kNone;
  if (has_function && !nest(path, call->function)) {
    return reject(path,
                  {.reason = Reason::kCallDepth, .reg = kNoRegister, .type = {}, .access = {}});
  }
  if (call->callback == Callback::kTimer) {
    verify_later(transfer_.deferred_entry(*call));
  } else if (has_function) {
    State inside = path.state;
    if (transfer_.call_back(*call, path.pc, inside)) {
      fork(path, std::move(inside), call->function, true);
      waiting_.back().provenance.enter();
      // The arguments may have been looked at in a state that is gone.
      call = transfer_.check_helper(insn, path.state);
    }
    path.trace = traced(path, false);
    path.state.frames.back().rounds = {};
  }
  // A program that a function of this one goes on in returns to the function's caller.
  if (ebpf::is_tail_call(insn) && path.state.frames.size() > 1) {
    State out = path.state;
    tail_callers_.push_back(path.state.frames.back().entry);
    out.invalidate_packet(rules_.subject.platform, symbols_);
    out.registers[0] = Value::of(Number::top());
    if (const Next next = return_early(path, std::move(out)); next != Next::kGoOn) return next;
    call = transfer_.check_helper(insn, path.state);
  }
  const auto before = Provenance::addresses(path.state);
  if (Checked done = transfer_.finish_helper(*call, path.pc, path.state); !done) {
    return reject(path, done.error());
  }
  path.provenance.wrote(insn, path.pc, path.trace);
  path.provenance.ended(before, path.state, path.pc, path.trace);
  path.from = path.pc;
  path.pc = code_.next(path.pc);
  return spent() ? give_up(path) : Next::kGoOn;
}

Explorer::Next Explorer::call_kernel(Path& path, const Instruction<>& insn) {
  const auto call = transfer_.check_kernel_function(insn, path.state);
  if (!call) return reject(path, call.error());
  for (ebpf::Reg reg = 1; reg <= kArgumentCount; ++reg) measure_stack(path, reg, 0);
  const uint32_t next = code_.next(path.pc);
  if (call->kfunc->effect == KfuncEffect::kIteratorNext) {
    State ended = path.state;
    transfer_.end_elements(*call, ended);
    if (transfer_.take_element(*call, path.state)) {
      fork(path, std::move(ended), next, true);
      path.trace = traced(path, false);
    } else {
      path.trace = traced(path, true);
      path.state = std::move(ended);
    }
  } else if (Checked done = transfer_.finish_helper(*call, path.pc, path.state); !done) {
    return reject(path, done.error());
  }
  path.from = path.pc;
  path.pc = next;
  return spent() ? give_up(path) : Next::kGoOn;
}

Explorer::Next Explorer::may_goto(Path& path) {
  State stays = path.state;
  const bool more = transfer_.take_round(stays);
  const uint32_t target = *code_.target(path.pc);
  if (more) {
    fork(path, std::move(path.state), target, true);
    path.trace = traced(path, false);
    path.state = std::move(stays);
    path.from = path.pc;
    path.pc = code_.next(path.pc);
  } else {
    path.trace = traced(path, true);
    path.from = path.pc;
    path.pc = target;
  }
  return spent() ? give_up(path) : Next::kGoOn;
}

// Where the packet has no such byte, the function returns 0 at once.
Explorer::Next Explorer::load_packet(Path& path, const Instruction<>& insn) {
  State out = path.state;
  if (Checked done = transfer_.step(insn, path.pc, path.state); !done) {
    return reject(path, done.error());
  }
  if (path.state.lock.held) {
    return reject(path,
                  {.reason = Reason::kLockedCall, .reg = kNoRegister, .type = {}, .access = {}});
  }
  out.registers[0] = Value::of(constant_number(0));
  if (const Next next = return_early(path, std::move(out)); next != Next::kGoOn) return next;
  path.provenance.wrote(insn, path.pc, path.trace);
  path.from = path.pc;
  path.pc = code_.next(path.pc);
  return Next::kGoOn;
}

// Another way on: the function returns from here.
Explorer::Next Explorer::return_early(Path& path, State state) {
  Path out{.state = std::move(state),
           .pc = path.pc,
           .trace = path.trace,
           .kept = path.kept,
           .root = path.root,
           .loops = path.loops,
           .provenance = path.provenance};
  const Next next = exit(out);
  if (next != Next::kGoOn && next != Next::kEnded) return next;
  if (next == Next::kGoOn) {
    fork(path, std::move(out.state), out.pc, true);
    waiting_.back().from = out.from;
    waiting_.back().loops = std::move(out.loops);
    waiting_.back().provenance = std::move(out.provenance);
  }
  path.trace = traced(path, false);
  return spent() ? give_up(path) : Next::kGoOn;
}

Explorer::Next Explorer::exit(Path& path) {
  if (Checked done = transfer_.check_exit(path.state); !done) return reject(path, done.error());
  if (path.state.frames.size() == 1) return Next::kEnded;
  const Frame& frame = path.state.frames.back();
  const uint32_t return_pc = frame.return_pc;
  const bool round = frame.role == Role::kCallback;
  if (round) {
    transfer_.end_round(path.state);
  } else {
    transfer_.leave(path.state);
  }
  const size_t depth = path.state.frames.size();
  std::erase_if(path.loops, [&](const Loop& loop) { return loop.frames > depth; });
  path.from = round ? return_pc : return_pc - 1;  // the call
  path.provenance.leave(path.from, path.trace);
  path.pc = return_pc;
  return Next::kGoOn;
}

}  // namespace zext::verifier
