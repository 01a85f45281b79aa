// AttachPoint: one thing that can happen, and the programs that then run.
//
//   AttachPoint* point = nullptr;
//   int error = point_open(kernel, {.kind = PointKind::kTracepoint, .target = id}, &point);
//   error = point_add(kernel, *point, program, cookie);
//   ...
//   point_remove(kernel, *point, program);
//   point_close(kernel, point);
//
// A point is armed at the host while anybody has it open. Points of tracepoints and attach types
// are shared by all who name the same one; each probe and each perf event has its own. fire() walks
// the programs in a read section: a program that was removed runs no more when point_remove
// returns.
#pragma once

#include <atomic>
#include <cstdint>

#include "kernel_shim/maps/map.h"
#include "kernel_shim/programs/program.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

enum class PointKind : uint8_t { kTracepoint, kRawTracepoint, kProbe, kPerf, kAttach };

struct PointRequest {
  PointKind kind = PointKind::kAttach;
  uint32_t type = 0;    // BPF attach type, or PERF_TYPE_*
  uint64_t target = 0;  // tracepoint's id, BTF id, interface; perf_event_attr::config
  const kshim_probe* probe = nullptr;
  uint64_t period = 0;
  bool frequency = false;
  int32_t pid = -1;
  int32_t cpu = -1;
};

// A program of a point. Its place is used once: a null program has left it.
struct AttachedProgram {
  std::atomic<Program*> program{nullptr};
  uint64_t cookie = 0;
};

struct ProgramList {
  uint32_t capacity = 0;
  std::atomic<uint32_t> count{0};
  AttachedProgram* entries() { return reinterpret_cast<AttachedProgram*>(this + 1); }
};

struct AttachPoint {
  PointKind kind = PointKind::kAttach;
  uint32_t type = 0;
  uint64_t target = 0;
  uint64_t cookie = 0;     // what the host hands to kshim_fire
  void* handle = nullptr;  // the host's
  uint32_t users = 1;
  std::atomic<bool> enabled{true};
  std::atomic<ProgramList*> programs{nullptr};
  AttachPoint* next = nullptr;
};

// Where the host's cookies lead: slots that stay where they are, so that firing takes no lock.
struct PointSlot {
  std::atomic<AttachPoint*> point{nullptr};
  uint32_t generation = 0;
};
inline constexpr uint32_t kSlotsOfChunk = 64;
inline constexpr uint32_t kChunks = 1024;

struct AttachState {
  Lock lock{};  // of all that is below, and of programs' places
  AttachPoint* points = nullptr;
  uint64_t last_event = 0;  // PerfEvent::number
  std::atomic<PointSlot*> chunks[kChunks] = {};
};

inline AttachState& attach_state(Kernel& kernel) {
  return *static_cast<AttachState*>(kernel.attach_state);
}

// One that is there already, or a new one that the host has armed: -ENOMEM, -ENOSPC, or what the
// host says; -kNotSupported where it has no such function.
int point_open(Kernel& kernel, const PointRequest& request, AttachPoint** point);
// May sleep. No program of the caller's is in it any more.
void point_close(Kernel& kernel, AttachPoint* point);

struct AddRules {
  uint32_t most = ~uint32_t{0};  // programs in one point; beyond: `full`
  int full = 0;
  int twice = 0;  // what a program that is there already is answered; 0: it may
};
int point_add(Kernel& kernel, AttachPoint& point, Program& program, uint64_t cookie,
              const AddRules& rules);
// Waits until no CPU runs it from here.
void point_remove(Kernel& kernel, AttachPoint& point, const Program& program);
// Puts another program in its place, at once. Under AttachState::lock; the caller then
// synchronises.
void point_replace(AttachPoint& point, const Program& old, Program& fresh);
// The ids of the programs in their order, as far as there is room: how many there are.
uint32_t point_programs(Kernel& kernel, AttachPoint& point, uint32_t* ids, uint32_t room);

// In a read section: the point of a cookie, or null.
AttachPoint* point_of(Kernel& kernel, uint64_t cookie);

}  // namespace zext::shim
