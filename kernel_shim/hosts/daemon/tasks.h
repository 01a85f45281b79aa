// Tasks: what programs see of processes: pid and comm of /proc, and a task_struct to walk.
//
//   Tasks tasks(btf, size);
//   task->address = tasks.address(task->pid, task->tgid, task->comm);
//
// The struct is laid out as the kernel's BTF says, so that a program's CO-RE offsets lead to the
// fields that are filled in: pid, tgid, comm, real_parent, parent, group_leader, start times. All
// others are 0.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel_shim/include/zext/kernel_shim.h"

struct btf;

namespace zext::shim::daemon {

// Fills in what /proc tells of a thread; what it does not tell stays as it is.
void describe_thread(pid_t thread, kshim_task* task);

class Tasks {
 public:
  // `types` may be null: then no task has an address.
  explicit Tasks(const btf* types);

  // Of the task_struct of this task, made or brought up to date; 0: there is none.
  uint64_t address(const kshim_task& task);

 private:
  struct Fields {
    uint32_t size = 0;  // of the struct; 0: the BTF has none
    // Offsets; 0: there is no such field (thread_info is the first one).
    uint32_t pid = 0, tgid = 0, comm = 0, real_parent = 0, parent = 0, group_leader = 0,
             start_time = 0, start_boottime = 0;
  };
  struct Family {
    uint32_t parent = 0;
    uint64_t start_time = 0;
  };
  using Struct = std::vector<uint8_t>;

  Struct& fill(uint32_t pid, uint32_t tgid, const char* comm, int depth);

  Fields fields_;
  std::mutex mutex_;
  std::unordered_map<uint32_t, std::unique_ptr<Struct>> structs_;  // by pid
};

}  // namespace zext::shim::daemon
