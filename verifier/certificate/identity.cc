#include "verifier/certificate/identity.h"

#include "verifier/certificate/fnv.h"

namespace zext::verifier::certificate {
namespace {

void name(Fnv1a& hash, const char* name) { hash.text(name == nullptr ? "" : name); }

// As it is encoded: the numbers of operations may change, those of the instruction set do not.
void instruction(Fnv1a& hash, const ebpf::Instruction<>& insn) {
  const ebpf::Row& row = insn.row();
  hash.number(row.opcode);
  hash.number(row.src_field);
  hash.number(static_cast<uint64_t>(row.offset_field));
  hash.number(static_cast<uint64_t>(row.imm_field));
  hash.number(insn.dst);
  hash.number(insn.src);
  hash.number(static_cast<uint64_t>(insn.offset));
  hash.number(insn.imm.value());
}

void map_of(Fnv1a& hash, const Map& map) {
  hash.number(map.by_index);
  hash.number(static_cast<uint64_t>(map.number));
  hash.number(map.type);
  hash.number(map.key_size);
  hash.number(map.value_size);
  hash.number(map.max_entries);
  hash.number(map.flags);
  hash.number(map.fields.size());
  for (const SpecialField& field : map.fields) {
    hash.number(static_cast<uint64_t>(field.kind));
    hash.number(field.offset);
    hash.number(field.bytes);
    hash.number(field.type);
  }
  hash.block(map.constant);
  hash.number(map.inner != nullptr);
  // Linux has no maps of maps of maps, so this ends.
  if (map.inner != nullptr) map_of(hash, *map.inner);
}

void parameter(Fnv1a& hash, const Parameter& parameter) {
  hash.number(static_cast<uint64_t>(parameter.kind));
  hash.number(parameter.bytes);
  hash.number(parameter.type);
  hash.number(parameter.nullable);
  hash.number(parameter.fleeting);
}

// The first `count` of them.
void parameters(Fnv1a& hash, std::span<const Parameter> all, size_t count) {
  hash.number(count);
  for (size_t i = 0; i < count && i < all.size(); ++i) parameter(hash, all[i]);
}

void function(Fnv1a& hash, const Function& function) {
  hash.number(function.entry);
  hash.number(function.global);
  hash.number(function.returns_nothing);
  hash.number(function.returns_unknown);
  parameters(hash, function.parameters, function.parameter_count);
}

void kernel_function(Fnv1a& hash, const KernelFunction& function) {
  hash.number(static_cast<uint64_t>(function.number));
  name(hash, function.name);
  hash.number(function.weak);
  hash.number(function.missing);
  hash.number(function.returns_nothing);
  parameter(hash, function.result);
  parameters(hash, function.parameters, function.parameter_count);
}

void variable(Fnv1a& hash, const KernelVariable& variable) {
  hash.number(static_cast<uint64_t>(variable.number));
  name(hash, variable.name);
  parameter(hash, variable.value);
  hash.number(variable.per_cpu);
  hash.number(variable.weak);
  hash.number(variable.missing);
}

}  // namespace

uint64_t identity(const Subject& subject, bool privileged, bool strict_alignment) {
  Fnv1a hash;
  name(hash, subject.platform.name);
  hash.number(privileged);
  hash.number(strict_alignment);
  hash.number(subject.sleepable);
  hash.number(subject.gpl_compatible);

  hash.number(subject.code.size());
  for (uint32_t pc = 0; pc < subject.code.size(); pc = subject.code.next(pc)) {
    instruction(hash, subject.code.insns[pc]);
  }
  hash.number(subject.maps.size());
  for (const Map& map : subject.maps) map_of(hash, map);
  hash.number(subject.functions.size());
  for (const Function& listed : subject.functions) function(hash, listed);
  parameters(hash, subject.arguments, subject.arguments.size());
  hash.number(subject.variables.size());
  for (const KernelVariable& listed : subject.variables) variable(hash, listed);
  hash.number(subject.kernel_functions.size());
  for (const KernelFunction& listed : subject.kernel_functions) kernel_function(hash, listed);
  return hash.value();
}

}  // namespace zext::verifier::certificate
