// The kernel's types that the programs here read, as far as they read them: CO-RE finds the members
// where the kernel that loads them has them.
#pragma once

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct trace_entry {
  unsigned short type;
  unsigned char flags;
  unsigned char preempt_count;
  int pid;
};

struct trace_event_raw_sched_process_exec {
  struct trace_entry ent;
  unsigned int __data_loc_filename;
  int pid;
  int old_pid;
  char __data[];
};

struct trace_event_raw_sys_enter {
  struct trace_entry ent;
  long id;
  unsigned long args[6];
};

struct task_struct {
  int pid;
  int tgid;
  int exit_code;
  struct task_struct* real_parent;
  char comm[16];
};

#pragma clang attribute pop
