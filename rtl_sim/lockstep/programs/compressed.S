// Every compressed instruction of RV64C's integer part.
  .globl main
main:
  c.addi16sp sp, -64
  c.sdsp ra, 0(sp)
  c.li a0, -32
  c.li a1, 31
  c.lui a2, 0xfffe1
  c.addi a0, 17
  c.addiw a0, -1
  c.addiw a1, 0
  c.addi4spn a3, sp, 16
  c.slli a0, 40
  c.srli a0, 3
  c.srai a0, 17
  c.andi a1, -6
  c.mv a4, a0
  c.add a4, a1
  c.sub a4, a2
  c.xor a4, a0
  c.or a4, a2
  c.and a4, a0
  c.subw a4, a1
  c.addw a4, a2
  c.sd a4, 8(a3)
  c.ld a5, 8(a3)
  c.sw a5, 4(a3)
  c.lw a0, 4(a3)
  c.sdsp a0, 40(sp)
  c.swsp a1, 48(sp)
  c.ldsp a2, 40(sp)
  c.lwsp a3, 48(sp)
  c.nop
  c.beqz a1, 1f
  c.addi a1, 1
1:
  c.bnez a1, 2f
  c.addi a1, 1
2:
  c.li a1, 0
  c.beqz a1, 3f
  c.nop
3:
  c.bnez a1, 3b
  c.j 4f
  c.nop
4:
  lla t0, 5f
  c.jr t0
  c.nop
5:
  lla t0, 6f
  c.jalr t0
  c.nop
6:
  .option push
  .option norvc
  addi a0, a0, 1          // 32 bits wide at an address that is no multiple of four
  lui a1, 0x12345
  .option pop
  c.li a0, 0
  c.ldsp ra, 0(sp)
  c.addi16sp sp, 64
  c.jr ra
