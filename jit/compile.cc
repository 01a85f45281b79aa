#include "jit/compile.h"

#include <algorithm>
#include <optional>

#include "jit/baseline/address_space.h"
#include "jit/baseline/call.h"
#include "jit/baseline/frame.h"
#include "jit/baseline/fusion.h"
#include "jit/baseline/jump.h"
#include "jit/baseline/lower.h"
#include "jit/baseline/outside.h"
#include "jit/baseline/packet.h"
#include "jit/baseline/tail_call.h"
#include "jit/constants.h"
#include "jit/emit/layout.h"
#include "jit/facts.h"
#include "jit/placement.h"
#include "jit/probes.h"
#include "jit/symbols.h"
#include "jit/unwind.h"

namespace zext::jit {
namespace {

using W = Bits<64>;
using E = Emitter<W>;
using ErrorKind = Error::Kind;

// Longest epilogue that each exit has its own copy of, in instructions; otherwise all but the last
// exit jump to the last.
constexpr uint8_t kShortEpilogue = 4;

class Compiler {
 public:
  Compiler(const ebpf::Code& program, const Options& options)
      : program_(program),
        options_(options),
        helpers_(options.helpers),
        kernel_functions_(options.kernel_functions),
        facts_(program),
        probes_(options.probes),
        layout_(options.extensions.has(rv64::Extension::kC), label_count(program)),
        emitter_({.extensions = options.extensions}),
        unwind_(options.extensions.has(rv64::Extension::kC)) {}

  std::expected<Code, Error> run() {
    if (!options_.extensions.includes(kRequired)) {
      return std::unexpected(Error{.kind = ErrorKind::kMissingExtension,
                                   .why = "generated code needs the extensions I, M and A",
                                   .missing = kRequired.without(options_.extensions)});
    }
    if (const char* why = probes_.refused(program_)) {
      return failure(ErrorKind::kBadProbe, probes_.refused_slot(), why);
    }
    layout_.reserve(program_.size());
    lines_.reserve(program_.size());
    find_exposed_functions();
    find_counted_functions();
    if (counted_[0] != 0) entry();
    for (uint32_t i = 0; i < program_.functions.size() && !layout_.full(); ++i) {
      if (const auto error = function(i)) return std::unexpected(*error);
    }
    if (layout_.full() || !layout_.finish()) {
      return failure(ErrorKind::kTooLarge, 0, "the machine code would be larger than 1 GiB");
    }
    const Layout::Unreached far = layout_.unreached();
    if (far.call != nullptr) return std::unexpected(out_of_reach(*far.call, far.distance));
    Code code = finished();
    if (const auto error = misplaced(options_, code.bytes.size())) return std::unexpected(*error);
    return code;
  }

 private:
  struct Line {
    Place place;
    uint32_t pc;
  };
  struct Symbol {
    Place place;
    Relocation::Kind kind;
    int32_t id;
  };

  // Labels: a slot's instruction; then each function's prologue, then each one's epilogue, then
  // where each goes when a packet load finds nothing.
  static uint32_t label_count(const ebpf::Code& program) {
    return program.size() + 3 * static_cast<uint32_t>(program.functions.size());
  }
  Layout::Label prologue(uint32_t function) const { return program_.size() + function; }
  Layout::Label epilogue(uint32_t function) const {
    return program_.size() + static_cast<uint32_t>(program_.functions.size()) + function;
  }
  Layout::Label outside_packet(uint32_t function) const {
    return program_.size() + 2 * static_cast<uint32_t>(program_.functions.size()) + function;
  }
  uint32_t function_index(uint32_t entry) const {
    const auto& all = program_.functions;
    return static_cast<uint32_t>(std::lower_bound(all.begin(), all.end(), entry) - all.begin());
  }

  static std::unexpected<Error> failure(ErrorKind kind, uint32_t pc, const char* why) {
    return std::unexpected(Error{.kind = kind, .pc = pc, .why = why});
  }
  static Error unsupported(uint32_t pc, const char* why) {
    return {.kind = ErrorKind::kUnsupportedInstruction, .pc = pc, .why = why};
  }

  // Functions that something else than a local call may enter: they return in a0 as well (and keep
  // r0 in its home, where a function that made a tail call is expected to have left it).
  void find_exposed_functions() {
    exposed_.assign(program_.functions.size(), 0);
    exposed_[0] = 1;
    for (uint32_t pc = 0; pc < program_.size(); pc = program_.next(pc)) {
      if (program_.insns[pc].op != ebpf::Op::kLoadFunction) continue;
      exposed_[function_index(named_function(pc))] = 1;
    }
  }
  uint32_t named_function(uint32_t pc) const {
    return pc + 1 + static_cast<uint32_t>(program_.insns[pc].imm.value());
  }

  // Those that need kTailCounter.
  void find_counted_functions() {
    if (options_.program_arrays) {
      counted_ = counted_functions(program_);
    } else {
      counted_.assign(program_.functions.size(), 0);
    }
  }

  // What callers from outside find before a program that counts tail calls.
  void entry() {
    line(LineEntry::kPrologue);
    unwind_.enter(kEntryFrame, layout_.here());
    emit_entry(emitter_);
    unwind_.follow(emitter_, layout_.here());
    flush();
    layout_.call(prologue(0));
    line(LineEntry::kEpilogue);
    emit_entry_return(emitter_);
    unwind_.follow(emitter_, layout_.here());
    flush();
  }

  void line(uint32_t pc) { lines_.push_back({layout_.here(), pc}); }
  // Moves what the emitter holds into the layout.
  void flush() {
    layout_.code(emitter_);
    emitter_.clear();
  }

  std::optional<Error> function(uint32_t index) {
    index_ = index;
    const uint32_t begin = program_.functions[index];
    end_ = index + 1 < program_.functions.size() ? program_.functions[index + 1] : program_.size();
    frame_ = frame_of(program_, begin, end_, options_.program_arrays.has_value());
    frame_.tail_counter = frame_.calls && counted_[index] != 0;
    packet_loads_ = false;
    frames_.push_back(frame_);
    emitter_.context.stack_top = W::of(frame_.stack);
    last_exit_ = last_exit(begin);
    layout_.bind(prologue(index));
    unwind_.enter(frame_, layout_.here());
    emit_prologue(emitter_, frame_);
    unwind_.follow(emitter_, layout_.here());
    unwind_.body();
    if (options_.blinding.next == nullptr) {
      constants_.choose(program_, begin, end_, frame_, options_.extensions);
    }
    if (emitter_.size() != 0 || !constants_.kept().empty()) line(LineEntry::kPrologue);
    flush();
    keep_constants();
    for (uint32_t pc = begin; pc < end_ && !layout_.full(); pc = program_.next(pc)) {
      layout_.bind(pc);
      line(pc);
      emitter_.context.uppers = facts_.before(pc);
      emitter_.context.counts = facts_.counts_after(pc);
      if (is_taken_in(pc)) {
        emitter_.context.left = program_.insns[pc].src;
      } else {
        if (const auto error = instruction(pc)) return error;
        probes_.lowered(pc, layout_, emitter_, program_.insns[pc].dst);
        flush();
        emitter_.context.left = Context<W>::kDst;
      }
    }
    if (packet_loads_) outside_packet_exit();
    return std::nullopt;
  }

  void keep_constants() {
    for (const auto& kept : constants_.kept()) load_immediate(emitter_, kept.reg, kept.value);
    flush();
    emitter_.context.kept = constants_.kept();
  }

  // Whether the instruction at `pc` is a move that the next one takes in.
  bool is_taken_in(uint32_t pc) const {
    const ebpf::Kind kind = program_.insns[pc].row().kind;
    if (kind != ebpf::Kind::kAlu || pc + 1 >= end_ || facts_.is_target(pc + 1)) return false;
    if (emitter_.context.left != Context<W>::kDst) return false;
    return takes_in(program_.insns[pc], program_.insns[pc + 1], emitter_.context.uppers,
                    emitter_.context.counts, facts_.counts_after(pc + 1));
  }

  // Whether the conditional jump at `pc` goes over the next instruction alone, a jump that nothing
  // else goes to: then both are the inverted branch.
  bool is_over_jump(uint32_t pc) const {
    const uint32_t next = pc + 1;
    return next < end_ && goes(next) && *program_.target(pc) == next + 1 && !facts_.is_target(next);
  }
  bool goes(uint32_t pc) const {
    const ebpf::Kind kind = program_.insns[pc].row().kind;
    return kind == ebpf::Kind::kJa || kind == ebpf::Kind::kGotol;
  }

  // Where the jump at `pc` ends: past jumps at its target.
  uint32_t destination(uint32_t pc) const {
    constexpr unsigned kMaxHops = 8;
    uint32_t target = *program_.target(pc);
    for (unsigned hop = 0; hop < kMaxHops && goes(target); ++hop) target = *program_.target(target);
    return target;
  }

  uint32_t last_exit(uint32_t begin) const {
    uint32_t last = begin;
    for (uint32_t pc = begin; pc < end_; pc = program_.next(pc)) {
      if (program_.insns[pc].op == ebpf::Op::kExit) last = pc;
    }
    return last;
  }

  // The instruction to lower, once its blinded constants, if any, are in registers.
  ebpf::Instruction<> operands_in_place(uint32_t pc) {
    const ebpf::Instruction<>& insn = program_.insns[pc];
    emitter_.context.mask.reset();
    if (options_.blinding.next == nullptr || !chooses_number(insn.row().kind)) return insn;
    emitter_.context.mask = W::of(options_.blinding.next(options_.blinding.context));
    return blind_operands(emitter_, insn);
  }

  std::optional<Error> instruction(uint32_t pc) {
    const ebpf::Instruction<> insn = operands_in_place(pc);
    if (lower_straight(emitter_, insn)) return std::nullopt;
    switch (insn.row().kind) {
      case ebpf::Kind::kJump: {
        const Branch branch = lower_jump(emitter_, insn);
        flush();
        if (is_over_jump(pc)) {
          layout_.branch({inverted(branch.op), branch.rs1, branch.rs2}, destination(pc + 1));
          covered_ = pc + 1;
        } else {
          layout_.branch(branch, destination(pc));
        }
        return std::nullopt;
      }
      case ebpf::Kind::kJa:
      case ebpf::Kind::kGotol:
        if (covered_ == pc || *program_.target(pc) == program_.next(pc)) return std::nullopt;
        layout_.jump(destination(pc));
        return std::nullopt;
      case ebpf::Kind::kMayGoto:
        emit_may_goto_test(emitter_, frame_);
        flush();
        layout_.branch(may_goto_branch(), *program_.target(pc));
        emit_may_goto_spend(emitter_, frame_);
        return std::nullopt;
      case ebpf::Kind::kExit:
        exit(pc);
        return std::nullopt;
      case ebpf::Kind::kCallLocal:
        call_local(function_index(*program_.target(pc)));
        return std::nullopt;
      case ebpf::Kind::kCallHelper:
        if (options_.program_arrays && ebpf::is_tail_call(insn)) return tail_call(pc);
        return call_outside(pc, helpers_, Relocation::Kind::kHelper);
      case ebpf::Kind::kCallBtf:
        return call_outside(pc, kernel_functions_, Relocation::Kind::kKernelFunction);
      case ebpf::Kind::kCallx:
        lower_callx(emitter_, insn);
        return std::nullopt;
      case ebpf::Kind::kAddrSpaceCast:
        return address_space_cast(pc);
      case ebpf::Kind::kImm64:
        return load_symbol(pc);
      case ebpf::Kind::kLoadAbs:
      case ebpf::Kind::kLoadInd:
        return load_packet(pc);
      case ebpf::Kind::kAlu:
      case ebpf::Kind::kNeg:
      case ebpf::Kind::kMovsx:
      case ebpf::Kind::kEndian:
      case ebpf::Kind::kLoad:
      case ebpf::Kind::kLoadSx:
      case ebpf::Kind::kStore:
      case ebpf::Kind::kStoreImm:
      case ebpf::Kind::kAtomic:
      case ebpf::Kind::kLoadAcquire:
      case ebpf::Kind::kStoreRelease:
        break;  // straight-line code
    }
    __builtin_unreachable();
  }

  void exit(uint32_t pc) {
    const bool result = exposed_[index_] != 0;
    emit_epilogue(emitter_, frame_, result);
    const bool shared = emitter_.size() > kShortEpilogue;
    emitter_.clear();
    if (shared && pc != last_exit_) return layout_.jump(epilogue(index_));
    if (pc == last_exit_) layout_.bind(epilogue(index_));
    if (result) emitter_.move(rv64::kA0, home(0));
    flush();
    if (frame_.size() != 0) line(LineEntry::kEpilogue);
    emit_epilogue(emitter_, frame_, false);
    unwind_.resume(unwind_.follow(emitter_, layout_.here()));
  }

  std::optional<Error> call_outside(uint32_t pc, const HelperTable& table, Relocation::Kind kind) {
    const int64_t id = program_.insns[pc].imm.signed_value();
    if (options_.relocatable) {
      symbols_.push_back({layout_.here(), kind, static_cast<int32_t>(id)});
      layout_.call_symbol();
      emit_result(emitter_);
      return std::nullopt;
    }
    const HelperAddress* helper = table.find(id);
    if (helper == nullptr && ebpf::is_tail_call(program_.insns[pc])) {
      return Error{.kind = ErrorKind::kUnknownHelper,
                   .pc = pc,
                   .why =
                       "a tail call needs to know how program arrays look in memory; give the "
                       "compiler Options::program_arrays",
                   .value = id};
    }
    if (helper == nullptr) {
      return Error{.kind = ErrorKind::kUnknownHelper,
                   .pc = pc,
                   .why = "no address is known for it; add it to the table given to the compiler",
                   .value = id};
    }
    if (const auto error = call_address(pc, helper->address)) return error;
    emit_result(emitter_);
    return std::nullopt;
  }

  std::optional<Error> call_address(uint32_t pc, uint64_t address) {
    if (address % 2 != 0) {
      return Error{.kind = ErrorKind::kMisalignedHelper,
                   .pc = pc,
                   .why = "its address is odd, and no instruction is at an odd address",
                   .value = called(pc)};
    }
    const bool relative_only = options_.helper_reach == HelperReach::kPcRelative;
    if (options_.text_address && !options_.relocatable) {
      layout_.call_outside({.target = address,
                            .text = *options_.text_address,
                            .pc = pc,
                            .relative_only = relative_only,
                            .extensions = options_.extensions});
    } else if (relative_only) {
      return failure(ErrorKind::kBadTextAddress, pc,
                     "helpers are to be called relative to the pc, but where the text will be is "
                     "not given")
          .error();
    } else {
      call_absolute(emitter_, W::of(address));
    }
    return std::nullopt;
  }

  // The number of what is called; 0 if it is one of Options::packet_loads.
  int64_t called(uint32_t pc) const {
    const ebpf::Instruction<>& insn = program_.insns[pc];
    const bool numbered = insn.op == ebpf::Op::kCallHelper || insn.op == ebpf::Op::kCallBtf;
    return numbered ? insn.imm.signed_value() : 0;
  }

  void call_local(uint32_t callee) {
    if (counted_[callee] != 0) emit_tail_counter(emitter_, frame_);
    flush();
    layout_.call(prologue(callee));
  }

  std::optional<Error> tail_call(uint32_t pc) {
    if (!usable(*options_.program_arrays)) {
      return unsupported(pc,
                         "the program arrays' offsets must be below 2048, the count's a "
                         "multiple of four, the entries' of eight");
    }
    lower_tail_call(emitter_, frame_, W::of(options_.program_arrays->max_entries),
                    W::of(options_.program_arrays->entries));
    unwind_.resume(unwind_.follow(emitter_, layout_.here()));
    return std::nullopt;
  }

  std::optional<Error> load_packet(uint32_t pc) {
    if (!options_.packet_loads) {
      return unsupported(pc,
                         "LD_ABS and LD_IND call a function that reads the packet; give the "
                         "compiler Options::packet_loads, or load through the context's data "
                         "pointers");
    }
    const PacketLoads& loads = *options_.packet_loads;
    const ebpf::Instruction<>& insn = program_.insns[pc];
    const unsigned bytes = insn.row().bytes;
    lower_packet_arguments(emitter_, insn);
    flush();
    const uint64_t load = bytes == 1 ? loads.load8 : bytes == 2 ? loads.load16 : loads.load32;
    if (const auto error = call_address(pc, load)) return error;
    const Branch outside = lower_packet_result(emitter_);
    flush();
    layout_.branch(outside, outside_packet(index_));
    packet_loads_ = true;
    return std::nullopt;
  }

  // Linux: the function ends with r0 = 0.
  void outside_packet_exit() {
    layout_.bind(outside_packet(index_));
    line(LineEntry::kEpilogue);
    emitter_.move(home(0), rv64::kZero);
    emit_epilogue(emitter_, frame_, exposed_[index_] != 0);
    unwind_.follow(emitter_, layout_.here());
    flush();
  }

  Error out_of_reach(const OutsideCall& call, int64_t distance) const {
    return {.kind = ErrorKind::kHelperOutOfReach,
            .pc = call.pc,
            .why =
                "auipc and jalr reach 2 GiB: place the text nearer to it, or a jump to it near "
                "the text, or allow calls by absolute address",
            .value = called(call.pc),
            .distance = distance};
  }

  std::optional<Error> address_space_cast(uint32_t pc) {
    const ebpf::Instruction<>& insn = program_.insns[pc];
    if (insn.imm == W::of(kCastToKernel)) {
      lower_cast_to_kernel(emitter_, insn);
      return std::nullopt;
    }
    if (insn.imm != W::of(kCastToUser)) {
      return unsupported(pc, "only casts between address spaces 0 and 1 are known");
    }
    if (options_.arena_user_base == 0) {
      return unsupported(pc, "a cast to user space needs the arena's address, which is not given");
    }
    lower_cast_to_user(emitter_, insn, W::of(options_.arena_user_base));
    return std::nullopt;
  }

  std::optional<Error> load_symbol(uint32_t pc) {
    const ebpf::Instruction<>& insn = program_.insns[pc];
    if (ebpf::names_address(insn.op)) {
      const auto address = ebpf::address_of(insn, options_.addresses);
      if (!address) return unresolved(pc, address.error());
      const bool fixed = !options_.relocatable && options_.blinding.next == nullptr;
      const uint64_t text = fixed ? options_.text_address.value_or(0) : 0;
      load_address(emitter_, layout_, home(insn.dst), *address, text);
      return std::nullopt;
    }
    const uint32_t function = function_index(named_function(pc));
    if (counted_[function] != 0) {
      return unsupported(pc,
                         "a function whose address is taken may be entered from outside, where "
                         "nobody counts tail calls; it must make none, nor call what does");
    }
    layout_.address(home(insn.dst), prologue(function));
    return std::nullopt;
  }

  Code finished() const {
    const uint32_t body = layout_.offset(prologue(0));
    Code code{.bytes = layout_.bytes(),
              .entry = counted_[0] != 0 ? 0 : body,  // entry() comes first
              .tail_entry = body,
              .lines = {}};
    code.exceptions = probes_.table(layout_);
    code.lines.reserve(lines_.size());
    for (const Line& entry : lines_) {
      const uint32_t offset = layout_.offset(entry.place);
      // An instruction without code is at the next one's place.
      if (!code.lines.empty() && code.lines.back().offset == offset) code.lines.pop_back();
      code.lines.push_back({offset, entry.pc});
    }
    unwind_.finish(layout_, code.bytes.size(), code.frames);
    for (const Symbol& symbol : symbols_) {
      code.relocations.push_back({layout_.offset(symbol.place), symbol.kind, symbol.id});
    }
    add_functions(code);
    return code;
  }

  void add_functions(Code& code) const {
    const size_t count = program_.functions.size();
    code.functions.reserve(count + 1);
    if (counted_[0] != 0) {
      code.functions.push_back({.offset = 0,
                                .end = layout_.offset(prologue(0)),
                                .pc = FunctionEntry::kEntry,
                                .frame = kEntryFrame});
    }
    for (uint32_t i = 0; i < count; ++i) {
      const bool last = i + 1 == count;
      code.functions.push_back(
          {.offset = layout_.offset(prologue(i)),
           .end = last ? static_cast<uint32_t>(code.bytes.size()) : layout_.offset(prologue(i + 1)),
           .pc = program_.functions[i],
           .frame = frames_[i]});
    }
  }

  const ebpf::Code& program_;
  const Options& options_;
  HelperTable helpers_;
  HelperTable kernel_functions_;
  UpperFacts facts_;
  ConstantKeeper constants_;
  Probes probes_;
  Layout layout_;
  E emitter_;
  std::vector<Line> lines_;
  std::vector<Symbol> symbols_;
  std::vector<Frame> frames_;
  UnwindRecorder unwind_;
  std::vector<uint8_t> exposed_;
  std::vector<uint8_t> counted_;
  // The function at hand.
  Frame frame_;
  uint32_t index_ = 0;
  uint32_t end_ = 0;
  uint32_t last_exit_ = 0;
  uint32_t covered_ = LineEntry::kPrologue;  // the jump that the branch before it is for, if any
  bool packet_loads_ = false;
};

}  // namespace

std::expected<Code, Error> compile(const ebpf::Code& program, const Options& options) {
  if (options.blinding.next == nullptr) return Compiler(program, options).run();
  ebpf::Code changed = program;
  for (ebpf::Instruction<>& insn : changed.insns) insn = with_constant_in_register(insn);
  return Compiler(changed, options).run();
}

}  // namespace zext::jit
