// The protocol between clients and the daemon: one request, one reply, over a SOCK_SEQPACKET
// socket.
//
//   Request request{.op = Op::kBpf, .number = BPF_MAP_CREATE, .arguments = {attr, size}};
//   ... send, receive a Reply: `result` is what bpf(2) returns, or a descriptor comes along
//
// Plain structs for one machine; both ends are checked by version. Nothing in a request is believed
// that the daemon can find out itself: who asks is SO_PEERCRED's, what a descriptor number means is
// read in /proc.
#pragma once

#include <atomic>
#include <cstdint>

namespace zext::shim::daemon {

inline constexpr uint32_t kProtocolVersion = 3;
inline constexpr const char* kSocketName = "socket";
// The environment: the daemon's directory (--directory), and the zext that starts a daemon.
inline constexpr const char* kDirectoryVariable = "ZEXT_SHIM_DIR";
inline constexpr const char* kProgramVariable = "ZEXT_SHIM_PROGRAM";

// Subdirectories and files of the daemon's directory: what clients see in place of the kernel's.
inline constexpr const char* kPinDirectory = "bpf";
inline constexpr const char* kTracingDirectory = "tracing";
inline constexpr const char* kPreloadName = "libzext_shim.so";

// Mode of the files behind descriptors, by which a client knows them: no file has it by chance.
inline constexpr uint32_t kPlaceholderMode = 01000;

enum class Op : uint32_t {
  kHello = 1,      // arguments: version, thread id, 1: send a Channel
  kBpf,            // number: command; arguments: attr, size; payload: the attribute's bytes
  kPerfEventOpen,  // arguments: attr, pid, cpu, group, flags
  kIoctl,          // number: fd; arguments: request, argument
  kMmap,           // number: fd; arguments: offset, length, protection, flags
  kPoll,           // number: fd; arguments: 1: send the eventfd that is written on wake-up
  kClosed,         // arguments: device, inode of a descriptor that was just closed
  kFdinfo,         // number: fd; arguments: process id, or 0 for the caller's
  kFire,           // payload: FireRequest and its fields
  kStatus,         // a descriptor with JSON
  kStop,
};

struct Request {
  Op op = Op::kHello;
  int32_t number = 0;
  uint64_t arguments[5] = {};
  uint32_t cpu = 0;  // that the client runs on, as far as it knows
  uint32_t reserved = 0;
};

// Behind a Request; at most this much.
inline constexpr uint32_t kMaxPayload = 1 << 16;
// An attribute up to this size comes with its request.
inline constexpr uint32_t kMaxInlineAttribute = 256;

enum class DescriptorUse : uint32_t {
  kNone = 0,
  kResult = 1,  // it is what the system call returns
  kAside = 2,   // it goes with the result: pages, an eventfd
};

struct Reply {
  int64_t result = 0;  // a negative errno, or the result
  DescriptorUse descriptor = DescriptorUse::kNone;
  uint32_t reserved = 0;
  // kMmap: offset in the file of the first piece, length of it, offset of the second piece.
  // kFire: what the programs decided.
  uint64_t values[4] = {};
};

// What a client's thread shares with the daemon's thread that answers it: a request and its reply
// without a system call, as long as both are awake. kHello's reply brings its file.
//
// The client writes `request` and counts `asked` up; the daemon answers in `reply` and counts
// `answered` up. A side that has nothing to do looks on for some microseconds, then says that it
// sleeps: the daemon is woken by a message of kBell, the client by a futex on `answered`. A
// descriptor comes by the socket, in a message of its Reply, before `answered` says so.
struct Channel {
  alignas(64) std::atomic<uint32_t> asked{0};
  std::atomic<uint32_t> daemon_sleeps{0};
  Request request;
  uint32_t payload_size = 0;
  uint8_t payload[kMaxInlineAttribute] = {};
  alignas(64) std::atomic<uint32_t> answered{0};
  std::atomic<uint32_t> client_sleeps{0};
  std::atomic<uint32_t> daemon_cpu{~uint32_t{0}};  // that it was on: no use to look on from there
  Reply reply;
};
inline constexpr uint32_t kChannelSize = 4096;
inline constexpr uint32_t kBell = 0x6c6c'6562;

// zext shim fire: an event and who is the current task meanwhile.
struct FireRequest {
  char event[160] = {};  // "kprobe:do_unlinkat", "tracepoint:sched/sched_switch", ...
  uint32_t pid = 0;      // 0: the caller
  uint32_t tgid = 0;
  char comm[16] = {};
  uint32_t raw = 0;  // 1: the payload is the event's bytes; 0: "field=value" texts, each with a NUL
  uint32_t size = 0;
};

}  // namespace zext::shim::daemon
