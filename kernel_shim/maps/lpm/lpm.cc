#include "kernel_shim/maps/lpm/lpm.h"

#include <errno.h>

#include "kernel_shim/maps/lpm/trie.h"

namespace zext::shim {
namespace lpm {
namespace {

constexpr uint32_t kFlags = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | kAccessFlags;
constexpr uint32_t kMostData = 256;
constexpr uint32_t kMostValue = kMaxValueSize - kMostData - 40;  // Linux's nodes have 40 bytes more
constexpr int kPatience = 16;  // look-ups that were disturbed, before the lock is taken

int check(Kernel& kernel, const MapAttributes& attributes) {
  const Host& host = kernel.host();
  if (!host.capable(KSHIM_CAP_BPF) && !host.capable(KSHIM_CAP_SYS_ADMIN)) return -EPERM;
  const uint32_t flags = attributes.flags;
  if (attributes.max_entries == 0 || (flags & BPF_F_NO_PREALLOC) == 0 || (flags & ~kFlags) != 0 ||
      !access_flags_agree(flags)) {
    return -EINVAL;
  }
  const uint32_t header = sizeof(bpf_lpm_trie_key);
  const bool key_fits = attributes.key_size > header && attributes.key_size <= header + kMostData;
  const bool value_fits = attributes.value_size != 0 && attributes.value_size <= kMostValue;
  return key_fits && value_fits ? 0 : -EINVAL;
}

int create(Kernel& kernel, const MapAttributes& attributes, Map** made) {
  auto* trie = kernel.make<Trie>(KSHIM_MAP);
  if (trie == nullptr) return -ENOMEM;
  trie->type = attributes.type;
  trie->key_size = attributes.key_size;
  trie->value_size = attributes.value_size;
  trie->max_entries = attributes.max_entries;
  trie->data_size = attributes.key_size - sizeof(bpf_lpm_trie_key);
  trie->most_bits = trie->data_size * 8;
  trie->value_offset = sizeof(Node) + round_up_8(trie->data_size);
  trie->node_size = trie->value_offset + round_up_8(attributes.value_size);
  *made = trie;
  return 0;
}

void destroy(Kernel& kernel, Map& map) {
  free_slabs(kernel, trie_of(map));
  kernel.destroy(trie_of(map));
}

// The node with the longest prefix of the key that has a value, or null.
Node* longest(const Trie& trie, const Key& key) {
  Node* found = nullptr;
  Node* node = trie.root.load(std::memory_order_acquire);
  while (node != nullptr) {
    const uint32_t bits = bits_of(*node);
    const uint32_t common = common_bits(trie, *node, key);
    if (common == trie.most_bits) return node;
    if (common < bits) break;
    if (!is_branch(*node)) found = node;
    if (bits >= trie.most_bits) break;
    node = child_of(*node, bit_at(key.data, bits));
  }
  return found;
}

void* lookup(Kernel& kernel, Map& map, const void* bytes) {
  Trie& trie = trie_of(map);
  const Key key = read_key(bytes);
  if (key.bits > trie.most_bits) return nullptr;
  for (int i = 0; i < kPatience; ++i) {
    const uint64_t reuses = trie.reuses.load(std::memory_order_acquire);
    Node* node = longest(trie, key);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (trie.reuses.load(std::memory_order_relaxed) == reuses) {
      return node == nullptr ? nullptr : node_value(trie, *node);
    }
  }
  const Guard guard(kernel.host(), trie.lock);
  Node* node = longest(trie, key);
  return node == nullptr ? nullptr : node_value(trie, *node);
}

int copy_value(Kernel& kernel, Map& map, const void* bytes, void* value, uint64_t) {
  Trie& trie = trie_of(map);
  const Key key = read_key(bytes);
  if (key.bits > trie.most_bits) return -ENOENT;
  const Guard guard(kernel.host(), trie.lock);
  Node* node = longest(trie, key);
  if (node == nullptr) return -ENOENT;
  copy_value_out(kernel, trie, value, node_value(trie, *node), false);
  return 0;
}

using Slot = std::atomic<Node*>;

// The way down to where a prefix is, or would be.
struct Descent {
  Slot* slot;              // leads to `node`
  Node* node = nullptr;    // null: the slot is empty
  uint32_t common = 0;     // bits that node and key have in common
  Node* parent = nullptr;  // of node
  Slot* parent_slot = nullptr;
};

Descent descend(Trie& trie, const Key& key) {
  Descent at{.slot = &trie.root};
  for (;;) {
    at.node = at.slot->load(std::memory_order_relaxed);
    if (at.node == nullptr) return at;
    const uint32_t bits = bits_of(*at.node);
    at.common = common_bits(trie, *at.node, key);
    if (bits != at.common || bits == key.bits) return at;
    at.parent = at.node;
    at.parent_slot = at.slot;
    at.slot = &at.node->children[bit_at(key.data, bits)];
  }
}

void link(Slot& slot, Node* node) { slot.store(node, std::memory_order_release); }

// Puts the new node where the descent ended.
void place(Trie& trie, const Descent& at, Node& fresh, const Key& key) {
  Node* old = at.node;
  if (old == nullptr) return link(*at.slot, &fresh);
  if (bits_of(*old) == at.common) {  // the same prefix: it takes the place of the old one
    for (int side = 0; side < 2; ++side) link(fresh.children[side], child_of(*old, side));
    if (!is_branch(*old)) --trie.entries;
    link(*at.slot, &fresh);
    return give_node(trie, *old);
  }
  if (at.common == key.bits) {  // a shorter one: between the old one and its parent
    link(fresh.children[bit_at(*old, at.common)], old);
    return link(*at.slot, &fresh);
  }
  Node& branch = *take_node(trie, key.data, at.common);
  branch.is_branch.store(1, std::memory_order_relaxed);
  const uint32_t side = bit_at(key.data, at.common);
  link(branch.children[side], &fresh);
  link(branch.children[1 - side], old);
  link(*at.slot, &branch);
}

// 0, an errno, or 1: nodes are wanted.
int try_update(Kernel& kernel, Trie& trie, const Key& key, const void* value) {
  const Guard guard(kernel.host(), trie.lock);
  if (trie.entries == trie.max_entries) return -ENOSPC;
  if (!has_nodes(trie, 2)) return 1;  // itself and a branch
  Node& fresh = *take_node(trie, key.data, key.bits);
  copy_value_in(kernel, trie, node_value(trie, fresh), value, false);
  ++trie.entries;
  place(trie, descend(trie, key), fresh, key);
  return 0;
}

int update(Kernel& kernel, Map& map, const void* bytes, const void* value, uint64_t flags) {
  Trie& trie = trie_of(map);
  const Key key = read_key(bytes);
  if (flags > BPF_EXIST || key.bits > trie.most_bits) return -EINVAL;
  for (;;) {
    const int error = try_update(kernel, trie, key, value);
    if (error <= 0) return error;
    const int growth_error = add_slab(kernel, trie);
    if (growth_error != 0) return growth_error;
  }
}

int remove(Kernel& kernel, Map& map, const void* bytes) {
  Trie& trie = trie_of(map);
  const Key key = read_key(bytes);
  if (key.bits > trie.most_bits) return -EINVAL;
  const Guard guard(kernel.host(), trie.lock);
  const Descent at = descend(trie, key);
  Node* node = at.node;
  if (node == nullptr || bits_of(*node) != key.bits || at.common != key.bits || is_branch(*node)) {
    return -ENOENT;
  }
  --trie.entries;
  Node* const left = child_of(*node, 0);
  Node* const right = child_of(*node, 1);
  if (left != nullptr && right != nullptr) {
    node->is_branch.store(1, std::memory_order_relaxed);
    return 0;
  }
  Node* const parent = at.parent;
  if (left == nullptr && right == nullptr && parent != nullptr && is_branch(*parent)) {
    // A branch with one child is none: that child takes its place.
    const uint32_t side = child_of(*parent, 0) == node ? 0 : 1;
    link(*at.parent_slot, child_of(*parent, 1 - side));
    give_node(trie, *parent);
  } else {
    link(*at.slot, left != nullptr ? left : right);
  }
  give_node(trie, *node);
  return 0;
}

// --- walking: more specific prefixes before those that contain them ------------------------------
// The first one of a subtree.
Node* leftmost(Node* node) {
  for (;;) {
    Node* child = child_of(*node, 0);
    if (child == nullptr) child = child_of(*node, 1);
    if (child == nullptr) return node;
    node = child;
  }
}

// The one behind the key's node, null: it is the last, or `*found` is false. Each node on the way
// down tells what follows its subtree; else what follows the parent's does.
Node* successor(Trie& trie, const Key& key, bool* found) {
  Node* behind = nullptr;
  Node* node = trie.root.load(std::memory_order_relaxed);
  while (node != nullptr) {
    const uint32_t bits = bits_of(*node);
    if (common_bits(trie, *node, key) != bits) break;
    if (bits == key.bits) {
      *found = !is_branch(*node);
      return behind;
    }
    const uint32_t side = bit_at(key.data, bits);
    Node* const right = child_of(*node, 1);
    if (side == 0 && right != nullptr) {
      behind = leftmost(right);
    } else if (!is_branch(*node)) {
      behind = node;
    }
    node = child_of(*node, side);
  }
  *found = false;
  return nullptr;
}

int next_key(Kernel& kernel, Map& map, const void* bytes, void* next) {
  Trie& trie = trie_of(map);
  const Guard guard(kernel.host(), trie.lock);
  Node* root = trie.root.load(std::memory_order_relaxed);
  if (root == nullptr) return -ENOENT;
  bool found = false;
  Node* node = nullptr;
  if (bytes != nullptr) {
    const Key key = read_key(bytes);
    if (key.bits <= trie.most_bits) node = successor(trie, key, &found);
  }
  if (!found) node = leftmost(root);
  if (node == nullptr) return -ENOENT;
  const uint32_t bits = bits_of(*node);
  __builtin_memcpy(next, &bits, sizeof bits);
  copy_data(trie, *node, static_cast<uint8_t*>(next) + sizeof(bpf_lpm_trie_key));
  return 0;
}

constexpr MapOps trie_ops() {
  MapOps ops;
  ops.check = check;
  ops.create = create;
  ops.destroy = destroy;
  ops.lookup = lookup;
  ops.update = update;
  ops.remove = remove;
  ops.copy_value = copy_value;
  ops.update_value = update;
  ops.next_key = next_key;
  ops.batches = true;
  ops.batch_deletes = true;
  ops.can_be_inner = true;
  return ops;
}

}  // namespace
}  // namespace lpm

constinit const MapOps kLpmTrieOps = lpm::trie_ops();

}  // namespace zext::shim
