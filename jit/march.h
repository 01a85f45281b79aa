// parse_march: what GCC and Clang take for -march=, and device trees say in riscv,isa.
//
//   auto extensions = parse_march("rv64gc_zba_zbb1p0");
//   if (!extensions) return describe(extensions.error());   // "'zbx': no extension zext knows;
//   ..."
//
// rv64, then the base (i, or g for imafd_zicsr_zifencei), then extensions: single letters, and
// longer names that begin with z, s or x and are set off by underscores; versions (2p0) may follow
// each. Or a profile (rva20u64, rva22u64, rva23u64), and extensions. Naming: RISC-V manual, chapter
// "ISA Extension Naming Conventions". Of the known extensions most have no effect, as generated
// code has no use for them; unknown ones are refused, since what they imply is not known.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "jit/extensions.h"

namespace zext::jit {

struct MarchError {
  enum class Kind : uint8_t {
    kNotRv64,        // begins with neither rv64 nor a profile
    kMissingBase,    // `part` follows rv64 where i or g should
    kEmbeddedBase,   // rv64e has 16 registers, and generated code uses others
    kUnknownLetter,  // `part` is no single-letter extension
    kUnknownName,    // `part` is no extension with a longer name
    kTwice,          // `part` has been named before
    kEmptyName,      // nothing between two underscores, or after the last
    kUpperCase,      // names are in lower case
  };

  Kind kind = Kind::kNotRv64;
  std::string_view part;  // of the string parsed
};

// What generated code may use of it. Whether that is enough for it is compile()'s to say.
std::expected<Extensions, MarchError> parse_march(std::string_view march);

// One line: what is wrong with which part, and how to mend it. In jit:describe.
std::string describe(const MarchError& error);

}  // namespace zext::jit
