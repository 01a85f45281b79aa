// Global variables: the value of each data map (.data, .rodata, .bss) at a fixed address, the same
// on every machine.
//
//   auto globals = place_globals(program, code, object.maps);  // or why it cannot run here
//   globals->regions                      // what the program can reach of them
//   globals->maps                         // their addresses, for jit::compile and ebpf::run
//
// A map's place depends on the object alone, so that all of its programs agree. What a kernel keeps
// in maps (hash tables, rings, ...) is not here: a program that takes a map to a helper is refused.
#pragma once

#include <expected>
#include <vector>

#include "cli/setting.h"
#include "isa/ebpf/addresses.h"
#include "isa/ebpf/decode.h"
#include "object/error.h"
#include "object/program.h"

namespace zext::cli {

struct Globals {
  // The values that the program names, or reaches by pointers from those; not writable by it where
  // the map is read-only.
  std::vector<Region> regions;
  // Of every map of the object, by its number in it.
  std::vector<ebpf::MapAddress> maps;
};

// Errors: a map whose values have no address, a pointer to a function within variables, more bytes
// than there is room for. `maps` are the object's; bare bytecode has none, and names none.
std::expected<Globals, object::Error> place_globals(const object::Program& program,
                                                    const ebpf::Code& code,
                                                    const std::vector<object::Map>& maps);

// The same, added to the setting of a run.
std::expected<void, object::Error> add_globals(Setting& setting, const object::Program& program,
                                               const ebpf::Code& code,
                                               const std::vector<object::Map>& maps);

}  // namespace zext::cli
