// Certificate: why a program is safe, as plain data that anyone can check: what holds at a few of
// its instructions, its cut points.
//
//   std::expected<Certificate, std::string> certificate = extract(subject, options, explorer...);
//   std::vector<uint8_t> bytes = write(certificate);      // format.h
//   check(subject, rules, certificate);                   // check.h
//
// Meaning. A cut point stands for a set of machines: those for which some integers for its symbols,
// each in its range (0 to 2^64 - 1 where none is given), satisfy all inequalities (sum >= 0, over
// the integers), and whose registers and stack slots are as described under them. Every execution
// that passes the instruction `pc` in a way that matters passes through one of these sets. Several
// cut points may have the same pc. Between them a checker follows the program instruction by
// instruction.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/ebpf/insn.h"
#include "verifier/type.h"

namespace zext::verifier::certificate {

inline constexpr uint32_t kNone = ~uint32_t{0};

// constant + the sum of factor * symbol, over the integers.
struct Sum {
  struct Term {
    uint32_t symbol = 0;
    int64_t factor = 0;
    friend bool operator==(const Term&, const Term&) = default;
  };
  std::vector<Term> terms;  // ascending by symbol, factors not 0
  int64_t constant = 0;
  friend bool operator==(const Sum&, const Sum&) = default;
};

struct Range {
  uint32_t symbol = 0;
  uint64_t lo = 0;
  uint64_t hi = ~uint64_t{0};
  friend bool operator==(const Range&, const Range&) = default;
};

// A 64-bit word, in every view; of pointers it is the offset from the region's origin (type.h).
struct Number {
  uint64_t ones = 0;                             // bits that are 1
  uint64_t unknown = ~uint64_t{0};               // bits that may be either; the others are 0
  uint64_t lo = 0, hi = ~uint64_t{0};            // unsigned
  int64_t slo = INT64_MIN, shi = INT64_MAX;      // signed
  uint32_t lo32 = 0, hi32 = ~uint32_t{0};        // of the low half, unsigned
  int32_t slo32 = INT32_MIN, shi32 = INT32_MAX;  // of the low half, signed
  friend bool operator==(const Number&, const Number&) = default;
};

// What a register or stack slot holds.
struct Content {
  Type type = Type::kUninitialised;
  uint8_t frame = 0;       // kStack: whose
  uint8_t structure = 0;   // kStructure: its StructureId
  uint8_t trust = 0;       // kObject: Trust
  bool nullable = false;   // a pointer that may be 0 instead
  bool read_only = false;  // memory that must not be written
  // Pointers with the same number, if it is not 0, point into the same thing: all or none are 0.
  uint32_t object = 0;
  uint32_t reference = 0;  // object number of what was acquired and keeps it there
  // kMapValue: 1 in an inner map that was looked up; kRegion: bytes; kObject: BTF type; kPerCpu: of
  // what is behind it; kFunction: its first slot.
  uint32_t detail = 0;
  // kMap, kMapKey, kMapValue: 2 * index in Subject::maps, plus 1 for the map it has for inner ones.
  uint32_t map = kNone;
  Number number;
  bool has_form = false;
  // Numbers equal it as unsigned integers, offsets of pointers as signed ones.
  Sum form;
  friend bool operator==(const Content&, const Content&) = default;
};

struct Slot {
  uint16_t at = 0;    // from the lowest of the frame's 512 bytes
  uint8_t bytes = 0;  // 1, 2, 4, 8; a pointer has 8
  Content content;
  friend bool operator==(const Slot&, const Slot&) = default;
};

// How a function came to be executed (as Role in state/state.h).
enum class Role : uint8_t { kProgram, kGlobal, kDeferred, kCallee, kCallback };

// A function that is being executed.
struct Frame {
  Role role = Role::kProgram;
  uint32_t return_pc = 0;            // in the caller: after the call; kCallback: of the call itself
  uint32_t entry = 0;                // its first slot
  std::array<Content, 4> saved;      // the caller's r6 to r9; unused in the outermost
  std::array<Content, 5> arguments;  // kCallback: the caller's r1 to r5
  bool has_rounds = false;
  Content rounds;                        // rounds the helper called last has done with its callback
  std::array<uint64_t, 8> written = {};  // a bit for each byte of the stack that may be read
  std::vector<Slot> slots;  // of bytes of numbers that no slot describes, any values are allowed
  friend bool operator==(const Frame&, const Frame&) = default;
};

// Something acquired that has to be released.
struct Held {
  uint32_t object = 0;
  uint32_t pc = 0;  // of the call
  uint8_t frame = 0;
  friend bool operator==(const Held&, const Held&) = default;
};

// The spin lock that is held.
struct Lock {
  bool held = false;
  uint32_t object = 0;  // of the map's value
  uint32_t map = kNone;
  uint32_t pc = 0;
  friend bool operator==(const Lock&, const Lock&) = default;
};

struct CutPoint {
  uint32_t pc = 0;
  // The loop that it is in: the index of its head, which comes before; kNone outside of loops. All
  // cut points of a loop follow its head in one piece.
  uint32_t parent = kNone;
  // Whether it is the head of a loop, to which executions come back from within, and which symbol
  // counts how often: each time it is one more than the time before. It must be at most 2^32.
  bool loop = false;
  uint32_t round = 0;
  std::array<Content, ebpf::kRegisterCount> registers;
  std::vector<Frame> frames;  // the outermost first
  std::vector<Range> ranges;
  std::vector<Sum> inequalities;
  std::vector<Held> held;
  Lock lock;
  bool has_goto_rounds = false;
  Content goto_rounds;              // rounds that may_goto still gives
  uint32_t packet_size = 0;         // symbol: bytes from data to data_end
  uint32_t meta_size_plus_one = 0;  // symbol: bytes from data_meta to data, plus one
  friend bool operator==(const CutPoint&, const CutPoint&) = default;
};

struct Certificate {
  // Of the instructions, the platform, the maps and the rules (identity.h): another program's
  // certificate is told at once. Nothing depends on it.
  uint64_t subject = 0;
  std::vector<CutPoint> cut_points;
  friend bool operator==(const Certificate&, const Certificate&) = default;
};

}  // namespace zext::verifier::certificate
