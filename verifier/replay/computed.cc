// The calls that a replay computes: maps, callbacks, numbers to iterate over.
#include <algorithm>
#include <cstring>

#include "verifier/replay/calls.h"

namespace zext::verifier {
namespace {

using ebpf::Next;
using Kind = Place::Kind;

constexpr uint32_t kLookup = 1;
constexpr uint32_t kUpdate = 2;
constexpr uint32_t kDelete = 3;
constexpr uint32_t kPush = 87;
constexpr uint32_t kPop = 88;
constexpr uint32_t kPeek = 89;
constexpr uint32_t kLookupPerCpu = 195;

constexpr uint32_t kSockMap = 15;
constexpr uint32_t kSockHash = 18;

constexpr uint64_t kMostRounds = uint64_t{1} << 23;  // Linux's BPF_MAX_LOOPS
constexpr int64_t kTooBig = -7;                      // -E2BIG
constexpr int64_t kInvalid = -22;                    // -EINVAL

uint64_t word(int64_t value) { return static_cast<uint64_t>(value); }

Next returned(uint64_t result) { return {.kind = Next::Kind::kReturn, .value = result}; }

std::span<const uint8_t> readable(ebpf::Memory& memory, const CallArguments& call, unsigned i) {
  const uint64_t bytes = call.bytes(i);
  const uint8_t* from = bytes == 0 ? nullptr : memory.find_readable(call.value(i), bytes);
  return from == nullptr ? std::span<const uint8_t>() : std::span(from, bytes);
}

std::span<uint8_t> writable(ebpf::Memory& memory, const CallArguments& call, unsigned i) {
  const uint64_t bytes = call.bytes(i);
  uint8_t* to = bytes == 0 ? nullptr : memory.find_writable(call.value(i), bytes);
  return to == nullptr ? std::span<uint8_t>() : std::span(to, bytes);
}

}  // namespace

Calls::Returned Calls::use_map(const CallArguments& call, ebpf::Memory& memory) {
  Store* const store = call.map;
  if (store == nullptr) return std::nullopt;
  const bool sockets = store->map().type == kSockMap || store->map().type == kSockHash;
  switch (call.row.number) {
    case kLookup: {
      const uint64_t found = store->lookup(readable(memory, call, 1));
      if (!sockets || found == 0) return found;
      // One of its own, as the program releases it.
      const std::span<const uint8_t> socket = around_.space.bytes(found);
      return around_.objects.add_structure(StructureId::kSocket,
                                           Bytes(socket.begin(), socket.end()));
    }
    case kLookupPerCpu:
      return static_cast<uint32_t>(call.value(2)) == 0 ? store->lookup(readable(memory, call, 1))
                                                       : 0;
    case kUpdate:
      if (sockets) return std::nullopt;
      return word(
          store->update(readable(memory, call, 1), readable(memory, call, 2), call.value(3)));
    case kDelete:
      return word(store->erase(readable(memory, call, 1)));
    case kPush:
      return word(store->push(readable(memory, call, 1), call.value(2)));
    case kPop:
      return word(store->pop(writable(memory, call, 1)));
    case kPeek:
      return word(store->peek(writable(memory, call, 1)));
    default:
      return std::nullopt;
  }
}

Next Calls::loop(const ebpf::Arguments& arguments, const ebpf::Rounds& rounds) const {
  const uint64_t wanted = static_cast<uint32_t>(arguments[0]);
  if (arguments[3] != 0) return returned(word(kInvalid));
  if (wanted > kMostRounds) return returned(word(kTooBig));
  const bool stopped = rounds.count != 0 && rounds.result != 0;
  if (stopped || rounds.count == wanted) return returned(rounds.count);
  return {
      .kind = Next::Kind::kCall, .value = arguments[1], .arguments = {rounds.count, arguments[2]}};
}

// Through the elements that were there when it began.
Next Calls::each_element(Store& store, const ebpf::Arguments& arguments,
                         const ebpf::Rounds& rounds) {
  if (arguments[3] != 0) return returned(word(kInvalid));
  const bool array = store.keeping() == Keeping::kArray;
  std::vector<Store::Element>& elements = rounds_[frame_pointer_];
  if (rounds.count == 0) elements = array ? std::vector<Store::Element>() : store.elements();
  const size_t count = array ? store.element_count() : elements.size();
  const bool stopped = rounds.count != 0 && rounds.result != 0;
  if (stopped || rounds.count >= count) return returned(rounds.count);
  const auto index = static_cast<uint32_t>(rounds.count);
  const Store::Element element = array ? store.array_element(index) : elements[index];
  // Each frame has one key at a time.
  const uint64_t key = address_of(Kind::kMapKey, store.index(), place_of(frame_pointer_).index);
  around_.space.remove(key);
  around_.space.put(key, element.key, false);
  return {.kind = Next::Kind::kCall,
          .value = arguments[1],
          .arguments = {store.handle(), key, element.value, arguments[2]}};
}

// bpf_iter_num: the iterator holds the number it is at and the end, as in Linux.
Calls::Returned Calls::iterate(const Callee& callee, const CallArguments& call,
                               ebpf::Memory& memory) {
  if (callee.kfunc == nullptr) return std::nullopt;
  const Argument& first = call.kind(0);
  if (first.kind != ArgumentKind::kIterator || std::strcmp(first.type_name, "num") != 0) {
    return std::nullopt;
  }
  const std::span<uint8_t> iterator = writable(memory, call, 0);
  const auto set = [&](int64_t at, int64_t end) {
    put_word(iterator, 0, word(at), 4);
    put_word(iterator, 4, word(end), 4);
  };
  const auto at = [&](unsigned i) {
    return int64_t{static_cast<int32_t>(get_word(iterator, i, 4))};
  };
  switch (callee.kfunc->effect) {
    case KfuncEffect::kIteratorNew: {
      const int64_t begin = static_cast<int32_t>(call.value(1));
      const int64_t end = static_cast<int32_t>(call.value(2));
      const bool right = begin <= end && end - begin <= static_cast<int64_t>(kMostRounds);
      set(right ? begin - 1 : 0, right ? end : 0);
      if (!right) return word(begin > end ? kInvalid : kTooBig);
      return 0;
    }
    case KfuncEffect::kIteratorNext: {
      const int64_t next = int64_t{static_cast<int32_t>(static_cast<uint32_t>(at(0)) + 1)};
      if (next >= at(4)) {
        set(0, 0);
        return 0;
      }
      set(next, at(4));
      uint64_t& number = numbers_[call.value(0)];
      if (around_.space.bytes(number).empty()) {
        number = around_.space.add(Kind::kRegion, 0, Bytes(4), false);
      }
      put_word(around_.space.bytes(number), 0, word(next), 4);
      return number;
    }
    case KfuncEffect::kIteratorDestroy:
      around_.space.remove(numbers_[call.value(0)]);
      set(0, 0);
      return 0;
    case KfuncEffect::kNone:
    case KfuncEffect::kRcuLock:
    case KfuncEffect::kRcuUnlock:
    case KfuncEffect::kSlice:
    case KfuncEffect::kWritableSlice:
    case KfuncEffect::kClone:
    case KfuncEffect::kContextObject:
    case KfuncEffect::kTypedObject:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace zext::verifier
