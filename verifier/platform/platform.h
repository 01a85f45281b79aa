// Platform: what a host offers to one type of program, as rows of data that users can extend.
//
//   const Platform* xdp = find_platform("xdp");
//   const Platform* same = find_platform(6, 0);      // BPF_PROG_TYPE_XDP, attach type 0
//   xdp->allows(1);                                   // bpf_map_lookup_elem: yes
//
// The rows are Linux 5.19's program types, several of one type where its attach types differ.
#pragma once

#include <cstdint>
#include <span>

#include "verifier/platform/helper.h"
#include "verifier/platform/structure.h"

namespace zext::verifier {

// What r1 (and r2) hold at the entry.
enum class Entry : uint8_t {
  kContext,  // r1 = address of the context
  kMemory,   // r1 = address of a buffer, r2 = its length in bytes
  kBtf,      // r1 = address of the arguments of a kernel function, 8 bytes each, typed by its BTF
};

// What the program's packet may be used for.
enum class PacketAccess : uint8_t { kNone, kRead, kWrite };

// May memory arguments of helpers lie in the packet?
enum class PacketArguments : uint8_t {
  kByHelper,  // where the helper says so
  kNever,
  kAlways,
};

// The numbers a program may return.
struct ResultRange {
  int64_t low = 0;
  int64_t high = -1;  // any number if low > high
  constexpr bool any() const { return low > high; }
};

inline constexpr uint8_t kAnyAttachType = 0xff;
inline constexpr unsigned kHelperWords = 4;  // bits for helpers 0 to 255

using HelperSet = std::array<uint64_t, kHelperWords>;

// One type of program. Addresses of every region leave 2^30 bytes before either end of the address
// space, so that pointers compared within 2^29 bytes of a region do not wrap: the host's promise.
struct Platform {
  const char* name = nullptr;
  uint8_t type = 0;                      // Linux's BPF_PROG_TYPE_*, or object::ProgramType's own
  uint8_t attach_type = kAnyAttachType;  // Linux's BPF_* attach type, where it matters
  Entry entry = Entry::kContext;
  std::span<const Field> context = {};
  PacketAccess packet = PacketAccess::kNone;
  PacketArguments packet_arguments = PacketArguments::kByHelper;
  uint64_t packet_max = 0;  // most bytes from data to data_end
  uint64_t meta_max = 0;    // most bytes from data_meta to data
  uint64_t memory_max = 0;  // most bytes of the buffer
  ResultRange result = {};
  HelperSet helpers = {};        // of helpers(), by number
  bool may_sleep = false;        // programs of this type can be sleepable
  bool tracing = false;          // runs anywhere in the kernel: no spin locks, no timers
  bool spin_locks = true;        // may use them, where it is not tracing
  bool packet_loads = false;     // LD_ABS and LD_IND
  bool updates_sockets = false;  // map_update_elem and map_delete_elem on maps of sockets
  bool deletes_sockets = false;  // map_delete_elem on maps of sockets
  std::span<const Helper> own_helpers = {};  // the host's, ascending by number; before helpers()
  std::span<const Structure> own_structures = {};  // after StructureId's

  constexpr bool allows(uint32_t number) const {
    return number < 64 * kHelperWords && (helpers[number / 64] >> (number % 64) & 1) != 0;
  }
  // The helper that programs of this type may call by this number, or null.
  const Helper* helper(uint32_t number) const;
  const Structure& structure(StructureId id) const;
};

// The rows zext knows.
std::span<const Platform> platforms();

// By name ("xdp", "socket_filter", "cgroup_skb/egress", "plain_memory"); null for unknown ones.
const Platform* find_platform(const char* name);
// By numbers: the row of this attach type, else the one for any; null where there is none.
const Platform* find_platform(uint8_t type, uint8_t attach_type);

}  // namespace zext::verifier
