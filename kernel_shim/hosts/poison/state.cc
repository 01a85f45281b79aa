#include "kernel_shim/hosts/poison/state.h"

#include <cstdio>
#include <vector>

#include "kernel_shim/links/link.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim {
namespace {

template <typename... Arguments>
std::string line(const char* format, Arguments... arguments) {
  char text[200];
  std::snprintf(text, sizeof text, format, arguments...);
  return text;
}

std::string hex(const std::vector<uint8_t>& bytes) {
  std::string text;
  for (const uint8_t byte : bytes) text += line("%02x", byte);
  return text;
}

std::string describe_elements(Kernel& kernel, Map& map) {
  if (map_ops(map.type)->next_key == nullptr || map.key_size == 0) return {};
  std::string text;
  std::vector<uint8_t> key(map.key_size);
  std::vector<uint8_t> next(map.key_size);
  std::vector<uint8_t> value(user_value_size(kernel, map));
  const uint8_t* at = nullptr;
  for (int i = 0; i < 64 && map_next_key(kernel, map, at, next.data()) == 0; ++i) {
    key = next;
    at = key.data();
    const int error = map_copy_value(kernel, map, key.data(), value.data(), 0);
    text += "    " + hex(key) + (error == 0 ? " " + hex(value) : line(" %d", error)) + "\n";
  }
  return text;
}

std::string describe_object(Kernel& kernel, Object& object, uint32_t own, bool with_memory) {
  std::string text = line("  id %u references %u handles %u memory %lu\n", object.id,
                          object.references.load() - own, object.handles.load(),
                          with_memory ? object.memory.load() : 0);
  if (object.kind == KSHIM_MAP) {
    auto& map = static_cast<Map&>(object);
    text += line("    type %u frozen %d writers %u\n", map.type, map.frozen.load() ? 1 : 0,
                 map.writers.load());
    text += describe_elements(kernel, map);
  }
  if (object.kind == KSHIM_PROGRAM) {
    text += line("    maps %u\n", static_cast<Program&>(object).map_count);
  }
  if (object.kind == KSHIM_LINK) {
    auto& link = static_cast<Link&>(object);
    text += line("    program %u attached %d\n", link.program == nullptr ? 0 : link.program->id,
                 link.point != nullptr ? 1 : 0);
  }
  return text;
}

std::string describe_objects(Kernel& kernel, bool with_memory) {
  std::string text;
  for (const kshim_kind kind : {KSHIM_MAP, KSHIM_PROGRAM, KSHIM_LINK, KSHIM_BTF, kView}) {
    text += line("kind %d\n", static_cast<int>(kind));
    for (Object* object = kernel.ids(kind).find_from(kernel, 1); object != nullptr;) {
      text += describe_object(kernel, *object, 1, with_memory);
      const uint32_t id = object->id;
      put(kernel, *object);
      object = kernel.ids(kind).find_from(kernel, id + 1);
    }
  }
  return text;
}

}  // namespace

std::string describe_state(Instance& instance, bool with_memory) {
  std::string text;
  const ProcessHost::Client& client = instance.host().client();
  for (size_t fd = 0; fd < client.descriptors.size(); ++fd) {
    kshim_object* object = client.descriptors[fd];
    if (object == nullptr) continue;
    text += line("descriptor %zu kind %d id %u\n", fd, static_cast<int>(object_of(object).kind),
                 object_of(object).id);
    if (object_of(object).kind != KSHIM_PERF_EVENT) continue;
    auto& event = static_cast<PerfEvent&>(object_of(object));
    text += describe_object(instance.kernel(), event, 0, with_memory);
    text += line("    program %u\n", event.program == nullptr ? 0 : event.program->id);
  }
  for (const std::string& pin : instance.host().pins()) text += "pin " + pin + "\n";
  text += describe_objects(instance.kernel(), with_memory);
  if (!with_memory) return text;
  const ProcessHost::Counts counts = instance.host().counts();
  text += line("host: blocks %lu bytes %lu pages %lu armed %lu\n", counts.blocks, counts.bytes,
               counts.pages, counts.armed);
  return text;
}

}  // namespace zext::shim
