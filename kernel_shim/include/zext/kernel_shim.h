/* kernel_shim.h: eBPF for a kernel that has none: Linux 5.19's bpf(2), behind a C ABI.
 *
 *   static const struct kshim_host host = {.abi = KSHIM_ABI, .size = sizeof host, .alloc = ...};
 *   struct kshim *shim;
 *   if (kshim_create(&host, NULL, &shim) != 0) panic("no eBPF");
 *   ...
 *   long sys_bpf(int command, uint64_t attr, uint32_t size) {
 *     return kshim_bpf(shim, command, attr, size);
 *   }
 *
 * Two halves: what the host kernel provides (struct kshim_host) and what the library offers
 * (kshim_*). docs/embedding.md shows how to port it, function by function.
 *
 * Rules for both halves:
 * - A kshim_uptr is an address of the process that made the system call. The library never
 *   dereferences one: it reads and writes by the host's copies, which can fail.
 * - Results that are int or long are 0 or positive for success, else a negative errno of Linux.
 * - The library calls no host function that may sleep while it holds a lock, and none that copies
 *   user memory.
 * - Host functions marked (atomic) may be called in interrupt context, with preemption off, with
 *   locks held: they must not sleep.
 * - Host functions marked (optional) may be NULL: what then is missing is said beside each.
 */
#ifndef ZEXT_KERNEL_SHIM_H
#define ZEXT_KERNEL_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when a field changes its meaning; a field added at the end only changes `size`. */
#define KSHIM_ABI 1u

/* An address in user space; 0 is NULL. */
typedef uint64_t kshim_uptr;

/* An instance of the runtime, and a map, program, link, BTF or perf event behind a descriptor. */
struct kshim;
struct kshim_object;

enum kshim_kind {
  KSHIM_MAP = 1,
  KSHIM_PROGRAM = 2,
  KSHIM_LINK = 3,
  KSHIM_BTF = 4,
  KSHIM_PERF_EVENT = 5,
};

/* A lock of the library's, zero when it is not held and nobody has used it. The host may use its
 * words as it likes; only it looks into them, unless it leaves `lock` NULL. */
struct kshim_lock {
  uint32_t words[4];
};

enum kshim_capability {
  KSHIM_CAP_BPF = 1,
  KSHIM_CAP_PERFMON = 2,
  KSHIM_CAP_NET_ADMIN = 4,
  KSHIM_CAP_SYS_ADMIN = 8,
};

enum kshim_clock {
  KSHIM_CLOCK_MONOTONIC = 0, /* nanoseconds since boot, without suspend */
  KSHIM_CLOCK_BOOT = 1,      /* with suspend */
  KSHIM_CLOCK_COARSE = 2,    /* monotonic, as of the last tick */
  KSHIM_CLOCK_TAI = 3,
  KSHIM_CLOCK_REAL = 4,
};

/* The task that runs, for the helpers get_current_*. */
struct kshim_task {
  uint32_t pid;  /* of the thread */
  uint32_t tgid; /* of its process */
  uint32_t uid;
  uint32_t gid;
  char comm[16];    /* NUL-terminated */
  uint64_t address; /* of its task_struct, or 0 */
  uint64_t cgroup_id;
  uint64_t ns_dev; /* of its pid namespace: st_dev and st_ino of /proc/self/ns/pid; 0: none */
  uint64_t ns_ino;
  uint32_t ns_pid; /* pid and tgid there */
  uint32_t ns_tgid;
};

/* A piece of executable memory: see text_alloc. */
struct kshim_text {
  uint64_t address; /* where it is executed: a multiple of 4 */
  uint64_t size;    /* its bytes, all of which the library writes */
  void* writable;   /* where they are written until text_protect: there, or at an alias */
  void* handle;     /* the host's own */
};

/* A tracepoint, as tracepoint_find tells of it. */
struct kshim_tracepoint {
  uint64_t id;           /* perf_event_attr.config */
  char name[64];         /* "sched_switch", for raw tracepoints */
  uint32_t context_size; /* bytes of the record that `fire` hands to BPF_PROG_TYPE_TRACEPOINT */
};

/* Where a kprobe is to be armed. */
struct kshim_probe {
  const char* symbol; /* or NULL, and `address` counts */
  uint64_t address;   /* offset from the symbol, or the address itself */
  bool is_return;     /* kretprobe */
  bool is_user;       /* uprobe: symbol is the file's path, address the offset in it */
  int32_t pid;        /* uprobe: of this process only; -1: of all */
};

/* pages_alloc: no part of them is seen twice. */
#define KSHIM_NO_MIRROR (~(uint64_t)0)

/* What the host kernel provides. `context` is handed to each function. */
struct kshim_host {
  uint32_t abi;  /* KSHIM_ABI */
  uint32_t size; /* sizeof(struct kshim_host); functions beyond it are NULL */
  void* context;

  /* --- memory ------------------------------------------------------------------------------- */
  /* (atomic) `size` bytes at a multiple of 16, not cleared; NULL: there are none. */
  void* (*alloc)(void* context, uint64_t size);
  /* (atomic) Takes back what alloc gave; `size` is what was asked for. */
  void (*free)(void* context, void* memory, uint64_t size);
  /* Whole pages (4096 bytes), cleared, that can be mapped into processes. `size` is a multiple of a
   * page. Unless `mirror` is KSHIM_NO_MIRROR, the bytes from `mirror` on are seen a second time
   * from `size` on (a ring's data: a record that wraps is in one piece). NULL: there are none.
   * (optional: NULL: no ring buffers; maps that are mapped by mmap use alloc and cannot be.) */
  void* (*pages_alloc)(void* context, uint64_t size, uint64_t mirror);
  void (*pages_free)(void* context, void* pages, uint64_t size, uint64_t mirror);

  /* --- executable text: for the native engine (optional, all or none: no native engine) ------- */
  /* Memory that can be written and not executed, near the address `near` if that is not 0. */
  int (*text_alloc)(void* context, uint64_t size, uint64_t near, struct kshim_text* text);
  /* Ends writing at every alias, then allows execution: at no moment both. */
  int (*text_protect)(void* context, struct kshim_text* text);
  /* fence.i on every hart that may execute it. */
  int (*text_synchronise)(void* context, const struct kshim_text* text);
  void (*text_free)(void* context, struct kshim_text* text);

  /* --- user memory ---------------------------------------------------------------------------- */
  /* 0, or -EFAULT. May sleep. Nothing is said of `to` after a failure. */
  int (*copy_from_user)(void* context, void* to, kshim_uptr from, uint64_t size);
  int (*copy_to_user)(void* context, kshim_uptr to, const void* from, uint64_t size);
  /* Copies up to and with the NUL, at most `size` bytes: the length without the NUL; `size` where
   * no NUL came within; or -EFAULT. */
  long (*strncpy_from_user)(void* context, char* to, kshim_uptr from, uint64_t size);
  /* (atomic) The same without sleeping, for programs: a page that is not there is -EFAULT. */
  int (*peek_user)(void* context, void* to, kshim_uptr from, uint64_t size);
  /* (atomic) Reads kernel memory at any address: 0, or -EFAULT where nothing is readable. */
  int (*peek_kernel)(void* context, void* to, uint64_t from, uint64_t size);

  /* --- descriptors and pins ---------------------------------------------------------------------
   */
  /* A new descriptor (O_CLOEXEC) of the calling process for the object: its number, or a negative
   * errno. With success it takes over the caller's handle (see kshim_handle_put). */
  int (*fd_install)(void* context, struct kshim_object* object, enum kshim_kind kind);
  /* The object behind a descriptor, with a handle more (kshim_handle_get): 0, -EBADF if there is no
   * such descriptor, -EINVAL if it is of something else. */
  int (*fd_get)(void* context, int fd, struct kshim_object** object);
  /* Gives the object a name in the file system of pins, and takes a handle of it: -EEXIST,
   * -EPERM if the path is not in it, ... `path` is the library's copy. When the name is removed the
   * host calls kshim_handle_put. (optional: OBJ_PIN and OBJ_GET are -EPERM.) */
  int (*pin)(void* context, const char* path, struct kshim_object* object, enum kshim_kind kind);
  /* The object of a name, with a handle more; -ENOENT, -EACCES ... `write`: is to be written. */
  int (*pin_get)(void* context, const char* path, bool write, struct kshim_object** object);

  /* --- permission -------------------------------------------------------------------------------
   */
  /* (optional: everything is allowed) whether the calling process has the capability. */
  bool (*capable)(void* context, enum kshim_capability capability);
  /* (optional: 0) who pays for memory: limits count by this number. */
  uint64_t (*user)(void* context);

  /* --- wake-up ----------------------------------------------------------------------------------
   */
  /* (atomic, optional) kshim_poll of the object may answer more than before: wake who waits.
   * Handles of one object need not be equal (one may be read-only): kshim_kind_of and kshim_id_of
   * are. */
  void (*wake)(void* context, struct kshim_object* object);

  /* --- concurrency (optional, each: as on one CPU without interrupts) ------------------------- */
  uint32_t (*cpu_count)(void* context); /* possible CPUs; does not change */
  uint32_t (*cpu_id)(void* context);    /* (atomic) less than cpu_count */
  /* (atomic) Between them the CPU stays the same, and nobody else runs a program on it but an
   * interrupt. They nest. */
  void (*preempt_disable)(void* context);
  void (*preempt_enable)(void* context);
  uint64_t (*irq_save)(void* context); /* (atomic) */
  void (*irq_restore)(void* context, uint64_t flags);
  /* (atomic) Spin locks, taken with interrupts off. NULL, both: the library's own. */
  void (*lock)(void* context, struct kshim_lock* lock);
  void (*unlock)(void* context, struct kshim_lock* lock);
  /* (atomic) Read sections, which nest; synchronise waits (and may sleep) until all that were open
   * have ended. NULL, all: the library's own count by CPU, where synchronise spins with `relax`. */
  void (*rcu_read_lock)(void* context);
  void (*rcu_read_unlock)(void* context);
  void (*rcu_synchronise)(void* context);
  void (*relax)(void* context); /* (atomic) called while waiting for another CPU */

  /* --- services ---------------------------------------------------------------------------------
   */
  /* (atomic) Nanoseconds. */
  uint64_t (*clock)(void* context, enum kshim_clock clock);
  /* (atomic, optional: helpers see pid 0 and "") */
  void (*task)(void* context, struct kshim_task* task);
  /* (atomic, optional: a generator seeded by the clock) */
  uint64_t (*random)(void* context);
  /* (atomic, optional: nothing is printed) One line of bpf_trace_printk, without a newline at its
   * end where the program gave none. */
  void (*trace_output)(void* context, const char* text, uint64_t length);
  /* (atomic, optional: stacks are empty) Return addresses, the innermost first: how many. `context`
   * of the program that asks is `registers`. */
  uint32_t (*stack_walk)(void* context, const void* registers, bool user, uint64_t* addresses,
                         uint32_t max);
  /* (optional: none) The kernel's own types, as raw BTF that stays where it is. */
  int (*btf)(void* context, const void** data, uint64_t* size);
  /* (optional: none is known) The address of a kernel symbol, or 0. */
  uint64_t (*symbol)(void* context, const char* name);

  /* --- attach points (optional, each: -EOPNOTSUPP; NULL = not supported) -----------------------
   */
  /* Arms a probe: from now on the host calls kshim_fire(cookie, registers) when it is hit.
   * `*handle` is handed to probe_disarm, after which it is fired no more. */
  int (*probe_arm)(void* context, const struct kshim_probe* probe, uint64_t cookie, void** handle);
  void (*probe_disarm)(void* context, void* handle);
  /* Finds a tracepoint: by name, or where that is NULL by id. 0 or -ENOENT. */
  int (*tracepoint_find)(void* context, const char* name, uint64_t id,
                         struct kshim_tracepoint* tracepoint);
  /* Enables it for the cookie, `raw`: for raw tracepoints (the context is an array of the
   * arguments, 8 bytes each), else for BPF_PROG_TYPE_TRACEPOINT (the record). */
  int (*tracepoint_enable)(void* context, uint64_t id, bool raw, uint64_t cookie, void** handle);
  void (*tracepoint_disable)(void* context, void* handle);
  /* fentry, fexit, fmod_ret, tp_btf, LSM hooks, XDP and others: `attach_type` is BPF's, `target` is
   * the BTF id of the kernel's function or the interface index. */
  int (*attach)(void* context, uint32_t attach_type, uint64_t target, uint64_t cookie,
                void** handle);
  void (*detach)(void* context, void* handle);
  /* Software and hardware perf events (no tracepoint, no probe): `type` and `config` are
   * perf_event_attr's, `period` or frequency likewise. */
  int (*perf_arm)(void* context, uint32_t type, uint64_t config, uint64_t period, bool frequency,
                  int32_t pid, int32_t cpu, uint64_t cookie, void** handle);
  void (*perf_disarm)(void* context, void* handle);

  /* --- for programs of BPF_PROG_TYPE_SYSCALL, and PROG_TEST_RUN on a CPU (optional) --------------
   */
  /* Closes a descriptor of the calling process: 0, -EBADF. (NULL: -EBADF.) */
  int (*fd_close)(void* context, int fd);
  /* Calls the function on another CPU, and returns when it has returned: 0, or -ENXIO: there is no
   * such CPU now. It does not sleep. (NULL: -ENXIO.) */
  int (*call_on_cpu)(void* context, uint32_t cpu, void (*function)(void* argument), void* argument);
  /* Whether the calling process should stop what it is doing (a signal is pending). (NULL: never.)
   */
  bool (*interrupted)(void* context);
};

/* How an instance is to be; zero is the default of each. */
struct kshim_config {
  uint32_t size;           /* sizeof(struct kshim_config) */
  bool allow_unprivileged; /* sysctl kernel.unprivileged_bpf_disabled = 0; default: refused */
  bool blind_constants;    /* bpf_jit_harden */
  uint64_t memory_limit;   /* bytes a user may have in maps and programs; 0: no limit */
  uint32_t verifier_steps; /* Options::max_steps; 0: 1,000,000 */
};

/* Makes an instance. `host` is copied, `config` may be NULL. -EINVAL: the ABI is another one or a
 * required function is NULL; -ENOMEM. */
int kshim_create(const struct kshim_host* host, const struct kshim_config* config,
                 struct kshim** shim);
/* Ends an instance: every handle has been put and no program runs. Returns how many objects were
 * left, which is a mistake of the host; their memory is freed all the same. */
uint64_t kshim_destroy(struct kshim* shim);

/* --- native text: on RV64 kernels, in //kernel_shim:zext_kernel ----------------------------------
 */
/* The same, for an instance whose programs run as this machine's own text: a machine has one. Its
 * verifier is the one that needs no C library. Also -EBUSY: there is one; -EOPNOTSUPP: the host has
 * no text functions. */
int kshim_create_native(const struct kshim_host* host, const struct kshim_config* config,
                        struct kshim** shim);
uint64_t kshim_destroy_native(struct kshim* shim);
/* (atomic) For the trap handler, after a load fault of the kernel itself (scause 5 or 13) at `pc`:
 * if it is a load of a program that may fault, clears its result in `registers` (x0 to x31 as
 * saved) and returns where to go on; else 0. */
uint64_t kshim_fix_fault(struct kshim* shim, uint64_t pc, uint64_t registers[32]);

/* --- system calls: in the context of the calling process, may sleep -----------------------------
 */
/* bpf(2): `attr` is a union bpf_attr of `size` bytes. An unknown command is -EINVAL, bytes behind
 * those that this version knows, if not 0, are -E2BIG. */
long kshim_bpf(struct kshim* shim, int command, kshim_uptr attr, uint32_t size);
/* perf_event_open(2), as far as BPF needs it: tracepoints, probes, BPF_OUTPUT, software events. */
long kshim_perf_event_open(struct kshim* shim, kshim_uptr attr, int pid, int cpu, int group,
                           uint64_t flags);
/* ioctl(2) of a perf event: PERF_EVENT_IOC_ENABLE, _DISABLE, _SET_BPF, _ID, _QUERY_BPF ... */
long kshim_ioctl(struct kshim* shim, struct kshim_object* object, uint64_t request,
                 uint64_t argument);
/* poll(2): POLLIN (1), POLLOUT (4), POLLERR (8: a map that knows no waiting), or 0. (atomic) */
uint32_t kshim_poll(struct kshim* shim, struct kshim_object* object);

/* A range of pages to map into the calling process. */
struct kshim_mapping {
  void* address;   /* the library's own, of the first byte */
  uint64_t length; /* bytes */
  uint64_t mirror; /* from this offset of the range on it shows `address + mirror_source`, or
                      KSHIM_NO_MIRROR */
  uint64_t mirror_source;
  bool may_write; /* whether mprotect(PROT_WRITE) is allowed later (VM_MAYWRITE) */
};
/* mmap(2) with MAP_SHARED: what to map. -EACCES, -EPERM, -EINVAL, -ENOTSUPP as Linux. With `write`,
 * counts as a writer until kshim_munmap: a map that somebody writes so cannot be frozen. */
int kshim_mmap(struct kshim* shim, struct kshim_object* object, uint64_t offset, uint64_t length,
               bool write, struct kshim_mapping* mapping);
void kshim_munmap(struct kshim* shim, struct kshim_object* object, bool write);
/* /proc/PID/fdinfo/N, what Linux prints behind pos, flags and mnt_id: the length written, less than
 * `size`; ended by a NUL. */
uint64_t kshim_fdinfo(struct kshim* shim, struct kshim_object* object, char* text, uint64_t size);

/* --- handles: what descriptors and pins hold of an object ----------------------------------------
 */
void kshim_handle_get(struct kshim* shim, struct kshim_object* object);
/* The last one of an object that nothing else refers to frees it. May sleep. */
void kshim_handle_put(struct kshim* shim, struct kshim_object* object);
enum kshim_kind kshim_kind_of(const struct kshim_object* object);
/* BPF's id of it: what bpftool shows; 0 for perf events. */
uint32_t kshim_id_of(const struct kshim_object* object);

/* --- events -------------------------------------------------------------------------------------
 */
/* A packet, as an event for XDP programs and for those of cgroups on packets. Its bytes lie in a
 * buffer with room before and behind; a program may move both ends, and change the bytes. */
struct kshim_packet {
  void* head;  /* first byte of the buffer */
  void* data;  /* first byte of the packet */
  void* end;   /* behind its last byte */
  void* limit; /* behind the buffer's last byte */
  uint32_t ifindex;
  uint32_t queue;
  uint32_t protocol; /* in network byte order, as skb->protocol */
};
/* Runs the programs behind an attach point, which gave the cookie. `event` is what programs get as
 * their context: registers (kprobe: struct pt_regs of the host), a record (tracepoint), arguments
 * (raw tracepoint, fentry: 12 words, those that are not there 0), a packet (XDP, cgroups' ingress
 * and egress), NULL or struct bpf_perf_event_data (perf). (atomic) Recursion on one CPU runs
 * nothing. The result is what the programs decided: for kprobes 0 if one of them filtered the
 * event, else 1. */
uint64_t kshim_fire(struct kshim* shim, uint64_t cookie, void* event);

#ifdef __cplusplus
}
#endif

#endif /* ZEXT_KERNEL_SHIM_H */
