// State: what is known of a whole machine at one point of a path.
//
//   State state = State::entry(platform, symbols);
//   state.registers[2] = Value::of(Number::constant(Bits<64>::of(7)));
//   if (!state.reduce()) ...            // no execution gets here
//
// Meaning: the machines for which some valuation of the symbols satisfies the relations and every
// register and stack slot has its Value's meaning under it.
#pragma once

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "verifier/platform/platform.h"
#include "verifier/state/relations.h"
#include "verifier/state/stack.h"
#include "verifier/state/stack_object.h"
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
  // A fresh symbol that counts the rounds of a loop; whether a symbol is such a one.
  Symbol fresh_round() {
    rounds_.push_back(fresh());
    return rounds_.back();
  }
  bool counts_rounds(Symbol symbol) const {
    return std::binary_search(rounds_.begin(), rounds_.end(), symbol);
  }
  bool counts_rounds(const Linear& form) const {
    return std::any_of(form.begin(), form.end(),
                       [&](const Linear::Term& term) { return counts_rounds(term.symbol); });
  }
  // An identity that no other value has.
  ObjectId fresh_object() { return ++objects_; }
  Symbol next() const { return kFirstSymbol + static_cast<Symbol>(stretches_.size()); }
  void set_stretch(uint32_t stretch) { stretch_ = stretch; }
  // Where `symbol` was made; stretch 0 for the symbols of every program.
  uint32_t stretch_of(Symbol symbol) const {
    return symbol < kFirstSymbol ? 0 : stretches_[symbol - kFirstSymbol];
  }

 private:
  std::vector<uint32_t> stretches_;
  std::vector<Symbol> rounds_;  // ascending
  uint32_t stretch_ = 0;
  ObjectId objects_ = kNoObject;
};

inline constexpr ebpf::Reg kFirstSaved = 6;  // r6 to r9 survive a call
inline constexpr unsigned kSavedCount = 4;
inline constexpr unsigned kArgumentCount = 5;

// Most rounds that may_goto gives a program (Linux's BPF_MAX_LOOPS).
inline constexpr uint64_t kMaxGotoRounds = uint64_t{1} << 23;

// How a function came to be executed, which says what its end means.
enum class Role : uint8_t {
  kProgram,   // the entry function
  kGlobal,    // a global function, verified on its own
  kDeferred,  // a timer's callback, on a stack of its own
  kCallee,    // called by the frame below
  kCallback,  // called back by a helper that the frame below called
};

// A function that is being executed.
struct Frame {
  Role role = Role::kCallee;
  uint32_t return_pc = 0;  // in the caller: after the call, or kCallback: of the call itself
  uint32_t entry = 0;      // its first slot
  Stack stack;
  std::array<Value, kSavedCount> saved;         // the caller's r6 to r9
  std::array<Value, kArgumentCount> arguments;  // kCallback: the caller's r1 to r5
  // The rounds that the helper called last has done with its callback; unused otherwise.
  Value rounds;
};

// Something acquired that has to be released.
struct Acquired {
  ObjectId object = kNoObject;
  uint32_t pc = 0;  // of the call
  uint8_t frame = 0;
  friend bool operator==(const Acquired&, const Acquired&) = default;
};

// What an RCU section that a program entered counts as, of what is acquired.
inline constexpr ObjectId kRcuSection = ~ObjectId{0};

// The spin lock that is held.
struct Lock {
  bool held = false;
  ObjectId object = kNoObject;  // of the map's value
  const Map* map = nullptr;
  uint32_t pc = 0;  // where it was taken
};

struct State {
  std::array<Value, ebpf::kRegisterCount> registers;
  std::vector<Frame> frames;
  Relations relations;
  std::vector<Acquired> acquired;
  std::vector<StackObject> stack_objects;  // ascending by frame and place
  Lock lock;
  Value goto_rounds;  // rounds that may_goto still gives
  // Bytes from data to data_end, and from data_meta to data plus one, as they are now.
  Symbol packet_size = kPacketSize;
  Symbol meta_size_plus_one = kMetaSizePlusOne;

  // What is left of a pointer to what is gone: a number, or nothing that may be read.
  Value ended = Value::of(Number::top());

  // What the platform promises at the program's first instruction.
  static State entry(const Platform& platform);

  // r10 of the frame on top.
  Value frame_pointer() const {
    return Value::pointer(Type::kStack, static_cast<uint8_t>(frames.size() - 1));
  }

  // Gives the number a symbol of its own, unless it has a linear form, so that copies and
  // differences are known. Not for pointers.
  void symbolise(Value& value, SymbolSource& symbols);

  // Gives the value's form of several symbols a symbol of its own, in all that is known; not where
  // it counts rounds, which bounds a loop.
  void shorten(const Value& value, SymbolSource& symbols);

  // What is known of the low half of a symbol, `value.shifted`, in the values that are that symbol.
  void restrict_low(const Value& value);

  // Brings what numbers and relations know of each other together. False: unreachable.
  [[nodiscard]] bool reduce();

  // Makes the number, where it has a linear form, as tight as the relations say. False: no number
  // is left.
  [[nodiscard]] bool tighten(Value& value) const;

  // Forgets registers that are not in `live`, and symbols that nothing mentions.
  void forget_dead(uint16_t live);

  // Forgets stack slots of the function on top that are not in `live`. Bits as in cfg/demand.h.
  void forget_dead_slots(uint64_t live);
  // Forgets what is known of numbers beside the registers and slots in demand: that they are equal,
  // and inequalities that are about nothing else. Whether there was any.
  bool forget_undemanded(uint16_t registers, uint64_t slots, const SymbolSource& symbols);

  // The object is there, or is not: every value with it is a pointer, or 0.
  void decide_null(ObjectId object, bool null);
  // The object is gone: nothing may use it any more. Its values become numbers.
  void invalidate(ObjectId object);
  // The packet's bytes may have moved: pointers to them become numbers, its sizes are new ones.
  void invalidate_packet(const Platform& platform, SymbolSource& symbols);

  // The dynptr or iterator that begins at this byte of a frame's stack, or null.
  const StackObject* stack_object(uint8_t frame, uint32_t at) const;
  void add_stack_object(const StackObject& object);
  // Objects end, and what depends on them: those that are written to, those that were acquired
  // together, those of a frame that is left, what slices of packets there are.
  void overwrite_stack(uint8_t frame, uint32_t at, uint32_t bytes);
  void release_stack_objects(ObjectId reference);
  void leave_stack(uint8_t frame);
  void end_packet_slices();

  // Whether it is acquired and not released.
  bool has_acquired(ObjectId object) const;
  // Objects that the RCU section kept there are to be probed from now on.
  void leave_rcu();

  // Calls f(Value&) for every register and kept stack value of every frame.
  template <class F>
  void each_value(F f) {
    for (Value& value : registers) f(value);
    for (Frame& frame : frames) {
      for (Value& value : frame.saved) f(value);
      if (frame.role == Role::kCallback) {
        for (Value& value : frame.arguments) f(value);
      }
      f(frame.rounds);
      for (Stack::Cell& cell : frame.stack.cells()) f(cell.value);
    }
    for (StackObject& object : stack_objects) f(object.rounds);
    f(goto_rounds);
  }
  template <class F>
  void each_value(F f) const {
    const_cast<State*>(this)->each_value([&](Value& value) { f(std::as_const(value)); });
  }

  // How much there is to keep and to compute with, in values of some 200 bytes.
  size_t size() const;

  RegisterFacts facts() const;

 private:
  template <class Ends>
  void end_stack_objects(Ends ends);
};

}  // namespace zext::verifier
