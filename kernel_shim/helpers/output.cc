// Records for perf events.
#include <errno.h>

#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/links/link.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim::helpers {
namespace {

// Programs on packets may ask for so many bytes of the packet behind their data.
uint64_t packet_bytes_wanted(uint64_t flags) { return (flags & BPF_F_CTXLEN_MASK) >> 32; }

}  // namespace

uint64_t perf_event_output(Run& run, const Arguments& arguments) {
  Map& map = *pointer<Map>(arguments[1]);
  const uint64_t flags = arguments[2];
  const uint64_t known =
      BPF_F_INDEX_MASK | (run.packet != nullptr ? uint64_t{BPF_F_CTXLEN_MASK} : 0);
  if ((flags & ~known) != 0) return result(-EINVAL);
  const uint64_t wanted = packet_bytes_wanted(flags);
  const uint8_t* packet = nullptr;
  if (wanted != 0) {
    packet = run.packet->data;
    if (wanted > static_cast<uint64_t>(run.packet->end - packet)) return result(-EFAULT);
  }
  return result(perf_output(run.kernel, map, flags & BPF_F_INDEX_MASK,
                            pointer<const void>(arguments[3]), arguments[4], packet, wanted));
}

}  // namespace zext::shim::helpers
