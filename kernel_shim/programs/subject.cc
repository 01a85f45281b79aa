#include "kernel_shim/programs/subject.h"

#include "kernel_shim/programs/prototypes.h"

namespace zext::shim {
namespace {

using verifier::SpecialField;

constexpr uint32_t kSpinLockBytes = sizeof(bpf_spin_lock);
constexpr uint32_t kTimerBytes = sizeof(bpf_timer);

// The fields that there are, in order.
std::span<const SpecialField> special_fields(std::array<SpecialField, 2>& fields, uint32_t lock,
                                             uint32_t timer) {
  uint32_t count = 0;
  if (lock != kNoOffset) {
    fields[count++] = {
        .kind = SpecialField::Kind::kSpinLock, .offset = lock, .bytes = kSpinLockBytes};
  }
  if (timer != kNoOffset) {
    fields[count++] = {.kind = SpecialField::Kind::kTimer, .offset = timer, .bytes = kTimerBytes};
  }
  if (count == 2 && fields[0].offset > fields[1].offset) std::swap(fields[0], fields[1]);
  return std::span(fields).first(count);
}

// The bytes of a global constant: nothing can change them any more.
std::span<const uint8_t> constant(const Map& map) {
  const bool fixed = (map.flags & BPF_F_RDONLY_PROG) != 0 && map.frozen.load() &&
                     map.writers.load() == Map::kFrozen && map.max_entries == 1;
  const auto direct_value = map_ops(map.type)->direct_value;
  uint64_t address = 0;
  if (!fixed || direct_value == nullptr || direct_value(map, 0, &address) != 0) return {};
  return {reinterpret_cast<const uint8_t*>(address), map.value_size};
}

}  // namespace

RequestSubject::RequestSubject(const LoadRequest& request, const ebpf::Code& code,
                               const verifier::Platform& platform, const KernelTypes& kernel)
    : subject_{.code = code, .platform = platform} {
  add_maps(request);
  add_functions(request.program);
  subject_.maps = maps_;
  subject_.functions = functions_;
  subject_.arguments = kernel.arguments;
  subject_.variables = kernel.variables;
  subject_.types = kernel.types;
  subject_.sleepable = request.program.sleepable;
  subject_.gpl_compatible = request.program.gpl_compatible;
}

void RequestSubject::add_maps(const LoadRequest& request) {
  if (request.used_count == 0) return;
  fields_.resize(request.used_count);
  inner_fields_.resize(request.used_count);
  inner_.resize(request.used_count);
  maps_.resize(request.used_count);
  for (uint32_t i = 0; i < request.used_count; ++i) {
    const UsedMap& used = request.used[i];
    const Map& map = *used.map;
    maps_[i] = {.by_index = used.by_index,
                .number = used.number,
                .name = map.name,
                .type = map.type,
                .key_size = map.key_size,
                .value_size = map.value_size,
                .max_entries = map.max_entries,
                .flags = map.flags,
                .fields = special_fields(fields_[i], map.spin_lock, map.timer),
                .constant = constant(map)};
    if (!is_map_of_maps(map.type)) continue;
    inner_[i] = {.name = "inner map",
                 .type = map.inner_type,
                 .key_size = map.inner_key_size,
                 .value_size = map.inner_value_size,
                 .max_entries = map.inner_max_entries,
                 .flags = map.inner_flags,
                 .fields = special_fields(inner_fields_[i], kNoOffset, map.inner_timer)};
    maps_[i].inner = &inner_[i];
  }
}

// All but the entry, which nobody calls.
void RequestSubject::add_functions(const Program& program) {
  for (uint32_t i = 1; i < program.func_info_count; ++i) {
    bpf_func_info record{};
    __builtin_memcpy(&record, program.func_info + sizeof record * i, sizeof record);
    const btf_type* type = program.btf->type(record.type_id);
    verifier::Function function{.entry = record.insn_off,
                                .name = program.btf->string(type->name_off)};
    set_global(*program.btf, record.type_id, program.type, function);
    functions_.push_back(function);
  }
}

}  // namespace zext::shim
