// Trie: the nodes of an LPM trie, and how bits of keys are compared.
//
//   uint32_t bits = common_bits(trie, node, key);   // of node's prefix and the key
//
// Each node has a prefix longer than its parent's, and hangs at the parent's side 0 or 1 by the
// first bit behind that one. A node with two children may have no value of its own: a branch.
// Look-ups take no lock. Removed nodes are used again, the oldest first; each time the trie counts
// (`reuses`), and a look-up that sees another count at its end starts again.
#pragma once

#include <atomic>
#include <cstdint>

#include "kernel_shim/maps/map.h"

namespace zext::shim::lpm {

// Before its prefix's bytes, which are followed by its value, both at multiples of 8.
struct Node {
  std::atomic<Node*> children[2];
  std::atomic<uint32_t> bits;  // of its prefix
  std::atomic<uint32_t> is_branch;
  Node* next_free;
};
static_assert(sizeof(Node) == 32);

// Nodes come in slabs, which stay until the map ends.
struct Slab {
  Slab* next;
  uint64_t bytes;    // of the allocation that begins here
  uint64_t count;    // of nodes
  uint64_t touched;  // how many of them have ever been used
};
static_assert(sizeof(Slab) == 32);

struct Trie : Map {
  Lock lock{};
  std::atomic<Node*> root{nullptr};
  std::atomic<uint64_t> reuses{0};
  uint64_t entries = 0;    // nodes with a value
  uint32_t data_size = 0;  // bytes of the longest prefix
  uint32_t most_bits = 0;
  uint32_t value_offset = 0;  // in the node
  uint32_t node_size = 0;
  Slab* slabs = nullptr;  // only the first one has nodes that were never used
  uint64_t made = 0;      // nodes in all slabs
  Node* oldest_free = nullptr;
  Node* newest_free = nullptr;
  uint64_t free_count = 0;
  uint64_t least_free = 64;  // so many wait before the oldest is used again, while there is memory
};

inline Trie& trie_of(Map& map) { return static_cast<Trie&>(map); }

constexpr uint32_t round_up_8(uint32_t size) { return (size + 7) & ~uint32_t{7}; }

// A key as callers give it: bpf_lpm_trie_key, at any address.
struct Key {
  uint32_t bits;
  const uint8_t* data;
};
Key read_key(const void* key);

inline uint64_t* node_data(Node& node) {
  return reinterpret_cast<uint64_t*>(reinterpret_cast<uint8_t*>(&node) + sizeof(Node));
}
inline uint8_t* node_value(const Trie& trie, Node& node) {
  return reinterpret_cast<uint8_t*>(&node) + trie.value_offset;
}
inline Node* child_of(const Node& node, uint32_t side) {
  return node.children[side].load(std::memory_order_acquire);
}
inline uint32_t bits_of(const Node& node) { return node.bits.load(std::memory_order_relaxed); }
inline bool is_branch(const Node& node) {
  return node.is_branch.load(std::memory_order_relaxed) != 0;
}

// 0 or 1: bit `index`, the first of byte 0 being its most significant one.
inline uint32_t bit_at(const uint8_t* data, uint32_t index) {
  return data[index / 8] >> (7 - index % 8) & 1;
}
uint32_t bit_at(Node& node, uint32_t index);

// How many bits the node's prefix and the key have in common.
uint32_t common_bits(const Trie& trie, Node& node, const Key& key);

// --- nodes.cc, with the lock held ----------------------------------------------------------------
// A node with the key's bytes and no children, or null: add_slab, and try again.
Node* take_node(Trie& trie, const uint8_t* data, uint32_t bits);
void give_node(Trie& trie, Node& node);
// Whether take_node will succeed `wanted` times.
bool has_nodes(const Trie& trie, uint32_t wanted);
// Without the lock: 0 (try again), or -ENOMEM.
int add_slab(Kernel& kernel, Trie& trie);
void free_slabs(Kernel& kernel, Trie& trie);

// Bytes of the prefix, as callers see them.
void copy_data(const Trie& trie, Node& node, void* to);

}  // namespace zext::shim::lpm
