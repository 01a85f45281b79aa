#include "isa/ebpf/addresses.h"

namespace zext::ebpf {
namespace {

using Result = std::expected<uint64_t, AddressError>;
using ErrorKind = AddressError::Kind;

// The forms of LD_IMM64, by what their src field holds.
enum class Form : uint8_t {
#define EBPF_IMM64(name, ...) k##name,
#include "isa/ebpf/insns.def"
};

constexpr Form form_of(const Row& row) { return static_cast<Form>(row.src_field); }
static_assert(form_of(row_of(Op::kLoadMapFd)) == Form::kLoadMapFd);
static_assert(form_of(row_of(Op::kLoadVariable)) == Form::kLoadVariable);
static_assert(form_of(row_of(Op::kLoadMapValueIdx)) == Form::kLoadMapValueIdx);

// The two halves of the immediate.
int32_t number_of(const Instruction<>& insn) { return static_cast<int32_t>(insn.imm.value()); }
uint32_t second_of(const Instruction<>& insn) {
  return static_cast<uint32_t>(insn.imm.value() >> 32);
}

const MapAddress* find(std::span<const MapAddress> maps, bool by_index, int32_t number) {
  const auto matches = [&](const MapAddress& map) {
    return map.by_index == by_index && map.number == number;
  };
  // Objects can have thousands of maps; their tables are in order.
  const auto guess = static_cast<uint32_t>(number);
  if (guess < maps.size() && matches(maps[guess])) return &maps[guess];
  for (const MapAddress& map : maps) {
    if (matches(map)) return &map;
  }
  return nullptr;
}

Result map_address(const Instruction<>& insn, bool by_index, bool value,
                   std::span<const MapAddress> maps) {
  const int32_t number = number_of(insn);
  const auto failure = [&](ErrorKind kind, uint32_t offset = 0, uint64_t size = 0) {
    return std::unexpected(
        AddressError{.kind = kind, .number = number, .offset = offset, .size = size});
  };
  const MapAddress* map = find(maps, by_index, number);
  if (map == nullptr) {
    return failure(by_index ? ErrorKind::kUnknownIndex : ErrorKind::kUnknownDescriptor);
  }
  if (!value) {
    if (map->map == 0) return failure(ErrorKind::kNoMap);
    return map->map;
  }
  const uint32_t offset = second_of(insn);
  if (map->value_size == 0) return failure(ErrorKind::kNoValue, offset);
  if (offset >= map->value_size) return failure(ErrorKind::kOutsideValue, offset, map->value_size);
  return map->value + offset;
}

Result variable_address(const Instruction<>& insn, std::span<const VariableAddress> variables) {
  const int32_t number = number_of(insn);
  const uint32_t module = second_of(insn);
  for (const VariableAddress& variable : variables) {
    if (variable.btf_id == number && static_cast<uint32_t>(variable.module_fd) == module) {
      return variable.address;
    }
  }
  return std::unexpected(
      AddressError{.kind = ErrorKind::kUnknownVariable, .number = number, .offset = module});
}

}  // namespace

std::expected<uint64_t, AddressError> address_of(const Instruction<>& insn,
                                                 const Addresses& addresses) {
  switch (form_of(insn.row())) {
    case Form::kLoadMapFd:
      return map_address(insn, false, false, addresses.maps);
    case Form::kLoadMapValueFd:
      return map_address(insn, false, true, addresses.maps);
    case Form::kLoadMapIdx:
      return map_address(insn, true, false, addresses.maps);
    case Form::kLoadMapValueIdx:
      return map_address(insn, true, true, addresses.maps);
    case Form::kLoadVariable:
      return variable_address(insn, addresses.variables);
    case Form::kLoadImm64:
    case Form::kLoadFunction:
      break;
  }
  __builtin_unreachable();
}

}  // namespace zext::ebpf
