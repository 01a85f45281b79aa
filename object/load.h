// Loads a BPF object file: ELF bytes in, linked programs with maps and source lines out.
//
//   auto object = load(bytes);
//   if (!object) return fail(object.error().to_string());    // "function 'f', instruction 3: ..."
//   for (const Program& program : object->programs) verify(program);
//
// Safe for any bytes: whatever they are, the result is an Object or an Error, in time and memory
// bounded by the size of the file.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "object/error.h"
#include "object/program.h"

namespace zext::object {

// Which functions are programs: those that are not static, outside of .text; functions of .text are
// called by them. An object with code in .text only is for plain memory: each of its functions that
// is not static is a program of type kPlainMemory.
//
// What programs cannot be loaded with, in Error: names that the object does not define (kernel
// functions and variables). CO-RE relocations are reported in Object::notes and Program::core, and
// not applied.
std::expected<Object, Error> load(std::span<const uint8_t> elf);

}  // namespace zext::object
