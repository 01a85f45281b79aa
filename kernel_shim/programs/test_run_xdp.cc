// Programs on xdp_md: a packet in a page, as a driver leaves it.
#include <errno.h>

#include "kernel_shim/programs/context.h"
#include "kernel_shim/programs/test_run.h"

namespace zext::shim {
namespace {

// Linux: XDP_PACKET_HEADROOM, and xdp_metalen_invalid's limit.
constexpr uint32_t kHeadroom = 256;
constexpr uint32_t kMaxMetadata = 32;

// The caller's metadata comes first: `data` says how many bytes of what is given it is.
int check_context(const xdp_md& given, uint32_t size) {
  const uint32_t metadata = given.data;
  if (given.data_meta != 0 || given.data_end != size || metadata > given.data_end ||
      metadata % 4 != 0 || metadata > kMaxMetadata) {
    return -EINVAL;
  }
  return 0;
}

// Which interface, which of its queues: the loopback device has one.
int check_interface(const xdp_md& given) {
  if (given.egress_ifindex != 0) return -EINVAL;
  if (given.ingress_ifindex == 0) return given.rx_queue_index != 0 ? -EINVAL : 0;
  if (given.ingress_ifindex != kLoopbackIndex) return -ENODEV;
  return given.rx_queue_index != 0 ? -EINVAL : 0;
}

}  // namespace

long test_run_xdp(const TestRun& test) {
  const auto& attr = test.test();
  const uint32_t type = test.program.attach_type;
  if (type == BPF_XDP_DEVMAP || type == BPF_XDP_CPUMAP) return -EINVAL;
  // Frames are sent nowhere here: as a kernel that does not know BPF_F_TEST_XDP_LIVE_FRAMES.
  if (attr.flags != 0 || attr.batch_size != 0) return -EINVAL;
  xdp_md given;
  const int has_context = context_in(test, &given, sizeof given);
  if (has_context < 0) return has_context;
  const uint32_t size = attr.data_size_in;
  if (has_context != 0) {
    const int error = check_context(given, size);
    if (error != 0) return error;
  }
  const uint32_t front = kHeadroom - given.data;
  if (size < kEthernetHeader || size > kPageSize - front - kTailroom) return -EINVAL;
  const TestMemory memory(test.host(), kPageSize);
  if (memory.bytes() == nullptr) return -ENOMEM;
  // Programs may move into what is around the packet.
  __builtin_memset(memory.bytes(), 0, kPageSize);
  uint8_t* const first = memory.bytes() + front;
  if (test.host().copy_from_user(first, attr.data_in, size) != 0) return -EFAULT;
  const int error = check_interface(given);
  if (error != 0) return error;

  Packet packet{.head = memory.bytes(),
                .data = first + given.data,
                .end = first + size,
                .limit = memory.bytes() + kPageSize - kTailroom,
                .meta = first};
  XdpContext context{};
  context.user.ingress_ifindex = kLoopbackIndex;
  set_packet(context, packet);
  Run run{
      .kernel = test.call.kernel, .program = &test.program, .context = &context, .packet = &packet};
  context.run = &run;
  TestResult result;
  const int interrupted = run_repeatedly(test, run, &result);
  if (interrupted != 0) return interrupted;
  given.data = static_cast<uint32_t>(packet.data - packet.meta);
  given.data_end = static_cast<uint32_t>(packet.end - packet.meta);
  const int failed = data_out(test, packet.meta, given.data_end, result);
  if (failed != 0 || has_context == 0) return failed;
  return context_out(test, &given, sizeof given);
}

}  // namespace zext::shim
