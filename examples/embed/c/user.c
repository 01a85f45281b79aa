/* The process: it loads programs by bpf(2), as a program on Linux would without libbpf. It runs in
 * user mode; what it shares with the kernel is addresses. */
#include <linux/bpf.h>

#include "examples/embed/board/board.h"
#include "examples/embed/c/kernel.h"

static long call(long number, uint64_t a0, uint64_t a1, uint64_t a2) {
  register uint64_t r0 __asm__("a0") = a0;
  register uint64_t r1 __asm__("a1") = a1;
  register uint64_t r2 __asm__("a2") = a2;
  register long r7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r7) : "memory");
  return (long)r0;
}

static uint64_t address(const void* pointer) { return (uint64_t)pointer; }

/* --- printing: text is in memory that system calls may name -------------------------------------
 */

USER static char line[128];
USER static unsigned line_length;

static void add(const char* text) {
  while (*text != 0) line[line_length++] = *text++;
}

static void add_number(long number) {
  char digits[20];
  unsigned count = 0;
  if (number < 0) add("-"), number = -number;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) line[line_length++] = digits[--count];
}

static void say(const char* what, long number) {
  line_length = 0;
  add(what);
  add(": ");
  add_number(number);
  add("\n");
  call(SYS_write, 1, address(line), line_length);
}

/* --- bpf(2) --------------------------------------------------------------------------------------
 */

USER static union bpf_attr attr;

static void clear(void) {
  volatile uint8_t* bytes = (volatile uint8_t*)&attr;
  for (unsigned i = 0; i < sizeof attr; ++i) bytes[i] = 0;
}

static long bpf(int command) {
  return call(SYS_bpf, (uint64_t)command, address(&attr), sizeof attr);
}

static long create_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries) {
  clear();
  attr.map_type = type;
  attr.key_size = key_size;
  attr.value_size = value_size;
  attr.max_entries = entries;
  return bpf(BPF_MAP_CREATE);
}

USER static char license[] = "GPL";
USER static char log[4096];

static long load(uint32_t type, const struct bpf_insn* insns, uint32_t count) {
  clear();
  attr.prog_type = type;
  attr.insns = address(insns);
  attr.insn_cnt = count;
  attr.license = address(license);
  attr.log_level = 1;
  attr.log_buf = address(log);
  attr.log_size = sizeof log;
  return bpf(BPF_PROG_LOAD);
}

USER static uint64_t key, value;

static long lookup(long map, uint64_t of) {
  key = of;
  clear();
  attr.map_fd = (uint32_t)map;
  attr.key = address(&key);
  attr.value = address(&value);
  long error = bpf(BPF_MAP_LOOKUP_ELEM);
  return error < 0 ? error : (long)value;
}

/* --- programs ------------------------------------------------------------------------------------
 */

#define INSN(CODE, DST, SRC, OFF, IMM) \
  {.code = (CODE), .dst_reg = (DST), .src_reg = (SRC), .off = (OFF), .imm = (IMM)}
#define MAP_FD(DST, FD) \
  INSN(BPF_LD | BPF_IMM | BPF_DW, DST, BPF_PSEUDO_MAP_FD, 0, FD), INSN(0, 0, 0, 0, 0)
#define CALL(HELPER) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, HELPER)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#define BPF_MOV64_K (BPF_ALU64 | BPF_MOV | BPF_K)
#define BPF_MOV64_X (BPF_ALU64 | BPF_MOV | BPF_X)

/* At each sys_enter: counts[number of the system call] += 1, in a hash. */
USER static struct bpf_insn count_calls[] = {
    INSN(BPF_LDX | BPF_MEM | BPF_DW, 6, 1, 0, 0), /* r6 = the number */
    INSN(BPF_STX | BPF_MEM | BPF_DW, 10, 6, -8, 0),
    INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -16, 1), /* a first count of 1 */
    INSN(BPF_MOV64_X, 2, 10, 0, 0),
    INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -8),
    MAP_FD(1, 0),
    CALL(BPF_FUNC_map_lookup_elem),
    INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4, 0),
    INSN(BPF_MOV64_K, 1, 0, 0, 1),
    INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 0, BPF_ADD),
    INSN(BPF_MOV64_K, 0, 0, 0, 0),
    EXIT,
    INSN(BPF_MOV64_X, 2, 10, 0, 0),
    INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -8),
    INSN(BPF_MOV64_X, 3, 10, 0, 0),
    INSN(BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, -16),
    INSN(BPF_MOV64_K, 4, 0, 0, BPF_ANY),
    MAP_FD(1, 0),
    CALL(BPF_FUNC_map_update_elem),
    INSN(BPF_MOV64_K, 0, 0, 0, 0),
    EXIT,
};
enum { COUNT_LOOKUP_MAP = 5, COUNT_UPDATE_MAP = 18 };

/* Drops (1) packets whose first byte is 42, passes (2) the others. */
USER static struct bpf_insn drop_42[] = {
    INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0), /* data */
    INSN(BPF_LDX | BPF_MEM | BPF_W, 3, 1, 4, 0), /* data_end */
    INSN(BPF_MOV64_K, 0, 0, 0, XDP_PASS),          INSN(BPF_MOV64_X, 4, 2, 0, 0),
    INSN(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, 1), INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 3, 0),
    INSN(BPF_LDX | BPF_MEM | BPF_B, 5, 2, 0, 0),   INSN(BPF_JMP | BPF_JNE | BPF_K, 5, 0, 1, 42),
    INSN(BPF_MOV64_K, 0, 0, 0, XDP_DROP),          EXIT,
};

/* Reads the packet without a look at its end. */
USER static struct bpf_insn careless[] = {
    INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0),
    INSN(BPF_LDX | BPF_MEM | BPF_B, 0, 2, 0, 0),
    EXIT,
};

#define COUNT(ARRAY) ((uint32_t)(sizeof(ARRAY) / sizeof(ARRAY)[0]))

USER static uint8_t packet[64];

static long test_run(long program, uint8_t first_byte) {
  packet[0] = first_byte;
  clear();
  attr.test.prog_fd = (uint32_t)program;
  attr.test.data_in = address(packet);
  attr.test.data_size_in = sizeof packet;
  long error = bpf(BPF_PROG_TEST_RUN);
  return error < 0 ? error : (long)attr.test.retval;
}

USER static char tracepoint[] = "sys_enter";

void user_main(void) {
  long map = create_map(BPF_MAP_TYPE_HASH, 8, 8, 64);
  say("map", map);
  count_calls[COUNT_LOOKUP_MAP].imm = (int)map;
  count_calls[COUNT_UPDATE_MAP].imm = (int)map;
  long program = load(BPF_PROG_TYPE_RAW_TRACEPOINT, count_calls, COUNT(count_calls));
  say("program", program);

  clear();
  attr.raw_tracepoint.name = address(tracepoint);
  attr.raw_tracepoint.prog_fd = (uint32_t)program;
  long link = bpf(BPF_RAW_TRACEPOINT_OPEN);
  say("link", link);
  for (int i = 0; i < 10; ++i) call(SYS_getpid, 0, 0, 0);
  call(SYS_close, (uint64_t)link, 0, 0);
  say("getpid was called", lookup(map, SYS_getpid));
  say("close was called", lookup(map, SYS_close));
  say("exit was called", lookup(map, SYS_exit));

  long filter = load(BPF_PROG_TYPE_XDP, drop_42, COUNT(drop_42));
  say("packet of 41", test_run(filter, 41));
  say("packet of 42", test_run(filter, 42));

  say("careless program", load(BPF_PROG_TYPE_XDP, careless, COUNT(careless)));
  line_length = 0;
  for (unsigned i = 0; i < 100 && log[i] != 0 && log[i] != '\n'; ++i) line[line_length++] = log[i];
  add("\n");
  call(SYS_write, 1, address(line), line_length);

  /* The kernel does not look where a process may not. */
  say("attribute in the kernel", call(SYS_bpf, BPF_MAP_CREATE, 0x80000000, sizeof attr));
  call(SYS_exit, 0, 0, 0);
}
