// Platform: what a host offers to one type of program, as rows of data that users can extend.
//
//   const Platform* xdp = find_platform("xdp");
//   const Platform* same = find_platform(uint8_t{6});     // BPF_PROG_TYPE_XDP
//
// A type not found here is one that this verifier does not know yet.
#pragma once

#include <cstdint>
#include <span>

namespace zext::verifier {

// What a load of a context field gives.
enum class FieldKind : uint8_t { kNumber, kPacketStart, kPacketEnd, kPacketMeta };

// One field of the context structure. Accesses are aligned to their own size.
struct ContextField {
  const char* name;
  uint16_t offset;
  uint16_t bytes;
  FieldKind kind = FieldKind::kNumber;
  bool narrow = false;    // 1-, 2- and 4-byte parts may be read
  bool writable = false;  // and, where so, any aligned part or the whole
};

// What r1 (and r2) hold at the entry.
enum class Entry : uint8_t {
  kContext,  // r1 = address of the context
  kMemory,   // r1 = address of a buffer, r2 = its length in bytes
};

// One type of program. Addresses of every region leave 2^30 bytes before either end of the address
// space, so that pointers compared within 2^29 bytes of a region do not wrap: the host's promise.
struct Platform {
  const char* name;
  uint8_t type;  // Linux's BPF_PROG_TYPE_*, or object::ProgramType's own
  Entry entry = Entry::kContext;
  std::span<const ContextField> context = {};
  bool packet_writable = false;
  uint64_t packet_max = 0;  // most bytes from data to data_end
  uint64_t meta_max = 0;    // most bytes from data_meta to data
  uint64_t memory_max = 0;  // most bytes of the buffer
};

// The rows zext knows.
std::span<const Platform> platforms();

// By name ("xdp", "socket_filter", "plain_memory"), or by number (the first row of it); null for
// unknown ones.
const Platform* find_platform(const char* name);
const Platform* find_platform(uint8_t type);

}  // namespace zext::verifier
