// attempt: work that allocates by operator new (decoding, verifying, compiling), ended where there
// is no memory.
//
//   const int error = attempt(kernel, [&] { ... return 0; });   // -ENOMEM if it ran out
//
// Nothing that the body made by operator new may outlive it: what is to stay is copied into memory
// of the Kernel's. On a hosted build running out is std::bad_alloc; in the freestanding library it
// leaves the body without its destructors, and all its memory is taken back at once. The body does
// not hold locks or references while it may run out.
#pragma once

#include <type_traits>

namespace zext::shim {

class Kernel;

int attempt_raw(Kernel& kernel, int (*body)(void* context), void* context);

template <typename Body>
int attempt(Kernel& kernel, Body&& body) {
  return attempt_raw(
      kernel,
      [](void* context) { return (*static_cast<std::remove_reference_t<Body>*>(context))(); },
      &body);
}

}  // namespace zext::shim
