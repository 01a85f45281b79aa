// Records: the bytes of an event from the fields that a user names.
//
//   std::vector<uint8_t> bytes;
//   std::string error = make_record(machine, "tracepoint:sched/sched_process_exec",
//                                   {"filename=/bin/true", "pid=42"}, pid, &bytes);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel_shim/hosts/daemon/machine.h"

namespace zext::shim::daemon {

// Empty, or what is wrong with the fields.
//   probes: registers by name (di, ax, ...), arg1 to arg6, ret, ip
//   tracepoints: the fields of the format, strings too
//   raw tracepoints, fentry, ...: arg0, arg1, ...
std::string make_record(Machine& machine, const std::string& event,
                        const std::vector<std::string>& fields, uint32_t pid,
                        std::vector<uint8_t>* bytes);

}  // namespace zext::shim::daemon
