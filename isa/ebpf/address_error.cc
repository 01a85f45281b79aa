// Missing addresses in words.
#include "isa/ebpf/addresses.h"

namespace zext::ebpf {

std::string describe(const AddressError& error) {
  const std::string number = std::to_string(error.number);
  const std::string offset = std::to_string(error.offset);
  switch (error.kind) {
    case AddressError::Kind::kUnknownDescriptor:
      return "no address is known for the map with descriptor " + number +
             "; add it to the table of addresses";
    case AddressError::Kind::kUnknownIndex:
      return "no address is known for the map with index " + number +
             "; add it to the table of addresses";
    case AddressError::Kind::kNoMap:
      return "map " + number +
             " has values here but no address of its own, which helpers take; give that, too";
    case AddressError::Kind::kNoValue:
      return "the values of map " + number +
             " have no fixed address, since it is no array of one element; look the element up";
    case AddressError::Kind::kOutsideValue:
      return "offset " + offset + " is outside of the " + std::to_string(error.size) +
             " bytes of the value of map " + number + "; name a byte inside it";
    case AddressError::Kind::kUnknownVariable:
      return "no address is known for the kernel variable with BTF id " + number +
             (error.offset == 0 ? "" : " of the module with descriptor " + offset) +
             "; add it to the table of addresses";
  }
  __builtin_unreachable();
}

}  // namespace zext::ebpf
