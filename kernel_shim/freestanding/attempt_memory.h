// AttemptMemory: operator new within attempt(), on memory of the host's, which is all given back at
// the end: also when the end is that there is none left.
//
//   void* memory = attempt_allocate(64);      // leaves attempt() instead of giving null
//   attempt_release(memory);
//
// A kernel has no thread-local variables to find the attempt by: it is found by the stack. Stacks
// do not overlap and grow downwards, so of all attempts that are under way the caller's is the one
// whose beginning is the nearest above.
#pragma once

#include <cstddef>
#include <cstdint>

namespace zext::shim {

// At a multiple of 16. Without an attempt or without memory it does not return.
void* attempt_allocate(size_t size);
void attempt_release(void* memory);
// Ends the caller's attempt with -ENOMEM.
[[noreturn]] void attempt_out_of_memory();

}  // namespace zext::shim
