// Helpers about sockets and network namespaces, on a host that lends programs no sockets: each
// look-up finds none, so that what takes one is never called with any.
#include "kernel_shim/helpers/functions.h"
#include "kernel_shim/helpers/skb.h"

namespace zext::shim::helpers {

namespace {

constexpr uint64_t kNobody = 65534;      // overflowuid, for packets without a socket
constexpr uint64_t kFirstNamespace = 1;  // the cookie of the one that there is at boot

}  // namespace

uint64_t sk_lookup_tcp(Run&, const Arguments&) { return 0; }
uint64_t sk_lookup_udp(Run&, const Arguments&) { return 0; }
uint64_t skc_lookup_tcp(Run&, const Arguments&) { return 0; }
uint64_t sk_release(Run&, const Arguments&) { return 0; }
uint64_t sk_fullsock(Run&, const Arguments&) { return 0; }
uint64_t tcp_sock(Run&, const Arguments&) { return 0; }
uint64_t get_listener_sock(Run&, const Arguments&) { return 0; }
uint64_t skc_to_tcp6_sock(Run&, const Arguments&) { return 0; }
uint64_t skc_to_tcp_sock(Run&, const Arguments&) { return 0; }
uint64_t skc_to_tcp_timewait_sock(Run&, const Arguments&) { return 0; }
uint64_t skc_to_tcp_request_sock(Run&, const Arguments&) { return 0; }
uint64_t skc_to_udp6_sock(Run&, const Arguments&) { return 0; }

uint64_t get_socket_cookie(Run&, const Arguments&) { return 0; }
uint64_t get_socket_uid(Run&, const Arguments&) { return kNobody; }
uint64_t get_netns_cookie(Run&, const Arguments&) { return kFirstNamespace; }
uint64_t get_cgroup_classid(Run&, const Arguments&) { return 0; }

uint64_t get_hash_recalc(Run&, const Arguments& arguments) {
  return skb_of(arguments[0]).user.hash;
}

}  // namespace zext::shim::helpers
