// Type: the kinds of things that a register or stack slot holds.
#pragma once

#include <cstdint>

namespace zext::verifier {

// What a register or stack slot holds. A pointer's value is its offset from the region's origin,
// in two's complement: data for kPacket and kPacketEnd, data_meta, the frame pointer, the buffer,
// the first byte of whatever else it points to.
enum class Type : uint8_t {
  kUninitialised,  // anything; must not be read
  kNumber,
  kContext,
  kPacket,
  kPacketEnd,
  kPacketMeta,
  kStack,
  kMemory,     // the buffer that the program is given
  kMap,        // a map itself, as helpers take it
  kMapKey,     // a key of a map, in a callback
  kMapValue,   //
  kRegion,     // memory of `size` bytes: a record of a ring buffer, what a pointer parameter of
               // a global function points to
  kStructure,  // an object of the host, by fields: a socket
  kObject,     // an object of the kernel, by BTF type; its loads are probed
  kPerCpu,     // a kernel variable of which there is one for each CPU
  kTracepointBuffer,  // the writable arguments of a raw tracepoint
  kFunction,          // a function of the program
};

constexpr bool is_pointer(Type type) { return type > Type::kNumber; }

}  // namespace zext::verifier
