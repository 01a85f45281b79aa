// Every eBPF instruction, with values written by hand, on every machine: the interpreter, and the
// JIT's code on QEMU, on the core, and on both in lockstep.

#include <gtest/gtest.h>

#include <cstdio>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/decode.h"
#include "isa/ebpf/fields.h"
#include "tests/conformance/harness.h"

namespace zext::conformance {
namespace {

using ebpf::Kind;
using ebpf::Op;
using ebpf::Reg;
using ebpf::Row;

constexpr const char* kCore = "rv64imac_zicsr_zifencei";

// Which register stands for which of a vector's: the JIT's code differs with the registers (the
// stack pointer's neighbours have compressed forms, r8 and r9 have not). r0 stays: cmpxchg means
// it.
constexpr Reg kAssignments[][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
    {0, 8, 9, 1, 2, 3, 4, 5, 6, 7},
    {0, 9, 6, 8, 7, 5, 4, 3, 2, 1},
};

// Where compressed forms' offsets, 12-bit immediates and eBPF's own offsets end; the base register
// makes up for them.
constexpr int16_t kOffsets[] = {-1, 8, 248, 256, 504, 512, 2047, 2048, -2048, -2049, 32767, -32768};

ebpf::State renamed(const ebpf::State& state, const Reg (&assignment)[10]) {
  ebpf::State result = state;
  for (unsigned i = 0; i < 10; ++i) result.registers[assignment[i]] = state.registers[i];
  return result;
}

ebpf::Instruction<> instruction(const std::string& text) {
  const auto slots = ebpf::assemble(text);
  EXPECT_TRUE(slots.has_value()) << text;
  return *ebpf::decode(*slots, 0);
}

// The register with the address; kRegisterCount where there is none.
Reg base_of(const ebpf::Instruction<>& insn) {
  switch (insn.row().kind) {
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kLoadAcquire:
      return insn.src;
    case Kind::kStore:
    case Kind::kStoreImm:
    case Kind::kAtomic:
    case Kind::kStoreRelease:
      return insn.dst;
    default:
      return ebpf::kRegisterCount;
  }
}

// Every vector, also with other registers and with other offsets; each has memory of its own.
class Cases {
 public:
  Cases() {
    for (size_t i = 0; i < std::size(kAssignments); ++i) {
      add([&](Case& c, const ebpf::Vector& vector) {
        // Of the many edges each has one assignment.
        if (vector.edge() && static_cast<size_t>(vector.line) % std::size(kAssignments) != i) {
          return false;
        }
        const auto& assignment = kAssignments[i];
        c.before = renamed(c.before, assignment);
        c.after = renamed(c.after, assignment);
        const ebpf::Fields fields = ebpf::fields_of(c.insn.row());
        if (fields.dst) c.insn.dst = assignment[c.insn.dst];
        if (fields.src) c.insn.src = assignment[c.insn.src];
        return true;
      });
    }
    for (const int16_t offset : kOffsets) {
      add([&](Case& c, const ebpf::Vector& vector) {
        const Reg base = base_of(c.insn);
        if (base == ebpf::kRegisterCount || vector.edge()) return false;
        const uint64_t address = c.before.registers[base];
        if (c.after.memory == address) return false;  // it stores its base
        const int64_t bias = int64_t{c.insn.offset} - offset;
        c.insn.offset = offset;
        c.before.registers[base] = address + static_cast<uint64_t>(bias);
        if (c.after.registers[base] == address) c.after.registers[base] = c.before.registers[base];
        return true;
      });
    }
  }

  const std::vector<Case>& all() const { return cases_; }

 private:
  // Those of which `change` makes a case get the next places.
  template <class Change>
  void add(Change change) {
    const size_t first = cases_.size();
    std::vector<size_t> places;
    size_t kept = 0;
    for (const ebpf::Vector& vector :
         ebpf::read_vectors([](size_t) { return memory_address(0); })) {
      places.push_back(first + kept);
      Case c = case_of(vector);
      if (usable(vector) && change(c, vector)) ++kept;
    }
    for (const ebpf::Vector& vector :
         ebpf::read_vectors([&](size_t index) { return memory_address(places[index]); })) {
      Case c = case_of(vector);
      if (usable(vector) && change(c, vector)) cases_.push_back(c);
    }
  }
  static Case case_of(const ebpf::Vector& vector) {
    return {.name = vector.name(),
            .insn = instruction(vector.text),
            .before = vector.before,
            .after = vector.after};
  }
  static bool usable(const ebpf::Vector& vector) {
    return !vector.after.ends;  // Ends has the others
  }

  std::vector<Case> cases_;
};

struct Target {
  const char* machine;
  const char* march;
};

class Conformance : public ::testing::TestWithParam<Target> {};

TEST_P(Conformance, Vectors) {
  const Cases cases;
  std::printf("%zu cases on %s, %s\n", cases.all().size(), GetParam().machine, GetParam().march);
  ASSERT_GT(cases.all().size(), 1000U);
  Batch(cases.all()).check(GetParam().machine, GetParam().march);
}

// Vectors that end the program, each in a function of its own, which gives 1 if it goes on.
TEST_P(Conformance, Ends) {
  std::vector<ebpf::Vector> vectors;
  for (const ebpf::Vector& vector : ebpf::read_vectors([](size_t) { return 0; })) {
    if (vector.after.ends) vectors.push_back(vector);
  }
  ASSERT_GT(vectors.size(), 10U);
  std::string text;
  for (size_t i = 0; i < vectors.size(); ++i) {
    text += "call f" + std::to_string(i) + "\nr1 = " + std::to_string(cli::kMemoryAddress) +
            " ll\n*(u64 *)(r1 + " + std::to_string(8 * i) + ") = r0\n";
  }
  text += "exit\n";
  for (size_t i = 0; i < vectors.size(); ++i) {
    text += "f" + std::to_string(i) + ":\n";
    for (unsigned reg = 0; reg < 10; ++reg) {
      text += "r" + std::to_string(reg) + " = " + std::to_string(vectors[i].before.registers[reg]) +
              " ll\n";
    }
    text += vectors[i].text + "\nr0 = 1\nexit\n";
  }
  const auto slots = ebpf::assemble(text);
  ASSERT_TRUE(slots.has_value()) << describe(slots.error());
  const std::vector<uint8_t> memory(8 * vectors.size(), 0xff);
  const cli::Setting setting = {
      .regions = {{.name = "memory", .address = cli::kMemoryAddress, .bytes = memory}, packet()},
      .helpers = {},
      .packet = 1};
  const auto execution = run_program(*slots, setting, GetParam().machine, GetParam().march);
  ASSERT_FALSE(HasFailure());
  for (size_t i = 0; i < vectors.size(); ++i) {
    const std::vector<uint8_t>& left = execution.memory.at(0);
    const std::vector<uint8_t> r0(left.begin() + static_cast<std::ptrdiff_t>(8 * i),
                                  left.begin() + static_cast<std::ptrdiff_t>(8 * i + 8));
    EXPECT_EQ(r0, std::vector<uint8_t>(8)) << vectors[i].text;
    EXPECT_EQ(vectors[i].after.registers[0], 0U);
  }
}

// What is more than one step on registers and memory: r0 is written by hand.
struct Program {
  const char* text;
  uint64_t r0;
};
constexpr Program kPrograms[] = {
    {"r0 = 5\nexit", 5},
    {"r0 = 5\nif r0 == 5 goto end\nr0 = 6\nexit\nend:\nr0 = 7\nexit", 7},
    {"r1 = 9\ncall 5\nexit", 9},
    // r6 to r9 live on across calls of every kind.
    {"r6 = 6\nr7 = 7\nr8 = 8\nr9 = 9\nr1 = -1\ncall 5\nr0 += r6\nr0 += r7\nr0 += r8\nr0 += r9\n"
     "exit",
     29},
    {"r1 = 3\ncall btf 7\nr0 += 1\nexit", 4},
    {"r1 = 20\nr2 = 1\ncall sum\nexit\nsum:\nr0 = r1\nr0 += r2\nexit", 21},
    {"r6 = 6\nr9 = 9\ncall spoil\nr6 -= r9\nr0 += r6\nexit\nspoil:\nr6 = 1\nr9 = 2\nr0 = 10\nexit",
     7},
    // Each function has a stack of its own.
    {"*(u64 *)(r10 - 8) = 1\ncall own\nr1 = *(u64 *)(r10 - 8)\nr0 += r1\nexit"
     "\nown:\n*(u64 *)(r10 - 8) = 2\nr0 = 4\nexit",
     5},
    {"r1 = 5\nld_pseudo r3, 4, square\ncallx r3\nexit\nsquare:\nr0 = r1\nr0 *= r1\nexit", 25},
    {"r2 = 0x1122334455667788 ll\nr0 = addr_space_cast(r2, 0x0, 0x1)\nexit", 0x55667788},
    {"r1 = r10\nr1 += -16\n*(u32 *)(r1 + 4) = 77\nr0 = *(u32 *)(r10 - 12)\nexit", 77},
    {"r0 = r10\nr0 -= r10\nexit", 0},
    {"r1 = r10\nr0 = 1\nif r1 == r10 goto end\nr0 = 2\nend:\nexit", 1},
    {"r1 = r10\nr1 -= 1\nr0 = 1\nif r1 < r10 goto end\nr0 = 2\nend:\nexit", 1},
    // As deep as Linux allows: eight frames.
    {"r1 = 7\ncall a\nexit\na:\nr1 += 1\ncall b\nexit\nb:\nr1 += 1\ncall c\nexit\nc:\nr1 += 1\n"
     "call d\nexit\nd:\nr1 += 1\ncall e\nexit\ne:\nr1 += 1\ncall f\nexit\nf:\nr1 += 1\ncall g\n"
     "exit\ng:\nr0 = r1\nexit",
     13},
};

TEST_P(Conformance, Programs) {
  for (const Program& program : kPrograms) {
    SCOPED_TRACE(program.text);
    const auto slots = ebpf::assemble(program.text);
    if (!slots) {
      ADD_FAILURE() << describe(slots.error());
      continue;
    }
    const bool cast = std::string(program.text).find("addr_space_cast") != std::string::npos;
    if (cast && std::string(GetParam().machine) == "interpreter") continue;  // it has no arena
    cli::Setting setting;
    setting.helpers = helpers();
    const auto execution = run_program(*slots, setting, GetParam().machine, GetParam().march);
    EXPECT_EQ(execution.r0, program.r0);
  }
}

INSTANTIATE_TEST_SUITE_P(On, Conformance,
                         ::testing::Values(Target{"interpreter", kCore}, Target{"qemu", kCore},
                                           Target{"rtl", kCore}, Target{"lockstep", kCore},
                                           Target{"qemu", "rv64ima"},
                                           Target{"qemu", "rv64gc_zba_zbb_zbs"}),
                         [](const auto& info) {
                           return std::string(info.param.machine) + "_" +
                                  std::to_string(info.index);
                         });

// The rows that `kPrograms` has.
std::set<Op> rows_of_programs() {
  std::set<Op> rows;
  for (const Program& program : kPrograms) {
    const auto slots = ebpf::assemble(program.text);
    const auto code = ebpf::decode_program(*slots);
    for (uint32_t pc = 0; pc < code->size(); pc = code->next(pc)) rows.insert(code->insns[pc].op);
  }
  return rows;
}

TEST(Coverage, EveryRowIsRun) {
  std::set<Op> covered = rows_of_programs();
  const Cases cases;
  for (const Case& c : cases.all()) covered.insert(c.insn.op);
  for (const Row& row : ebpf::kRows) {
    EXPECT_TRUE(covered.contains(row.op))
        << row.name << " with opcode " << unsigned{row.opcode} << ", imm " << row.imm_field;
  }
}

// What a row with two registers, with halves or with a 32-bit result must have been asked.
TEST(Coverage, EveryOperandForm) {
  std::set<Op> aliased;
  std::set<Op> dirty;  // a source has bits above 32 that the operation must not see
  std::set<Op> taken;
  std::set<Op> falls;
  const Cases cases;
  for (const Case& c : cases.all()) {
    const Row& row = c.insn.row();
    const ebpf::Fields fields = ebpf::fields_of(row);
    if (fields.dst && fields.src && c.insn.dst == c.insn.src) aliased.insert(row.op);
    const Reg read = fields.src ? c.insn.src : c.insn.dst;
    if (fields.dst && c.before.registers[read] >> 32 != 0) dirty.insert(row.op);
    if (row.kind == Kind::kJump) (c.after.taken.value_or(false) ? taken : falls).insert(row.op);
  }
  std::map<Op, std::set<int16_t>> offsets;
  for (const Case& c : cases.all()) offsets[c.insn.op].insert(c.insn.offset);
  for (const Row& row : ebpf::kRows) {
    if (base_of({.op = row.op}) != ebpf::kRegisterCount) {
      for (const int16_t offset : kOffsets) {
        EXPECT_TRUE(offsets[row.op].contains(offset)) << row.name << " has no offset " << offset;
      }
    }
    const std::string name = std::string(row.name) + std::to_string(row.width) +
                             (row.source == ebpf::Source::kImmediate ? "Imm" : "Reg");
    const bool alu = row.kind == Kind::kAlu || row.kind == Kind::kMovsx;
    const bool two = row.source == ebpf::Source::kRegister && (alu || row.kind == Kind::kJump);
    if (two) {
      EXPECT_TRUE(aliased.contains(row.op)) << name << " has no vector with dst == src";
    }
    const bool half = row.width == 32 && (alu || row.kind == Kind::kNeg || row.kind == Kind::kJump);
    const bool ignores = row.kind == Kind::kAlu && row.alu == ebpf::AluOp::kMov && !two;
    if (half && !ignores) {
      EXPECT_TRUE(dirty.contains(row.op)) << name << " has no vector with a dirty upper half";
    }
    if (row.kind == Kind::kJump) {
      EXPECT_TRUE(taken.contains(row.op)) << name << " is never taken";
      EXPECT_TRUE(falls.contains(row.op)) << name << " never falls through";
    }
  }
}

}  // namespace
}  // namespace zext::conformance
