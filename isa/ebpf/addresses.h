// Addresses: what LD_IMM64's pseudo forms stand for where a program runs: maps, bytes of their
// values, kernel variables.
//
//   const MapAddress maps[] = {{.number = 3, .map = 0xffffffe001234000}};
//   address_of(insn, {.maps = maps});      // of `r1 = map 3`: 0xffffffe001234000
//   address_of(other, {.maps = maps});     // of `r1 = map 4`: an AddressError, for describe()
//
// One table for all who run programs: the interpreter's Environment and the JIT's Options both hold
// an Addresses. A kernel fills it when it loads a program (bpf(2): the instructions' descriptors,
// fd_array, BTF ids), `zext run` from an object's sections. What the forms mean is RFC 9669's,
// section 5.4; when a value may be named is Linux's (bpf_map_direct_value_addr).
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "isa/ebpf/insn.h"

namespace zext::ebpf {

// One map, by the number that instructions name it by.
struct MapAddress {
  bool by_index = false;  // the number is an index in fd_array, not a descriptor
  int32_t number = 0;
  uint64_t map = 0;         // what helpers take for the map; 0: not known
  uint64_t value = 0;       // first byte of its only value
  uint64_t value_size = 0;  // 0: its values have no fixed addresses (any map but an array of one)
};

struct VariableAddress {
  int32_t btf_id = 0;
  int32_t module_fd = 0;  // descriptor of the module's BTF; 0: the kernel's own
  uint64_t address = 0;
};

// No two entries of a kind may have the same number. Entry i for number i is found at once.
struct Addresses {
  std::span<const MapAddress> maps = {};
  std::span<const VariableAddress> variables = {};
};

// Why an instruction has no address.
struct AddressError {
  enum class Kind : uint8_t {
    kUnknownDescriptor,  // no map has this descriptor
    kUnknownIndex,       // no map has this index
    kNoMap,              // the map is listed, but its own address is 0
    kNoValue,            // the map's values have no fixed address
    kOutsideValue,       // `offset` is not inside the value's `size` bytes
    kUnknownVariable,    // no variable has this BTF id in this module (`offset`)
  };

  Kind kind = Kind::kUnknownDescriptor;
  int32_t number = 0;   // descriptor, index or BTF id
  uint32_t offset = 0;  // in the value, as the instruction says it; or the module's descriptor
  uint64_t size = 0;    // kOutsideValue
};

// Whether the instruction is one that address_of is about.
constexpr bool names_address(Op op) {
  return row_of(op).kind == Kind::kImm64 && op != Op::kLoadImm64 && op != Op::kLoadFunction;
}

// What the instruction loads. It must be one of those that names_address() is true of.
std::expected<uint64_t, AddressError> address_of(const Instruction<>& insn,
                                                 const Addresses& addresses);

// One line: what has no address, why, and how to mend it.
std::string describe(const AddressError& error);

}  // namespace zext::ebpf
