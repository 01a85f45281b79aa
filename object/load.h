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
// A program that refers to what is not there is `broken`, and says why; the others are not. What
// the object declares for the kernel to define (kfuncs, __ksym, __kconfig) is listed in
// Program::externs. CO-RE relocations are listed in Program::core, with a note, and not applied:
// core_relocation.h does that.
std::expected<Object, Error> load(std::span<const uint8_t> elf);

}  // namespace zext::object
