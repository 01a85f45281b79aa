// SPDX-License-Identifier: Apache-2.0
// One question to the kernel's types (kernel_types.c) a program: what it returns is the answer.
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define relocated __attribute__((preserve_access_index))
#define ask(name, answer) \
  SEC("tc") int name(struct __sk_buff* skb) { return (int)(answer); }

enum state { kIdle, kBusy, kGone };
enum state___signed { kNegative = -1 };

struct inner {
  int x;
  int y;
};

struct task {
  int pid;
  uint32_t narrow;
  int grows;
  uint32_t flags : 5;
  int level : 7;
  struct {
    uint64_t hidden;
  };
  struct inner list[2];
  struct task* parent;
  char name[16];
  int missing;
} relocated;

struct task___older {
  long pid;
  int removed;
} relocated;

struct absent {
  int member;
} relocated;

struct matching {
  struct task* task;
  int count;
} relocated;

struct matching___not {
  struct task* task;
  int other;
} relocated;

struct incompatible {
  struct inner pid;
} relocated;

struct twice {
  int member;
} relocated;

#define of(type) ((struct type*)0)
#define offset(type, member) __builtin_preserve_field_info(of(type)->member, BPF_FIELD_BYTE_OFFSET)

ask(offset_of_pid, offset(task, pid)) ask(offset_in_anonymous, offset(task, hidden)) ask(
    offset_of_element,
    offset(task, list[1].y)) ask(offset_of_flavour,
                                 offset(task___older, pid)) ask(offset_of_missing,
                                                                offset(task, missing))
    ask(offset_of_incompatible, offset(incompatible, pid)) ask(
        offset_of_ambiguous, offset(twice, member)) ask(size_of_name,
                                                        bpf_core_field_size(of(task)->name))
        ask(size_of_level, bpf_core_field_size(of(task)->level)) ask(
            exists_pid,
            bpf_core_field_exists(of(task)->pid)) ask(exists_missing,
                                                      bpf_core_field_exists(of(task)->missing))
            ask(exists_in_absent, bpf_core_field_exists(of(absent)->member)) ask(
                sign_of_level, __builtin_preserve_field_info(of(task)->level, BPF_FIELD_SIGNED))
                ask(sign_of_flags, __builtin_preserve_field_info(of(task)->flags, BPF_FIELD_SIGNED))
                    ask(left_of_flags,
                        __builtin_preserve_field_info(of(task)->flags, BPF_FIELD_LSHIFT_U64))
                        ask(right_of_flags,
                            __builtin_preserve_field_info(of(task)->flags, BPF_FIELD_RSHIFT_U64))
                            ask(type_exists, bpf_core_type_exists(struct task))
                                ask(type_absent, bpf_core_type_exists(struct absent)) ask(
                                    type_size, bpf_core_type_size(struct inner))
                                    ask(type_matches, bpf_core_type_matches(struct matching)) ask(
                                        type_matches_not,
                                        bpf_core_type_matches(struct matching___not))
                                        ask(id_here, bpf_core_type_id_local(struct inner)) ask(
                                            id_there, bpf_core_type_id_kernel(struct inner))
                                            ask(enumerator_exists,
                                                bpf_core_enum_value_exists(enum state, kBusy))
                                                ask(enumerator_gone,
                                                    bpf_core_enum_value_exists(enum state, kGone))
                                                    ask(enumerator_value,
                                                        bpf_core_enum_value(enum state, kBusy))
                                                        ask(enumerator_missing,
                                                            bpf_core_enum_value(enum state, kGone))
                                                            ask(enumerator_negative,
                                                                bpf_core_enum_value(
                                                                    enum state___signed, kNegative))

    // Loads of members, as instructions do them.
    SEC("raw_tp/loads") int load_pid(struct task** ctx) {
  return ctx[0]->pid;
}
SEC("raw_tp/loads") int load_narrow(struct task** ctx) { return ctx[0]->narrow; }
SEC("raw_tp/loads") int load_grown(struct task** ctx) { return ctx[0]->grows; }
SEC("raw_tp/loads") int load_missing(struct task** ctx) { return ctx[0]->missing; }

// What this kernel does not have, and other kernels do.
extern int absent_function(int) __ksym __weak;
extern const int absent_variable __ksym __weak;
extern int entry(void) __ksym __weak;

SEC("tc")
int weak(struct __sk_buff* skb) {
  if (&absent_variable) return 1;
  if (absent_function) return absent_function(skb->len);
  return entry();
}
