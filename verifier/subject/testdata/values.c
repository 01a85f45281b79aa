// SPDX-License-Identifier: Apache-2.0
// Maps whose values hold what programs may not touch as they like, and constants.
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#define untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define trusted __attribute__((btf_type_tag("kptr")))
#define each_cpu __attribute__((btf_type_tag("percpu_kptr")))

struct task_struct;
struct file {
  int mode;
};

struct slot {
  uint32_t number;
  struct bpf_timer timer;
};

struct value {
  uint64_t count;
  struct bpf_spin_lock lock;
  struct file untrusted* seen;
  struct file trusted* held;
  struct file each_cpu* spread;
  struct file* plain;
  struct slot slots[2];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8);
  __uint(map_flags, BPF_F_WRONLY_PROG);
  __type(key, uint32_t);
  __type(value, struct value);
} values SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 2);
  __type(key, uint32_t);
  __array(
      values, struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 1);
        __type(key, uint32_t);
        __type(value, struct slot);
      });
} outer SEC(".maps");

const volatile uint32_t limits[2] = {7, 9};
const volatile uint32_t* const volatile address SEC(".rodata.addresses") = &limits[1];
uint64_t before SEC(".data.locked");
struct bpf_spin_lock global_lock SEC(".data.locked");
extern int LINUX_KERNEL_VERSION __kconfig;

SEC("tc")
int use(struct __sk_buff* skb) {
  uint32_t key = limits[skb->len & 1] + (LINUX_KERNEL_VERSION > 4) + (address != 0);
  struct value* value = bpf_map_lookup_elem(&values, &key);
  if (value == 0) return before;
  bpf_spin_lock(&global_lock);
  before++;
  bpf_spin_unlock(&global_lock);
  return bpf_map_lookup_elem(&outer, &key) != 0;
}

char LICENSE[] SEC("license") = "GPL";
