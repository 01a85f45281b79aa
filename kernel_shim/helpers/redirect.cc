// Packets sent elsewhere: what the program is to return. Nobody sends them here.
#include <linux/pkt_cls.h>

#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/maps/map.h"
#include "kernel_shim/programs/program.h"

namespace zext::shim::helpers {

uint64_t redirect(Run& run, const Arguments& arguments) {
  const uint64_t flags = arguments[1];
  if (run.program->type == BPF_PROG_TYPE_XDP) return flags != 0 ? XDP_ABORTED : XDP_REDIRECT;
  return (flags & ~uint64_t{BPF_F_INGRESS}) != 0 ? TC_ACT_SHOT : TC_ACT_REDIRECT;
}

// The low bits of the flags are what it returns where the map has no such target.
uint64_t redirect_map(Run& run, const Arguments& arguments) {
  constexpr uint64_t kActions = XDP_ABORTED | XDP_DROP | XDP_PASS | XDP_TX;
  constexpr uint64_t kBroadcasts = BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS;
  Map& map = *pointer<Map>(arguments[0]);
  const auto key = static_cast<uint32_t>(arguments[1]);
  const uint64_t flags = arguments[2];
  const bool devices = map.type == BPF_MAP_TYPE_DEVMAP || map.type == BPF_MAP_TYPE_DEVMAP_HASH;
  if ((flags & ~(kActions | (devices ? kBroadcasts : 0))) != 0) return XDP_ABORTED;
  if ((flags & BPF_F_BROADCAST) != 0) return XDP_REDIRECT;
  return map_lookup(run.kernel, map, &key) == nullptr ? flags & kActions : uint64_t{XDP_REDIRECT};
}

uint64_t redirect_neigh(Run&, const Arguments& arguments) {
  const auto size = static_cast<uint32_t>(arguments[2]);
  const bool refused = (size != 0 && size < sizeof(bpf_redir_neigh)) || arguments[3] != 0;
  return refused ? TC_ACT_SHOT : TC_ACT_REDIRECT;
}

uint64_t redirect_peer(Run&, const Arguments& arguments) {
  return arguments[1] != 0 ? TC_ACT_SHOT : TC_ACT_REDIRECT;
}

}  // namespace zext::shim::helpers
