#include "kernel_shim/programs/load.h"

#include <errno.h>

#include "kernel_shim/maps/array/array.h"
#include "kernel_shim/programs/analyser.h"
#include "kernel_shim/programs/attach.h"
#include "kernel_shim/programs/attributes.h"
#include "kernel_shim/programs/context.h"
#include "kernel_shim/programs/engine.h"
#include "kernel_shim/programs/functions.h"
#include "kernel_shim/programs/resolve.h"
#include "kernel_shim/programs/type_info.h"

namespace zext::shim {
namespace {

using ebpf::Slot;

constexpr uint32_t kStatistics = 4;  // BPF_LOG_STATS
constexpr uint8_t kLoad64 = ebpf::row_of(ebpf::Op::kLoad64).opcode;
constexpr uint8_t kJump = ebpf::row_of(ebpf::Op::kJa).opcode;

// One call of BPF_PROG_LOAD, step by step.
class Load {
 public:
  explicit Load(Call& call)
      : call_(call), kernel_(call.kernel), host_(kernel_.host()), attr_(call.attr) {}

  int run(Ref<Program>* program);

 private:
  int check_attributes();
  int find_attach_point();
  int make_program();
  int copy_instructions();
  int check();
  int analyse(Functions* functions, MapUses* uses, Log& log, CoreRelocations* relocations,
              Analysis* analysis);
  int keep(const Analysis& analysis, MapUses& uses);
  void rewrite_packet_pointers(const Analysis& analysis);
  void end_dead_code(const Analysis& analysis);
  int prepare();
  int enter_program_arrays();

  Call& call_;
  Kernel& kernel_;
  const Host& host_;
  const bpf_attr& attr_;
  uint32_t attach_type_ = 0;
  bool gpl_compatible_ = false;
  Ref<BtfObject> attach_btf_;
  Ref<Program> attach_program_;
  Ref<Program> program_;
};

int Load::run(Ref<Program>* program) {
  if (const int error = check_attributes(); error != 0) return error;
  if (const int error = find_attach_point(); error != 0) return error;
  if (const int error = make_program(); error != 0) return error;
  if (const int error = copy_instructions(); error != 0) return error;
  if (const int error = check(); error != 0) return error;
  if (const int error = prepare(); error != 0) return error;
  if (const int error = kernel_.ids(KSHIM_PROGRAM).add(kernel_, *program_); error != 0) {
    return error;
  }
  kernel_.programs_loaded.fetch_add(1, std::memory_order_relaxed);
  *program = std::move(program_);
  return 0;
}

int Load::check_attributes() {
  if (const int error = check_program_flags(attr_.prog_flags); error != 0) return error;
  char license[128] = {};
  if (host_.strncpy_from_user(license, attr_.license, sizeof license - 1) < 0) return -EFAULT;
  gpl_compatible_ = is_gpl_compatible(license);
  if (const int error = check_length(kernel_, attr_.insn_cnt); error != 0) return error;
  return check_type_allowed(kernel_, attr_.prog_type);
}

// attach_prog_fd and attach_btf_obj_fd are one field.
int Load::find_attach_point() {
  if (attr_.attach_prog_fd != 0) {
    const int fd = static_cast<int>(attr_.attach_prog_fd);
    if (object_of_fd(kernel_, fd, KSHIM_PROGRAM, &attach_program_) != 0) {
      if (object_of_fd(kernel_, fd, KSHIM_BTF, &attach_btf_) != 0) return -EINVAL;
      if (!attach_btf_->of_kernel) return -kNotSupported;
    }
  } else if (attr_.attach_btf_id != 0) {
    if (kernel_.vmlinux == nullptr) return -EINVAL;
    attach_btf_ = Ref<BtfObject>::share(kernel_, static_cast<BtfObject&>(*kernel_.vmlinux));
  }
  attach_type_ = default_attach_type(attr_.prog_type, attr_.expected_attach_type);
  return check_attach_attributes({.type = attr_.prog_type,
                                  .attach_type = attach_type_,
                                  .btf_id = attr_.attach_btf_id,
                                  .has_btf = static_cast<bool>(attach_btf_),
                                  .has_program = static_cast<bool>(attach_program_)});
}

int Load::make_program() {
  auto* program = kernel_.make<Program>(KSHIM_PROGRAM);
  if (program == nullptr) return -ENOMEM;
  program_ = Ref<Program>::take(kernel_, program);
  program->type = attr_.prog_type;
  program->attach_type = attach_type_;
  program->flags = attr_.prog_flags;
  program->uid = static_cast<uint32_t>(host_.user());
  program->gpl_compatible = gpl_compatible_;
  program->sleepable = (attr_.prog_flags & BPF_F_SLEEPABLE) != 0;
  program->privileged = has_capability(kernel_, KSHIM_CAP_PERFMON);
  program->attach_btf_id = attr_.attach_btf_id;
  program->attach_btf = attach_btf_.release();
  program->attach_program = attach_program_.release();
  const uint64_t bytes = sizeof(Slot) * uint64_t{attr_.insn_cnt};
  program->insns = static_cast<Slot*>(kernel_.alloc(*program, bytes));
  if (program->insns == nullptr) return -ENOMEM;
  program->slots = attr_.insn_cnt;
  return 0;
}

int Load::copy_instructions() {
  const uint64_t bytes = sizeof(Slot) * uint64_t{program_->slots};
  if (host_.copy_from_user(program_->insns, attr_.insns, bytes) != 0) return -EFAULT;
  // Programs for a network card's own processor: no card here has one.
  if (attr_.prog_ifindex != 0) return -EINVAL;
  if (const int error = check_type_known(program_->type); error != 0) return error;
  program_->load_time = host_.clock(KSHIM_CLOCK_BOOT);
  return copy_name(program_->name, attr_.prog_name);
}

// Linux's bpf_check().
int Load::check() {
  const uint64_t begin = host_.clock(KSHIM_CLOCK_MONOTONIC);
  Log log(host_, {.level = attr_.log_level, .buffer = attr_.log_buf, .size = attr_.log_size});
  if (const int error = log.check(); error != 0) return error;
  Functions functions;
  MapUses uses(kernel_, *program_);
  CoreRelocations relocations;
  Analysis analysis;
  int error = analyse(&functions, &uses, log, &relocations, &analysis);
  if (error == 0) error = keep(analysis, uses);
  kernel_.free(*program_, relocations.records, sizeof(bpf_core_relo) * relocations.count);
  kernel_.free(*program_, analysis.packet_pointers,
               sizeof(uint32_t) * analysis.packet_pointer_count);
  kernel_.free(*program_, analysis.dead, sizeof(uint32_t) * analysis.dead_count);
  if (log.wants(kStatistics)) {
    const uint64_t taken = host_.clock(KSHIM_CLOCK_MONOTONIC) - begin;
    log.add("verification time ", taken / 1000, " usec\nstack depth ", analysis.stack_bytes, "\n");
  }
  log.add("processed ", analysis.verified_insns, " insns (limit ", kMaxInsns,
          ") max_states_per_insn ", analysis.most_states, " total_states ", analysis.states,
          " peak_states ", analysis.peak_states, " mark_read 0\n");
  return log.finish(error);
}

int Load::analyse(Functions* functions, MapUses* uses, Log& log, CoreRelocations* relocations,
                  Analysis* analysis) {
  Program& program = *program_;
  int error = functions->find(program, has_capability(kernel_, KSHIM_CAP_BPF),
                              kernel_.vmlinux != nullptr, log);
  if (error == 0) error = functions->check(program, log);
  if (error == 0) error = load_type_info(call_, program, *functions, log, relocations);
  if (error == 0) error = check_attach_target(kernel_, program, log);
  if (error == 0) error = uses->find(attr_.fd_array, log);
  if (error != 0) return error;
  const bool any_alignment = (attr_.prog_flags & BPF_F_ANY_ALIGNMENT) != 0;
  const bool strict_alignment = (attr_.prog_flags & BPF_F_STRICT_ALIGNMENT) != 0;
  const LoadRequest request{.program = program,
                            .used = uses->used(),
                            .used_count = uses->used_count(),
                            .privileged = program.privileged,
                            .strict_alignment = strict_alignment && !any_alignment,
                            .core_relocations = relocations->records,
                            .core_relocation_count = relocations->count};
  return kernel_.analyser->analyse(kernel_, request, log, analysis);
}

// What was found, into the program.
int Load::keep(const Analysis& analysis, MapUses& uses) {
  Program& program = *program_;
  program.probes = analysis.probes;
  program.probe_count = analysis.probe_count;
  program.verified_insns = analysis.verified_insns;
  program.stack_bytes = analysis.stack_bytes;
  program.context_bytes = analysis.context_bytes;
  program.uses_buffer = analysis.uses_buffer;
  const uint64_t bytes = sizeof(Slot) * uint64_t{program.slots};
  program.xlated = static_cast<Slot*>(kernel_.alloc(program, bytes));
  if (program.xlated == nullptr) return -ENOMEM;
  __builtin_memcpy(program.xlated, program.insns, bytes);
  uses.rewrite();
  rewrite_packet_pointers(analysis);
  end_dead_code(analysis);
  return 0;
}

// Engines need not understand what is never executed: jumps to themselves, as Linux makes of it.
void Load::end_dead_code(const Analysis& analysis) {
  for (uint32_t i = 0; i < analysis.dead_count; ++i) {
    program_->insns[analysis.dead[i]] = {.opcode = kJump, .offset = -1};
  }
}

// Loads of 32 bits become loads of the 64 behind the context (context.h).
void Load::rewrite_packet_pointers(const Analysis& analysis) {
  for (uint32_t i = 0; i < analysis.packet_pointer_count; ++i) {
    Slot& slot = program_->insns[analysis.packet_pointers[i]];
    const uint32_t wide = wide_offset(program_->type, static_cast<uint16_t>(slot.offset));
    if (wide == 0) continue;
    slot.opcode = kLoad64;
    slot.offset = static_cast<int16_t>(wide);
  }
}

int Load::prepare() {
  Program& program = *program_;
  program.statistics = static_cast<ProgramStatistics*>(
      kernel_.alloc_zeroed(program, sizeof(ProgramStatistics) * kernel_.cpu_count()));
  if (program.statistics == nullptr) return -ENOMEM;
  if (const int error = kernel_.engine->prepare(kernel_, program); error != 0) return error;
  program.prepared = true;
  return enter_program_arrays();
}

// A program array takes programs of one kind: of that of the first one that has to do with it.
int Load::enter_program_arrays() {
  for (uint32_t i = 0; i < program_->map_count; ++i) {
    Map& map = *program_->maps[i];
    if (map.type != BPF_MAP_TYPE_PROG_ARRAY) continue;
    if (!prog_array_accepts(kernel_, map, *program_)) return -EINVAL;
  }
  return 0;
}

}  // namespace

int program_load(Call& call, Ref<Program>* program) { return Load(call).run(program); }

long command_prog_load(Call& call) {
  Ref<Program> program;
  const int error = program_load(call, &program);
  return error != 0 ? error : install_fd(call.kernel, *program);
}

}  // namespace zext::shim
