// Links, perf events and attach points: which programs run when something happens.
//
//   long fd = command_link_create(call);              // LINK_CREATE
//   uint64_t decided = kshim_fire(shim, cookie, event);
#pragma once

#include <linux/bpf.h>

#include <atomic>
#include <cstdint>

#include "kernel_shim/links/perf_ring.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/programs/program.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

// What a program is attached to, the target of fire()'s cookie: attach_point.h.
struct AttachPoint;

// Types of perf events that probes have, as /sys/bus/event_source/devices/{kprobe,uprobe}/type of a
// common machine says; bit 0 of `config` is `retprobe` in both.
inline constexpr uint32_t kPerfTypeKprobe = 8;
inline constexpr uint32_t kPerfTypeUprobe = 9;

struct PerfEvent : Object {
  uint32_t event_type = 0;  // PERF_TYPE_*, or the dynamic type of probes
  uint64_t config = 0;
  int32_t pid = -1;
  int32_t cpu = -1;
  bool inherit = false;
  uint32_t record_size = 0;  // tracepoints: bytes that programs may read
  std::atomic<bool> enabled{false};
  uint64_t number = 0;  // PERF_EVENT_IOC_ID
  AttachPoint* point = nullptr;
  // Attached by a link or by an ioctl: a reference, set under AttachState::lock; one at a time.
  Program* program = nullptr;
  PerfRing ring;
};

struct Link : Object {
  uint32_t type = 0;             // BPF_LINK_TYPE_*
  uint32_t attach_type = 0;      // BPF_*
  Program* program = nullptr;    // a reference, which LINK_UPDATE changes under AttachState::lock
  AttachPoint* point = nullptr;  // null once detached, and for perf events
  PerfEvent* event = nullptr;    // a reference
  uint64_t cookie = 0;           // bpf_get_attach_cookie
  char target[64] = {};          // raw tracepoint: its name
  uint64_t target_id = 0;        // BTF id, interface index
  uint32_t target_object = 0;    // tracing: id of the BTF
};

// The program that a link has now, with a reference.
Ref<Program> link_program(Kernel& kernel, Link& link);
void link_destroy(Kernel& kernel, Object& object);
void perf_event_destroy(Kernel& kernel, Object& object);

// One record for perf_event_output (id 25) into the event at `index` of the array (helper's flags).
int perf_output(Kernel& kernel, Map& array, uint64_t flags, const void* head, uint64_t head_size,
                const void* data, uint64_t size);
// What kshim_poll, kshim_mmap and kshim_munmap do for perf events.
uint32_t perf_poll(Kernel& kernel, PerfEvent& event);
int perf_mmap(Kernel& kernel, PerfEvent& event, uint64_t offset, uint64_t length, bool write,
              kshim_mapping* mapping);
void perf_munmap(Kernel& kernel, PerfEvent& event);

// Makes and frees Kernel::attach_state: 0, -ENOMEM.
int links_start(Kernel& kernel);
void links_stop(Kernel& kernel);

}  // namespace zext::shim
