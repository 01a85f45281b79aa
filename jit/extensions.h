// Extensions: which RV64 extensions the generated code may use.
//
//   constexpr Extensions kServer = kRv64gc | Extensions{rv64::Extension::kZba};
//   parse_march("rv64gc_zba_zbb")                 // jit/march.h
#pragma once

#include <cstdint>
#include <initializer_list>

#include "isa/rv64/insn.h"

namespace zext::jit {

class Extensions {
 public:
  constexpr Extensions() = default;
  constexpr Extensions(std::initializer_list<rv64::Extension> members) {
    for (const rv64::Extension member : members) bits_ |= bit(member);
  }

  constexpr bool has(rv64::Extension extension) const { return (bits_ & bit(extension)) != 0; }
  constexpr bool includes(Extensions other) const { return (other.bits_ & ~bits_) == 0; }

  constexpr Extensions without(Extensions other) const {
    Extensions result;
    result.bits_ = bits_ & ~other.bits_;
    return result;
  }

  friend constexpr Extensions operator|(Extensions a, Extensions b) {
    Extensions result;
    result.bits_ = a.bits_ | b.bits_;
    return result;
  }
  friend constexpr bool operator==(Extensions, Extensions) = default;

 private:
  static constexpr uint32_t bit(rv64::Extension extension) {
    return uint32_t{1} << static_cast<unsigned>(extension);
  }

  uint32_t bits_ = 0;
};

// What every generated program may need: the base, multiplication, atomics.
inline constexpr Extensions kRequired = {rv64::Extension::kI, rv64::Extension::kM,
                                         rv64::Extension::kA};

// Linux's baseline, less floating point, which eBPF has no use for.
inline constexpr Extensions kRv64gc =
    kRequired |
    Extensions{rv64::Extension::kC, rv64::Extension::kZicsr, rv64::Extension::kZifencei};

}  // namespace zext::jit
