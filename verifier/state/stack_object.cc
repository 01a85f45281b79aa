#include "verifier/state/stack_object.h"

#include <algorithm>
#include <cstring>

#include "verifier/state/state.h"

namespace zext::verifier {

bool StackObject::alike(const StackObject& other) const {
  return kind == other.kind && frame == other.frame && at == other.at && bytes == other.bytes &&
         dynptr == other.dynptr && read_only == other.read_only && in_rcu == other.in_rcu &&
         std::strcmp(name, other.name) == 0 &&
         (reference == kNoObject) == (other.reference == kNoObject);
}

const StackObject* State::stack_object(uint8_t frame, uint32_t at) const {
  for (const StackObject& object : stack_objects) {
    const bool buffer = object.kind == StackObject::Kind::kBuffer;
    if (!buffer && object.frame == frame && object.at == at) return &object;
  }
  return nullptr;
}

void State::add_stack_object(const StackObject& object) {
  const auto place =
      std::find_if(stack_objects.begin(), stack_objects.end(), [&](const StackObject& other) {
        return other.frame > object.frame || (other.frame == object.frame && other.at > object.at);
      });
  stack_objects.insert(place, object);
}

template <class Ends>
void State::end_stack_objects(Ends ends) {
  std::vector<ObjectId> ended;
  const auto end = [&](auto which) {
    std::erase_if(stack_objects, [&](const StackObject& object) {
      if (!which(object)) return false;
      ended.push_back(object.object);
      return true;
    });
  };
  end(ends);
  end([&](const StackObject& object) {
    return object.parent != kNoObject &&
           std::find(ended.begin(), ended.end(), object.parent) != ended.end();
  });
  for (const ObjectId object : ended) invalidate(object);
}

void State::overwrite_stack(uint8_t frame, uint32_t at, uint32_t bytes) {
  if (stack_objects.empty()) return;
  end_stack_objects([&](const StackObject& o) { return o.overlaps(frame, at, bytes); });
}

void State::release_stack_objects(ObjectId reference) {
  end_stack_objects([&](const StackObject& o) { return o.reference == reference; });
}

void State::leave_stack(uint8_t frame) {
  if (stack_objects.empty()) return;
  end_stack_objects([&](const StackObject& o) { return o.frame == frame; });
}

void State::end_packet_slices() {
  std::vector<ObjectId> ended;
  for (const StackObject& object : stack_objects) {
    if (object.dynptr == DynptrKind::kSkb || object.dynptr == DynptrKind::kXdp) {
      ended.push_back(object.object);
    }
  }
  for (const ObjectId object : ended) {
    end_stack_objects([&](const StackObject& o) { return o.parent == object; });
    invalidate(object);
  }
}

bool State::has_acquired(ObjectId object) const {
  return object != kNoObject && std::any_of(acquired.begin(), acquired.end(),
                                            [&](const Acquired& a) { return a.object == object; });
}

void State::leave_rcu() {
  std::erase_if(acquired, [](const Acquired& a) { return a.object == kRcuSection; });
  each_value([](Value& value) {
    if (value.trust == Trust::kRcu) value.trust = Trust::kUntrusted;
  });
}

}  // namespace zext::verifier
