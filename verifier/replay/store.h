// Store: what one map keeps during a run, with Linux's meaning of its operations.
//
//   Store store(map, index, space);
//   store.put(key, value);                             // it is there from the beginning
//   const uint64_t value = store.lookup(key);          // its address, 0 where there is none
//   store.update(key, bytes, kNoExist);                // 0, or -EEXIST
//
// There is one CPU. Values that were deleted or replaced stay where they are until the run ends, as
// Linux keeps them while a program runs.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "verifier/replay/space.h"
#include "verifier/subject.h"

namespace zext::verifier {

// Flags of an update (Linux's BPF_*).
inline constexpr uint64_t kNoExist = 1;
inline constexpr uint64_t kExist = 2;
inline constexpr uint64_t kLockFlag = 4;

// How a type of map keeps its elements.
enum class Keeping : uint8_t {
  kNothing,  // none that programs reach by key
  kArray,
  kHash,
  kRecent,  // a hash that drops what was not used for longest
  kTrie,    // by the longest prefix
  kQueue,
  kStack,
  kBloom,
  kHandles,  // sockets, devices, inner maps: what programs do not write
};
Keeping keeping_of(uint32_t map_type);

class Store {
 public:
  using View = std::span<const uint8_t>;

  Store(const Map& map, uint32_t index, Space& space) : map_(map), index_(index), space_(space) {}

  const Map& map() const { return map_; }
  uint32_t index() const { return index_; }
  Keeping keeping() const;
  uint64_t handle() const { return address_of(Place::Kind::kMap, index_); }
  // Whether LD_IMM64 may name bytes of its only value.
  bool one_value() const;

  void put(View key, View value);
  // The address of a new value, which no key leads to. Its kptr fields are 0 or lead to objects.
  uint64_t add_value(View value) { return fresh(value, true); }
  // kHandles: what the lookup gives.
  void put_handle(View key, uint64_t handle);

  // Keys have key_size bytes, values value_size. The results are 0 or a negated errno.
  uint64_t lookup(View key);
  int64_t update(View key, View value, uint64_t flags);
  int64_t erase(View key);
  int64_t push(View value, uint64_t flags);
  // Queues and stacks: fills `value`, with zeros where there is none. kBloom: whether it was
  // pushed.
  int64_t pop(std::span<uint8_t> value) { return take(value, true); }
  int64_t peek(std::span<uint8_t> value) { return take(value, false); }

  struct Element {
    Bytes key;
    uint64_t value = 0;  // its address
  };
  // In the order of keys; of arrays all, each made if need be.
  size_t element_count() const;
  std::vector<Element> elements() const;
  Element array_element(uint32_t index);

 private:
  struct Kept {
    uint64_t value = 0;
    uint64_t used = 0;  // kRecent: when
  };
  using Elements = std::map<Bytes, Kept>;

  Elements::iterator find(View key);
  Elements::iterator find_prefix(View key, bool exactly);
  uint64_t array_value(View key);
  uint64_t fresh(View value, bool initial);
  void copy_value(View from, uint64_t to);
  void drop_oldest();
  int64_t take(std::span<uint8_t> value, bool removes);
  int64_t update_array(View key, View value, uint64_t flags);

  const Map& map_;
  uint32_t index_;
  Space& space_;
  Elements elements_;
  std::deque<Bytes> queue_;  // kQueue, kStack, kBloom: the oldest first
  uint64_t clock_ = 0;
};

}  // namespace zext::verifier
