#include "kernel_shim/engines/machine/transfer.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace zext::shim::machine {
namespace {

// Records of tracepoints, registers and arguments are smaller, but nobody says how large they are.
constexpr uint64_t kMostBytes = 8192;

// As many of the bytes as can be read.
uint64_t read_some(void* to, const void* from, uint64_t size) {
  uint64_t done = 0;
  while (done < size) {
    // Page by page: a piece that reaches into one that is not there would not be read at all.
    const auto at = reinterpret_cast<uint64_t>(from) + done;
    const uint64_t piece = std::min(size - done, 4096 - at % 4096);
    const iovec local{static_cast<uint8_t*>(to) + done, piece};
    const iovec remote{reinterpret_cast<void*>(at), piece};
    if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != static_cast<ssize_t>(piece)) break;
    done += piece;
  }
  return done;
}

}  // namespace

Transfer::Transfer(Ram& ram, const Program& program, Run& run)
    : ram_(ram),
      run_(run),
      shape_(shape_of(program, run)),
      writes_back_(program.type == BPF_PROG_TYPE_SYSCALL) {}

Transfer::~Transfer() {
  ram_.mailbox().heap.free(context_, context_size_);
  ram_.mailbox().heap.free(buffer_, buffer_size_);
}

Transfer::Shape Transfer::shape_of(const Program& program, const Run& run) {
  if (run.context == nullptr) return Shape::kNone;
  if (run.packet == nullptr) return Shape::kBytes;
  return program.type == BPF_PROG_TYPE_XDP ? Shape::kXdp : Shape::kSkb;
}

uint8_t* Transfer::claim(uint64_t size) {
  return static_cast<uint8_t*>(ram_.mailbox().heap.alloc(size));
}

bool Transfer::packet_in(Call& call) {
  if (run_.packet == nullptr) return true;
  const Packet& packet = *run_.packet;
  call.has_packet = true;
  call.packet = packet;
  const auto size = static_cast<uint64_t>(packet.limit - packet.head);
  if (ram_.contains(packet.head, size)) return true;
  buffer_ = claim(size);
  if (buffer_ == nullptr) return false;
  buffer_size_ = size;
  std::memcpy(buffer_, packet.head, size);
  delta_ = reinterpret_cast<int64_t>(buffer_) - reinterpret_cast<int64_t>(packet.head);
  for (uint8_t** pointer : {&call.packet.head, &call.packet.data, &call.packet.end,
                            &call.packet.limit, &call.packet.meta}) {
    if (*pointer != nullptr) *pointer += delta_;
  }
  return true;
}

bool Transfer::context_in(Call& call) {
  call.context = run_.context;
  uint64_t size = kMostBytes;
  if (shape_ == Shape::kNone) return true;
  if (shape_ == Shape::kSkb) size = sizeof(SkbContext);
  if (shape_ == Shape::kXdp) size = sizeof(XdpContext);
  if (!ram_.contains(run_.context, shape_ == Shape::kBytes ? 1 : size)) {
    context_ = claim(size);
    if (context_ == nullptr) return false;
    context_size_ = size;
    std::memset(context_, 0, size);
    read_some(context_, run_.context, size);
    call.context = context_;
  }
  if (shape_ == Shape::kSkb) call.context_run = &static_cast<SkbContext*>(call.context)->run;
  if (shape_ == Shape::kXdp) call.context_run = &static_cast<XdpContext*>(call.context)->run;
  if (call.context_run != nullptr) caller_run_ = *call.context_run;
  move_pointers(call.context, delta_);
  return true;
}

void Transfer::move_pointers(void* context, int64_t delta) const {
  if (delta == 0) return;
  const auto move = [delta](uint64_t& address) {
    if (address != 0) address += static_cast<uint64_t>(delta);
  };
  const auto move_all = [&](auto& typed) {
    move(typed.data);
    move(typed.data_end);
    move(typed.data_meta);
  };
  if (shape_ == Shape::kXdp) move_all(*static_cast<XdpContext*>(context));
  if (shape_ != Shape::kSkb) return;
  auto& skb = *static_cast<SkbContext*>(context);
  move_all(skb);
  if (skb.link_header != nullptr) skb.link_header += delta;
  if (skb.network_header != nullptr) skb.network_header += delta;
}

bool Transfer::in(Call& call) { return packet_in(call) && context_in(call); }

void Transfer::packet_out(const Call& call) {
  if (run_.packet == nullptr) return;
  Packet& packet = *run_.packet;
  if (buffer_ != nullptr) std::memcpy(packet.head, buffer_, buffer_size_);
  packet = call.packet;
  for (uint8_t** pointer : {&packet.head, &packet.data, &packet.end, &packet.limit, &packet.meta}) {
    if (*pointer != nullptr) *pointer -= delta_;
  }
}

void Transfer::context_out() {
  void* context = context_ != nullptr ? context_ : run_.context;
  if (shape_ == Shape::kNone) return;
  move_pointers(context, -delta_);
  if (shape_ == Shape::kSkb) static_cast<SkbContext*>(context)->run = caller_run_;
  if (shape_ == Shape::kXdp) static_cast<XdpContext*>(context)->run = caller_run_;
  if (context_ == nullptr || (shape_ == Shape::kBytes && !writes_back_)) return;
  std::memcpy(run_.context, context_, context_size_);
}

void Transfer::out(const Call& call) {
  packet_out(call);
  context_out();
}

}  // namespace zext::shim::machine
