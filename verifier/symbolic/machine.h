// Machine: the concrete machine that runs a program, with words that may be symbolic: what a path
// has made of registers, stacks and what the program holds.
//
//   Machine machine = Machine::entry(rules, solver);
//   machine.registers[2].bits          // a Term
//
// Types are concrete: a path decides them. A pointer's bits are its offset from the region's origin
// (type.h); the origins are different, unknown, and leave 2^30 bytes before either end of the
// address space (platform.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "isa/ebpf/decode.h"
#include "verifier/check/reason.h"
#include "verifier/subject.h"
#include "verifier/symbolic/history.h"
#include "verifier/symbolic/solver.h"
#include "verifier/type.h"

namespace zext::verifier::symbolic {

// What a register or stack slot holds.
struct Word {
  Type type = Type::kUninitialised;
  uint8_t frame = 0;  // kStack: whose
  StructureId structure = StructureId::kNone;
  Trust trust = Trust::kNone;
  bool nullable = false;  // a pointer that may be 0 instead
  bool read_only = false;
  uint32_t object = 0;     // pointers with the same number are 0 together
  uint32_t reference = 0;  // the object whose reference keeps it there
  uint32_t detail = 0;     // as certificate::Content
  const Map* map = nullptr;
  Term bits;

  bool number() const { return type == Type::kNumber; }
  bool pointer() const { return is_pointer(type); }
  bool null() const { return number() && bits.is(0); }

  static Word of(const Term& bits) { return {.type = Type::kNumber, .bits = bits}; }
  static Word at(Type type) { return {.type = type, .bits = {}}; }
  static Word at(Type type, const Map& map) { return {.type = type, .map = &map, .bits = {}}; }
};

// Where a byte of the stack comes from: the index-th byte of a word that was stored; 0: it must not
// be read.
struct Byte {
  uint32_t stored = 0;
  uint8_t index = 0;
};

enum class Role : uint8_t { kProgram, kGlobal, kDeferred, kCallee, kCallback };

struct Frame {
  Role role = Role::kProgram;
  uint32_t return_pc = 0;
  uint32_t entry = 0;
  std::array<Word, 4> saved = {};
  std::array<Word, 5> arguments = {};
  std::optional<Term> rounds;  // that the helper about to be called has done with its callback
  std::array<Byte, ebpf::kStackSize> stack = {};
};

struct Held {
  uint32_t object = 0;
  uint32_t pc = 0;
  uint32_t frame = 0;
};

struct Lock {
  bool held = false;
  uint32_t object = 0;
  const Map* map = nullptr;
};

struct Machine {
  uint32_t pc = 0;
  std::array<Word, ebpf::kRegisterCount> registers = {};
  std::vector<Frame> frames;
  std::vector<Held> held;
  Lock lock;
  Term goto_rounds;
  Term packet_size;         // bytes from data to data_end
  Term meta_size_plus_one;  // bytes from data_meta to data, plus one
  Term memory_size;
  uint32_t context_version = 0;  // how often somebody else may have changed the context
  History history;               // where the executor remembers memory

  Frame& top() { return frames.back(); }
  const Frame& top() const { return frames.back(); }
};

// What the obligations depend on beside the machine.
struct Rules {
  const Subject& subject;
  bool privileged = true;
  bool strict_alignment = false;
};

// An obligation that could not be shown at pc.
struct Violation {
  enum class Kind : uint8_t {
    kViolated,     // an example breaks it
    kUndecided,    // the solver gave up
    kUnsupported,  // the machine does not know the instruction, or what it calls
  };
  Kind kind = Kind::kViolated;
  Reason reason = Reason::kTermination;
  uint32_t pc = 0;
  uint8_t reg = 0xff;
  const char* what = "";  // kUnsupported
  // What holds of the runs that break it, beside the path's facts.
  Truth broken = true;
};

}  // namespace zext::verifier::symbolic
