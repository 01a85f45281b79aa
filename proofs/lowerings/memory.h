// Memory of both architectures: an array of bytes, and the trace of accesses to it in their order.
//
//   Memory memory;                                    // anything
//   const Word64 old = memory.read(address, 4);
//   memory.write(address, 4, value);
//   same_trace(memory.trace(), wanted.trace());       // Formula: the same accesses, in order
//   same_bytes(memory, wanted);                       // Formula: the same contents
//
// Order is part of an access: acquire and release say what may not move across it. RV64 spells them
// as bits of AMOs, as LR and SC, or as fences; `in_one_piece` reads the three spellings (manual
// volume I, table A.6).
#pragma once

#include <optional>
#include <vector>

#include "isa/ebpf/semantics.h"
#include "word/array.h"
#include "word/bv.h"

namespace zext::proofs {

using Word64 = Bv<64>;

struct Access {
  // kReserve and kConditional are LR and an SC that succeeds; a fence's value is its immediate.
  enum class Kind : uint8_t { kRead, kWrite, kUpdate, kReserve, kConditional, kFence };
  Kind kind;
  unsigned bytes;  // how many of `value` count, the low ones
  Word64 address;
  Word64 value;                // read, or written
  Word64 old = Word64::of(0);  // kUpdate: what was read
  bool acquire = false;
  bool release = false;
};
using Trace = std::vector<Access>;

class Memory {
 public:
  explicit Memory(const char* name = "memory") : bytes_(ByteArray::variable(name)) {}

  // From now on, each access is taken to be at `address`; `there()` is the claim that it is, which
  // belongs to what is to be shown. So the array's terms are of one address, and what is left of it
  // to solve are words.
  void each_at(const Word64& address) { place_ = address; }
  Formula there() const { return there_; }

  Word64 read(const Word64& address, unsigned bytes) {
    const Word64 value = load(address, bytes);
    trace_.push_back({Access::Kind::kRead, bytes, address, value});
    return value;
  }
  void write(const Word64& address, unsigned bytes, const Word64& value) {
    bytes_.store(placed(address), bytes, value);
    trace_.push_back({Access::Kind::kWrite, bytes, address, value});
  }
  // A read and the write that depends on it, with nothing between: what was read, then the write.
  Word64 load(const Word64& address, unsigned bytes) { return bytes_.load(placed(address), bytes); }
  void update(const Word64& address, unsigned bytes, const Word64& old, const Word64& value) {
    bytes_.store(placed(address), bytes, value);
    trace_.push_back({Access::Kind::kUpdate, bytes, address, value, old});
  }
  Word64 reserve(const Word64& address, unsigned bytes) {
    const Word64 value = read(address, bytes);
    trace_.back().kind = Access::Kind::kReserve;
    return value;
  }
  void conditional(const Word64& address, unsigned bytes, const Word64& value) {
    write(address, bytes, value);
    trace_.back().kind = Access::Kind::kConditional;
  }
  void fence(const Word64& sets) {
    trace_.push_back({Access::Kind::kFence, 0, Word64::of(0), sets});
  }
  // Order of the access made last.
  void order(bool acquire, bool release) {
    trace_.back().acquire = acquire;
    trace_.back().release = release;
  }

  const Trace& trace() const { return trace_; }
  const ByteArray& bytes() const { return bytes_; }

 private:
  Word64 placed(const Word64& address) {
    if (!place_) return address;
    there_ = there_ && address == *place_;
    return *place_;
  }

  ByteArray bytes_;
  Trace trace_;
  std::optional<Word64> place_;
  Formula there_ = true;
};

namespace internal {

constexpr uint64_t kReads = 2, kWrites = 1;

// Whether the access is a fence that keeps at least `before` before at least `after`.
inline bool orders(const Access& access, uint64_t before, uint64_t after) {
  if (access.kind != Access::Kind::kFence) return false;
  const z3::expr term = access.value.term().simplify();
  if (!term.is_numeral()) return false;
  const uint64_t sets = term.get_numeral_uint64();
  return (sets >> 4 & before) == before && (sets & after) == after;
}

// An SC that succeeds, after its LR: one update.
inline bool completes(const Access& sc, const Access& lr) {
  return sc.kind == Access::Kind::kConditional && lr.kind == Access::Kind::kReserve &&
         sc.bytes == lr.bytes && z3::eq(sc.address.term(), lr.address.term());
}

}  // namespace internal

// The trace with each ordered access as one: a read with its fence after it is an acquire, a write
// with its fence before it a release, LR and SC an update, LR alone a read. Other fences stay.
inline Trace in_one_piece(const Trace& trace) {
  using internal::kReads, internal::kWrites;
  Trace result;
  for (const Access& access : trace) {
    Access* last = result.empty() ? nullptr : &result.back();
    if (last == nullptr) {
      result.push_back(access);
    } else if (last->kind == Access::Kind::kRead &&
               internal::orders(access, kReads, kReads | kWrites)) {
      last->acquire = true;
    } else if (access.kind == Access::Kind::kWrite &&
               internal::orders(*last, kReads | kWrites, kWrites)) {
      *last = access;
      last->release = true;
    } else if (internal::completes(access, *last)) {
      const bool release = last->release && access.release;
      *last = {Access::Kind::kUpdate, access.bytes,  access.address, access.value,
               last->value,           last->acquire, release};
    } else {
      result.push_back(access);
    }
  }
  for (Access& access : result) {
    if (access.kind == Access::Kind::kReserve) access.kind = Access::Kind::kRead;
  }
  return result;
}

// The same accesses in the same order: kind, address, width and value of each, and each at least as
// ordered as is wanted.
inline Formula same_trace(const Trace& raw, const Trace& wanted) {
  const Trace actual = in_one_piece(raw);
  if (actual.size() != wanted.size()) return false;
  Formula all = true;
  const auto same = [](unsigned bytes, const Word64& a, const Word64& b) {
    return ebpf::zero_extend(bytes, a) == ebpf::zero_extend(bytes, b);
  };
  for (size_t i = 0; i < actual.size(); ++i) {
    const Access &a = actual[i], &b = wanted[i];
    if (a.kind != b.kind || a.bytes != b.bytes) return false;
    if ((b.acquire && !a.acquire) || (b.release && !a.release)) return false;
    all = all && a.address == b.address && same(a.bytes, a.value, b.value);
    if (a.kind == Access::Kind::kUpdate) all = all && same(a.bytes, a.old, b.old);
  }
  return all;
}

inline Formula same_bytes(const Memory& a, const Memory& b) {
  return same_bytes(a.bytes(), b.bytes());
}

}  // namespace zext::proofs
