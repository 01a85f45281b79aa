#include "kernel_shim/runtime/attempt_hosted.h"

#include <errno.h>

#include <new>

#include "kernel_shim/runtime/attempt.h"

namespace zext::shim {
namespace {

thread_local int attempts = 0;

class Attempt {
 public:
  Attempt() { ++attempts; }
  ~Attempt() { --attempts; }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
};

}  // namespace

bool is_attempting() { return attempts != 0; }

int attempt_raw(Kernel&, int (*body)(void* context), void* context) {
  const Attempt attempt;
  try {
    return body(context);
  } catch (const std::bad_alloc&) {
    return -ENOMEM;
  }
}

}  // namespace zext::shim
