/* A kernel in C, as small as one can be that takes eBPF in: one process, one hart, one address
 * space. kernel.c is the part that matters; memory.c and console.c any kernel has already; user.c
 * is the process. */
#ifndef ZEXT_EXAMPLES_EMBED_KERNEL_H
#define ZEXT_EXAMPLES_EMBED_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* memory.c */
void memory_start(void);
void* memory_alloc(uint64_t size);
void memory_free(void* block, uint64_t size);
uint64_t memory_used(void);

/* console.c */
void print(const char* text);
void print_bytes(const char* text, uint64_t length);
void print_number(uint64_t number);

/* user.c */
void user_main(void);

/* System calls: number in a7, arguments from a0 on, result in a0. */
enum { SYS_write = 64, SYS_exit = 93, SYS_getpid = 172, SYS_bpf = 280, SYS_close = 57 };

#endif
