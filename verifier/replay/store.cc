#include "verifier/replay/store.h"

#include <algorithm>

#include "verifier/replay/objects.h"

namespace zext::verifier {
namespace {

// Linux's errnos, negated.
constexpr int64_t kMissing = -2;     // ENOENT
constexpr int64_t kTooBig = -7;      // E2BIG
constexpr int64_t kExists = -17;     // EEXIST
constexpr int64_t kInvalid = -22;    // EINVAL
constexpr int64_t kNoSpace = -28;    // ENOSPC
constexpr int64_t kNoSupport = -95;  // EOPNOTSUPP

constexpr uint32_t kArrayMap = 2;
constexpr uint32_t kReadOnlyMap = 1u << 7;  // BPF_F_RDONLY_PROG
constexpr size_t kIndexBytes = 4;
constexpr size_t kPrefixBytes = 4;  // of a trie's key: how many bits of the rest count

uint32_t index_of(Store::View key) { return static_cast<uint32_t>(get_word(key, 0, kIndexBytes)); }

bool has_lock(const Map& map) {
  return std::ranges::any_of(map.fields, [](const SpecialField& field) {
    return field.kind == SpecialField::Kind::kSpinLock;
  });
}

uint64_t prefix_of(Store::View key) { return get_word(key, 0, kPrefixBytes); }
uint64_t most_prefix(const Map& map) { return 8 * (uint64_t{map.key_size} - kPrefixBytes); }

// Whether the first bits of what follows the prefixes are the same.
bool same_bits(Store::View a, Store::View b, uint64_t bits) {
  const size_t whole = bits / 8;
  const auto rest = static_cast<unsigned>(bits % 8);
  a = a.subspan(kPrefixBytes);
  b = b.subspan(kPrefixBytes);
  if (!std::ranges::equal(a.first(whole), b.first(whole))) return false;
  return rest == 0 || a[whole] >> (8 - rest) == b[whole] >> (8 - rest);
}

}  // namespace

Keeping keeping_of(uint32_t map_type) {
  switch (map_type) {
    case kArrayMap:
    case 6:  // per CPU
      return Keeping::kArray;
    case 1:
    case 5:
      return Keeping::kHash;
    case 9:
    case 10:
      return Keeping::kRecent;
    case 11:
      return Keeping::kTrie;
    case 22:
      return Keeping::kQueue;
    case 23:
      return Keeping::kStack;
    case 30:
      return Keeping::kBloom;
    case 12:  // maps of maps
    case 13:
    case 14:  // devices
    case 25:
    case 15:  // sockets
    case 18:
    case 20:
    case 16:  // CPUs
    case 17:  // XDP sockets
      return Keeping::kHandles;
    default:
      return Keeping::kNothing;
  }
}

Keeping Store::keeping() const {
  const Keeping keeping = keeping_of(map_.type);
  const bool no_prefix = keeping == Keeping::kTrie && map_.key_size <= kPrefixBytes;
  const bool no_index = keeping == Keeping::kArray && map_.key_size != kIndexBytes;
  return no_prefix || no_index ? Keeping::kNothing : keeping;
}

bool Store::one_value() const {
  return map_.type == kArrayMap && map_.max_entries == 1 && map_.value_size != 0;
}

void Store::put(View key, View value) {
  switch (keeping()) {
    case Keeping::kNothing:
    case Keeping::kHandles:
      return;
    case Keeping::kQueue:
    case Keeping::kStack:
    case Keeping::kBloom:
      if (queue_.size() < map_.max_entries) queue_.emplace_back(value.begin(), value.end());
      return;
    case Keeping::kArray:
      if (index_of(key) >= map_.max_entries) return;
      break;
    case Keeping::kHash:
    case Keeping::kRecent:
    case Keeping::kTrie:
      if (find(key) == elements_.end() && elements_.size() >= map_.max_entries) return;
      break;
  }
  elements_[Bytes(key.begin(), key.end())] = {.value = fresh(value, true), .used = ++clock_};
}

void Store::put_handle(View key, uint64_t handle) {
  elements_[Bytes(key.begin(), key.end())] = {.value = handle};
}

uint64_t Store::lookup(View key) {
  switch (keeping()) {
    case Keeping::kNothing:
    case Keeping::kQueue:
    case Keeping::kStack:
    case Keeping::kBloom:
      return 0;
    case Keeping::kArray:
      return array_value(key);
    case Keeping::kTrie: {
      const auto found = find_prefix(key, false);
      return found == elements_.end() ? 0 : found->second.value;
    }
    case Keeping::kHash:
    case Keeping::kRecent:
    case Keeping::kHandles:
      break;
  }
  const auto found = find(key);
  if (found == elements_.end()) return 0;
  found->second.used = ++clock_;
  return found->second.value;
}

int64_t Store::update(View key, View value, uint64_t flags) {
  switch (keeping()) {
    case Keeping::kNothing:
    case Keeping::kQueue:
    case Keeping::kStack:
    case Keeping::kBloom:
    case Keeping::kHandles:
      return kNoSupport;
    case Keeping::kArray:
      return update_array(key, value, flags);
    case Keeping::kHash:
    case Keeping::kRecent:
    case Keeping::kTrie:
      break;
  }
  const bool trie = keeping() == Keeping::kTrie;
  const uint64_t wanted = trie ? flags : flags & ~kLockFlag;
  if (wanted > kExist || ((flags & kLockFlag) != 0 && !has_lock(map_))) return kInvalid;
  if (trie && prefix_of(key) > most_prefix(map_)) return kInvalid;
  const auto found = trie ? find_prefix(key, true) : find(key);
  const bool there = found != elements_.end();
  if (there && wanted == kNoExist) return kExists;
  if (!there && wanted == kExist) return kMissing;
  if (there && (flags & kLockFlag) != 0) {
    copy_value(value, found->second.value);
    return 0;
  }
  if (!there && elements_.size() >= map_.max_entries) {
    if (keeping() != Keeping::kRecent) return trie ? kNoSpace : kTooBig;
    drop_oldest();
  }
  const Kept kept{.value = fresh(value, false), .used = ++clock_};
  if (there) {
    found->second = kept;
  } else {
    elements_[Bytes(key.begin(), key.end())] = kept;
  }
  return 0;
}

int64_t Store::erase(View key) {
  switch (keeping()) {
    case Keeping::kNothing:
    case Keeping::kQueue:
    case Keeping::kStack:
    case Keeping::kBloom:
      return kNoSupport;
    case Keeping::kArray:
      return kInvalid;
    case Keeping::kTrie:
      if (prefix_of(key) > most_prefix(map_)) return kInvalid;
      break;
    case Keeping::kHash:
    case Keeping::kRecent:
    case Keeping::kHandles:
      break;
  }
  const auto found = keeping() == Keeping::kTrie ? find_prefix(key, true) : find(key);
  if (found == elements_.end()) return kMissing;
  elements_.erase(found);
  return 0;
}

int64_t Store::push(View value, uint64_t flags) {
  if (keeping() == Keeping::kBloom) {
    if (flags != 0) return kInvalid;
    queue_.emplace_back(value.begin(), value.end());
    return 0;
  }
  if (flags == kNoExist || flags > kExist) return kInvalid;
  if (queue_.size() >= map_.max_entries) {
    if (flags != kExist) return kTooBig;
    queue_.pop_front();
  }
  queue_.emplace_back(value.begin(), value.end());
  return 0;
}

int64_t Store::take(std::span<uint8_t> value, bool removes) {
  if (keeping() == Keeping::kBloom) {
    const auto same = [&](const Bytes& pushed) { return std::ranges::equal(pushed, value); };
    return std::ranges::any_of(queue_, same) ? 0 : kMissing;
  }
  if (queue_.empty()) {
    std::ranges::fill(value, uint8_t{0});
    return kMissing;
  }
  const bool newest = keeping() == Keeping::kStack;
  std::ranges::copy(newest ? queue_.back() : queue_.front(), value.begin());
  if (removes && newest) queue_.pop_back();
  if (removes && !newest) queue_.pop_front();
  return 0;
}

size_t Store::element_count() const {
  return keeping() == Keeping::kArray ? map_.max_entries : elements_.size();
}

std::vector<Store::Element> Store::elements() const {
  std::vector<Element> all;
  for (const auto& [key, kept] : elements_) all.push_back({.key = key, .value = kept.value});
  return all;
}

Store::Element Store::array_element(uint32_t index) {
  Bytes key(map_.key_size);
  put_word(key, 0, index, kIndexBytes);
  const uint64_t value = array_value(key);
  return {.key = std::move(key), .value = value};
}

Store::Elements::iterator Store::find(View key) {
  return elements_.find(Bytes(key.begin(), key.end()));
}

// The element with the longest prefix of the key, or the one with the key's own.
Store::Elements::iterator Store::find_prefix(View key, bool exactly) {
  const uint64_t bits = prefix_of(key);
  auto best = elements_.end();
  if (bits > most_prefix(map_)) return best;
  for (auto element = elements_.begin(); element != elements_.end(); ++element) {
    const uint64_t own = prefix_of(element->first);
    if (own > bits || (exactly && own != bits) || !same_bits(element->first, key, own)) continue;
    if (best == elements_.end() || own > prefix_of(best->first)) best = element;
  }
  return best;
}

// An array's elements are all there; their bytes are made when they are first asked for.
uint64_t Store::array_value(View key) {
  if (index_of(key) >= map_.max_entries) return 0;
  Kept& kept = elements_[Bytes(key.begin(), key.end())];
  if (kept.value == 0) kept.value = fresh({}, true);
  return kept.value;
}

int64_t Store::update_array(View key, View value, uint64_t flags) {
  constexpr uint32_t kPerCpuArray = 6;
  const uint64_t wanted = map_.type == kPerCpuArray ? flags : flags & ~kLockFlag;
  if (wanted > kExist) return kInvalid;
  const uint64_t to = array_value(key);
  if (to == 0) return kTooBig;
  if ((flags & kNoExist) != 0) return kExists;
  if ((flags & kLockFlag) != 0 && !has_lock(map_)) return kInvalid;
  copy_value(value, to);
  return 0;
}

// A place for a value. What the input says of its special fields holds; programs do not set them by
// an update.
uint64_t Store::fresh(View value, bool initial) {
  const size_t size = std::max<size_t>(map_.value_size, map_.constant.size());
  Bytes bytes(size);
  if (initial) {
    std::ranges::copy(value.first(std::min(value.size(), size)), bytes.begin());
    if (!map_.constant.empty()) std::ranges::copy(map_.constant, bytes.begin());
    for (const SpecialField& field : map_.fields) {
      const bool object = field.kind == SpecialField::Kind::kKptr ||
                          field.kind == SpecialField::Kind::kReferencedKptr;
      if (!object || get_word(bytes, field.offset, 8) == 0) continue;
      put_word(bytes, field.offset, Objects::shared(field.type), 8);
    }
  }
  const uint64_t address = space_.add(Place::Kind::kMapValue, index_, std::move(bytes),
                                      (map_.flags & kReadOnlyMap) == 0);
  if (!initial) copy_value(value, address);
  return address;
}

void Store::copy_value(View from, uint64_t to) {
  const std::span<uint8_t> bytes = space_.bytes(to);
  for (size_t i = 0; i < std::min(bytes.size(), from.size()); ++i) {
    const bool special = std::ranges::any_of(map_.fields, [&](const SpecialField& field) {
      return i >= field.offset && i - field.offset < field.bytes;
    });
    if (!special) bytes[i] = from[i];
  }
}

void Store::drop_oldest() {
  const auto oldest = std::ranges::min_element(
      elements_, {}, [](const auto& element) { return element.second.used; });
  if (oldest != elements_.end()) elements_.erase(oldest);
}

}  // namespace zext::verifier
