#include "kernel_shim/links/packet_event.h"

#include "kernel_shim/programs/context.h"

namespace zext::shim {
namespace {

uint8_t* bytes(void* pointer) { return static_cast<uint8_t*>(pointer); }

}  // namespace

bool is_packet_program(uint32_t program_type) {
  return program_type == BPF_PROG_TYPE_XDP || program_type == BPF_PROG_TYPE_CGROUP_SKB;
}

uint64_t run_on_packet(Kernel& kernel, Program& program, Run& run, kshim_packet* packet) {
  if (packet == nullptr) return 0;
  Packet inner{.head = bytes(packet->head),
               .data = bytes(packet->data),
               .end = bytes(packet->end),
               .limit = bytes(packet->limit),
               .meta = bytes(packet->data)};
  run.packet = &inner;
  uint64_t verdict = 0;
  if (program.type == BPF_PROG_TYPE_XDP) {
    XdpContext context{};
    context.user.ingress_ifindex = packet->ifindex;
    context.user.rx_queue_index = packet->queue;
    context.run = &run;
    set_packet(context, inner);
    run.context = &context;
    verdict = program_run(kernel, program, run);
  } else {
    SkbContext context{};
    context.user.ifindex = packet->ifindex;
    context.user.protocol = packet->protocol;
    context.run = &run;
    set_packet(context, inner);
    run.context = &context;
    verdict = program_run(kernel, program, run);
  }
  packet->data = inner.data;
  packet->end = inner.end;
  return verdict;
}

}  // namespace zext::shim
