// The LSM hooks that sleep, so that their programs may: Linux 5.19's, by name.
#pragma once

namespace zext::shim {

inline constexpr const char* kSleepableHooks[] = {
    "bpf",
    "bpf_map",
    "bpf_map_alloc_security",
    "bpf_map_free_security",
    "bpf_prog",
    "bprm_check_security",
    "bprm_committed_creds",
    "bprm_committing_creds",
    "bprm_creds_for_exec",
    "bprm_creds_from_file",
    "capget",
    "capset",
    "cred_prepare",
    "current_getsecid_subj",
    "file_ioctl",
    "file_lock",
    "file_open",
    "file_receive",
    "inet_conn_established",
    "inode_create",
    "inode_free_security",
    "inode_getattr",
    "inode_getxattr",
    "inode_mknod",
    "inode_need_killpriv",
    "inode_post_setxattr",
    "inode_readlink",
    "inode_rename",
    "inode_rmdir",
    "inode_setattr",
    "inode_setxattr",
    "inode_symlink",
    "inode_unlink",
    "kernel_module_request",
    "kernel_read_file",
    "kernfs_init_security",
    "key_free",
    "mmap_file",
    "netlink_send",
    "path_notify",
    "release_secctx",
    "sb_alloc_security",
    "sb_eat_lsm_opts",
    "sb_kern_mount",
    "sb_mount",
    "sb_remount",
    "sb_set_mnt_opts",
    "sb_show_options",
    "sb_statfs",
    "sb_umount",
    "settime",
    "socket_accept",
    "socket_bind",
    "socket_connect",
    "socket_create",
    "socket_getpeername",
    "socket_getpeersec_dgram",
    "socket_getsockname",
    "socket_getsockopt",
    "socket_listen",
    "socket_post_create",
    "socket_recvmsg",
    "socket_sendmsg",
    "socket_shutdown",
    "socket_socketpair",
    "syslog",
    "task_alloc",
    "task_getsecid_obj",
    "task_prctl",
    "task_setscheduler",
};

// "bpf_lsm_file_open": yes.
inline bool is_sleepable_hook(const char* name) {
  constexpr char kPrefix[] = "bpf_lsm_";
  constexpr unsigned kLength = sizeof kPrefix - 1;
  if (__builtin_strlen(name) < kLength || __builtin_memcmp(name, kPrefix, kLength) != 0) {
    return false;
  }
  for (const char* hook : kSleepableHooks) {
    if (__builtin_strcmp(name + kLength, hook) == 0) return true;
  }
  return false;
}

}  // namespace zext::shim
