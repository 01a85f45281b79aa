#include "verifier/explain/wanted.h"

#include <fmt/format.h>

#include <array>

namespace zext::verifier {
namespace {

std::string structures_of(const Argument& argument) {
  std::string text;
  const auto all = structures();
  for (size_t id = 1; id < all.size(); ++id) {
    if ((argument.structures >> id & 1) == 0 || all[id].name == nullptr) continue;
    text += (text.empty() ? "struct " : ", or ") + std::string(all[id].name);
  }
  return "a pointer to " + (text.empty() ? "a structure" : text);
}

std::string memory_of(const Argument& argument) {
  if (argument.map_value) return "memory in a map's value";
  return argument.bytes == 0 ? "memory" : fmt::format("memory of {} bytes", argument.bytes);
}

std::string kind_of(const Argument& argument) {
  switch (argument.kind) {
    case ArgumentKind::kNone:
      return "nothing";
    case ArgumentKind::kAnything:
      return "any value";
    case ArgumentKind::kNumber:
      return "a number";
    case ArgumentKind::kContext:
      return "the context, as the program was given it,";
    case ArgumentKind::kMap:
      return "a map";
    case ArgumentKind::kMapKey:
      return "memory with a key";
    case ArgumentKind::kMapValue:
      return "memory with a value";
    case ArgumentKind::kMemory:
      return memory_of(argument);
    case ArgumentKind::kSize:
    case ArgumentKind::kSizeOrZero:
      return "a size";
    case ArgumentKind::kConstantSize:
      return "a constant size";
    case ArgumentKind::kStructure:
      return structures_of(argument);
    case ArgumentKind::kBtf:
      return argument.type_name == nullptr
                 ? "a pointer to a kernel object"
                 : fmt::format("a pointer to the kernel's struct {}", argument.type_name);
    case ArgumentKind::kRecord:
      return "a record of a ring buffer, from its beginning,";
    case ArgumentKind::kSpinLock:
      return "the address of a map value's bpf_spin_lock";
    case ArgumentKind::kTimer:
      return "the address of a map value's bpf_timer";
    case ArgumentKind::kKptr:
      return "the address of a map value's kernel pointer";
    case ArgumentKind::kFunction:
      return "a function of the program";
    case ArgumentKind::kStackOrNull:
      return "an address on the stack, or 0,";
    case ArgumentKind::kString:
      return "a constant string";
    case ArgumentKind::kDynptr:
      return "the address of a bpf_dynptr";
    case ArgumentKind::kIterator:
      return fmt::format("the address of a bpf_iter_{}", argument.type_name);
    case ArgumentKind::kPerCpuBtf:
      return "the address of a per-CPU variable";
  }
  return "";
}

}  // namespace

std::string wanted(const Argument& argument) { return kind_of(argument); }

std::string wanted(const Subject& subject, const Parameter& parameter) {
  switch (parameter.kind) {
    case Parameter::Kind::kNumber:
      return "a number";
    case Parameter::Kind::kContext:
      return "the context";
    case Parameter::Kind::kMemory:
      return fmt::format("memory of {} bytes{}", parameter.bytes,
                         parameter.nullable ? ", or 0," : "");
    case Parameter::Kind::kObject: {
      const TypeInfo* type = subject.types[parameter.type];
      return type == nullptr ? "a kernel object"
                             : fmt::format("the kernel's struct {}", type->name);
    }
    case Parameter::Kind::kUnknown:
      return "something that cannot be checked";
  }
  return "";
}

std::string map_type_name(uint32_t type) {
  // By the numbers of Linux's BPF_MAP_TYPE_*.
  static constexpr std::array kNames = {"unspecified",    "hash",
                                        "array",          "program array",
                                        "perf events",    "per-CPU hash",
                                        "per-CPU array",  "stack traces",
                                        "cgroup array",   "LRU hash",
                                        "per-CPU LRU",    "longest-prefix trie",
                                        "array of maps",  "hash of maps",
                                        "device map",     "socket map",
                                        "CPU map",        "XDP socket map",
                                        "socket hash",    "cgroup storage",
                                        "socket array",   "per-CPU cgroup storage",
                                        "queue",          "stack",
                                        "socket storage", "device hash",
                                        "operations",     "ring buffer",
                                        "inode storage",  "task storage",
                                        "bloom filter",   "user ring buffer",
                                        "cgroup storage", "arena"};
  return type < kNames.size() ? kNames[type] : fmt::format("{}", type);
}

std::string special_name(SpecialField::Kind kind) {
  switch (kind) {
    case SpecialField::Kind::kSpinLock:
      return "lock";
    case SpecialField::Kind::kTimer:
      return "timer";
    case SpecialField::Kind::kKptr:
    case SpecialField::Kind::kReferencedKptr:
      return "kernel pointer";
    case SpecialField::Kind::kOther:
      return "reserved part";
  }
  return "";
}

}  // namespace zext::verifier
