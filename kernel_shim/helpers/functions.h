// Functions: every helper there is, by its name in verifier/platform/helpers.def.
//
//   uint64_t ktime_get_ns(Run& run, const Arguments&) { ... }      // time.cc
//
// Declaring one here makes it known: helper.cc finds by name which rows of the table have one.
// Each does and returns what Linux 5.19's does; errors are negative errno.
#pragma once

#include "kernel_shim/helpers/helper.h"

namespace zext::shim::helpers {

#define ZEXT_HELPER(name) uint64_t name(Run& run, const Arguments& arguments);

// maps.cc
ZEXT_HELPER(map_lookup_elem)
ZEXT_HELPER(map_update_elem)
ZEXT_HELPER(map_delete_elem)
ZEXT_HELPER(map_push_elem)
ZEXT_HELPER(map_pop_elem)
ZEXT_HELPER(map_peek_elem)
ZEXT_HELPER(map_lookup_percpu_elem)
ZEXT_HELPER(current_task_under_cgroup)
ZEXT_HELPER(spin_lock)
ZEXT_HELPER(spin_unlock)

// loop.cc
ZEXT_HELPER(for_each_map_elem)
ZEXT_HELPER(loop)

// time.cc
ZEXT_HELPER(ktime_get_ns)
ZEXT_HELPER(ktime_get_boot_ns)
ZEXT_HELPER(ktime_get_coarse_ns)
ZEXT_HELPER(ktime_get_tai_ns)
ZEXT_HELPER(jiffies64)

// task.cc
ZEXT_HELPER(get_prandom_u32)
ZEXT_HELPER(get_smp_processor_id)
ZEXT_HELPER(get_numa_node_id)
ZEXT_HELPER(get_current_pid_tgid)
ZEXT_HELPER(get_current_uid_gid)
ZEXT_HELPER(get_current_comm)
ZEXT_HELPER(get_current_task)
ZEXT_HELPER(get_current_task_btf)
ZEXT_HELPER(get_current_cgroup_id)
ZEXT_HELPER(get_ns_current_pid_tgid)
ZEXT_HELPER(get_attach_cookie)

// trace.cc
ZEXT_HELPER(trace_printk)
ZEXT_HELPER(trace_vprintk)
ZEXT_HELPER(snprintf)
ZEXT_HELPER(seq_printf)
ZEXT_HELPER(seq_write)

// output.cc
ZEXT_HELPER(perf_event_output)

// stack.cc
ZEXT_HELPER(get_stackid)
ZEXT_HELPER(get_stack)
ZEXT_HELPER(get_task_stack)

// probe.cc
ZEXT_HELPER(probe_read)
ZEXT_HELPER(probe_read_str)
ZEXT_HELPER(probe_read_user)
ZEXT_HELPER(probe_read_user_str)
ZEXT_HELPER(probe_read_kernel)
ZEXT_HELPER(probe_read_kernel_str)
ZEXT_HELPER(copy_from_user)
ZEXT_HELPER(copy_from_user_task)

// text.cc
ZEXT_HELPER(strncmp)
ZEXT_HELPER(strtol)
ZEXT_HELPER(strtoul)

// ring.cc
ZEXT_HELPER(ringbuf_output)
ZEXT_HELPER(ringbuf_reserve)
ZEXT_HELPER(ringbuf_submit)
ZEXT_HELPER(ringbuf_discard)
ZEXT_HELPER(ringbuf_query)

// dynptr.cc
ZEXT_HELPER(ringbuf_reserve_dynptr)
ZEXT_HELPER(ringbuf_submit_dynptr)
ZEXT_HELPER(ringbuf_discard_dynptr)
ZEXT_HELPER(dynptr_from_mem)
ZEXT_HELPER(dynptr_read)
ZEXT_HELPER(dynptr_write)
ZEXT_HELPER(dynptr_data)

// skb.cc
ZEXT_HELPER(skb_load_bytes)
ZEXT_HELPER(skb_load_bytes_relative)
ZEXT_HELPER(skb_store_bytes)
ZEXT_HELPER(skb_pull_data)
ZEXT_HELPER(skb_change_tail)
ZEXT_HELPER(skb_change_head)
ZEXT_HELPER(skb_change_type)
ZEXT_HELPER(set_hash)
ZEXT_HELPER(set_hash_invalid)

// vlan.cc
ZEXT_HELPER(skb_vlan_push)
ZEXT_HELPER(skb_vlan_pop)

// checksum.cc
ZEXT_HELPER(csum_diff)
ZEXT_HELPER(csum_update)
ZEXT_HELPER(l3_csum_replace)
ZEXT_HELPER(l4_csum_replace)

// xdp.cc
ZEXT_HELPER(xdp_adjust_head)
ZEXT_HELPER(xdp_adjust_meta)
ZEXT_HELPER(xdp_adjust_tail)
ZEXT_HELPER(xdp_get_buff_len)
ZEXT_HELPER(xdp_load_bytes)
ZEXT_HELPER(xdp_store_bytes)

// arguments.cc
ZEXT_HELPER(get_func_arg)
ZEXT_HELPER(get_func_ret)
ZEXT_HELPER(get_func_arg_cnt)

// redirect.cc
ZEXT_HELPER(redirect)
ZEXT_HELPER(redirect_map)
ZEXT_HELPER(redirect_neigh)
ZEXT_HELPER(redirect_peer)

// socket.cc
ZEXT_HELPER(sk_lookup_tcp)
ZEXT_HELPER(sk_lookup_udp)
ZEXT_HELPER(skc_lookup_tcp)
ZEXT_HELPER(sk_release)
ZEXT_HELPER(sk_fullsock)
ZEXT_HELPER(tcp_sock)
ZEXT_HELPER(get_listener_sock)
ZEXT_HELPER(skc_to_tcp6_sock)
ZEXT_HELPER(skc_to_tcp_sock)
ZEXT_HELPER(skc_to_tcp_timewait_sock)
ZEXT_HELPER(skc_to_tcp_request_sock)
ZEXT_HELPER(skc_to_udp6_sock)
ZEXT_HELPER(get_socket_cookie)
ZEXT_HELPER(get_socket_uid)
ZEXT_HELPER(get_netns_cookie)
ZEXT_HELPER(get_cgroup_classid)
ZEXT_HELPER(get_hash_recalc)

// system.cc
ZEXT_HELPER(sys_bpf)
ZEXT_HELPER(sys_close)
ZEXT_HELPER(btf_find_by_name_kind)
ZEXT_HELPER(kallsyms_lookup_name)

#undef ZEXT_HELPER

// A result that may be an errno.
constexpr uint64_t result(int64_t value) { return static_cast<uint64_t>(value); }

template <typename T>
T* pointer(uint64_t argument) {
  return reinterpret_cast<T*>(argument);
}

}  // namespace zext::shim::helpers
