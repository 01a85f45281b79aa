// SPDX-License-Identifier: Apache-2.0
// Programs that run where a kernel function does, with a kernel's types of their own beside them.
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#define user __attribute__((btf_type_tag("user")))

struct point {
  int x;
  int y;
};

struct task_struct {
  uint32_t flags : 3;
  uint32_t more : 13;
  int pid;
  struct task_struct* parent;
  const char* name;
  struct point user* remote;
  union {
    uint64_t whole;
    struct point parts;
  };
  struct point path[4];
  uint16_t grid[2][3];
  struct task_struct* children[2];
};

struct linux_binprm {
  int fd;
};

// What a kernel's BTF has for tracepoints, hooks and iterators.
typedef void (*btf_trace_sched_switch)(void* data, _Bool preempt, struct task_struct* previous,
                                       struct task_struct* next, const char* why);
int __bpf_trace_sched_switch(void* data, _Bool preempt, struct task_struct* previous,
                             struct task_struct* next__nullable, const char* why) {
  return next__nullable != 0;
}
typedef void (*btf_trace_sched_exec)(void* data, struct task_struct* task);
int bpf_lsm_bprm_check_security(struct linux_binprm* program) { return program->fd; }
int bpf_iter_task(struct point* meta, struct task_struct* task) { return meta->x + task->pid; }
long do_work(struct task_struct* task, struct point where, unsigned int flags) {
  return task->pid + where.x + flags;
}

extern struct point origin __ksym __weak;
extern const void text_begin __ksym;
extern int bpf_distance(struct point* from, const uint32_t* scale, long far) __ksym;

SEC("tp_btf/sched_switch")
int traced(uint64_t* ctx) {
  static btf_trace_sched_switch keep;
  asm volatile("" ::"r"(&keep));
  return 0;
}

SEC("tp_btf/sched_exec")
int plainly(uint64_t* ctx) {
  static btf_trace_sched_exec keep;
  asm volatile("" ::"r"(&keep));
  return 0;
}

SEC("tp_btf/no_such_thing")
int missing(uint64_t* ctx) { return 0; }

SEC("fentry")
int unnamed(uint64_t* ctx) { return 0; }

SEC("fentry/do_work")
int entered(uint64_t* ctx) { return 0; }

SEC("fexit.s/do_work")
int left(uint64_t* ctx) { return 0; }

SEC("lsm.s/bprm_check_security")
int hook(uint64_t* ctx) { return 0; }

SEC("iter/task")
int iterator(uint64_t* ctx) { return 0; }

struct work_ops {
  int weight;
  int (*begin)(struct task_struct* task, struct point* at__nullable, int flags);
  void (*end)(struct task_struct* task);
};

SEC("struct_ops/anything")
int begins(uint64_t* ctx) { return 0; }

SEC("struct_ops")
int in_no_table(uint64_t* ctx) { return 0; }

SEC(".struct_ops")
struct work_ops work = {.begin = (void*)begins};

SEC("tc")
int calls(struct __sk_buff* skb) {
  uint32_t scale = 1;
  return bpf_distance(&origin, &scale, (long)&text_begin);
}
