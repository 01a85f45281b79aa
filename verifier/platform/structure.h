// Structure: an object of the host that programs read by fields: a context, a socket.
//
//   const Structure& socket = structures()[static_cast<size_t>(StructureId::kSocket)];
//   socket.fields[3].name          // "src_ip4"... by offset as programs see them
//
// An access must be of one whole field, or of an aligned part of it where the field is `narrow`.
#pragma once

#include <cstdint>
#include <span>

namespace zext::verifier {

// Structures that pointers lead to; a platform may have more of its own, after these.
enum class StructureId : uint8_t {
  kNone,
  kSocket,      // struct bpf_sock, full socket (Linux's PTR_TO_SOCKET)
  kSockCommon,  // struct bpf_sock, its common part only (PTR_TO_SOCK_COMMON)
  kTcpSock,     // struct bpf_tcp_sock
  kXdpSock,     // struct bpf_xdp_sock
  kFlowKeys,    // struct bpf_flow_keys
  kCount,
};

constexpr uint32_t bit(StructureId id) { return uint32_t{1} << static_cast<unsigned>(id); }

// What a load of a field gives.
enum class FieldKind : uint8_t {
  kNumber,
  kPacketStart,
  kPacketEnd,
  kPacketMeta,
  kStructure,         // a pointer to `structure`, 0 possible where `nullable`
  kBytes,             // numbers: any part at any alignment
  kTracepointBuffer,  // a pointer to the writable buffer of a raw tracepoint
};

struct Field {
  const char* name = nullptr;
  uint16_t offset = 0;
  uint16_t bytes = 0;
  FieldKind kind = FieldKind::kNumber;
  bool narrow = false;        // aligned parts of 1, 2, 4, 8 bytes may be read
  bool writable = false;      // the whole may be written
  bool narrow_write = false;  // so may aligned parts
  bool readable = true;
  bool nullable = false;         // kStructure
  bool narrow_at_start = false;  // parts only at the field's own offset
  uint8_t narrow_end = 0;        // parts only before this byte of the field; 0: anywhere in it
  uint8_t least_read = 1;        // bytes of the smallest part that may be read
  uint8_t least_write = 1;       // the same, written
  StructureId structure = StructureId::kNone;
};

struct Structure {
  const char* name = nullptr;
  std::span<const Field> fields;
};

// The field that has the byte at this offset, or null.
const Field* field_at(std::span<const Field> fields, uint64_t offset);

// May `bytes` (1, 2, 4 or 8) at this offset be read, or written? False where they are not all in
// one field.
bool may_read(std::span<const Field> fields, uint64_t offset, unsigned bytes);
bool may_write(std::span<const Field> fields, uint64_t offset, unsigned bytes);

// The structures of StructureId, at their numbers.
std::span<const Structure> structures();

}  // namespace zext::verifier
