#include "verifier/replay/maps.h"

#include <algorithm>

namespace zext::verifier {
namespace {

constexpr uint32_t kSockMap = 15;
constexpr uint32_t kSockHash = 18;
constexpr uint32_t kXskMap = 17;

}  // namespace

Maps::Maps(const Subject& subject, const Input& input, Space& space, Objects& objects)
    : subject_(subject), space_(space), objects_(objects), inner_(inner_maps(subject, input)) {
  for (const Map& map : subject.maps) {
    stores_.emplace_back(map, static_cast<uint32_t>(stores_.size()), space);
  }
  for (const InnerMap& inner : inner_) {
    if (stores_.size() == kPlaceIndices) break;
    const auto index = static_cast<uint32_t>(stores_.size());
    stores_.emplace_back(*subject.maps[inner.outer].inner, index, space);
    stores_[inner.outer].put_handle(inner.key, stores_.back().handle());
  }
  for (const Input::Entry& entry : input.maps) put(entry);
  for (size_t i = 0; i < subject.maps.size(); ++i) {
    Store& store = stores_[i];
    ebpf::MapAddress address{.by_index = subject.maps[i].by_index,
                             .number = subject.maps[i].number,
                             .map = store.handle()};
    if (store.one_value()) {
      address.value = store.array_element(0).value;
      address.value_size = store.map().value_size;
    }
    addresses_.push_back(address);
  }
}

Store* Maps::find(uint64_t handle) {
  const Place place = place_of(handle);
  const bool map = place.kind == Place::Kind::kMap && place.offset == 0 && place.number == 0;
  return map && place.index < stores_.size() ? &stores_[place.index] : nullptr;
}

void Maps::put(const Input::Entry& entry) {
  if (entry.map >= subject_.maps.size()) return;
  Store* store = &stores_[entry.map];
  if (subject_.maps[entry.map].inner != nullptr) {
    if (entry.outer.empty()) return;  // the inner map itself, which is there
    InnerMap inner{.outer = entry.map, .key = entry.outer};
    inner.key.resize(subject_.maps[entry.map].key_size);
    const auto place = std::ranges::find(inner_, inner) - inner_.begin();
    const size_t at = subject_.maps.size() + static_cast<size_t>(place);
    if (at >= stores_.size()) return;
    store = &stores_[at];
  }
  Bytes key = entry.key;
  Bytes value = entry.value;
  key.resize(store->map().key_size);
  value.resize(store->map().value_size);
  if (store->keeping() == Keeping::kHandles) {
    store->put_handle(key, handle_for(*store, entry.value));
  } else {
    store->put(key, value);
  }
}

// What a lookup gives of what is no value of the map.
uint64_t Maps::handle_for(const Store& store, const Bytes& value) {
  const uint32_t type = store.map().type;
  if (type == kXskMap) return objects_.add_structure(StructureId::kXdpSock, value);
  if (type == kSockMap || type == kSockHash) {
    return objects_.add_structure(StructureId::kSocket, value);
  }
  Bytes bytes = value;
  bytes.resize(store.map().value_size);
  return space_.add(Place::Kind::kMapValue, store.index(), std::move(bytes), false);
}

}  // namespace zext::verifier
