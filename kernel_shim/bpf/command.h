// bpf(2): one row a command: number, the last field of bpf_attr that it knows, what runs it.
//
//   COMMAND(BPF_MAP_CREATE, map_extra, map_create)     // commands.def
//
// kshim_bpf copies the attribute once, checks that the bytes behind sizeof(bpf_attr) of 5.19 are 0
// (-E2BIG) and those behind the last field are 0 (-EINVAL, CHECK_ATTR), and dispatches.
#pragma once

#include <linux/bpf.h>

#include <cstdint>

#include "kernel_shim/runtime/kernel.h"

namespace zext::shim {

// An attribute as it was copied, and where it came from, for commands that write results into it.
struct Call {
  Kernel& kernel;
  bpf_attr attr{};
  kshim_uptr user = 0;
  uint32_t size = 0;  // as the caller said
};

// The system call itself: kshim_bpf.
long dispatch(Kernel& kernel, int number, kshim_uptr attr, uint32_t size);

// Whether the calling process has it, or CAP_SYS_ADMIN instead.
bool has_capability(const Kernel& kernel, kshim_capability capability);

// A name of an object as bpf_attr has it: letters, digits, `_` and `.`, ended by a NUL: 0, -EINVAL.
int copy_name(char (&to)[BPF_OBJ_NAME_LEN], const char (&from)[BPF_OBJ_NAME_LEN]);
// BPF_F_RDONLY, BPF_F_WRONLY or neither of the flags: 0, or -EINVAL for both.
int access_flag(uint32_t flags, uint32_t* access);

// A map by its descriptor, with what may be done through it.
struct OpenMap {
  Ref<struct Map> map;
  uint32_t access = 0;
  bool may_read() const { return (access & BPF_F_WRONLY) == 0; }
  bool may_write() const { return (access & BPF_F_RDONLY) == 0; }
};
int open_map(Kernel& kernel, uint32_t fd, OpenMap* open);

// Copies `info` out by OBJ_GET_INFO_BY_FD's rules: the caller's info_len is checked for zero bytes
// behind what is known (-E2BIG), at most that many are written, and info_len is set.
int info_in(Call& call, void* info, uint64_t known, uint32_t* info_len);
int info_out(Call& call, const void* info, uint64_t known, uint32_t info_len);

// Each command; in map_commands.cc, object_commands.cc, programs/load.h ...
long command_map_create(Call& call);
long command_map_lookup(Call& call);
long command_map_update(Call& call);
long command_map_delete(Call& call);
long command_map_next_key(Call& call);
long command_map_take(Call& call);
long command_map_freeze(Call& call);
long command_map_lookup_batch(Call& call);
long command_map_take_batch(Call& call);
long command_map_update_batch(Call& call);
long command_map_delete_batch(Call& call);
long command_prog_load(Call& call);
long command_prog_test_run(Call& call);
long command_prog_bind_map(Call& call);
long command_obj_pin(Call& call);
long command_obj_get(Call& call);
long command_obj_info(Call& call);
long command_btf_load(Call& call);
long command_prog_next_id(Call& call);
long command_map_next_id(Call& call);
long command_btf_next_id(Call& call);
long command_link_next_id(Call& call);
long command_prog_fd_by_id(Call& call);
long command_map_fd_by_id(Call& call);
long command_btf_fd_by_id(Call& call);
long command_link_fd_by_id(Call& call);
long command_link_create(Call& call);
long command_link_update(Call& call);
long command_link_detach(Call& call);
long command_raw_tracepoint_open(Call& call);

// Info of one kind of object.
int map_info(Call& call, struct Map& map);
int program_info(Call& call, struct Program& program);
int btf_info(Call& call, struct BtfObject& btf);
int link_info(Call& call, struct Link& link);

}  // namespace zext::shim
