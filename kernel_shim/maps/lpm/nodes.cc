#include <errno.h>

#include <new>

#include "kernel_shim/maps/lpm/trie.h"

namespace zext::shim::lpm {
namespace {

constexpr uint64_t kLeastGrowth = 8;          // nodes
constexpr uint64_t kMostGrowth = 256 * 1024;  // bytes, unless one node is larger

uint64_t untouched(const Trie& trie) {
  return trie.slabs == nullptr ? 0 : trie.slabs->count - trie.slabs->touched;
}

// Removed nodes wait, so that a program which looks at a value in its read section finds it as it
// was, nearly always; but a trie has no more nodes than a value and a branch for each entry, and
// those that wait.
uint64_t reusable(const Trie& trie) {
  if (trie.made >= 2 * uint64_t{trie.max_entries} + trie.least_free) return trie.free_count;
  return trie.free_count < trie.least_free ? 0 : trie.free_count - trie.least_free;
}

void store_data(const Trie& trie, Node& node, const uint8_t* data) {
  for (uint32_t at = 0; at < trie.data_size; at += 8) {
    const uint32_t left = trie.data_size - at;
    uint64_t word = 0;
    __builtin_memcpy(&word, data + at, left < 8 ? left : 8);
    std::atomic_ref(node_data(node)[at / 8]).store(word, std::memory_order_relaxed);
  }
}

Node* take_removed(Trie& trie) {
  Node* node = trie.oldest_free;
  trie.oldest_free = node->next_free;
  if (trie.oldest_free == nullptr) trie.newest_free = nullptr;
  --trie.free_count;
  // Whoever sees what is written into the node from now on sees this count, too.
  trie.reuses.store(trie.reuses.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  return node;
}

Node* take_untouched(Trie& trie) {
  auto* first = reinterpret_cast<uint8_t*>(trie.slabs) + sizeof(Slab);
  return new (first + trie.slabs->touched++ * trie.node_size) Node();
}

}  // namespace

bool has_nodes(const Trie& trie, uint32_t wanted) {
  return reusable(trie) + untouched(trie) >= wanted;
}

Node* take_node(Trie& trie, const uint8_t* data, uint32_t bits) {
  if (!has_nodes(trie, 1)) return nullptr;
  Node* node = reusable(trie) != 0 ? take_removed(trie) : take_untouched(trie);
  node->bits.store(bits, std::memory_order_relaxed);
  node->is_branch.store(0, std::memory_order_relaxed);
  for (auto& child : node->children) child.store(nullptr, std::memory_order_relaxed);
  store_data(trie, *node, data);
  return node;
}

// Its contents stay as they are: look-ups may stand on it.
void give_node(Trie& trie, Node& node) {
  node.next_free = nullptr;
  if (trie.newest_free == nullptr) {
    trie.oldest_free = &node;
  } else {
    trie.newest_free->next_free = &node;
  }
  trie.newest_free = &node;
  ++trie.free_count;
}

int add_slab(Kernel& kernel, Trie& trie) {
  uint64_t count = kLeastGrowth;
  {
    const Guard guard(kernel.host(), trie.lock);
    if (count < trie.made) count = trie.made;
  }
  const uint64_t most = kMostGrowth / trie.node_size + 2;
  if (count > most) count = most;
  const uint64_t bytes = sizeof(Slab) + count * trie.node_size;
  void* memory = kernel.alloc(trie, bytes);
  if (memory == nullptr) {
    const Guard guard(kernel.host(), trie.lock);
    trie.least_free = 0;
    return has_nodes(trie, 2) ? 0 : -ENOMEM;
  }
  auto* slab = new (memory) Slab{.next = nullptr, .bytes = bytes, .count = count, .touched = 0};

  const Guard guard(kernel.host(), trie.lock);
  // What is left of the last one can be found no more behind this one: it goes to the free ones.
  while (untouched(trie) != 0) give_node(trie, *take_untouched(trie));
  slab->next = trie.slabs;
  trie.slabs = slab;
  trie.made += count;
  return 0;
}

void free_slabs(Kernel& kernel, Trie& trie) {
  while (trie.slabs != nullptr) {
    Slab* slab = trie.slabs;
    trie.slabs = slab->next;
    kernel.free(trie, slab, slab->bytes);
  }
}

}  // namespace zext::shim::lpm
