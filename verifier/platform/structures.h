// The fields of the structures that pointers lead to.
#pragma once

#include "verifier/platform/fields.h"

namespace zext::verifier {

// struct bpf_sock, whole: Linux's PTR_TO_SOCKET. Contexts of cgroup_sock programs have parts of it.
inline constexpr Field kSocketFields[] = {
    fields::whole("bound_dev_if", 0),
    fields::at_start("family", 4),
    fields::at_start("type", 8),
    fields::at_start("protocol", 12),
    fields::whole("mark", 16),
    fields::whole("priority", 20),
    fields::narrow("src_ip4", 24),
    fields::narrow("src_ip6[0]", 28),
    fields::narrow("src_ip6[1]", 32),
    fields::narrow("src_ip6[2]", 36),
    fields::narrow("src_ip6[3]", 40),
    fields::at_start("src_port", 44),
    // Two bytes that were four once: the whole may still be read, its parts only in the first two.
    {.name = "dst_port", .offset = 48, .bytes = 4, .narrow = true, .narrow_end = 2},
    fields::narrow("dst_ip4", 52),
    fields::narrow("dst_ip6[0]", 56),
    fields::narrow("dst_ip6[1]", 60),
    fields::narrow("dst_ip6[2]", 64),
    fields::narrow("dst_ip6[3]", 68),
    fields::at_start("state", 72),
    fields::at_start("rx_queue_mapping", 76),
};

}  // namespace zext::verifier
