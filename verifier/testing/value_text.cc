#include "verifier/testing/value_text.h"

#include "verifier/testing/number_text.h"

namespace zext::verifier {
namespace {

std::string structure_text(StructureId id) {
  for (const NamedStructure& known : kNamedStructures) {
    if (known.id == id) return known.name;
  }
  return "structure ?";
}

std::string trust_text(Trust trust) {
  for (const NamedTrust& known : kNamedTrusts) {
    if (known.trust == trust) return std::string(" ") + known.name;
  }
  return "";
}

std::string function_text(const Prepared& program, uint32_t entry) {
  for (const Function& function : program.functions) {
    if (function.entry == entry) return std::string("function ") + function.name;
  }
  return "function ?";
}

// What the pointer leads to.
std::string region_text(const Prepared& program, const Value& value) {
  const auto named = [&](const char* what) {
    return std::string(what) + (value.map != nullptr ? value.map->name : "?");
  };
  switch (value.type) {
    case Type::kUninitialised:
    case Type::kNumber:
      return "";
    case Type::kContext:
      return "context";
    case Type::kPacket:
      return "packet";
    case Type::kPacketEnd:
      return "packet end";
    case Type::kPacketMeta:
      return "meta";
    case Type::kStack:
      return "stack";
    case Type::kMemory:
      return "buffer";
    case Type::kMap:
      return named("map ");
    case Type::kMapKey:
      return named("key of ");
    case Type::kMapValue:
      return named("value of ");
    case Type::kRegion:
      return "region of " + std::to_string(value.detail);
    case Type::kStructure:
      return structure_text(value.structure);
    case Type::kObject: {
      const TypeInfo* type = program.subject().types[value.detail];
      return std::string("object ") + (type == nullptr ? "?" : type->name);
    }
    case Type::kPerCpu:
      return "variable of each CPU";
    case Type::kTracepointBuffer:
      return "tracepoint buffer";
    case Type::kFunction:
      return function_text(program, value.detail);
  }
  return "";
}

}  // namespace

std::string value_text(const Prepared& program, const Value& value) {
  if (value.type == Type::kUninitialised) return "?";
  if (value.type == Type::kNumber) return number_text(value.number);
  std::string text = region_text(program, value);
  if (value.type == Type::kPacketEnd) return text;
  if (!is_constant(value.number) || signed_min(value.number) != 0) {
    text += " + " + number_text(value.number, true);
  }
  text += trust_text(value.trust);
  if (value.read_only) text += " read-only";
  if (value.nullable) text += " or null";
  if (value.reference != kNoObject) text += " held by #" + std::to_string(value.reference);
  return text;
}

}  // namespace zext::verifier
