// operator new of programs that link this: in an attempt() it fails like any allocation.
#include <cstdlib>
#include <new>

#include "kernel_shim/hosts/poison/poison_thread.h"
#include "kernel_shim/runtime/attempt_hosted.h"

void* operator new(std::size_t size) {
  zext::shim::PoisonThread& own = zext::shim::poison_thread();
  if (own.armed && own.in_host == 0 && zext::shim::is_attempting() &&
      zext::shim::is_due(zext::shim::Fault::kMemory)) {
    throw std::bad_alloc();
  }
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
