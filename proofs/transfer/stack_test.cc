// What is read from the stack is what the machine reads: class Stack is run on every layout of two
// stores that overlap, and its loads are put together over words of a memory of unknown content.
//
// Each store puts the low bytes of a word of its own into memory, of which nothing is known, except
// that the word with the tag 0 is 0. A cell's number is the tag of the word it came from;
// assemble() then computes with the words themselves. Numbers instead of words are sound because
// each operation is (proofs/operators); those of unusual sizes are proven here.
#include "verifier/state/stack.h"

#include <gtest/gtest.h>

#include "isa/ebpf/semantics.h"
#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"
#include "verifier/state/bytes.h"
#include "word/array.h"

namespace zext::proofs {
namespace {

using ebpf::AluOp;
using verifier::Stack;
using verifier::Type;
using verifier::Value;
using W = Bv<64>;

// Anywhere: nothing depends on where the frame is.
W address(uint32_t at) { return W::of(0x1000 + at); }

W low(const W& x, uint32_t bytes) {
  return bytes == 8 ? x : x & W::of((uint64_t{1} << (8 * bytes)) - 1);
}

// Words of the modelled memory, as assemble() reads them.
struct WordBytes {
  using Value = W;
  const ByteArray& memory;

  static W constant(uint64_t value) { return W::of(value); }
  static W alu(AluOp op, const W& a, const W& b) { return ebpf::alu(op, a, b); }
  static W low(const W& a, uint32_t bytes) { return proofs::low(a, bytes); }
  W any(uint32_t at, uint32_t bytes) const { return memory.load(address(at), bytes); }
  static bool is_address(const Stack::Cell& cell) { return is_pointer(cell.value.type); }
  static W value(const Stack::Cell& cell) {
    return low(word(unsigned_min(cell.value.number)), cell.bytes);
  }
  static W word(uint64_t tag) {
    return tag == 0 ? W::of(0) : W::variable(("word" + std::to_string(tag)).c_str());
  }
};

// A frame and the memory it stands for.
struct Model {
  Stack stack;
  ByteArray memory = ByteArray::variable("memory");

  void store(uint32_t at, uint32_t bytes, uint64_t tag) {
    stack.store(at, bytes, Value::of(verifier::constant_number(static_cast<int64_t>(tag))));
    memory.store(address(at), bytes, WordBytes::word(tag));
  }
  void store_pointer(uint32_t at, uint32_t bytes) {
    stack.store(at, bytes, Value::pointer(Type::kPacket));
    memory.store(address(at), bytes, W::variable("pointer"));
  }
  // Some of the bytes, or all, are written by somebody else.
  void forget(uint32_t at, uint32_t bytes) {
    stack.forget(at, bytes);
    for (uint32_t i = at; i < at + bytes; ++i) {
      memory.store(address(i), 1, W::variable(("unknown" + std::to_string(i)).c_str()));
    }
  }

  // What a load of these bytes gives is what is there.
  Formula load_is_right(uint32_t at, uint32_t bytes) const {
    const WordBytes ops{.memory = memory};
    const W there = memory.load(address(at), bytes);
    Formula right = true;
    if (const Stack::Cell* cell = stack.cell(at, bytes)) {
      right = WordBytes::is_address(*cell) ? there == W::variable("pointer")
                                           : there == WordBytes::value(*cell);
    }
    const std::optional<W> assembled = assemble(ops, stack.cells(), at, bytes);
    return assembled ? right && there == *assembled : right;
  }
};

constexpr uint32_t kSizes[] = {1, 2, 4, 8};

// Where the first store goes: with room on both sides.
constexpr uint32_t kPlace = 8;
constexpr uint32_t kWindow = 24;

// Calls f(at, bytes) for every place that overlaps or touches [kPlace, kPlace + size).
template <class F>
void each_neighbour(uint32_t size, F f) {
  for (const uint32_t bytes : kSizes) {
    for (uint32_t at = kPlace - bytes; at <= kPlace + size; ++at) f(at, bytes);
  }
}

// Every load that reads one of `size` bytes from kPlace.
Formula loads_of(const Model& model, uint32_t size) {
  Formula right = true;
  each_neighbour(
      size, [&](uint32_t at, uint32_t bytes) { right = right && model.load_is_right(at, bytes); });
  return right;
}

template <class First, class Second>
void loads_are_right(const std::string& name, First first, Second second) {
  for (const uint32_t size : kSizes) {
    theorem(
        name + ", " + std::to_string(size) + " bytes first", 64,
        [=] {
          Claim claim;
          Formula all = true;
          each_neighbour(size, [&](uint32_t at, uint32_t bytes) {
            Model model;
            first(model, kPlace, size);
            second(model, at, bytes);
            all = all && loads_of(model, size);
          });
          claim.show.push_back(all);
          return claim;
        },
        kWithMemory);
  }
}

const auto kStore1 = [](Model& m, uint32_t at, uint32_t bytes) { m.store(at, bytes, 1); };
const auto kStore2 = [](Model& m, uint32_t at, uint32_t bytes) { m.store(at, bytes, 2); };
const auto kStoreZero = [](Model& m, uint32_t at, uint32_t bytes) { m.store(at, bytes, 0); };
const auto kForget = [](Model& m, uint32_t at, uint32_t bytes) { m.forget(at, bytes); };
const auto kPointer = [](Model& m, uint32_t at, uint32_t bytes) { m.store_pointer(at, bytes); };

TEST(Loads, AfterTwoStores) { loads_are_right("store, store", kStore1, kStore2); }

TEST(Loads, ZerosThatAreLeft) {
  loads_are_right("zero, store", kStoreZero, kStore1);
  loads_are_right("zero, unknown", kStoreZero, kForget);
}

TEST(Loads, WhatSomebodyElseWrote) {
  loads_are_right("store, unknown", kStore1, kForget);
  loads_are_right("unknown, store", kForget, kStore1);
}

TEST(Loads, Pointers) {
  loads_are_right("pointer, store", kPointer, kStore1);
  loads_are_right("store, pointer", kStore1, kPointer);
}

// Eight single bytes, and any part of them.
TEST(Loads, OfManyCells) {
  theorem(
      "eight cells", 64,
      [] {
        Model model;
        for (uint32_t i = 0; i < 8; ++i) model.store(kPlace + i, 1, i + 1);
        return loads_of(model, 8);
      },
      kWithMemory);
}

// Bytes count as written only if they were; a byte of an address that is left is none of a number.
TEST(Written, JustTheBytesStored) {
  for (const uint32_t size : kSizes) {
    each_neighbour(size, [&](uint32_t at, uint32_t bytes) {
      Model model;
      model.store(kPlace, size, 1);
      model.forget(at, bytes);
      for (uint32_t i = 0; i < kWindow; ++i) {
        EXPECT_EQ(model.stack.initialised(i, 1), i >= kPlace && i < kPlace + size);
      }
      model.stack.invalidate(at, bytes);
      for (uint32_t i = 0; i < kWindow; ++i) {
        const bool gone = i >= at && i < at + bytes;
        EXPECT_EQ(model.stack.initialised(i, 1), i >= kPlace && i < kPlace + size && !gone);
      }
    });
  }
}

// Of a store, the value's low bytes: the number, and the form where that is the whole number.
TEST(Numbers, LowBytes) {
  for (unsigned bytes = 1; bytes <= 8; ++bytes) {
    theorem("low " + std::to_string(bytes) + " bytes", 64, [=] {
      const auto a = any_scalar<W>("a");
      const W x = any<W>("x");
      Claim claim{
          .given = contains(a, x),
          .show = goals(verifier::internal::zero_extend_components(bytes, a), low(x, bytes))};
      if (bytes < 8) {
        const auto whole = lshr(a.u.hi, W::of(8 * bytes)) == W::of(0);
        claim.show.push_back(implies(whole, low(x, bytes) == x));
      }
      return claim;
    });
  }
}

}  // namespace
}  // namespace zext::proofs
