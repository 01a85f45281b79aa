#include "kernel_shim/programs/examine.h"

#include <errno.h>

#include <algorithm>

#include "kernel_shim/helpers/helper.h"
#include "kernel_shim/programs/reasons.h"
#include "verifier/state/state.h"
#include "verifier/verify.h"

namespace zext::shim {
namespace {

using verifier::Field;
using verifier::FieldKind;
using verifier::State;
using verifier::Type;

bool is_packet_pointer(const Field& field) {
  return field.kind == FieldKind::kPacketStart || field.kind == FieldKind::kPacketEnd ||
         field.kind == FieldKind::kPacketMeta;
}

// Looks on, and marks loads by what they read from.
class Marks {
 public:
  explicit Marks(const verifier::Subject& subject)
      : subject_(subject),
        marks_(subject.code.size()),
        seen_(subject.code.size()),
        observer_{.context = this,
                  .attempt = [](void* marks, uint32_t) { static_cast<Marks*>(marks)->begin(); },
                  .step = [](void* marks, uint32_t pc,
                             const State& state) { static_cast<Marks*>(marks)->step(pc, state); }} {
  }

  const verifier::Observer& observer() const { return observer_; }

  void give(Examined* examined) const {
    for (uint32_t pc = 0; pc < marks_.size(); ++pc) {
      if (marks_[pc] == kProbed) examined->probes.push_back(pc);
      if (marks_[pc] == kPacketPointer) examined->packet_pointers.push_back(pc);
      if (marks_[pc] == kMixed) examined->mixed = pc;
    }
    const ebpf::Code& code = subject_.code;
    for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
      if (seen_[pc] != 0) continue;
      for (uint32_t slot = pc; slot < code.next(pc); ++slot) examined->dead.push_back(slot);
    }
    examined->context_bytes = context_bytes_;
    examined->uses_buffer = uses_buffer_;
  }

 private:
  enum Mark : uint8_t { kNone, kOther, kProbed, kPacketPointer, kMixed };

  void begin() {
    for (Mark& mark : marks_) mark = kNone;
    for (uint8_t& seen : seen_) seen = 0;
    context_bytes_ = 0;
    uses_buffer_ = false;
  }

  void step(uint32_t pc, const State& state) {
    seen_[pc] = 1;
    const ebpf::Instruction<>& insn = subject_.code.insns[pc];
    const ebpf::Kind kind = insn.row().kind;
    const bool load = kind == ebpf::Kind::kLoad || kind == ebpf::Kind::kLoadSx ||
                      kind == ebpf::Kind::kLoadAcquire;
    const bool store = kind == ebpf::Kind::kStore || kind == ebpf::Kind::kStoreImm ||
                       kind == ebpf::Kind::kStoreRelease;
    if (load || store) count_context(insn, state.registers[load ? insn.src : insn.dst].type);
    const bool atomic = kind == ebpf::Kind::kAtomic;
    if (load || store || atomic) find_buffer(state, load ? insn.src : insn.dst);
    for (ebpf::Reg reg = 1; kind == ebpf::Kind::kCallHelper && reg <= 5; ++reg) {
      find_buffer(state, reg);
    }
    if (load) mark(pc, mark_of(insn, state.registers[insn.src].type));
  }

  // Probing is right for any memory; a packet pointer is read where nothing else is.
  void mark(uint32_t pc, Mark found) {
    Mark& before = marks_[pc];
    const bool one = before == kPacketPointer, other = found == kPacketPointer;
    if (before != kNone && one != other) {
      before = kMixed;
    } else if (before < found) {
      before = found;
    }
  }

  Mark mark_of(const ebpf::Instruction<>& insn, Type type) const {
    // What kernel variables are at is not for certain readable: one cannot tell their memory from
    // other regions, so all are probed where there are any.
    const bool region = type == Type::kRegion && !subject_.variables.empty();
    if (type == Type::kObject || region) return kProbed;
    if (type == Type::kContext && insn.row().bytes == sizeof(uint32_t) && insn.offset >= 0) {
      const Field* field =
          verifier::field_at(subject_.platform.context, static_cast<uint64_t>(insn.offset));
      if (field != nullptr && is_packet_pointer(*field)) return kPacketPointer;
    }
    return kOther;
  }

  void find_buffer(const State& state, ebpf::Reg reg) {
    if (state.registers[reg].type == Type::kTracepointBuffer) uses_buffer_ = true;
  }

  void count_context(const ebpf::Instruction<>& insn, Type type) {
    if (type != Type::kContext || insn.offset < 0) return;
    const auto end = static_cast<uint32_t>(insn.offset) + insn.row().bytes;
    if (end > context_bytes_) context_bytes_ = end;
  }

  const verifier::Subject& subject_;
  std::vector<Mark> marks_;
  std::vector<uint8_t> seen_;
  uint32_t context_bytes_ = 0;
  bool uses_buffer_ = false;
  verifier::Observer observer_;
};

// A copy in memory of the program's; null and -ENOMEM where there is none. Of nothing: null, 0.
int copy_out(Kernel& kernel, Program& program, const std::vector<uint32_t>& from, uint32_t** to,
             uint32_t* count) {
  if (from.empty()) return 0;
  const uint64_t bytes = sizeof(uint32_t) * from.size();
  *to = static_cast<uint32_t*>(kernel.alloc(program, bytes));
  if (*to == nullptr) return -ENOMEM;
  __builtin_memcpy(*to, from.data(), bytes);
  *count = static_cast<uint32_t>(from.size());
  return 0;
}

}  // namespace

std::optional<ebpf::DecodeError> find_unsupported(const ebpf::Code& code,
                                                  std::span<const ebpf::Slot> slots) {
  using Kind = ebpf::DecodeError::Kind;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const ebpf::Kind kind = code.insns[pc].row().kind;
    const bool cast = kind == ebpf::Kind::kAddrSpaceCast;
    if (!cast && kind != ebpf::Kind::kCallx && kind != ebpf::Kind::kMayGoto) continue;
    // A cast is told from a move by a field that had to be 0.
    return ebpf::DecodeError{.slot = pc,
                             .kind = cast ? Kind::kUnknownForm : Kind::kUnknownOpcode,
                             .opcode = slots[pc].opcode,
                             .value = slots[pc].imm};
  }
  return std::nullopt;
}

verifier::Options options_of(const Kernel& kernel, const LoadRequest& request) {
  verifier::Options options{.privileged = request.privileged,
                            .strict_alignment = request.strict_alignment};
  if (kernel.config().verifier_steps != 0) options.max_steps = kernel.config().verifier_steps;
  // The first strategy, which has a part of them, sees each instruction at least once.
  options.max_steps = std::max<uint64_t>(options.max_steps, uint64_t{4} * request.program.slots);
  return options;
}

Examined examine(const Kernel& kernel, const verifier::Subject& subject,
                 const LoadRequest& request) {
  Examined examined;
  const Marks marks(subject);
  verifier::Options options = options_of(kernel, request);
  options.observer = &marks.observer();
  examined.verdict = verifier::verify(subject, options);
  if (examined.verdict.outcome == verifier::Outcome::kAccepted) marks.give(&examined);
  return examined;
}

int conclude(Kernel& kernel, Program& program, const Examined& examined, Log& log,
             Analysis* analysis) {
  const verifier::Statistics& statistics = examined.verdict.statistics;
  analysis->verified_insns = static_cast<uint32_t>(statistics.steps);
  analysis->stack_bytes = statistics.stack_bytes;
  analysis->context_bytes = examined.context_bytes;
  analysis->uses_buffer = examined.uses_buffer;
  analysis->peak_states = statistics.peak_states;
  analysis->states = statistics.peak_states;
  if (const int error = error_of(examined.verdict); error != 0) return error;
  if (examined.mixed != verifier::kNowhere) {
    log.add("insn ", examined.mixed, ": same insn cannot be used with different pointers\n");
    return -EINVAL;
  }
  int error = copy_out(kernel, program, examined.probes, &analysis->probes, &analysis->probe_count);
  if (error == 0) {
    error = copy_out(kernel, program, examined.packet_pointers, &analysis->packet_pointers,
                     &analysis->packet_pointer_count);
  }
  if (error == 0) {
    error = copy_out(kernel, program, examined.dead, &analysis->dead, &analysis->dead_count);
  }
  if (error == 0) return 0;
  for (auto [list, count] : {std::pair{&analysis->probes, &analysis->probe_count},
                             {&analysis->packet_pointers, &analysis->packet_pointer_count}}) {
    kernel.free(program, *list, sizeof(uint32_t) * *count);
    *list = nullptr;
    *count = 0;
  }
  return error;
}

verifier::Platform offer_of(const Program& program) {
  const uint32_t attach = program.attach_type;
  const bool known = attach < verifier::kAnyAttachType;
  const verifier::Platform* row =
      verifier::find_platform(static_cast<uint8_t>(program.type),
                              known ? static_cast<uint8_t>(attach) : verifier::kAnyAttachType);
  if (row == nullptr) return {};
  verifier::Platform offer = available(*row);
  // Helpers that take something else in this type than in others: our functions are of the others.
  for (const verifier::Helper& variant : offer.own_helpers) {
    offer.helpers[variant.number / 64] &= ~(uint64_t{1} << (variant.number % 64));
  }
  offer.own_helpers = {};
  // Of a context of arguments there is what the prototype says, and no more.
  if (offer.entry == verifier::Entry::kBtf) offer.context = {};
  return offer;
}

}  // namespace zext::shim
