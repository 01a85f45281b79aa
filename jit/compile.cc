#include "jit/compile.h"

#include <algorithm>
#include <optional>

#include "jit/baseline/frame.h"
#include "jit/baseline/jump.h"
#include "jit/baseline/lower.h"
#include "jit/baseline/outside.h"
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

  // Labels: a slot's instruction; then each function's prologue, then each one's epilogue.
  static uint32_t label_count(const ebpf::Code& program) {
    return program.size() + 2 * static_cast<uint32_t>(program.functions.size());
  }
  Layout::Label prologue(uint32_t function) const { return program_.size() + function; }
  Layout::Label epilogue(uint32_t function) const {
    return program_.size() + static_cast<uint32_t>(program_.functions.size()) + function;
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

  // Functions that something else than a local call may enter: they return in a0 as well.
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
    frame_ = frame_of(program_, begin, end_);
    frames_.push_back(frame_);
    emitter_.context.stack_top = W::of(frame_.stack);
    last_exit_ = last_exit(begin);
    layout_.bind(prologue(index));
    unwind_.enter(frame_, layout_.here());
    emit_prologue(emitter_, frame_);
    unwind_.follow(emitter_, layout_.here());
    unwind_.body();
    if (emitter_.size() != 0) line(LineEntry::kPrologue);
    flush();
    for (uint32_t pc = begin; pc < end_ && !layout_.full(); pc = program_.next(pc)) {
      layout_.bind(pc);
      line(pc);
      emitter_.context.zero_extended = facts_.before(pc);
      if (const auto error = instruction(pc)) return error;
      probes_.lowered(pc, layout_, emitter_, program_.insns[pc].dst);
      flush();
      facts_.step(pc);
    }
    return std::nullopt;
  }

  uint32_t last_exit(uint32_t begin) const {
    uint32_t last = begin;
    for (uint32_t pc = begin; pc < end_; pc = program_.next(pc)) {
      if (program_.insns[pc].op == ebpf::Op::kExit) last = pc;
    }
    return last;
  }

  std::optional<Error> instruction(uint32_t pc) {
    const ebpf::Instruction<>& insn = program_.insns[pc];
    if (lower_straight(emitter_, insn)) return std::nullopt;
    switch (insn.row().kind) {
      case ebpf::Kind::kJump: {
        const Branch branch = lower_jump(emitter_, insn);
        flush();
        layout_.branch(branch, *program_.target(pc));
        return std::nullopt;
      }
      case ebpf::Kind::kJa:
      case ebpf::Kind::kGotol:
        if (*program_.target(pc) != program_.next(pc)) layout_.jump(*program_.target(pc));
        return std::nullopt;
      case ebpf::Kind::kMayGoto:
        emit_may_goto_test(emitter_, frame_);
        flush();
        layout_.branch({rv64::Op::kBeq, kScratch, rv64::kZero}, *program_.target(pc));
        emit_may_goto_spend(emitter_, frame_);
        return std::nullopt;
      case ebpf::Kind::kExit:
        exit(pc);
        return std::nullopt;
      case ebpf::Kind::kCallLocal:
        layout_.call(prologue(function_index(*program_.target(pc))));
        return std::nullopt;
      case ebpf::Kind::kCallHelper:
        return call_outside(pc, helpers_, Relocation::Kind::kHelper);
      case ebpf::Kind::kCallBtf:
        return call_outside(pc, kernel_functions_, Relocation::Kind::kKernelFunction);
      case ebpf::Kind::kCallx:
        emitter_.add_imm(rv64::Op::kJalr, rv64::kRa, emitter_.read(insn.dst, kScratch2), W::of(0));
        emitter_.move(home(0), rv64::kA0);
        return std::nullopt;
      case ebpf::Kind::kAddrSpaceCast:
        return address_space_cast(pc);
      case ebpf::Kind::kImm64:
        return load_symbol(pc);
      case ebpf::Kind::kLoadAbs:
      case ebpf::Kind::kLoadInd:
        return unsupported(pc,
                           "packet access by LD_ABS or LD_IND needs a packet interface that the "
                           "baseline tier has not; load through the context's data pointers");
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
      emitter_.move(home(0), rv64::kA0);
      return std::nullopt;
    }
    const HelperAddress* helper = table.find(id);
    if (helper == nullptr) {
      return Error{.kind = ErrorKind::kUnknownHelper,
                   .pc = pc,
                   .why = "no address is known for it; add it to the table given to the compiler",
                   .value = id};
    }
    if (helper->address % 2 != 0) {
      return Error{.kind = ErrorKind::kMisalignedHelper,
                   .pc = pc,
                   .why = "its address is odd, and no instruction is at an odd address",
                   .value = id};
    }
    const bool relative_only = options_.helper_reach == HelperReach::kPcRelative;
    if (options_.text_address) {
      layout_.call_outside({.target = helper->address,
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
      call_absolute(emitter_, W::of(helper->address));
    }
    emitter_.move(home(0), rv64::kA0);
    return std::nullopt;
  }

  Error out_of_reach(const OutsideCall& call, int64_t distance) const {
    return {.kind = ErrorKind::kHelperOutOfReach,
            .pc = call.pc,
            .why =
                "auipc and jalr reach 2 GiB: place the text nearer to it, or a jump to it near "
                "the text, or allow calls by absolute address",
            .value = program_.insns[call.pc].imm.signed_value(),
            .distance = distance};
  }

  // Linux's meaning: into address space 0 (immediate 1), the low half; into 1 (0x10000), the
  // arena's user address of it, and null stays null.
  std::optional<Error> address_space_cast(uint32_t pc) {
    const ebpf::Instruction<>& insn = program_.insns[pc];
    const rv64::Reg d = home(insn.dst);
    const rv64::Reg s = emitter_.read(insn.src, kScratch);
    if (insn.imm == W::of(1)) {
      zero_extend(emitter_, d, s);
      return std::nullopt;
    }
    if (insn.imm != W::of(0x10000)) {
      return unsupported(pc, "only casts between address spaces 0 and 1 are known");
    }
    if (options_.arena_user_base == 0) {
      return unsupported(pc, "a cast to user space needs the arena's address, which is not given");
    }
    zero_extend(emitter_, d, s);
    load_immediate(emitter_, kScratch, W::of(options_.arena_user_base));
    const auto null = emitter_.branch(rv64::Op::kBeq, d, rv64::kZero);
    emitter_.add(rv64::Op::kOr, d, d, kScratch);
    emitter_.land(null);
    return std::nullopt;
  }

  std::optional<Error> load_symbol(uint32_t pc) {
    const ebpf::Instruction<>& insn = program_.insns[pc];
    if (ebpf::names_address(insn.op)) {
      const auto address = ebpf::address_of(insn, options_.addresses);
      if (!address) return unresolved(pc, address.error());
      const uint64_t text = options_.relocatable ? 0 : options_.text_address.value_or(0);
      load_address(emitter_, layout_, home(insn.dst), *address, text);
      return std::nullopt;
    }
    layout_.address(home(insn.dst), prologue(function_index(named_function(pc))));
    return std::nullopt;
  }

  Code finished() const {
    Code code{.bytes = layout_.bytes(), .entry = layout_.offset(prologue(0)), .lines = {}};
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
    code.functions.reserve(count);
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
  ZeroExtension facts_;
  Probes probes_;
  Layout layout_;
  E emitter_;
  std::vector<Line> lines_;
  std::vector<Symbol> symbols_;
  std::vector<Frame> frames_;
  UnwindRecorder unwind_;
  std::vector<uint8_t> exposed_;
  // The function at hand.
  Frame frame_;
  uint32_t index_ = 0;
  uint32_t end_ = 0;
  uint32_t last_exit_ = 0;
};

}  // namespace

std::expected<Code, Error> compile(const ebpf::Code& program, const Options& options) {
  return Compiler(program, options).run();
}

}  // namespace zext::jit
