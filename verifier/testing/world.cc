#include "verifier/testing/world.h"

#include <algorithm>

namespace zext::verifier {
namespace {

using ebpf::Arguments;
using ebpf::Memory;
using Answer = std::optional<uint64_t>;

constexpr uint64_t kFault = static_cast<uint64_t>(-14);   // -EFAULT
constexpr uint64_t kMissing = static_cast<uint64_t>(-2);  // -ENOENT

World& world(void* context) { return *static_cast<World*>(context); }

Answer lookup(void* context, Memory& memory, const Arguments& arguments) {
  const auto key = memory.load(arguments[1], World::kKeyBytes);
  if (!key) return std::nullopt;
  return world(context).value_of(arguments[0], static_cast<uint32_t>(*key));
}

Answer update(void* context, Memory& memory, const Arguments& arguments) {
  const auto key = memory.load(arguments[1], World::kKeyBytes);
  const size_t map = arguments[0] == World::map_at(0) ? 0 : 1;
  const uint32_t bytes = World::kValueBytes[map];
  const uint8_t* from = memory.find_readable(arguments[2], bytes);
  if (!key || from == nullptr) return std::nullopt;
  const uint64_t to = world(context).value_of(arguments[0], static_cast<uint32_t>(*key));
  if (to == 0) return kMissing;
  std::copy_n(from, bytes, memory.find_writable(to, bytes));
  return 0;
}

Answer prandom(void* context, Memory& /*memory*/, const Arguments& /*arguments*/) {
  return world(context).random();
}

// Bytes that the helper makes up, or zeros and an error.
Answer load_bytes(void* context, Memory& memory, const Arguments& arguments) {
  const auto bytes = static_cast<uint32_t>(arguments[3]);
  uint8_t* to = memory.find_writable(arguments[2], bytes);
  if (to == nullptr) return std::nullopt;
  const bool there = arguments[1] % 4 != 3;
  std::generate_n(to, bytes,
                  [&] { return static_cast<uint8_t>(there ? world(context).random() : 0); });
  return there ? 0 : kFault;
}

// A sum of what is read; either part may be empty.
Answer checksum(void* /*context*/, Memory& memory, const Arguments& arguments) {
  uint64_t sum = arguments[4];
  for (const unsigned part : {0u, 2u}) {
    const auto bytes = static_cast<uint32_t>(arguments[part + 1]);
    if (bytes == 0) continue;
    const uint8_t* from = memory.find_readable(arguments[part], bytes);
    if (from == nullptr) return std::nullopt;
    for (uint32_t i = 0; i < bytes; ++i) sum += from[i];
  }
  return sum & 0xffff'ffff;
}

}  // namespace

World::World() {
  constexpr uint32_t kArray = 2;
  constexpr uint32_t kHash = 1;
  for (size_t i = 0; i < maps_.size(); ++i) {
    maps_[i].number = static_cast<int32_t>(i);
    maps_[i].name = i == 0 ? "array" : "hash";
    maps_[i].type = i == 0 ? kArray : kHash;
    maps_[i].key_size = kKeyBytes;
    maps_[i].value_size = kValueBytes[i];
    maps_[i].max_entries = kEntries;
    addresses_[i].number = maps_[i].number;
    addresses_[i].map = map_at(i);
  }
  for (const auto& [number, call] :
       {std::pair{1, &lookup}, {2, &update}, {7, &prandom}, {26, &load_bytes}, {28, &checksum}}) {
    helpers_.push_back({.id = number, .call = call, .context = this});
  }
}

void World::enter(Memory& memory, ebpf::Environment& environment) {
  state_ = 1;
  values_.clear();
  for (size_t map = 0; map < maps_.size(); ++map) {
    for (uint32_t i = 0; i < kEntries; ++i) values_.emplace_back(kValueBytes[map]);
  }
  for (size_t i = 0; i < values_.size(); ++i) {
    memory.add({.base = value_at(kValues + kSpan * i), .bytes = values_[i]});
  }
  environment.helpers = helpers_;
  environment.addresses.maps = addresses_;
}

// The array has the keys below its size, the hash map every other one of all.
uint64_t World::value_of(uint64_t map, uint32_t key) const {
  const bool array = map == map_at(0);
  if (array ? key >= kEntries : key % 2 != 0) return 0;
  const uint32_t entry = array ? key : kEntries + key / 2 % kEntries;
  return value_at(kValues + kSpan * entry);
}

uint32_t World::random() {
  state_ = state_ * 1'664'525 + 1'013'904'223;
  return state_ ^ state_ >> 16;
}

}  // namespace zext::verifier
