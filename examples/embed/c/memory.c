/* A first-fit allocator: a list of free blocks in the order of their addresses. */
#include "examples/embed/board/board.h"
#include "examples/embed/c/kernel.h"

struct block {
  uint64_t size;
  struct block* next;
};

static struct block* blocks;
static uint64_t used;

void memory_start(void) {
  blocks = (struct block*)__heap_start;
  blocks->size = (uint64_t)(__heap_end - __heap_start);
  blocks->next = NULL;
}

static uint64_t rounded(uint64_t size) { return (size + 63) & ~(uint64_t)63; }

void* memory_alloc(uint64_t size) {
  uint64_t wanted = rounded(size);
  for (struct block** at = &blocks; *at != NULL; at = &(*at)->next) {
    struct block* block = *at;
    if (block->size < wanted) continue;
    if (block->size == wanted) {
      *at = block->next;
    } else {
      struct block* rest = (struct block*)((uint8_t*)block + wanted);
      rest->size = block->size - wanted;
      rest->next = block->next;
      *at = rest;
    }
    used += wanted;
    return block;
  }
  return NULL;
}

void memory_free(void* memory, uint64_t size) {
  struct block *block = memory, *before = NULL, **at = &blocks;
  while (*at != NULL && *at < block) {
    before = *at;
    at = &before->next;
  }
  block->size = rounded(size);
  block->next = *at;
  *at = block;
  used -= block->size;
  if ((uint8_t*)block + block->size == (uint8_t*)block->next) {
    block->size += block->next->size;
    block->next = block->next->next;
  }
  if (before != NULL && (uint8_t*)before + before->size == (uint8_t*)block) {
    before->size += block->size;
    before->next = block->next;
  }
}

uint64_t memory_used(void) { return used; }
