// A bare program that ends as END says, for `zext run`:
//   0        success; before it, a line on HTIF's console and three words of signature
//   1 to 7   failure of the test of that number
//   HANG     not at all
//   ASK      by asking the host for something that nobody serves
// SILENT leaves the line out; TOHOST is the name of the word to which it stores.

#ifndef TOHOST
#define TOHOST tohost
#endif

  .option norelax
  .section .text.start, "ax"
  .globl _start
_start:
  la s0, TOHOST
#if defined(HANG)
hang:
  j hang
#elif defined(ASK)
  li a0, 0x7700000000000002
  sd a0, 0(s0)
  j .
#else
#ifndef SILENT
  la s1, line
put:
  lbu a0, 0(s1)
  beqz a0, done
  li a1, 0x0101000000000000
  or a0, a0, a1
  sd a0, 0(s0)
taken:
  ld a0, 0(s0)
  bnez a0, taken
  addi s1, s1, 1
  j put
#endif
done:
  la s1, begin_signature
  li a0, 0x89abcdef
  sw a0, 4(s1)
  li a0, 2 * END + 1
  sd a0, 0(s0)
  j .
line:
  .asciz "hello from the core\n"
#endif

  .data
  .align 4
  .globl begin_signature, end_signature
begin_signature:
  .word 0x00000001, 0, 0xfeedface
end_signature:

  .section .tohost, "aw"
  .align 6
  .globl TOHOST
TOHOST:
  .dword 0
