// The trap handler for loads that may fault: looks the exception table up in memory, as a kernel
// would (jit/exception.h), and goes on.
//
//   prepare_probe_handler(code);              // in the start-up code
//   add_probe_handler(code, table, count);    // where mtvec points
//   // here: what is done about any other trap, with all registers clobbered
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cli/start_up.h"
#include "jit/exception.h"

namespace zext::cli {

// The bytes of the table that the handler reads: offset, resume and register as 32-bit words.
std::vector<uint8_t> table_in_memory(std::span<const jit::Exception> exceptions);

void prepare_probe_handler(StartUp& code);

// `table` has `count` entries and is about code at kTextAddress. Goes on behind the handler if the
// trap is no load access fault, or not of an instruction in the table.
void add_probe_handler(StartUp& code, uint64_t table, size_t count);

}  // namespace zext::cli
