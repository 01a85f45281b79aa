// The interpreter against vectors.txt and edges.txt, whose expected values no code here gave.
#include "isa/ebpf/vectors.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/decode.h"
#include "isa/ebpf/encode.h"
#include "isa/ebpf/interpreter.h"

namespace zext::ebpf {
namespace {

constexpr uint64_t kMemory = 0x10000;  // where r9 points
constexpr uint8_t kGuard = 0xa5;       // around the eight bytes: must survive

uint64_t same_address(size_t /*index*/) { return kMemory; }

struct Observed {
  unsigned step = 0;
  unsigned probe = 0;  // the step at which the instruction has just been executed
  uint32_t pc = 0;
  Registers registers{};
};

// Registers set up, then the instruction, then an exit for each way it may go.
std::vector<Slot> program_for(const Vector& vector, unsigned& setup) {
  std::vector<Slot> program;
  for (unsigned i = 0; i < vector.before.registers.size(); ++i) {
    append({.op = Op::kLoadImm64,
            .dst = static_cast<Reg>(i),
            .imm = Bits<64>::of(vector.before.registers[i])},
           program);
    ++setup;
  }
  const auto insn = assemble(vector.text);
  EXPECT_TRUE(insn.has_value()) << describe(insn.error());
  program.insert(program.end(), insn->begin(), insn->end());
  append({.op = Op::kExit}, program);
  append({.op = Op::kExit}, program);
  return program;
}

void check(const Vector& vector) {
  SCOPED_TRACE(vector.name());
  Observed observed;
  const std::vector<Slot> program = program_for(vector, observed.probe);
  const auto code = decode_program(program);
  ASSERT_TRUE(code.has_value()) << describe(code.error());
  std::array<uint8_t, 24> bytes;
  bytes.fill(kGuard);
  for (unsigned i = 0; i < 8; ++i)
    bytes[8 + i] = static_cast<uint8_t>(vector.before.memory >> 8 * i);
  Memory memory;
  ASSERT_TRUE(memory.add({.base = kMemory - 8, .bytes = bytes}));
  const Trace trace{.step =
                        [](void* context, uint32_t pc, const Registers& registers) {
                          auto& self = *static_cast<Observed*>(context);
                          if (self.step++ == self.probe + 1) {
                            self.pc = pc;
                            self.registers = registers;
                          }
                        },
                    .context = &observed};
  const auto result =
      run(*code, memory, {}, {.addresses = kVectorAddresses, .packet = kPacket, .trace = trace});
  ASSERT_TRUE(result.has_value()) << describe(result.error());
  if (vector.after.ends) {
    EXPECT_EQ(observed.step, observed.probe + 1);
    EXPECT_EQ(result->r0, vector.after.registers[0]);
    return;
  }
  ASSERT_EQ(observed.step, observed.probe + 2);
  for (unsigned i = 0; i < vector.after.registers.size(); ++i) {
    EXPECT_EQ(observed.registers[i], vector.after.registers[i]) << "r" << i;
  }
  uint64_t stored = 0;
  for (unsigned i = 8; i-- > 0;) stored = stored << 8 | bytes[8 + i];
  EXPECT_EQ(stored, vector.after.memory);
  for (const unsigned i : {0, 7, 16, 23}) EXPECT_EQ(bytes[i], kGuard);
  const bool taken = observed.pc == program.size() - 1;
  EXPECT_EQ(taken, vector.after.taken.value_or(false));
}

TEST(Vectors, Interpreter) {
  const std::vector<Vector> vectors = read_vectors(same_address);
  EXPECT_GT(vectors.size(), 1500u);
  for (const Vector& vector : vectors) check(vector);
}

TEST(Vectors, CoverEveryRow) {
  std::set<Op> covered;
  for (const Vector& vector : read_vectors(same_address)) {
    const auto slots = assemble(vector.text);
    ASSERT_TRUE(slots.has_value()) << vector.text;
    covered.insert(decode(*slots, 0)->op);
  }
  for (const Row& row : kRows) {
    EXPECT_TRUE(covered.contains(row.op) == has_vectors(row))
        << row.name << " with opcode " << unsigned{row.opcode} << ", imm " << row.imm_field;
  }
}

}  // namespace
}  // namespace zext::ebpf
