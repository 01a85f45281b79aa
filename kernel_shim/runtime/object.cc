#include "kernel_shim/runtime/object.h"

#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

bool get_unless_gone(Object& object) {
  uint32_t count = object.references.load(std::memory_order_relaxed);
  do {
    if (count == 0) return false;
  } while (!object.references.compare_exchange_weak(count, count + 1, std::memory_order_acquire));
  return true;
}

void put(Kernel& kernel, Object& object) {
  if (object.references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (object.id != 0) kernel.ids(object.kind).remove(kernel, object);
  kernel.ops(object.kind).destroy(kernel, object);
}

void get_handle(Object& object) {
  get(object);
  object.handles.fetch_add(1, std::memory_order_relaxed);
}

void put_handle(Kernel& kernel, Object& object) {
  if (object.handles.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    const auto last_handle = kernel.ops(object.kind).last_handle;
    if (last_handle != nullptr) last_handle(kernel, object);
  }
  put(kernel, object);
}

}  // namespace zext::shim
