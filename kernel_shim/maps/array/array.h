// Arrays: values by index, and arrays of what descriptors name: programs, maps, perf events.
//
//   Program* program = prog_array_at(map, index);   // in a read section; null: empty
//
// All elements exist from the beginning, so that updating is copying, and deleting an error. Arrays
// of objects hold references of them; what takes one out waits for read sections before it puts it.
#pragma once

#include <cstdint>

#include "kernel_shim/maps/map.h"

namespace zext::shim {

struct Program;

extern const MapOps kArrayOps;
extern const MapOps kPerCpuArrayOps;
extern const MapOps kProgArrayOps;
extern const MapOps kPerfEventArrayOps;
extern const MapOps kCgroupArrayOps;
extern const MapOps kArrayOfMapsOps;

// --- programs

// Whether
// the program may be in the array, and use it: of one type, all compiled or none. The first one
// settles it. Asked for each program that has the array among its maps, too (-EINVAL of PROG_LOAD
// if it may not).
bool prog_array_accepts(Kernel& kernel, Map& map, const Program& program);
// The program at an index, or null. In a read section.
Program* prog_array_at(Map& map, uint32_t index);
// Where compiled code finds, from the address of the map, the number of entries (32 bits) and the
// entries (64 bits each, Program::tail_entry): jit::ProgramArrayLayout.
extern const uint16_t kProgArrayCount;
extern const uint16_t kProgArrayEntries;

// The perf event at an index, or null. In a read section.
Object* perf_event_array_at(Map& map, uint32_t index);

// bpf_current_task_under_cgroup: 1, 0 or a negative errno. In a read section.
int64_t cgroup_array_holds_task(Kernel& kernel, Map& map, uint32_t index);

}  // namespace zext::shim
