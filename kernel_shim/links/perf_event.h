// Perf events as points of attachment: one program each.
#pragma once

#include "kernel_shim/links/link.h"

namespace zext::shim {

// Attaches: 0; -EEXIST: the event has a program, or another event of this tracepoint has this one;
// -EINVAL: of another type; -EACCES: it reads beyond the record; -E2BIG; -ENOMEM.
int perf_event_attach(Kernel& kernel, PerfEvent& event, Program& program, uint64_t cookie);
// Takes the program away, if there is one; no CPU runs it for this event then.
void perf_event_detach(Kernel& kernel, PerfEvent& event);

}  // namespace zext::shim
