// The vectors have every class of operands for every row: the ends of the ranges, each kind of
// upper half, each kind of immediate, one register for two. A row that lacks one is named.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/decode.h"
#include "isa/ebpf/fields.h"
#include "isa/ebpf/vectors.h"

namespace zext::ebpf {
namespace {

using Classes = std::set<std::string>;

uint64_t low(uint64_t value, unsigned width) { return width == 64 ? value : value << 32 >> 32; }

// "dst -1", of the value's low `width` bits; nothing for what is no edge.
void add_value(const std::string& what, uint64_t value, unsigned width, Classes& classes) {
  const uint64_t mask = ~uint64_t{0} >> (64 - width);
  const uint64_t sign = uint64_t{1} << (width - 1);
  value &= mask;
  if (value == 0) classes.insert(what + " 0");
  if (value == 1) classes.insert(what + " 1");
  if (value == mask) classes.insert(what + " -1");
  if (value == sign) classes.insert(what + " min");
  if (value == (mask ^ sign)) classes.insert(what + " max");
}
void need_values(const std::string& what, Classes& classes) {
  for (const char* value : {" 0", " 1", " -1", " min", " max"}) classes.insert(what + value);
}

// "src upper dirt": what stands above 32 bits.
void add_upper(const std::string& what, uint64_t value, Classes& classes) {
  const uint64_t upper = value >> 32;
  classes.insert(what + (upper == 0            ? " upper zero"
                         : upper == 0xffffffff ? " upper ones"
                                               : " upper dirt"));
}
void need_upper(const std::string& what, Classes& classes) {
  for (const char* upper : {" upper zero", " upper ones", " upper dirt"}) {
    classes.insert(what + upper);
  }
}

// Zero, and both sides of where 12 bits and 32 bits end.
void add_immediate(int64_t value, Classes& classes) {
  classes.insert("imm " + std::to_string(value));
}
void need_immediates(Classes& classes) {
  for (const int64_t value :
       {0LL, 1LL, -1LL, 2047LL, 2048LL, -2048LL, -2049LL, 0x7fffffffLL, -0x80000000LL}) {
    add_immediate(value, classes);
  }
}

bool ignores_dst(const Row& row) { return row.kind == Kind::kAlu && row.alu == AluOp::kMov; }

// Bits of what an instruction reads from memory, a register, or both.
unsigned width_of(const Row& row) {
  const bool by_bytes = row.kind != Kind::kAlu && row.kind != Kind::kNeg && row.kind != Kind::kJump;
  return by_bytes ? 8U * row.bytes : row.width;
}

// What a vector shows of its row.
void add_classes(const Vector& vector, const Instruction<>& insn, Classes& classes) {
  const Row& row = insn.row();
  const unsigned width = width_of(row);
  const uint64_t dst = vector.before.registers[insn.dst];
  const uint64_t src = vector.before.registers[insn.src];
  const Fields fields = fields_of(row);
  if (fields.dst && fields.src && insn.dst == insn.src) classes.insert("one register for two");
  if (fields.imm) add_immediate(insn.imm.signed_value(), classes);
  if (fields.dst) {
    add_value("dst", dst, width, classes);
    add_upper("dst", dst, classes);
  }
  if (fields.src) {
    add_value("src", src, width, classes);
    add_upper("src", src, classes);
  }
  if (insn.offset >= 0 && insn.offset < 8) {
    add_value("memory", vector.before.memory >> 8 * insn.offset, width, classes);
  }
  if (vector.after.taken) classes.insert(*vector.after.taken ? "taken" : "falls");
  const uint64_t expected = vector.before.registers[0];
  add_upper("r0", expected, classes);
  const uint64_t old = vector.before.memory >> 8 * (insn.offset & 7);
  classes.insert(low(old, width) == low(expected, width) ? "equal" : "unequal");
}

// What the vectors of a row must show.
Classes needed(const Row& row) {
  Classes classes;
  const bool reg = row.source == Source::kRegister;
  switch (row.kind) {
    case Kind::kAlu:
    case Kind::kJump:
      if (!ignores_dst(row)) need_values("dst", classes);
      if (!ignores_dst(row) && row.width == 32) need_upper("dst", classes);
      if (reg) need_values("src", classes);
      if (reg && row.width == 32) need_upper("src", classes);
      if (reg) classes.insert("one register for two");
      if (!reg) need_immediates(classes);
      if (row.kind == Kind::kJump) classes.insert({"taken", "falls"});
      break;
    case Kind::kNeg:
      need_values("dst", classes);
      if (row.width == 32) need_upper("dst", classes);
      break;
    case Kind::kMovsx:
      need_values("src", classes);
      need_upper("src", classes);
      classes.insert("one register for two");
      break;
    case Kind::kEndian:
      need_values("dst", classes);
      if (row.bytes < 8) need_upper("dst", classes);
      break;
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kLoadAcquire:
      need_values("memory", classes);
      classes.insert("one register for two");
      break;
    case Kind::kStore:
    case Kind::kStoreRelease:
      need_values("src", classes);
      break;
    case Kind::kStoreImm:
      need_immediates(classes);
      break;
    case Kind::kAtomic:
      need_values("src", classes);
      need_values("memory", classes);
      if (row.width == 32) need_upper("src", classes);
      if (row.atomic != AtomicOp::kCmpxchg) break;
      classes.insert({"equal", "unequal"});
      if (row.width == 32) need_upper("r0", classes);
      break;
    case Kind::kImm64:
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
    case Kind::kJa:
    case Kind::kGotol:
    case Kind::kMayGoto:
    case Kind::kCallHelper:
    case Kind::kCallLocal:
    case Kind::kCallBtf:
    case Kind::kCallx:
    case Kind::kExit:
    case Kind::kAddrSpaceCast:
      break;  // no operands with edges, or none that one vector could show
  }
  return classes;
}

TEST(Edges, EveryRowHasEveryClassOfOperands) {
  std::map<Op, Classes> shown;
  for (const Vector& vector : read_vectors([](size_t) { return 0x10000; })) {
    const auto slots = assemble(vector.text);
    ASSERT_TRUE(slots.has_value()) << vector.name();
    const Instruction<> insn = *decode(*slots, 0);
    add_classes(vector, insn, shown[insn.op]);
  }
  size_t classes = 0;
  for (const Row& row : kRows) {
    for (const std::string& need : needed(row)) {
      ++classes;
      EXPECT_TRUE(shown[row.op].contains(need))
          << row.name << width_of(row) << (row.source == Source::kImmediate ? "Imm" : "Reg")
          << " has no vector with " << need;
    }
  }
  EXPECT_GT(classes, 1000u);
}

}  // namespace
}  // namespace zext::ebpf
