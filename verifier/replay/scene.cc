#include "verifier/replay/scene.h"

#include <algorithm>

namespace zext::verifier {
namespace {

using Kind = Place::Kind;

constexpr uint32_t kArgumentBytes = 8;
constexpr uint64_t kMostPacket = 0xffff;
constexpr size_t kTracepointBufferBytes = 8192;

}  // namespace

Scene::Scene(const Subject& subject, const Input& input, Space& space, Objects& objects)
    : subject_(subject), input_(input), space_(space), objects_(objects) {
  place_packet(input.packet, input.meta);
  switch (subject.platform.entry) {
    case Entry::kContext:
      make_context();
      break;
    case Entry::kBtf:
      make_typed_context();
      break;
    case Entry::kMemory:
      space.put(address_of(Kind::kMemory), input.memory);
      break;
  }
  fill_packet_fields();
}

ebpf::Arguments Scene::arguments(uint32_t start) {
  for (const Function& function : subject_.functions) {
    if (start == 0 || function.entry != start) continue;
    ebpf::Arguments arguments{};
    for (uint8_t i = 0; i < function.parameter_count; ++i) {
      arguments[i] = argument(function.parameters[i], static_cast<uint8_t>(i + 1), i);
    }
    return arguments;
  }
  if (subject_.platform.entry == Entry::kMemory) {
    return {address_of(Kind::kMemory), input_.memory.size()};
  }
  return {context()};
}

std::span<const uint8_t> Scene::packet() { return space_.bytes(packet_base_).subspan(meta_bytes_); }

std::span<const uint8_t> Scene::meta() { return space_.bytes(packet_base_).first(meta_bytes_); }

void Scene::move_packet(Bytes packet, const Bytes& meta) {
  space_.remove(packet_base_);
  ++moves_;
  place_packet(std::move(packet), meta);
  fill_packet_fields();
}

void Scene::place_packet(Bytes packet, const Bytes& meta) {
  // Programs that read by LD_ABS alone have no addresses of it.
  const Platform& platform = subject_.platform;
  const uint64_t most = platform.packet_loads ? kMostPacket : platform.packet_max;
  packet.resize(std::min<uint64_t>(packet.size(), most));
  meta_bytes_ = std::min<uint64_t>(meta.size(), subject_.platform.meta_max);
  packet_base_ = data() - meta_bytes_;
  // What is next to the packet stays next to it.
  Bytes bytes(meta.end() - static_cast<std::ptrdiff_t>(meta_bytes_), meta.end());
  bytes.insert(bytes.end(), packet.begin(), packet.end());
  space_.put(packet_base_, std::move(bytes), subject_.platform.packet == PacketAccess::kWrite);
}

void Scene::make_context() {
  Bytes context = input_.context;
  context.resize(size_of(subject_.platform.context));
  fill_pointers(context);
  space_.put(this->context(), std::move(context));
}

void Scene::fill_pointers(Bytes& context) {
  for (const Field& field : subject_.platform.context) {
    const Input::Object* given = object(0, field.offset);
    if (field.kind == FieldKind::kStructure) {
      const bool null = field.nullable && given != nullptr && given->null;
      const uint64_t address =
          null ? 0 : objects_.add_structure(field.structure, object_bytes(0, field.offset));
      put_word(context, field.offset, address, field.bytes);
    } else if (field.kind == FieldKind::kTracepointBuffer) {
      Bytes buffer = object_bytes(0, field.offset);
      buffer.resize(kTracepointBufferBytes);
      put_word(context, field.offset, space_.add(Kind::kTracepointBuffer, 0, std::move(buffer)),
               field.bytes);
    }
  }
}

void Scene::make_typed_context() {
  const auto count = static_cast<uint32_t>(subject_.arguments.size());
  Bytes context(std::max<uint64_t>(size_of(subject_.platform.context), kArgumentBytes * count));
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t at = kArgumentBytes * i;
    put_word(context, at, argument(subject_.arguments[i], 0, at), kArgumentBytes);
  }
  space_.put(this->context(), std::move(context), false);
}

// An argument of a function: of a traced one it is at an offset of the context, with `reg` 0.
uint64_t Scene::argument(const Parameter& parameter, uint8_t reg, uint32_t at) {
  const size_t index = reg != 0 ? reg - 1u : at / kArgumentBytes;
  const uint32_t place = reg != 0 ? 0 : at;
  const Input::Object* given = object(reg, place);
  const bool null = parameter.nullable && given != nullptr && given->null;
  switch (parameter.kind) {
    case Parameter::Kind::kNumber:
    case Parameter::Kind::kUnknown:
      return index < input_.arguments.size() ? input_.arguments[index] : 0;
    case Parameter::Kind::kContext:
      return context();
    case Parameter::Kind::kMemory: {
      if (null) return 0;
      Bytes bytes = object_bytes(reg, place);
      bytes.resize(parameter.bytes);
      return space_.add(Kind::kRegion, 0, std::move(bytes));
    }
    case Parameter::Kind::kObject:
      return null ? 0 : objects_.add(parameter.type, object_bytes(reg, place));
  }
  return 0;
}

const Input::Object* Scene::object(uint8_t reg, uint32_t at) const {
  const auto found = std::ranges::find_if(input_.objects, [&](const Input::Object& object) {
    return object.reg == reg && (reg != 0 || object.at == at);
  });
  return found == input_.objects.end() ? nullptr : &*found;
}

Bytes Scene::object_bytes(uint8_t reg, uint32_t at) const {
  const Input::Object* given = object(reg, at);
  return given != nullptr ? given->bytes : Bytes();
}

void Scene::fill_packet_fields() {
  const std::span<uint8_t> context = space_.bytes(this->context());
  for (const Field& field : subject_.platform.context) {
    uint64_t value = 0;
    switch (field.kind) {
      case FieldKind::kPacketStart:
        value = data();
        break;
      case FieldKind::kPacketEnd:
        value = data() + packet().size();
        break;
      case FieldKind::kPacketMeta:
        value = data() - meta_bytes_;
        break;
      case FieldKind::kNumber:
      case FieldKind::kStructure:
      case FieldKind::kBytes:
      case FieldKind::kTracepointBuffer:
        continue;
    }
    put_word(context, field.offset, value, field.bytes);
  }
}

}  // namespace zext::verifier
