// kshim_fire: something has happened.
#include <linux/bpf.h>

#include "kernel_shim/links/attach_point.h"
#include "kernel_shim/links/link.h"
#include "kernel_shim/links/packet_event.h"

namespace zext::shim {
namespace {

// What programs see that get an event without a record. None of their types may write.
constexpr uint64_t kNothing[1024] = {};

// How the programs of one point decide together.
enum class Rule : uint8_t {
  kAll,    // 1 if each says 1 (kprobes, tracepoints, perf events, cgroups)
  kFirst,  // the first result that is not 0, after which no more run (fmod_ret, LSM)
  kOnly,   // what the program says (XDP, network namespaces)
  kNone,   // 0 (fentry, fexit, raw tracepoints)
};

bool is_tracing(const AttachPoint& point) {
  if (point.kind != PointKind::kAttach) return true;
  switch (point.type) {
    case BPF_TRACE_RAW_TP:
    case BPF_TRACE_FENTRY:
    case BPF_TRACE_FEXIT:
    case BPF_MODIFY_RETURN:
    case BPF_LSM_MAC:
      return true;
    default:
      return false;
  }
}

Rule rule_of(const AttachPoint& point) {
  switch (point.kind) {
    case PointKind::kTracepoint:
    case PointKind::kProbe:
    case PointKind::kPerf:
      return Rule::kAll;
    case PointKind::kRawTracepoint:
      return Rule::kNone;
    case PointKind::kAttach:
      break;
  }
  switch (point.type) {
    case BPF_MODIFY_RETURN:
    case BPF_LSM_MAC:
      return Rule::kFirst;
    case BPF_XDP:
    case BPF_FLOW_DISSECTOR:
    case BPF_SK_LOOKUP:
      return Rule::kOnly;
    default:
      return is_tracing(point) ? Rule::kNone : Rule::kAll;
  }
}

// What is decided where no program says anything.
uint64_t undecided(const AttachPoint& point) {
  if (point.kind == PointKind::kAttach && point.type == BPF_XDP) return XDP_PASS;
  const Rule rule = rule_of(point);
  return rule == Rule::kAll || rule == Rule::kOnly ? 1 : 0;
}

class Firing {
 public:
  Firing(Kernel& kernel, AttachPoint& point, void* event)
      : kernel_(kernel), point_(point), event_(event), rule_(rule_of(point)) {}

  uint64_t run() {
    ProgramList* list = point_.programs.load(std::memory_order_acquire);
    if (list == nullptr) return undecided(point_);
    uint64_t decided = undecided(point_);
    const uint32_t count = list->count.load(std::memory_order_acquire);
    for (uint32_t i = 0; i < count; ++i) {
      // Trampolines of 5.19 run the program that came last first.
      const bool reversed = point_.kind == PointKind::kAttach && is_tracing(point_);
      AttachedProgram& entry = list->entries()[reversed ? count - 1 - i : i];
      Program* program = entry.program.load(std::memory_order_acquire);
      if (program == nullptr) continue;
      const uint64_t result = run_one(*program, entry.cookie);
      switch (rule_) {
        case Rule::kAll:
          decided &= static_cast<uint32_t>(result);
          break;
        case Rule::kFirst:
          if (static_cast<uint32_t>(result) != 0) return result;
          break;
        case Rule::kOnly:
          return result;
        case Rule::kNone:
          break;
      }
    }
    return decided;
  }

  // Recursion: the programs that should have run are told of.
  void miss() {
    ProgramList* list = point_.programs.load(std::memory_order_acquire);
    const uint32_t count = list == nullptr ? 0 : list->count.load(std::memory_order_acquire);
    const uint32_t cpu = kernel_.host().cpu_id();
    for (uint32_t i = 0; i < count; ++i) {
      const Program* program = list->entries()[i].program.load(std::memory_order_acquire);
      if (program != nullptr && program->statistics != nullptr) ++program->statistics[cpu].misses;
    }
  }

 private:
  uint64_t run_one(Program& program, uint64_t cookie) {
    Run run{.kernel = kernel_, .program = &program, .cookie = cookie};
    if (is_packet_program(program.type)) {
      return run_on_packet(kernel_, program, run, static_cast<kshim_packet*>(event_));
    }
    run.context = event_ != nullptr ? event_ : const_cast<uint64_t*>(kNothing);
    return program_run(kernel_, program, run);
  }

  Kernel& kernel_;
  AttachPoint& point_;
  void* event_;
  Rule rule_;
};

}  // namespace

extern "C" uint64_t kshim_fire(struct kshim* shim, uint64_t cookie, void* event) {
  Kernel& kernel = kernel_of(shim);
  const ReadSection section(kernel);
  AttachPoint* point = point_of(kernel, cookie);
  if (point == nullptr) return 1;
  if (!point->enabled.load(std::memory_order_relaxed)) return undecided(*point);
  Firing firing(kernel, *point, event);
  if (!is_tracing(*point)) return firing.run();
  Cpu& cpu = kernel.cpu();
  uint64_t decided = 0;
  if (cpu.active.fetch_add(1, std::memory_order_relaxed) == 0) {
    decided = firing.run();
  } else {
    firing.miss();
  }
  cpu.active.fetch_sub(1, std::memory_order_relaxed);
  return decided;
}

}  // namespace zext::shim
