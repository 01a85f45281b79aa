// State: what is known of a whole machine at one point of a path.
//
//   State state = State::entry(platform, symbols);
//   state.registers[2] = Value::of(Number::constant(Bits<64>::of(7)));
//   if (!state.reduce()) ...            // no execution gets here
//
// Meaning: the machines for which some valuation of the symbols satisfies the relations and every
// register and stack slot has its Value's meaning under it.
#pragma once

#include <array>
#include <vector>

#include "verifier/platform/platform.h"
#include "verifier/state/relations.h"
#include "verifier/state/stack.h"
#include "verifier/state/value.h"

namespace zext::verifier {

// Makes symbols that no other state has, and remembers the stretch of the exploration each was made
// on.
class SymbolSource {
 public:
  Symbol fresh() {
    stretches_.push_back(stretch_);
    return kFirstSymbol + static_cast<Symbol>(stretches_.size()) - 1;
  }
  Symbol next() const { return kFirstSymbol + static_cast<Symbol>(stretches_.size()); }
  void set_stretch(uint32_t stretch) { stretch_ = stretch; }
  // Where `symbol` was made; stretch 0 for the symbols of every program.
  uint32_t stretch_of(Symbol symbol) const {
    return symbol < kFirstSymbol ? 0 : stretches_[symbol - kFirstSymbol];
  }

 private:
  std::vector<uint32_t> stretches_;
  uint32_t stretch_ = 0;
};

inline constexpr ebpf::Reg kFirstSaved = 6;  // r6 to r9 survive a call
inline constexpr unsigned kSavedCount = 4;

// A function that is being executed.
struct Frame {
  uint32_t return_pc = 0;  // in the caller; unused for the entry function
  uint32_t entry = 0;      // its first slot
  Stack stack;
  std::array<Value, kSavedCount> saved;  // the caller's r6 to r9
};

struct State {
  std::array<Value, ebpf::kRegisterCount> registers;
  std::vector<Frame> frames;
  Relations relations;

  // What the platform promises at the program's first instruction.
  static State entry(const Platform& platform);

  // r10 of the frame on top.
  Value frame_pointer() const {
    return Value::pointer(Type::kStack, static_cast<uint8_t>(frames.size() - 1));
  }

  // Gives the number a symbol of its own, unless it has a linear form, so that copies and
  // differences are known. Not for pointers.
  void symbolise(Value& value, SymbolSource& symbols);

  // Brings what numbers and relations know of each other together. False: unreachable.
  [[nodiscard]] bool reduce();

  // Makes the number, where it has a linear form, as tight as the relations say. False: no number
  // is left.
  [[nodiscard]] bool tighten(Value& value) const;

  // Forgets registers that are not in `live`, and symbols that nothing mentions.
  void forget_dead(uint16_t live);

  // Calls f(Value&) for every register and kept stack value of every frame.
  template <class F>
  void each_value(F f) {
    for (Value& value : registers) f(value);
    for (Frame& frame : frames) {
      for (Value& value : frame.saved) f(value);
      for (Stack::Slot& slot : frame.stack.slots()) {
        if (slot.bytes != 0) f(slot.value);
      }
    }
  }

  // How much there is to keep and to compute with, in values of some 150 bytes.
  size_t size() const;

  RegisterFacts facts() const;
};

}  // namespace zext::verifier
