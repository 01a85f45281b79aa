// The kernel's types for a daemon that cannot read its machine's: what tracing programs ask for
// most, with the names, not the layout, of Linux 5.19. Compiled for its BTF only.
//
// A type is in the BTF if a function here mentions it.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed int s32;
typedef signed long long s64;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s32 __s32;
typedef s64 __s64;
typedef _Bool bool;
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned short umode_t;
typedef unsigned int dev_t;
typedef unsigned long size_t;
typedef long loff_t;

struct list_head {
  struct list_head *next, *prev;
};

typedef struct {
  uid_t val;
} kuid_t;

typedef struct {
  gid_t val;
} kgid_t;

struct qstr {
  union {
    struct {
      u32 hash;
      u32 len;
    };
    u64 hash_len;
  };
  const unsigned char* name;
};

struct super_block {
  struct list_head s_list;
  dev_t s_dev;
  unsigned long s_magic;
  char s_id[32];
};

struct inode {
  umode_t i_mode;
  kuid_t i_uid;
  kgid_t i_gid;
  struct super_block* i_sb;
  unsigned long i_ino;
  dev_t i_rdev;
  loff_t i_size;
};

struct dentry {
  struct dentry* d_parent;
  struct qstr d_name;
  struct inode* d_inode;
  unsigned char d_iname[32];
  struct super_block* d_sb;
};

struct vfsmount {
  struct dentry* mnt_root;
  struct super_block* mnt_sb;
  int mnt_flags;
};

struct path {
  struct vfsmount* mnt;
  struct dentry* dentry;
};

struct file {
  struct path f_path;
  struct inode* f_inode;
  unsigned int f_flags;
  loff_t f_pos;
};

struct filename {
  const char* name;
  const char* uptr;
};

struct cred {
  kuid_t uid;
  kgid_t gid;
  kuid_t suid;
  kgid_t sgid;
  kuid_t euid;
  kgid_t egid;
};

struct ns_common {
  unsigned int inum;
};

struct pid_namespace {
  struct pid_namespace* parent;
  unsigned int level;
  struct ns_common ns;
};

struct upid {
  int nr;
  struct pid_namespace* ns;
};

struct pid {
  unsigned int level;
  struct upid numbers[1];
};

struct mnt_namespace {
  struct ns_common ns;
};

struct nsproxy {
  struct mnt_namespace* mnt_ns;
  struct pid_namespace* pid_ns_for_children;
};

struct mm_struct {
  unsigned long start_code, end_code, start_data, end_data;
  unsigned long start_stack;
  unsigned long arg_start, arg_end, env_start, env_end;
  unsigned long total_vm;
};

struct thread_info {
  unsigned long flags;
  u32 cpu;
};

struct signal_struct {
  int nr_threads;
  int group_exit_code;
};

struct task_struct {
  struct thread_info thread_info;
  unsigned int __state;
  void* stack;
  unsigned int flags;
  int on_cpu;
  int prio;
  int static_prio;
  int normal_prio;
  unsigned int rt_priority;
  unsigned int policy;
  struct list_head tasks;
  struct mm_struct* mm;
  struct mm_struct* active_mm;
  int exit_state;
  int exit_code;
  int exit_signal;
  pid_t pid;
  pid_t tgid;
  struct task_struct* real_parent;
  struct task_struct* parent;
  struct list_head children;
  struct list_head sibling;
  struct task_struct* group_leader;
  struct pid* thread_pid;
  u64 utime;
  u64 stime;
  unsigned long nvcsw;
  unsigned long nivcsw;
  u64 start_time;
  u64 start_boottime;
  const struct cred* real_cred;
  const struct cred* cred;
  char comm[16];
  struct nsproxy* nsproxy;
  struct signal_struct* signal;
};

struct linux_binprm {
  struct mm_struct* mm;
  struct file* executable;
  struct file* interpreter;
  struct file* file;
  struct cred* cred;
  int argc, envc;
  const char* filename;
  const char* interp;
};

#if defined(__TARGET_ARCH_riscv)
struct pt_regs {
  unsigned long epc, ra, sp, gp, tp, t0, t1, t2, s0, s1, a0, a1, a2, a3, a4, a5, a6, a7, s2, s3, s4,
      s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6, status, badaddr, cause, orig_a0;
};
#else
struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs,
      flags, sp, ss;
};
#endif

struct trace_entry {
  unsigned short type;
  unsigned char flags;
  unsigned char preempt_count;
  int pid;
};

struct trace_event_raw_sys_enter {
  struct trace_entry ent;
  long id;
  unsigned long args[6];
  char __data[0];
};

struct trace_event_raw_sys_exit {
  struct trace_entry ent;
  long id;
  long ret;
  char __data[0];
};

struct trace_event_raw_sched_process_template {
  struct trace_entry ent;
  char comm[16];
  pid_t pid;
  int prio;
  char __data[0];
};

struct trace_event_raw_sched_process_exec {
  struct trace_entry ent;
  u32 __data_loc_filename;
  pid_t pid;
  pid_t old_pid;
  char __data[0];
};

struct trace_event_raw_sched_process_fork {
  struct trace_entry ent;
  char parent_comm[16];
  pid_t parent_pid;
  char child_comm[16];
  pid_t child_pid;
  char __data[0];
};

struct trace_event_raw_sched_switch {
  struct trace_entry ent;
  char prev_comm[16];
  pid_t prev_pid;
  int prev_prio;
  long prev_state;
  char next_comm[16];
  pid_t next_pid;
  int next_prio;
  char __data[0];
};

struct trace_event_raw_sched_wakeup_template {
  struct trace_entry ent;
  char comm[16];
  pid_t pid;
  int prio;
  int target_cpu;
  char __data[0];
};

struct trace_event_raw_signal_generate {
  struct trace_entry ent;
  int sig;
  int errno;
  int code;
  char comm[16];
  pid_t pid;
  int group;
  int result;
  char __data[0];
};

struct bpf_perf_event_data_kern;
struct bpf_raw_tracepoint_args_kern {
  u64 args[12];
};

typedef void (*btf_trace_sys_enter)(void*, struct pt_regs*, long);
typedef void (*btf_trace_sys_exit)(void*, struct pt_regs*, long);
typedef void (*btf_trace_sched_switch)(void*, bool, struct task_struct*, struct task_struct*,
                                       unsigned int);
typedef void (*btf_trace_sched_wakeup)(void*, struct task_struct*);
typedef void (*btf_trace_sched_wakeup_new)(void*, struct task_struct*);
typedef void (*btf_trace_sched_process_fork)(void*, struct task_struct*, struct task_struct*);
typedef void (*btf_trace_sched_process_exec)(void*, struct task_struct*, pid_t,
                                             struct linux_binprm*);
typedef void (*btf_trace_sched_process_exit)(void*, struct task_struct*);
typedef void (*btf_trace_task_newtask)(void*, struct task_struct*, u64);

// Functions of the kernel that can be probed and traced, with their types.
long do_unlinkat(int dfd, struct filename* name) { return dfd + (name != 0); }
long do_sys_openat2(int dfd, const char* filename, void* how) { return dfd + (filename != how); }
long vfs_read(struct file* file, char* buf, size_t count, loff_t* pos) {
  return file != 0 && buf != 0 && count != 0 && pos != 0;
}
long vfs_write(struct file* file, const char* buf, size_t count, loff_t* pos) {
  return file != 0 && buf != 0 && count != 0 && pos != 0;
}
int vfs_open(const struct path* path, struct file* file) { return path != 0 && file != 0; }
int vfs_fsync(struct file* file, int datasync) { return file != 0 && datasync; }
int vfs_unlink(struct inode* dir, struct dentry* dentry) { return dir != 0 && dentry != 0; }
int bprm_execve(struct linux_binprm* bprm, int fd, struct filename* filename, int flags) {
  return bprm != 0 && filename != 0 && fd + flags;
}
void do_exit(long code) { (void)code; }
void wake_up_new_task(struct task_struct* p) { (void)p; }
int bpf_fentry_test1(int a) { return a + 1; }
int bpf_modify_return_test(int a, int* b) { return a + *b; }
int bpf_lsm_file_open(struct file* file) { return file != 0; }
int bpf_lsm_bprm_check_security(struct linux_binprm* bprm) { return bprm != 0; }

// Types that no function above mentions.
int zext_mentions(struct trace_event_raw_sys_enter* a, struct trace_event_raw_sys_exit* b,
                  struct trace_event_raw_sched_process_template* c,
                  struct trace_event_raw_sched_process_exec* d,
                  struct trace_event_raw_sched_process_fork* e);
int zext_mentions(struct trace_event_raw_sys_enter* a, struct trace_event_raw_sys_exit* b,
                  struct trace_event_raw_sched_process_template* c,
                  struct trace_event_raw_sched_process_exec* d,
                  struct trace_event_raw_sched_process_fork* e) {
  return a != 0 && b != 0 && c != 0 && d != 0 && e != 0;
}
int zext_mentions_more(struct trace_event_raw_sched_switch* a,
                       struct trace_event_raw_sched_wakeup_template* b,
                       struct trace_event_raw_signal_generate* c, struct pt_regs* d,
                       struct bpf_raw_tracepoint_args_kern* e) {
  return a != 0 && b != 0 && c != 0 && d != 0 && e != 0;
}
int zext_mentions_traces(btf_trace_sys_enter a, btf_trace_sys_exit b, btf_trace_sched_switch c,
                         btf_trace_sched_wakeup d, btf_trace_sched_wakeup_new e) {
  return a != 0 && b != 0 && c != 0 && d != 0 && e != 0;
}
int zext_mentions_tasks(btf_trace_sched_process_fork a, btf_trace_sched_process_exec b,
                        btf_trace_sched_process_exit c, btf_trace_task_newtask d) {
  return a != 0 && b != 0 && c != 0 && d != 0;
}
int zext_mentions_structs(struct vfsmount* a, struct nsproxy* b, struct signal_struct* c,
                          struct super_block* d, struct mm_struct* e) {
  return a != 0 && b != 0 && c != 0 && d != 0 && e != 0;
}
int zext_mentions_ids(struct pid* a, struct pid_namespace* b, struct mnt_namespace* c,
                      const struct cred* d) {
  return a != 0 && b != 0 && c != 0 && d != 0;
}
