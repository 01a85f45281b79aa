#include "verifier/refine/example.h"

#include <algorithm>
#include <map>

#include "verifier/replay/replay.h"

namespace zext::verifier {
namespace {

using symbolic::Event;
using symbolic::Solver;

using Bytes = std::map<int64_t, uint8_t>;

constexpr uint32_t kFixedObjects = uint32_t{1} << 31;

// Helpers whose answers a replay computes (replay/replay.h).
bool computed(const Event& event) {
  switch (event.helper) {
    case 1:    // map_lookup_elem
    case 2:    // map_update_elem
    case 3:    // map_delete_elem
    case 87:   // map_push_elem
    case 88:   // map_pop_elem
    case 89:   // map_peek_elem
    case 164:  // for_each_map_elem
    case 181:  // loop
    case 195:  // map_lookup_percpu_elem
      return true;
    default:
      return false;
  }
}

class Builder {
 public:
  Builder(const Subject& subject, const symbolic::Machine& machine, const Solver& solver)
      : subject_(subject), machine_(machine), solver_(solver) {
    for (const Event* e = machine.history.get(); e != nullptr; e = e->before.get()) {
      events_.push_back(e);
    }
    std::reverse(events_.begin(), events_.end());
  }

  Input run() {
    take_bytes();
    take_objects();
    Input input;
    input.packet = image({.type = Type::kPacket}, 0, value(machine_.packet_size));
    const uint64_t meta = value(machine_.meta_size_plus_one);
    if (meta > 1) {
      input.meta = image({.type = Type::kPacket}, -static_cast<int64_t>(meta - 1), meta - 1);
    }
    input.objects = std::move(objects_);
    if (subject_.platform.entry == Entry::kMemory) {
      input.memory = image({.type = Type::kMemory}, 0, value(machine_.memory_size));
    }
    const Bytes& context = bytes_[{Type::kContext, 0}];
    if (!context.empty()) {
      const auto size = static_cast<uint64_t>(context.rbegin()->first + 1);
      input.context = image({.type = Type::kContext}, 0, size);
    }
    if (subject_.platform.entry == Entry::kBtf) {
      input.arguments.reserve(input.context.size() / 8 + 1);
      for (size_t i = 0; 8 * i < input.context.size(); ++i) {
        uint64_t argument = 0;
        for (size_t k = 0; k < 8 && 8 * i + k < input.context.size(); ++k) {
          argument |= uint64_t{input.context[8 * i + k]} << (8 * k);
        }
        input.arguments.push_back(argument);
      }
      input.context.clear();
    }
    for (size_t i = 0; i < subject_.maps.size(); ++i) {
      const auto object = kFixedObjects + static_cast<uint32_t>(i);
      if (!bytes_.contains({Type::kMapValue, object}) || !subject_.maps[i].constant.empty()) {
        continue;
      }
      add_entry(input, subject_.maps[i], std::vector<uint8_t>(subject_.maps[i].key_size), object);
    }
    for (const Event* event : events_) add(*event, input);
    return input;
  }

 private:
  using Key = std::pair<Type, uint32_t>;

  uint64_t value(const symbolic::Term& term) const { return solver_.example(term); }

  void take_bytes() {
    for (const Event* event : events_) {
      if (event->kind == Event::Kind::kDecided) absent_[event->object] = event->null;
      if (event->kind != Event::Kind::kByte || !event->initial) continue;
      // What was there first counts.
      bytes_[{event->region.type, event->region.object}].try_emplace(
          static_cast<int64_t>(value(event->offset)), static_cast<uint8_t>(value(event->byte)));
    }
  }

  // What the context's pointers lead to.
  void take_objects() {
    for (const Event* event : events_) {
      if (event->kind != Event::Kind::kPointer) continue;
      const Bytes& bytes = bytes_[{Type::kStructure, event->object}];
      const uint64_t size = bytes.empty() ? 0 : static_cast<uint64_t>(bytes.rbegin()->first + 1);
      objects_.push_back(
          {.at = static_cast<uint32_t>(value(event->offset)),
           .null = is_null(event->object),
           .bytes = image({.type = Type::kStructure, .object = event->object}, 0, size)});
    }
  }

  // The region's bytes [from, from + size).
  std::vector<uint8_t> image(const symbolic::Region& region, int64_t from, uint64_t size) {
    constexpr uint64_t kMost = uint64_t{1} << 20;
    std::vector<uint8_t> image(std::min(size, kMost));
    for (const auto& [at, byte] : bytes_[{region.type, region.object}]) {
      const auto place = static_cast<uint64_t>(at - from);
      if (place < image.size()) image[place] = byte;
    }
    return image;
  }

  bool is_null(uint32_t object, bool otherwise = false) const {
    const auto found = absent_.find(object);
    return found == absent_.end() ? otherwise : found->second;
  }

  void add_entry(Input& input, const Map& map, std::vector<uint8_t> key, uint32_t object) {
    if (&map < subject_.maps.data() || &map >= subject_.maps.data() + subject_.maps.size()) return;
    const auto index = static_cast<uint32_t>(&map - subject_.maps.data());
    const bool known = std::any_of(
        input.maps.begin(), input.maps.end(),
        [&](const Input::Entry& entry) { return entry.map == index && entry.key == key; });
    if (known) return;
    input.maps.push_back(
        {.map = index,
         .key = std::move(key),
         .value = image({.type = Type::kMapValue, .object = object}, 0, map.value_size)});
  }

  void add(const Event& event, Input& input) {
    switch (event.kind) {
      case Event::Kind::kByte:
      case Event::Kind::kDecided:
      case Event::Kind::kLost:
      case Event::Kind::kPointer:
        return;
      case Event::Kind::kLookup: {
        // What is not asked for may be missing.
        constexpr uint32_t kArray = 2;
        if (is_null(event.object, event.map->type != kArray)) return;
        std::vector<uint8_t> key;
        key.reserve(event.key.size());
        for (const symbolic::Term& byte : event.key) {
          key.push_back(static_cast<uint8_t>(value(byte)));
        }
        add_entry(input, *event.map, std::move(key), event.object);
        return;
      }
      case Event::Kind::kElement:
        add_entry(
            input, *event.map,
            image({.type = Type::kMapKey, .object = event.key_object}, 0, event.map->key_size),
            event.object);
        return;
      case Event::Kind::kCall:
        break;
    }
    if (computed(event)) return;
    Input::Call call{.pc = event.pc};
    if (event.object != 0) {
      call.points = !is_null(event.object);
      for (const Type type : {Type::kRegion, Type::kStructure, Type::kMapValue}) {
        const symbolic::Region region{.type = type, .object = event.object};
        const Bytes& bytes = bytes_[{type, event.object}];
        const uint64_t most = bytes.empty() ? 0 : static_cast<uint64_t>(bytes.rbegin()->first + 1);
        if (bytes.empty() && event.bytes == 0) continue;
        call.memory = image(region, 0, std::max<uint64_t>(event.bytes, most));
        if (!bytes.empty()) break;
      }
    } else {
      call.result = value(event.result);
    }
    for (const Event::Fill& fill : event.fills) {
      Input::Call::Fill filled{.reg = fill.reg};
      filled.bytes.reserve(fill.bytes.size());
      for (const symbolic::Term& byte : fill.bytes) {
        filled.bytes.push_back(static_cast<uint8_t>(value(byte)));
      }
      call.fills.push_back(std::move(filled));
    }
    input.calls.push_back(std::move(call));
  }

  const Subject& subject_;
  const symbolic::Machine& machine_;
  const Solver& solver_;
  std::vector<const Event*> events_;
  std::map<Key, Bytes> bytes_;
  std::map<uint32_t, bool> absent_;
  std::vector<Input::Object> objects_;
};

}  // namespace

Input example_input(const Subject& subject, const symbolic::Machine& machine,
                    const symbolic::Solver& solver) {
  return Builder(subject, machine, solver).run();
}

}  // namespace zext::verifier
