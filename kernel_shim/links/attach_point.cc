#include "kernel_shim/links/attach_point.h"

#include <errno.h>

#include <new>

#include "kernel_shim/links/link.h"

namespace zext::shim {
namespace {

constexpr uint32_t kLeastCapacity = 4;

uint64_t list_size(uint32_t capacity) {
  return sizeof(ProgramList) + capacity * sizeof(AttachedProgram);
}

ProgramList* make_list(Kernel& kernel, uint32_t capacity) {
  void* memory = kernel.host().alloc(list_size(capacity));
  if (memory == nullptr) return nullptr;
  auto* list = new (memory) ProgramList();
  list->capacity = capacity;
  for (uint32_t i = 0; i < capacity; ++i) new (list->entries() + i) AttachedProgram();
  return list;
}

void free_list(Kernel& kernel, ProgramList* list) {
  if (list != nullptr) kernel.host().free(list, list_size(list->capacity));
}

bool is_shared(PointKind kind) { return kind != PointKind::kProbe && kind != PointKind::kPerf; }

// --- slots: under AttachState::lock

PointSlot* free_slot(AttachState& state, uint32_t* index) {
  for (uint32_t chunk = 0; chunk < kChunks; ++chunk) {
    PointSlot* slots = state.chunks[chunk].load(std::memory_order_relaxed);
    if (slots == nullptr) return nullptr;
    for (uint32_t i = 0; i < kSlotsOfChunk; ++i) {
      if (slots[i].point.load(std::memory_order_relaxed) != nullptr) continue;
      *index = chunk * kSlotsOfChunk + i;
      return slots + i;
    }
  }
  return nullptr;
}

bool add_chunk(AttachState& state, void* memory) {
  for (std::atomic<PointSlot*>& chunk : state.chunks) {
    if (chunk.load(std::memory_order_relaxed) != nullptr) continue;
    auto* slots = static_cast<PointSlot*>(memory);
    for (uint32_t i = 0; i < kSlotsOfChunk; ++i) new (slots + i) PointSlot();
    chunk.store(slots, std::memory_order_release);
    return true;
  }
  return false;
}

// Gives the point a cookie by which it is found: 0, -ENOMEM, -ENOSPC.
int take_slot(Kernel& kernel, AttachPoint& point) {
  AttachState& state = attach_state(kernel);
  constexpr uint64_t kChunkSize = kSlotsOfChunk * sizeof(PointSlot);
  for (;;) {
    {
      const Guard guard(kernel.host(), state.lock);
      uint32_t index = 0;
      if (PointSlot* slot = free_slot(state, &index); slot != nullptr) {
        point.cookie = (uint64_t{++slot->generation} << 32) | (index + 1);
        slot->point.store(&point, std::memory_order_release);
        return 0;
      }
    }
    void* memory = kernel.host().alloc(kChunkSize);
    if (memory == nullptr) return -ENOMEM;
    bool added = false;
    {
      const Guard guard(kernel.host(), state.lock);
      added = add_chunk(state, memory);
    }
    if (!added) {
      kernel.host().free(memory, kChunkSize);
      return -ENOSPC;
    }
  }
}

PointSlot* slot_of(AttachState& state, uint64_t cookie) {
  const uint32_t index = static_cast<uint32_t>(cookie) - 1;
  if (index >= kChunks * kSlotsOfChunk) return nullptr;
  PointSlot* slots = state.chunks[index / kSlotsOfChunk].load(std::memory_order_acquire);
  return slots == nullptr ? nullptr : slots + index % kSlotsOfChunk;
}

// --- arming

int arm(Kernel& kernel, const PointRequest& request, AttachPoint& point) {
  const kshim_host& host = kernel.host().functions();
  switch (request.kind) {
    case PointKind::kTracepoint:
    case PointKind::kRawTracepoint:
      if (host.tracepoint_enable == nullptr) return -kNotSupported;
      return host.tracepoint_enable(host.context, request.target,
                                    request.kind == PointKind::kRawTracepoint, point.cookie,
                                    &point.handle);
    case PointKind::kProbe:
      if (host.probe_arm == nullptr) return -kNotSupported;
      return host.probe_arm(host.context, request.probe, point.cookie, &point.handle);
    case PointKind::kPerf:
      if (host.perf_arm == nullptr) return -kNotSupported;
      return host.perf_arm(host.context, request.type, request.target, request.period,
                           request.frequency, request.pid, request.cpu, point.cookie,
                           &point.handle);
    case PointKind::kAttach:
      if (host.attach == nullptr) return -kNotSupported;
      return host.attach(host.context, request.type, request.target, point.cookie, &point.handle);
  }
  __builtin_unreachable();
}

void disarm(Kernel& kernel, AttachPoint& point) {
  const kshim_host& host = kernel.host().functions();
  switch (point.kind) {
    case PointKind::kTracepoint:
    case PointKind::kRawTracepoint:
      return host.tracepoint_disable(host.context, point.handle);
    case PointKind::kProbe:
      return host.probe_disarm(host.context, point.handle);
    case PointKind::kPerf:
      return host.perf_disarm(host.context, point.handle);
    case PointKind::kAttach:
      return host.detach(host.context, point.handle);
  }
}

// Frees a point that is disarmed, or never was armed.
void end_point(Kernel& kernel, AttachPoint* point) {
  {
    AttachState& state = attach_state(kernel);
    const Guard guard(kernel.host(), state.lock);
    PointSlot* slot = point->cookie == 0 ? nullptr : slot_of(state, point->cookie);
    if (slot != nullptr) slot->point.store(nullptr, std::memory_order_release);
  }
  kernel.synchronise();
  free_list(kernel, point->programs.load(std::memory_order_relaxed));
  kernel.host().free(point, sizeof(AttachPoint));
}

// Under AttachState::lock: one user more of a point that is there, or null.
AttachPoint* share(AttachState& state, const PointRequest& request) {
  if (!is_shared(request.kind)) return nullptr;
  for (AttachPoint* point = state.points; point != nullptr; point = point->next) {
    const bool same = point->kind == request.kind && point->type == request.type &&
                      point->target == request.target;
    if (!same) continue;
    ++point->users;
    return point;
  }
  return nullptr;
}

// Shows a new point to others: itself, or the one that somebody else was quicker with.
AttachPoint* publish(Kernel& kernel, const PointRequest& request, AttachPoint* fresh) {
  AttachState& state = attach_state(kernel);
  const Guard guard(kernel.host(), state.lock);
  if (AttachPoint* other = share(state, request); other != nullptr) return other;
  fresh->next = state.points;
  state.points = fresh;
  return fresh;
}

}  // namespace

int point_open(Kernel& kernel, const PointRequest& request, AttachPoint** point) {
  {
    const Guard guard(kernel.host(), attach_state(kernel).lock);
    *point = share(attach_state(kernel), request);
    if (*point != nullptr) return 0;
  }
  void* memory = kernel.host().alloc(sizeof(AttachPoint));
  if (memory == nullptr) return -ENOMEM;
  auto* fresh = new (memory) AttachPoint();
  fresh->kind = request.kind;
  fresh->type = request.type;
  fresh->target = request.target;
  int error = take_slot(kernel, *fresh);
  if (error == 0) error = arm(kernel, request, *fresh);
  if (error != 0) {
    end_point(kernel, fresh);
    return error;
  }
  *point = publish(kernel, request, fresh);
  if (*point == fresh) return 0;
  disarm(kernel, *fresh);
  end_point(kernel, fresh);
  return 0;
}

void point_close(Kernel& kernel, AttachPoint* point) {
  {
    AttachState& state = attach_state(kernel);
    const Guard guard(kernel.host(), state.lock);
    if (--point->users != 0) return;
    for (AttachPoint** at = &state.points; *at != nullptr; at = &(*at)->next) {
      if (*at != point) continue;
      *at = point->next;
      break;
    }
  }
  disarm(kernel, *point);
  end_point(kernel, point);
}

namespace {

struct Census {
  uint32_t programs = 0;
  bool has = false;
};

Census take_census(ProgramList* list, const Program& program) {
  Census census;
  const uint32_t count = list == nullptr ? 0 : list->count.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < count; ++i) {
    const Program* other = list->entries()[i].program.load(std::memory_order_relaxed);
    if (other == nullptr) continue;
    ++census.programs;
    if (other == &program) census.has = true;
  }
  return census;
}

void append(ProgramList& list, Program* program, uint64_t cookie) {
  const uint32_t at = list.count.load(std::memory_order_relaxed);
  list.entries()[at].cookie = cookie;
  list.entries()[at].program.store(program, std::memory_order_relaxed);
  list.count.store(at + 1, std::memory_order_release);
}

// Those of `from` that are still there.
void append_all(ProgramList& to, ProgramList* from) {
  const uint32_t count = from == nullptr ? 0 : from->count.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < count; ++i) {
    AttachedProgram& entry = from->entries()[i];
    Program* program = entry.program.load(std::memory_order_relaxed);
    if (program != nullptr) append(to, program, entry.cookie);
  }
}

AttachedProgram* find(AttachPoint& point, const Program& program) {
  ProgramList* list = point.programs.load(std::memory_order_relaxed);
  const uint32_t count = list == nullptr ? 0 : list->count.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < count; ++i) {
    if (list->entries()[i].program.load(std::memory_order_relaxed) == &program) {
      return list->entries() + i;
    }
  }
  return nullptr;
}

}  // namespace

int point_add(Kernel& kernel, AttachPoint& point, Program& program, uint64_t cookie,
              const AddRules& rules) {
  ProgramList* old = nullptr;
  {
    const Guard guard(kernel.host(), attach_state(kernel).lock);
    ProgramList* list = point.programs.load(std::memory_order_relaxed);
    const Census census = take_census(list, program);
    if (census.programs >= rules.most) return rules.full;
    if (census.has && rules.twice != 0) return rules.twice;
    if (list == nullptr || list->count.load(std::memory_order_relaxed) == list->capacity) {
      const uint32_t wanted = (census.programs + 1) * 2;
      ProgramList* fresh = make_list(kernel, wanted < kLeastCapacity ? kLeastCapacity : wanted);
      if (fresh == nullptr) return -ENOMEM;
      append_all(*fresh, list);
      append(*fresh, &program, cookie);
      point.programs.store(fresh, std::memory_order_release);
      old = list;
    } else {
      append(*list, &program, cookie);
    }
  }
  if (old != nullptr) {
    kernel.synchronise();
    free_list(kernel, old);
  }
  return 0;
}

void point_remove(Kernel& kernel, AttachPoint& point, const Program& program) {
  ProgramList* empty = nullptr;
  {
    const Guard guard(kernel.host(), attach_state(kernel).lock);
    AttachedProgram* entry = find(point, program);
    if (entry != nullptr) entry->program.store(nullptr, std::memory_order_release);
    ProgramList* list = point.programs.load(std::memory_order_relaxed);
    if (take_census(list, program).programs == 0) {
      point.programs.store(nullptr, std::memory_order_release);
      empty = list;
    }
  }
  kernel.synchronise();
  free_list(kernel, empty);
}

void point_replace(AttachPoint& point, const Program& old, Program& fresh) {
  AttachedProgram* entry = find(point, old);
  if (entry != nullptr) entry->program.store(&fresh, std::memory_order_release);
}

uint32_t point_programs(Kernel& kernel, AttachPoint& point, uint32_t* ids, uint32_t room) {
  const Guard guard(kernel.host(), attach_state(kernel).lock);
  ProgramList* list = point.programs.load(std::memory_order_relaxed);
  const uint32_t count = list == nullptr ? 0 : list->count.load(std::memory_order_relaxed);
  uint32_t found = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const Program* program = list->entries()[i].program.load(std::memory_order_relaxed);
    if (program == nullptr) continue;
    if (found < room) ids[found] = program->id;
    ++found;
  }
  return found;
}

AttachPoint* point_of(Kernel& kernel, uint64_t cookie) {
  PointSlot* slot = slot_of(attach_state(kernel), cookie);
  AttachPoint* point = slot == nullptr ? nullptr : slot->point.load(std::memory_order_acquire);
  return point == nullptr || point->cookie != cookie ? nullptr : point;
}

int links_start(Kernel& kernel) {
  void* memory = kernel.host().alloc(sizeof(AttachState));
  if (memory == nullptr) return -ENOMEM;
  auto* state = new (memory) AttachState();
  kernel.attach_state = state;
  // The first slots are there from the beginning, so that a call that fails leaves nothing.
  void* slots = kernel.host().alloc(kSlotsOfChunk * sizeof(PointSlot));
  if (slots != nullptr && add_chunk(*state, slots)) return 0;
  links_stop(kernel);
  return -ENOMEM;
}

void links_stop(Kernel& kernel) {
  AttachState& state = attach_state(kernel);
  for (std::atomic<PointSlot*>& chunk : state.chunks) {
    kernel.host().free(chunk.load(), kSlotsOfChunk * sizeof(PointSlot));
  }
  kernel.host().free(&state, sizeof(AttachState));
  kernel.attach_state = nullptr;
}

}  // namespace zext::shim
