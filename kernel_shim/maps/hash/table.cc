#include "kernel_shim/maps/hash/table.h"

namespace zext::shim::hash {
namespace {

template <typename Wanted>
Place walk(HashMap& map, uint32_t hash, Wanted wanted) {
  std::atomic<uint64_t>* link = &bucket_of(map, hash).head;
  for (;;) {
    const uint64_t chain = link->load(std::memory_order_relaxed);
    if (is_end(chain)) return {.link = link};
    Element* element = element_at(chain);
    if (wanted(*element)) return {.link = link, .element = element};
    link = &element->chain;
  }
}

}  // namespace

Place find_locked(HashMap& map, const void* key, uint32_t hash) {
  return walk(map, hash, [&](Element& element) {
    return element.hash.load(std::memory_order_relaxed) == hash &&
           key_equals(element_key(element), key, map.key_size);
  });
}

Place find_locked(HashMap& map, const Element& element) {
  return walk(map, element.hash.load(std::memory_order_relaxed),
              [&](const Element& other) { return &other == &element; });
}

void insert(HashMap& map, Element& element) {
  std::atomic<uint64_t>& head = bucket_of(map, element.hash.load(std::memory_order_relaxed)).head;
  element.chain.store(head.load(std::memory_order_relaxed), std::memory_order_release);
  head.store(chain_to(element), std::memory_order_release);
}

// The new one can be found before the old one goes; who sees that the old one has gone sees that
// one was replaced.
void replace(HashMap& map, Place place, Element& fresh) {
  Bucket& bucket = bucket_of(map, fresh.hash.load(std::memory_order_relaxed));
  const bool was_first = place.link == &bucket.head;
  insert(map, fresh);
  if (was_first) place.link = &fresh.chain;
  const uint32_t before = bucket.replacements.load(std::memory_order_relaxed);
  bucket.replacements.store(before + 1, std::memory_order_release);
  unlink(place);
}

// The element still leads on to the rest of the chain: who stands on it finds the way.
void unlink(Place place) {
  place.link->store(place.element->chain.load(std::memory_order_relaxed),
                    std::memory_order_release);
}

}  // namespace zext::shim::hash
