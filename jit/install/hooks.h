// TextHooks: what install() asks of an embedder: memory that is written first, and executed after.
//
//   TextHooks hooks{.context = this, .allocate = ..., .protect = ..., .synchronise = ...,
//                   .release = ...};
//
// Plain C functions and data, so that a kernel in C can provide them. An int is 0 for success;
// anything else (-ENOMEM, ...) ends the installation and is passed on to its caller.
#pragma once

#include <cstdint>

namespace zext::jit {

// A piece of memory for one program.
struct TextBlock {
  uint64_t address = 0;      // where it is executed: a multiple of 4
  uint64_t size = 0;         // its bytes, all of which install() writes
  void* writable = nullptr;  // where they are written until protect(): there, or at an alias
  void* handle = nullptr;    // the embedder's own
};

struct TextHooks {
  void* context = nullptr;

  // Fills in a block of at least `size` bytes which can be written and cannot be executed, at
  // either address. As near to `near` as is easy: helpers within 2 GiB are called in fewer
  // instructions; 0 means that it does not matter.
  int (*allocate)(void* context, uint64_t size, uint64_t near, TextBlock* block) = nullptr;

  // Takes the right to write from every hart and every alias (block->writable may be unmapped),
  // then makes `address` readable and executable. In this order: the memory is at no moment both.
  int (*protect)(void* context, TextBlock* block) = nullptr;

  // Has every hart that may execute the block execute fence.i: the others (SBI: remote_fence_i),
  // and this one. When it is called, this hart has executed the data fence that the manual wants
  // before others are told (chapter "Zifencei"), and no hart knows the address yet.
  int (*synchronise)(void* context, const TextBlock* block) = nullptr;

  // Takes the block back, protected or not; it is not executable afterwards. No hart is in it. What
  // harts may still have of it in their instruction caches, the next synchronise() drops.
  void (*release)(void* context, TextBlock* block) = nullptr;
};

}  // namespace zext::jit
