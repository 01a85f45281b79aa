// Words in which helpers.def and variants.cc write prototypes.
//
//   row(1, "map_lookup_elem", kTakesPacket, or_null(kMapValue), map(kLookup), kKey)
#pragma once

#include "verifier/platform/helper.h"

namespace zext::verifier::prototype {

// Traits of a helper, combined with |.
enum Trait : unsigned {
  kPlain = 0,
  kGpl = 1,
  kSleeps = 2,
  kMovesPacket = 4,  // changes_packet
  kTakesPacket = 8,  // takes_packet
};

// Map types, by the numbers of BPF_MAP_TYPE_*.
constexpr uint64_t maps(auto... types) { return ((uint64_t{1} << types) | ... | uint64_t{0}); }

inline constexpr uint64_t kProgramArray = maps(3);
inline constexpr uint64_t kPerfEventArray = maps(4);
inline constexpr uint64_t kStackTrace = maps(7);
inline constexpr uint64_t kCgroupArray = maps(8);
inline constexpr uint64_t kMapsOfMaps = maps(12, 13);
inline constexpr uint64_t kDeviceMap = maps(14, 25);
inline constexpr uint64_t kSockMap = maps(15);
inline constexpr uint64_t kCpuMap = maps(16);
inline constexpr uint64_t kXskMap = maps(17);
inline constexpr uint64_t kSockHash = maps(18);
inline constexpr uint64_t kCgroupStorage = maps(19, 21);
inline constexpr uint64_t kReuseportArray = maps(20);
inline constexpr uint64_t kQueueOrStack = maps(22, 23);
inline constexpr uint64_t kSocketStorage = maps(24);
inline constexpr uint64_t kRingBuffer = maps(27);
inline constexpr uint64_t kInodeStorage = maps(28);
inline constexpr uint64_t kTaskStorage = maps(29);
inline constexpr uint64_t kBloomFilter = maps(30);
inline constexpr uint64_t kUserRingBuffer = maps(31);
inline constexpr uint64_t kCgroupTaskStorage = maps(32);
// Hashes, arrays, the longest-prefix trie: one value for a key, kept for programs.
inline constexpr uint64_t kHashOrArray = maps(1, 2, 5, 6, 9, 10);
inline constexpr uint64_t kValues = kHashOrArray | maps(11);
inline constexpr uint64_t kPerCpuValues = maps(5, 6, 10);
inline constexpr uint64_t kTimerMaps = maps(1, 2, 9);

// Arguments.
inline constexpr Argument kAny{.kind = ArgumentKind::kAnything};
inline constexpr Argument kNumber{.kind = ArgumentKind::kNumber};
inline constexpr Argument kContext{.kind = ArgumentKind::kContext};
inline constexpr Argument kKey{.kind = ArgumentKind::kMapKey};
inline constexpr Argument kValue{.kind = ArgumentKind::kMapValue};
inline constexpr Argument kFillValue{
    .kind = ArgumentKind::kMapValue, .uninitialised = true, .writes = true};
inline constexpr Argument kRead{.kind = ArgumentKind::kMemory};
inline constexpr Argument kWrite{.kind = ArgumentKind::kMemory, .writes = true};
inline constexpr Argument kFill{
    .kind = ArgumentKind::kMemory, .uninitialised = true, .writes = true};
inline constexpr Argument kSize{.kind = ArgumentKind::kSize};
inline constexpr Argument kSizeOrZero{.kind = ArgumentKind::kSizeOrZero};
inline constexpr Argument kConstantSize{.kind = ArgumentKind::kConstantSize};
inline constexpr Argument kRecord{.kind = ArgumentKind::kRecord};
inline constexpr Argument kSpinLock{.kind = ArgumentKind::kSpinLock};
inline constexpr Argument kTimer{.kind = ArgumentKind::kTimer};
inline constexpr Argument kKptr{.kind = ArgumentKind::kKptr};
inline constexpr Argument kStackOrNull{.kind = ArgumentKind::kStackOrNull, .nullable = true};
inline constexpr Argument kString{.kind = ArgumentKind::kString};
inline constexpr Argument kPerCpuBtf{.kind = ArgumentKind::kPerCpuBtf};
inline constexpr Argument kDynptr{.kind = ArgumentKind::kDynptr};
// Some kernel object; kptr_xchg's is of its field's type.
inline constexpr Argument kObject{.kind = ArgumentKind::kBtf};

inline constexpr uint32_t kAnySock = bit(StructureId::kSocket) | bit(StructureId::kSockCommon) |
                                     bit(StructureId::kTcpSock) | bit(StructureId::kXdpSock);
// Linux's ARG_PTR_TO_SOCK_COMMON, and ARG_PTR_TO_BTF_ID_SOCK_COMMON.
inline constexpr Argument kSockFields{.kind = ArgumentKind::kStructure, .structures = kAnySock};
inline constexpr Argument kSock{
    .kind = ArgumentKind::kStructure, .structures = kAnySock, .type_name = "sock_common"};
inline constexpr Argument kFullSocket{.kind = ArgumentKind::kStructure,
                                      .structures = bit(StructureId::kSocket)};

constexpr Argument map(uint64_t types) { return {.kind = ArgumentKind::kMap, .maps = types}; }
constexpr Argument btf(const char* type) { return {.kind = ArgumentKind::kBtf, .type_name = type}; }
constexpr Argument function(Callback callback) {
  return {.kind = ArgumentKind::kFunction, .callback = callback};
}
constexpr Argument of(uint16_t bytes, Argument argument) {
  argument.bytes = bytes;
  return argument;
}
constexpr Argument aligned(Argument argument) {
  argument.aligned = true;
  return argument;
}
constexpr Argument or_null(Argument argument) {
  argument.nullable = true;
  return argument;
}
constexpr Argument release(Argument argument) {
  argument.releases = true;
  return argument;
}
constexpr Argument in_map_value(Argument argument) {
  argument.map_value = true;
  return argument;
}
constexpr Argument dynptr(DynptrKind kind) {
  return {.kind = ArgumentKind::kDynptr, .dynptr = kind};
}
constexpr Argument new_dynptr(DynptrKind kind) {
  return {.kind = ArgumentKind::kDynptr,
          .uninitialised = true,
          .writes = true,
          .acquires = kind == DynptrKind::kRingBuffer,
          .dynptr = kind};
}

// Results.
inline constexpr Result kInteger{};
inline constexpr Result kZero{.low = 0, .high = 0};
inline constexpr Result kUnsigned32{.low = 0, .high = UINT32_MAX};
inline constexpr Result kNatural{.low = 0, .high = INT32_MAX};
// An error, or a number of bytes written that the size argument bounds.
inline constexpr Result kBytesWritten{.low = -4095, .high = INT32_MAX, .at_most_size = true};
inline constexpr Result kNothing{.kind = ResultKind::kNothing};
inline constexpr Result kMapValue{.kind = ResultKind::kMapValue};
inline constexpr Result kNewRecord{.kind = ResultKind::kRecord, .nullable = true, .acquires = true};
inline constexpr Result kPerCpu{.kind = ResultKind::kPerCpu, .read_only = true};
inline constexpr Result kDynptrData{.kind = ResultKind::kDynptrData, .nullable = true};
inline constexpr Result kOldKptr{.kind = ResultKind::kKptr, .nullable = true, .acquires = true};

constexpr Result structure(StructureId id) {
  return {.kind = ResultKind::kStructure, .structure = id};
}
constexpr Result object(const char* type) { return {.kind = ResultKind::kBtf, .type_name = type}; }
constexpr Result or_null(Result result) {
  result.nullable = true;
  return result;
}
// A socket that was looked up: to be released, where there is one.
constexpr Result acquired(Result result) {
  result.nullable = true;
  result.acquires = true;
  return result;
}
constexpr Result cast(Result result) {
  result.nullable = true;
  result.casts = true;
  return result;
}

constexpr Helper row(uint32_t number, const char* name, unsigned traits, Result result,
                     auto... arguments) {
  static_assert(sizeof...(arguments) <= 5);
  return {.number = number,
          .name = name,
          .arguments = {arguments...},
          .result = result,
          .takes_packet = (traits & kTakesPacket) != 0,
          .changes_packet = (traits & kMovesPacket) != 0,
          .may_sleep = (traits & kSleeps) != 0,
          .gpl_only = (traits & kGpl) != 0};
}

}  // namespace zext::verifier::prototype
