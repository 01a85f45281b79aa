// What Linux says of the operations of maps, with results written by hand.
#include "verifier/replay/store.h"

#include <gtest/gtest.h>

#include "verifier/replay/objects.h"

namespace zext::verifier {
namespace {

constexpr int64_t kMissing = -2;
constexpr int64_t kTooBig = -7;
constexpr int64_t kExists = -17;
constexpr int64_t kInvalid = -22;
constexpr int64_t kNoSpace = -28;
constexpr uint64_t kAny = 0;

Bytes word32(uint32_t value) {
  Bytes bytes(4);
  put_word(bytes, 0, value, 4);
  return bytes;
}

class StoreTest : public testing::Test {
 protected:
  Store& make(uint32_t type, uint32_t entries, uint32_t key_size = 4) {
    map_ = {.type = type, .key_size = key_size, .value_size = 4, .max_entries = entries};
    store_.emplace(map_, 3u, space_);
    return *store_;
  }
  // The value that a lookup leads to; -1 where there is none.
  int64_t value_at(const Bytes& key) {
    const uint64_t address = store_->lookup(key);
    return address == 0 ? -1 : int64_t{static_cast<int64_t>(*memory_.load(address, 4))};
  }
  int64_t value_at(uint32_t key) { return value_at(word32(key)); }

  ebpf::Memory memory_;
  Space space_{memory_};
  Map map_;
  std::optional<Store> store_;
};

TEST_F(StoreTest, ArrayElementsAreAllThere) {
  for (const uint32_t type : {2u, 6u}) {
    Store& store = make(type, 3);
    store.put(word32(1), word32(11));
    EXPECT_EQ(value_at(0u), 0);
    EXPECT_EQ(value_at(1u), 11);
    EXPECT_EQ(value_at(2u), 0);
    EXPECT_EQ(value_at(3u), -1);
    EXPECT_EQ(store.lookup(word32(2)), store.lookup(word32(2)));
    EXPECT_EQ(store.update(word32(2), word32(22), kAny), 0);
    EXPECT_EQ(store.update(word32(2), word32(23), kNoExist), kExists);
    EXPECT_EQ(value_at(2u), 22);
    EXPECT_EQ(store.update(word32(2), word32(24), kExist), 0);
    EXPECT_EQ(value_at(2u), 24);
    EXPECT_EQ(store.update(word32(3), word32(1), kAny), kTooBig);
    EXPECT_EQ(store.update(word32(3), word32(1), 3), kInvalid);
    EXPECT_EQ(store.update(word32(0), word32(1), kLockFlag), kInvalid);
    EXPECT_EQ(store.erase(word32(0)), kInvalid);
  }
}

TEST_F(StoreTest, ValuesHaveTheirOwnPlaces) {
  Store& store = make(2, 3);
  const Place first = place_of(store.lookup(word32(0)));
  const Place second = place_of(store.lookup(word32(2)));
  EXPECT_EQ(first.kind, Place::Kind::kMapValue);
  EXPECT_EQ(first.index, 3u);
  EXPECT_EQ(first.offset, 0);
  EXPECT_EQ(second.origin - first.origin, uint64_t{1} << 31);
  EXPECT_FALSE(memory_.load(first.origin + 4, 1).has_value());
  EXPECT_FALSE(memory_.load(first.origin - 1, 1).has_value());
}

TEST_F(StoreTest, HashHasWhatWasPutThere) {
  for (const uint32_t type : {1u, 5u}) {
    Store& store = make(type, 2);
    store.put(word32(7), word32(70));
    EXPECT_EQ(value_at(7u), 70);
    EXPECT_EQ(value_at(8u), -1);
    EXPECT_EQ(store.update(word32(8), word32(80), kExist), kMissing);
    EXPECT_EQ(store.update(word32(7), word32(80), kNoExist), kExists);
    EXPECT_EQ(store.update(word32(8), word32(80), kNoExist), 0);
    EXPECT_EQ(store.update(word32(9), word32(90), kAny), kTooBig);
    EXPECT_EQ(store.update(word32(8), word32(81), kExist), 0);
    EXPECT_EQ(value_at(8u), 81);
    EXPECT_EQ(store.update(word32(8), word32(81), 3), kInvalid);
    EXPECT_EQ(store.erase(word32(9)), kMissing);
    EXPECT_EQ(store.erase(word32(7)), 0);
    EXPECT_EQ(value_at(7u), -1);
    EXPECT_EQ(store.update(word32(9), word32(90), kAny), 0);
    EXPECT_EQ(value_at(9u), 90);
  }
}

TEST_F(StoreTest, AnOldValueStaysWhereItWas) {
  Store& store = make(1, 2);
  store.put(word32(7), word32(70));
  const uint64_t old = store.lookup(word32(7));
  EXPECT_EQ(store.update(word32(7), word32(71), kAny), 0);
  EXPECT_EQ(*memory_.load(old, 4), 70u);
  EXPECT_EQ(value_at(7u), 71);
}

TEST_F(StoreTest, LruDropsWhatWasNotUsed) {
  for (const uint32_t type : {9u, 10u}) {
    Store& store = make(type, 2);
    store.put(word32(1), word32(10));
    store.put(word32(2), word32(20));
    EXPECT_EQ(value_at(1u), 10);
    EXPECT_EQ(store.update(word32(3), word32(30), kAny), 0);
    EXPECT_EQ(value_at(1u), 10);
    EXPECT_EQ(value_at(2u), -1);
    EXPECT_EQ(value_at(3u), 30);
  }
}

TEST_F(StoreTest, TrieFindsTheLongestPrefix) {
  // 4 bytes that say how many bits count, and 2 bytes of an address, the highest bit first.
  const auto key = [](uint8_t bits, uint8_t a, uint8_t b) { return Bytes{bits, 0, 0, 0, a, b}; };
  Store& store = make(11, 4, 6);
  store.put(key(0, 0, 0), word32(1));
  store.put(key(8, 10, 0), word32(2));
  store.put(key(12, 10, 0x10), word32(3));
  EXPECT_EQ(value_at(key(16, 11, 0)), 1);
  EXPECT_EQ(value_at(key(16, 10, 0x2f)), 2);
  EXPECT_EQ(value_at(key(16, 10, 0x1f)), 3);
  EXPECT_EQ(value_at(key(11, 10, 0x1f)), 2);  // the prefix asked for is shorter
  EXPECT_EQ(value_at(key(17, 10, 0x1f)), -1);
  // Bits after the prefix do not count.
  EXPECT_EQ(store.update(key(12, 10, 0x1f), word32(4), kNoExist), kExists);
  EXPECT_EQ(store.update(key(12, 10, 0x1f), word32(4), kExist), 0);
  EXPECT_EQ(value_at(key(16, 10, 0x10)), 4);
  EXPECT_EQ(store.update(key(17, 0, 0), word32(4), kAny), kInvalid);
  EXPECT_EQ(store.update(key(9, 10, 0), word32(4), kExist), kMissing);
  EXPECT_EQ(store.update(key(9, 10, 0), word32(5), kAny), 0);
  EXPECT_EQ(store.update(key(9, 20, 0), word32(5), kAny), kNoSpace);
  EXPECT_EQ(store.erase(key(8, 20, 0)), kMissing);
  EXPECT_EQ(store.erase(key(12, 10, 0x10)), 0);
  EXPECT_EQ(value_at(key(16, 10, 0x1f)), 5);
}

TEST_F(StoreTest, QueueAndStack) {
  for (const bool stack : {false, true}) {
    Store& store = make(stack ? 23 : 22, 2, 0);
    store.put({}, word32(1));
    EXPECT_EQ(store.push(word32(2), kNoExist), kInvalid);
    EXPECT_EQ(store.push(word32(2), kAny), 0);
    EXPECT_EQ(store.push(word32(3), kAny), kTooBig);
    EXPECT_EQ(store.push(word32(3), kExist), 0);  // 1 is dropped
    Bytes value(4);
    EXPECT_EQ(store.peek(value), 0);
    EXPECT_EQ(value, word32(stack ? 3 : 2));
    EXPECT_EQ(store.pop(value), 0);
    EXPECT_EQ(value, word32(stack ? 3 : 2));
    EXPECT_EQ(store.pop(value), 0);
    EXPECT_EQ(value, word32(stack ? 2 : 3));
    EXPECT_EQ(store.pop(value), kMissing);
    EXPECT_EQ(value, word32(0));
  }
}

TEST_F(StoreTest, BloomFilterKnowsWhatWasPushed) {
  Store& store = make(30, 2, 0);
  EXPECT_EQ(store.push(word32(5), kExist), kInvalid);
  EXPECT_EQ(store.push(word32(5), kAny), 0);
  Bytes value = word32(5);
  EXPECT_EQ(store.peek(value), 0);
  value = word32(6);
  EXPECT_EQ(store.peek(value), kMissing);
  EXPECT_EQ(value, word32(6));
}

TEST_F(StoreTest, UpdatesLeaveSpecialFieldsAlone) {
  const SpecialField lock[] = {{.kind = SpecialField::Kind::kSpinLock, .offset = 0, .bytes = 2}};
  Store& store = make(2, 1);
  map_.fields = lock;
  store.put(word32(0), Bytes{1, 2, 3, 4});
  EXPECT_EQ(store.update(word32(0), Bytes{9, 9, 9, 9}, kLockFlag), 0);
  EXPECT_EQ(*memory_.load(store.lookup(word32(0)), 4), 0x0909'0201u);
}

TEST_F(StoreTest, ReadOnlyMapsHaveTheirConstant) {
  const uint8_t constant[] = {5, 0, 0, 0};
  Store& store = make(2, 1);
  map_.constant = constant;
  map_.flags = 1u << 7;
  const uint64_t address = store.lookup(word32(0));
  EXPECT_EQ(*memory_.load(address, 4), 5u);
  EXPECT_FALSE(memory_.store(address, 1, 6).has_value());
}

TEST(Space, EndsWhereTheRunAsksForTooMuch) {
  ebpf::Memory memory;
  Space space(memory, 40);
  const uint64_t first = space.add(Place::Kind::kRegion, 0, Bytes(16));
  const uint64_t second = space.add(Place::Kind::kRegion, 0, Bytes(16));
  EXPECT_NE(first, second);
  space.remove(first);
  EXPECT_FALSE(memory.load(first, 1).has_value());
  space.add(Place::Kind::kRegion, 0, Bytes(24));
  EXPECT_FALSE(space.full());
  space.add(Place::Kind::kRegion, 0, Bytes(1));
  EXPECT_TRUE(space.full());
}

TEST(Place, IsTheSameBothWays) {
  for (unsigned kind = static_cast<unsigned>(Place::Kind::kContext);
       kind <= static_cast<unsigned>(Place::Kind::kVariable); ++kind) {
    for (const int64_t offset : {int64_t{0}, int64_t{-1}, int64_t{1} << 29, -(int64_t{1} << 29)}) {
      const uint64_t address = address_of(static_cast<Place::Kind>(kind), 255, 1u << 19);
      const Place place = place_of(address + static_cast<uint64_t>(offset));
      EXPECT_EQ(static_cast<unsigned>(place.kind), kind);
      EXPECT_EQ(place.index, 255u);
      EXPECT_EQ(place.number, 1u << 19);
      EXPECT_EQ(place.offset, offset);
    }
  }
  for (const uint32_t moves : {0u, 1u, 14u, 15u}) {
    const Place place = place_of(packet_address(moves) - 255);
    EXPECT_EQ(place.kind, Place::Kind::kPacket);
    EXPECT_EQ(place.offset, -255);
    EXPECT_EQ(packet_address(moves) % 8, 2u);
    EXPECT_LT(packet_address(moves) + 0xffff, uint64_t{1} << 32);
  }
  for (const uint32_t frame : {0u, 7u}) {
    const Place place = place_of(frame_address(frame) - 512);
    EXPECT_EQ(place.kind, Place::Kind::kStack);
    EXPECT_EQ(place.index, frame);
    EXPECT_EQ(place.offset, -512);
  }
  EXPECT_EQ(place_of(ebpf::function_address(4)).kind, Place::Kind::kFunction);
  EXPECT_EQ(place_of(ebpf::function_address(4)).index, 4u);
  EXPECT_EQ(place_of(0).kind, Place::Kind::kNowhere);
  EXPECT_EQ(place_of(~uint64_t{0}).kind, Place::Kind::kNowhere);
}

}  // namespace
}  // namespace zext::verifier
