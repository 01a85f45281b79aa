// Ring buffers.
#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/maps/map.h"

namespace zext::shim::helpers {

uint64_t ringbuf_output(Run& run, const Arguments& arguments) {
  return result(zext::shim::ringbuf_output(run.kernel, *pointer<Map>(arguments[0]),
                                           pointer<const void>(arguments[1]), arguments[2],
                                           arguments[3]));
}

uint64_t ringbuf_reserve(Run& run, const Arguments& arguments) {
  return reinterpret_cast<uint64_t>(zext::shim::ringbuf_reserve(
      run.kernel, *pointer<Map>(arguments[0]), arguments[1], arguments[2]));
}

uint64_t ringbuf_submit(Run& run, const Arguments& arguments) {
  ringbuf_commit(run.kernel, pointer<void>(arguments[0]), arguments[1], false);
  return 0;
}

uint64_t ringbuf_discard(Run& run, const Arguments& arguments) {
  ringbuf_commit(run.kernel, pointer<void>(arguments[0]), arguments[1], true);
  return 0;
}

uint64_t ringbuf_query(Run& run, const Arguments& arguments) {
  return zext::shim::ringbuf_query(run.kernel, *pointer<Map>(arguments[0]), arguments[1]);
}

}  // namespace zext::shim::helpers
