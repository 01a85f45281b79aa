// Dynptrs: memory whose size is known when the program runs.
#include <errno.h>

#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim::helpers {
namespace {

// What is in a struct bpf_dynptr on the program's stack.
struct Dynptr {
  uint8_t* data;
  uint32_t size;
  uint32_t offset;
};
static_assert(sizeof(Dynptr) == sizeof(bpf_dynptr));

constexpr uint32_t kMaxSize = (1 << 24) - 1;

void make(Dynptr& dynptr, void* data, uint32_t size) {
  dynptr = {.data = static_cast<uint8_t*>(data), .size = size, .offset = 0};
}
uint64_t refuse(Dynptr& dynptr, int error) {
  dynptr = {};
  return result(error);
}

// The bytes of it, or null where it does not have them.
uint8_t* bytes(const Dynptr& dynptr, uint32_t offset, uint32_t size) {
  if (size > dynptr.size || offset > dynptr.size - size) return nullptr;
  return dynptr.data + dynptr.offset + offset;
}

uint64_t end(Run& run, const Arguments& arguments, bool discard) {
  auto& dynptr = *pointer<Dynptr>(arguments[0]);
  if (dynptr.data == nullptr) return 0;
  ringbuf_commit(run.kernel, dynptr.data, arguments[1], discard);
  dynptr = {};
  return 0;
}

}  // namespace

uint64_t dynptr_from_mem(Run&, const Arguments& arguments) {
  auto& dynptr = *pointer<Dynptr>(arguments[3]);
  const auto size = static_cast<uint32_t>(arguments[1]);
  if (size > kMaxSize) return refuse(dynptr, -E2BIG);
  if (arguments[2] != 0) return refuse(dynptr, -EINVAL);
  make(dynptr, pointer<void>(arguments[0]), size);
  return 0;
}

uint64_t dynptr_read(Run&, const Arguments& arguments) {
  const auto& dynptr = *pointer<const Dynptr>(arguments[2]);
  const auto size = static_cast<uint32_t>(arguments[1]);
  if (dynptr.data == nullptr || arguments[4] != 0) return result(-EINVAL);
  const uint8_t* from = bytes(dynptr, static_cast<uint32_t>(arguments[3]), size);
  if (from == nullptr) return result(-E2BIG);
  __builtin_memmove(pointer<void>(arguments[0]), from, size);
  return 0;
}

uint64_t dynptr_write(Run&, const Arguments& arguments) {
  const auto& dynptr = *pointer<const Dynptr>(arguments[0]);
  const auto size = static_cast<uint32_t>(arguments[3]);
  if (dynptr.data == nullptr || arguments[4] != 0) return result(-EINVAL);
  uint8_t* to = bytes(dynptr, static_cast<uint32_t>(arguments[1]), size);
  if (to == nullptr) return result(-E2BIG);
  __builtin_memmove(to, pointer<const void>(arguments[2]), size);
  return 0;
}

uint64_t dynptr_data(Run&, const Arguments& arguments) {
  const auto& dynptr = *pointer<const Dynptr>(arguments[0]);
  if (dynptr.data == nullptr) return 0;
  return reinterpret_cast<uint64_t>(
      bytes(dynptr, static_cast<uint32_t>(arguments[1]), static_cast<uint32_t>(arguments[2])));
}

uint64_t ringbuf_reserve_dynptr(Run& run, const Arguments& arguments) {
  auto& dynptr = *pointer<Dynptr>(arguments[3]);
  const auto size = static_cast<uint32_t>(arguments[1]);
  if (arguments[2] != 0) return refuse(dynptr, -EINVAL);
  if (size > kMaxSize) return refuse(dynptr, -E2BIG);
  void* record = zext::shim::ringbuf_reserve(run.kernel, *pointer<Map>(arguments[0]), size, 0);
  if (record == nullptr) return refuse(dynptr, -EINVAL);
  make(dynptr, record, size);
  return 0;
}

uint64_t ringbuf_submit_dynptr(Run& run, const Arguments& arguments) {
  return end(run, arguments, false);
}

uint64_t ringbuf_discard_dynptr(Run& run, const Arguments& arguments) {
  return end(run, arguments, true);
}

}  // namespace zext::shim::helpers
