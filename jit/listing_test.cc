#include "jit/listing.h"

#include <gtest/gtest.h>

#include "isa/ebpf/asm.h"

namespace zext::jit {
namespace {

TEST(Listing, InterleavesSourceBytecodeAndMachineCode) {
  const auto program = *ebpf::decode_program(*ebpf::assemble(R"(
      r6 = r1
      goto +0
      if r6 s> 7 goto +2
      r6 = 0x123456789 ll
      r0 = r6
      exit)"));
  const auto code = compile(program, {});
  ASSERT_TRUE(code.has_value());
  std::vector<object::Line> lines(1);
  lines[0] = {.slot = 2, .file = "f.c", .line = 3, .column = 9, .text = "if (n > 7)"};
  const std::string text = listing(program, *code, {.lines = lines, .text_address = 0x81000000});
  EXPECT_EQ(text, R"(      (prologue)
        81000000  1141          c.addi sp, -0x10
        81000002  e022          c.sdsp s0, 0x0(sp)
     0  r6 = r1
        81000004  842a          c.mv s0, a0
     1  goto +0x0 ; to slot 2
; f.c:3:9   if (n > 7)
     2  if r6 s> 0x7 goto +0x2 ; to slot 5
        81000006  429d          c.li t0, 0x7
        81000008  0082c963      blt t0, s0, 0x8100001a
     3  r6 = 0x123456789 ll
        8100000c  00092437      lui s0, 0x92
        81000010  a2b4041b      addiw s0, s0, -0x5d5
        81000014  0436          c.slli s0, 0xd
        81000016  78940413      addi s0, s0, 0x789
     5  r0 = r6
        8100001a  87a2          c.mv a5, s0
     6  exit
        8100001c  853e          c.mv a0, a5
      (epilogue)
        8100001e  6402          c.ldsp s0, 0x0(sp)
        81000020  0141          c.addi sp, 0x10
        81000022  8082          c.jr ra
)");
}

}  // namespace
}  // namespace zext::jit
