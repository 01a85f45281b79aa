// operator new and what libstdc++'s templates call beside it, for the freestanding library: only
// within attempt().

#include <cstddef>
#include <new>

#include "kernel_shim/freestanding/attempt_memory.h"

using zext::shim::attempt_allocate;
using zext::shim::attempt_out_of_memory;
using zext::shim::attempt_release;

void* operator new(size_t size) { return attempt_allocate(size); }
void* operator new[](size_t size) { return attempt_allocate(size); }
// Who asks so can do without (std::get_temporary_buffer).
void* operator new(size_t /*size*/, const std::nothrow_t& /*tag*/) noexcept { return nullptr; }
void* operator new[](size_t /*size*/, const std::nothrow_t& /*tag*/) noexcept { return nullptr; }
void operator delete(void* memory) noexcept { attempt_release(memory); }
void operator delete(void* memory, size_t /*size*/) noexcept { attempt_release(memory); }
void operator delete[](void* memory) noexcept { attempt_release(memory); }
void operator delete[](void* memory, size_t /*size*/) noexcept { attempt_release(memory); }
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept {
  attempt_release(memory);
}

// The names are libstdc++'s.
// NOLINTBEGIN(bugprone-reserved-identifier)
namespace std {
// A container that was asked for more than it can ever hold is one that memory has run out for.
void __throw_length_error(const char* /*what*/) { attempt_out_of_memory(); }
void __throw_bad_alloc() { attempt_out_of_memory(); }
void __throw_bad_array_new_length() { attempt_out_of_memory(); }
// Bugs of this library.
void __throw_logic_error(const char* /*what*/) { __builtin_trap(); }
void __throw_out_of_range_fmt(const char* /*format*/, ...) { __builtin_trap(); }
}  // namespace std
// NOLINTEND(bugprone-reserved-identifier)

extern "C" void abort() { __builtin_trap(); }
// std::nothrow's definition is libstdc++'s.
