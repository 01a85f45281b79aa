/* The board: what start.S and link.ld give to a kernel on top of them. */
#ifndef ZEXT_EXAMPLES_EMBED_BOARD_H
#define ZEXT_EXAMPLES_EMBED_BOARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct trap_frame {
  uint64_t x[32]; /* the interrupted registers */
  uint64_t pc;
  uint64_t status;
};

/* The kernel's, called by start.S. */
void kernel_main(void);
void handle_trap(struct trap_frame* frame);

/* start.S's. */
void enter_user(void (*entry)(void), void* stack) __attribute__((noreturn));
int copy_or_fault(void* to, const void* from, uint64_t size);
extern const char copy_load[], copy_fault[];
extern volatile uint64_t tohost;

/* link.ld's. */
extern uint8_t __user_start[], __user_end[], __heap_start[], __heap_end[];

/* A variable of the user program. */
#define USER __attribute__((section(".user")))

#define UART ((volatile uint8_t*)0x10000000)
#define UART_READY 5 /* register; bit 5: it takes a byte */

static inline void put_char(char c) {
  while ((UART[UART_READY] & 0x20) == 0) {
  }
  UART[0] = (uint8_t)c;
}

/* Ends the machine: by `tohost` under a simulator, by the test device under QEMU. */
static inline void __attribute__((noreturn)) power_off(unsigned code) {
  tohost = (uint64_t)code << 1 | 1;
  for (unsigned i = 0; i < 10000; ++i) {
    __asm__ volatile("" ::: "memory");
  }
  *(volatile uint32_t*)0x100000 = code == 0 ? 0x5555 : code << 16 | 0x3333;
  for (;;) {
  }
}

static inline uint64_t read_time(void) {
  uint64_t time;
  __asm__ volatile("rdcycle %0" : "=r"(time));
  return time;
}

#ifdef __cplusplus
}
#endif

#endif
