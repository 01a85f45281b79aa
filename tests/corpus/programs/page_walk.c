// SPDX-License-Identifier: Apache-2.0
// A walk through two levels of tables in map values: directory, page, and a cell in it.
// fault 1: map-bounds: the index into the page keeps its upper bits
// fault 2: null-check: the page the directory names may not exist
// fault 3: map-bounds: the directory's entry indexes the directory again
// fault 4: type-confusion: the directory's entry is used as the page's address
// fault 5: pointer-arithmetic: the cell's pointer is rounded down to eight
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define ENTRIES 512
#define PRESENT 1

struct request {
  __u64 address;
  __u64 value;
  __u32 write;
  __u32 faults;
};

struct table {
  __u64 entries[ENTRIES];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct table);
} directory SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct table);
} pages SEC(".maps");

SEC("syscall")
int page_walk(struct request* ctx) {
  __u32 zero = 0;
  __u64 address = ctx->address;
  struct table* d = bpf_map_lookup_elem(&directory, &zero);
  if (!d) return -1;
  __u64 entry = d->entries[(address >> 12) % ENTRIES];
  if (!(entry & PRESENT)) {
    ctx->faults++;
    return -2;
  }
  entry >>= 1;
#if FAULT == 3
  entry = d->entries[entry];
#endif
  __u32 number = entry;
#if FAULT == 4
  struct table* page = (struct table*)entry;
#else
  struct table* page = bpf_map_lookup_elem(&pages, &number);
#endif
#if FAULT == 2
  ctx->faults += number == 0;
#else
  if (!page) return -3;
#endif
  __u64 index = address >> 3;
#if FAULT != 1
  index %= ENTRIES;
#endif
  asm volatile("" : "+r"(number));
  __u64* cell = &page->entries[index];
#if FAULT == 5
  __u64 raw = (__u64)cell;
  asm volatile("%0 &= -8" : "+r"(raw));
  cell = (__u64*)raw;
#endif
  if (ctx->write)
    *cell = ctx->value;
  else
    ctx->value = *cell;
  return 0;
}

char _license[] SEC("license") = "GPL";
