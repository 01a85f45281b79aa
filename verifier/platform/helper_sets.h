// Which helpers each program type may call: shared sets, combined with |.
//
//   {.name = "xdp", .helpers = helper_sets::kXdp}
//
// As in Linux 5.19 with CAP_BPF and CAP_PERFMON; numbers are those of helpers.def.
#pragma once

#include "verifier/platform/platform.h"

namespace zext::verifier::helper_sets {

constexpr HelperSet of(auto... numbers) {
  HelperSet set{};
  for (const unsigned number : {static_cast<unsigned>(numbers)...}) {
    set[number / 64] |= uint64_t{1} << (number % 64);
  }
  return set;
}
constexpr HelperSet operator|(HelperSet a, const HelperSet& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] |= b[i];
  return a;
}
constexpr HelperSet operator-(HelperSet a, const HelperSet& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] &= ~b[i];
  return a;
}

// Nearly all types.
inline constexpr HelperSet kMaps = of(1, 2, 3, 87, 88, 89);
inline constexpr HelperSet kRingBuffers = of(130, 131, 132, 133, 134);
inline constexpr HelperSet kSpinLocks = of(93, 94);
inline constexpr HelperSet kTimers = of(169, 170, 171, 172);
inline constexpr HelperSet kDynptrs = of(197, 198, 199, 200, 201, 202, 203);
inline constexpr HelperSet kCallbacks = of(164, 181, 209);
inline constexpr HelperSet kProbes = of(112, 113, 114, 115);
inline constexpr HelperSet kPrints = of(6, 149, 165, 177);
inline constexpr HelperSet kBase =
    kMaps | kRingBuffers | kSpinLocks | kTimers | kDynptrs | kCallbacks | kProbes | kPrints |
    of(5, 7, 8, 12, 35, 42, 105, 106, 118, 125, 153, 154, 158, 175, 182, 194, 195, 208, 210, 211);

// Sockets.
inline constexpr HelperSet kSocketCasts = of(136, 137, 138, 139, 140, 178, 196);
inline constexpr HelperSet kSocketStorage = of(107, 108);
inline constexpr HelperSet kSocketOptions = of(49, 57);
inline constexpr HelperSet kSocketLookup = of(84, 85, 86, 99);
inline constexpr HelperSet kRawSynCookies = of(204, 205, 206, 207);
inline constexpr HelperSet kNetwork = kBase | kSocketCasts | of(160);

// Packets.
inline constexpr HelperSet kSocketFilter = kNetwork | of(25, 26, 46, 47, 68);
inline constexpr HelperSet kTunnels = of(20, 21, 29, 30);
inline constexpr HelperSet kChecksums = of(10, 11, 28, 40, 135);
inline constexpr HelperSet kSchedCls =
    kNetwork | kTunnels | kChecksums | kSocketLookup | kSocketStorage | kRawSynCookies |
    of(8, 9, 13, 17, 18, 19, 23, 24, 25, 26, 31, 32, 33, 34, 38, 39, 41, 43, 46, 47, 48, 50, 66, 68,
       69, 79, 83, 95, 96, 97, 98, 100, 110, 124, 151, 152, 155, 163, 192);
inline constexpr HelperSet kXdp =
    kNetwork | kSocketLookup | kRawSynCookies |
    of(8, 23, 25, 28, 44, 51, 54, 65, 69, 100, 110, 163, 188, 189, 190);
inline constexpr HelperSet kSkSkb =
    kNetwork | kSocketLookup | of(9, 25, 26, 38, 39, 43, 46, 47, 50, 52, 72);
inline constexpr HelperSet kFlowDissector = kNetwork | of(26);
inline constexpr HelperSet kLwtOut = kNetwork | of(8, 17, 24, 25, 26, 28, 33, 34, 39);
inline constexpr HelperSet kLwtIn = kLwtOut | of(73);
inline constexpr HelperSet kLwtXmit =
    kLwtOut | kTunnels | kChecksums | of(9, 13, 23, 38, 41, 43, 73);
inline constexpr HelperSet kLwtSeg6 = (kLwtOut - of(39)) | of(74, 75, 76);

// Cgroups: storage everywhere, the result of the programs before where it can be changed, and the
// current task where there is one.
inline constexpr HelperSet kCgroup = of(81);
inline constexpr HelperSet kCgroupResult = of(186, 187);
inline constexpr HelperSet kCurrentTask = of(14, 15, 16, 17, 80, 123);
inline constexpr HelperSet kCgroupSkb =
    kSocketFilter | kCgroup | kSocketLookup | kSocketStorage | of(79, 83, 95, 96, 97, 98, 128, 129);
inline constexpr HelperSet kCgroupTask = kCgroup | kCurrentTask;
inline constexpr HelperSet kCgroupSock =
    kBase | kCgroupTask | kCgroupResult | of(25, 46, 107, 122, 160);
inline constexpr HelperSet kSockAddr =
    kNetwork | kCgroupTask | kSocketLookup | kSocketStorage | kSocketOptions | of(25, 46, 122);
inline constexpr HelperSet kSockAddrDecides = kSockAddr | kCgroupResult;
inline constexpr HelperSet kSockAddrConnect = kSockAddrDecides | of(64);
inline constexpr HelperSet kCgroupDevice = kBase | kCgroupTask | kCgroupResult | of(25);
inline constexpr HelperSet kCgroupSysctl = kCgroupDevice | of(101, 102, 103, 104, 160);
inline constexpr HelperSet kGetSockopt = kCgroupDevice | kSocketStorage | of(96, 122);
inline constexpr HelperSet kSetSockopt = kGetSockopt | kSocketOptions;

// Other places of sockets.
inline constexpr HelperSet kSockOps = kNetwork | kCgroup | kSocketOptions | kSocketStorage |
                                      of(25, 46, 53, 59, 70, 96, 122, 142, 143, 144);
inline constexpr HelperSet kSkMsg =
    kNetwork | kSocketStorage | of(14, 15, 17, 25, 60, 61, 62, 63, 71, 80, 90, 91, 122, 123);
inline constexpr HelperSet kSkReuseport = kBase | of(26, 46, 68, 82, 160);
inline constexpr HelperSet kSkLookup = kNetwork | of(25, 86, 124);
inline constexpr HelperSet kStructOps = kBase | kSocketStorage | kSocketOptions | of(116, 160);

// Infrared receivers have a set of their own.
inline constexpr HelperSet kLirc = kMaps | of(5, 6, 7, 12, 77, 78, 92, 125);

// Tracing.
inline constexpr HelperSet kTracingBase =
    kBase | of(4, 14, 15, 16, 22, 36, 37, 45, 55, 80, 109, 117, 120, 123, 141, 148, 156, 157, 176,
               180, 191);
inline constexpr HelperSet kRawTracepoint = kTracingBase | of(25, 27, 67);
inline constexpr HelperSet kKprobe = kRawTracepoint | of(58, 173, 174);
inline constexpr HelperSet kTracepoint = kRawTracepoint | of(174);
inline constexpr HelperSet kPerfEvent = kTracepoint | of(56, 119);
// Programs whose arguments have BTF types; the trampoline of functions knows arguments and results.
inline constexpr HelperSet kTracing =
    kRawTracepoint | kSocketCasts | kSocketStorage | of(46, 111, 121, 147, 162, 188);
inline constexpr HelperSet kTrampoline = of(174, 183, 184, 185);
inline constexpr HelperSet kFunction = kTracing | kTrampoline | of(173);
inline constexpr HelperSet kIterator = kTracing | of(126, 127, 150);
inline constexpr HelperSet kLsmCgroup =
    kTracing | kCgroup | kCgroupResult | of(145, 146, 159, 161, 193);
inline constexpr HelperSet kLsm = kTracing | kTrampoline | of(145, 146, 159, 161, 193);
inline constexpr HelperSet kSyscall = kTracing | of(166, 167, 168, 179);

}  // namespace zext::verifier::helper_sets
