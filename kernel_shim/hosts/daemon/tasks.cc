#include "kernel_shim/hosts/daemon/tasks.h"

#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "kernel_shim/hosts/daemon/file.h"

namespace zext::shim::daemon {
namespace {

// Ancestors that a program can walk up to.
constexpr int kMaxDepth = 4;
// Beyond it the oldest are not kept apart; programs only use an address while they run.
constexpr size_t kMaxStructs = 4096;

// Offset in bytes of a member, also inside of structs without a name; nothing: it has none.
std::optional<uint32_t> offset_of(const btf* types, uint32_t id, const char* name) {
  const btf_type* type = btf__type_by_id(types, id);
  if (type == nullptr || !btf_is_composite(type)) return {};
  const btf_member* members = btf_members(type);
  for (uint32_t i = 0; i < btf_vlen(type); ++i) {
    const uint32_t offset = btf_member_bit_offset(type, i) / 8;
    const char* member = btf__name_by_offset(types, members[i].name_off);
    if (member != nullptr && strcmp(member, name) == 0) return offset;
    if (member != nullptr && *member != 0) continue;
    const auto inside = offset_of(types, members[i].type, name);
    if (inside) return offset + *inside;
  }
  return {};
}

struct Status {
  uint32_t parent = 0;
  uint64_t start = 0;  // nanoseconds since boot
  bool found = false;
};

// /proc/PID/stat: comm may hold anything, so fields count from the last ")".
Status read_status(uint32_t pid) {
  const std::string text = read_all("/proc/" + std::to_string(pid) + "/stat");
  const size_t end = text.rfind(')');
  if (end == std::string::npos) return {};
  Status status;
  unsigned long long start = 0;
  // The parent is field 4, the start 22.
  const int found =
      sscanf(text.c_str() + end + 1,
             " %*c %u %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
             &status.parent, &start);
  status.start = start * (1'000'000'000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)));
  status.found = found == 2;
  return status;
}

void put_number(std::vector<uint8_t>& bytes, uint32_t offset, const void* value, size_t size) {
  if (offset != 0 && offset + size <= bytes.size()) memcpy(bytes.data() + offset, value, size);
}

std::string comm_of(uint32_t pid) {
  std::string comm = read_all("/proc/" + std::to_string(pid) + "/comm");
  if (!comm.empty() && comm.back() == '\n') comm.pop_back();
  return comm;
}

// Linux's id of a cgroup is its directory's inode.
uint64_t cgroup_of(pid_t thread) {
  const std::string text = read_all("/proc/" + std::to_string(thread) + "/cgroup");
  const size_t at = text.find("0::");
  if (at == std::string::npos) return 0;
  const std::string path = text.substr(at + 3, text.find('\n', at) - at - 3);
  for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    struct stat status{};
    if (access((std::string(root) + "/cgroup.procs").c_str(), F_OK) != 0) continue;
    if (stat((root + path).c_str(), &status) == 0) return status.st_ino;
  }
  return 0;
}

// The number in the innermost pid namespace: the last one of "NSpid: 4711 12".
uint32_t inner_number(const std::string& status, const char* field, uint32_t otherwise) {
  const size_t at = status.find(field);
  if (at == std::string::npos) return otherwise;
  const std::string line = status.substr(at, status.find('\n', at) - at);
  return static_cast<uint32_t>(strtoul(line.c_str() + line.find_last_of("\t "), nullptr, 10));
}

}  // namespace

void describe_thread(pid_t thread, kshim_task* task) {
  const std::string comm = comm_of(static_cast<uint32_t>(thread));
  memset(task->comm, 0, sizeof task->comm);
  memcpy(task->comm, comm.data(), std::min(comm.size(), sizeof task->comm - 1));
  task->cgroup_id = cgroup_of(thread);
  const std::string folder = "/proc/" + std::to_string(thread);
  struct stat space{};
  if (stat((folder + "/ns/pid").c_str(), &space) == 0) {
    task->ns_dev = space.st_dev;
    task->ns_ino = space.st_ino;
  }
  const std::string status = read_all(folder + "/status");
  task->ns_pid = inner_number(status, "\nNSpid:", static_cast<uint32_t>(thread));
  task->ns_tgid = inner_number(status, "\nNStgid:", static_cast<uint32_t>(thread));
}

Tasks::Tasks(const btf* types) {
  if (types == nullptr) return;
  const int32_t id = btf__find_by_name_kind(types, "task_struct", BTF_KIND_STRUCT);
  if (id <= 0) return;
  const auto number = static_cast<uint32_t>(id);
  const auto field = [&](const char* name) { return offset_of(types, number, name).value_or(0); };
  fields_ = {.size = static_cast<uint32_t>(btf__resolve_size(types, number)),
             .pid = field("pid"),
             .tgid = field("tgid"),
             .comm = field("comm"),
             .real_parent = field("real_parent"),
             .parent = field("parent"),
             .group_leader = field("group_leader"),
             .start_time = field("start_time"),
             .start_boottime = std::max(field("start_boottime"), field("real_start_time"))};
}

uint64_t Tasks::address(const kshim_task& task) {
  if (fields_.size == 0) return 0;
  const std::lock_guard guard(mutex_);
  if (structs_.size() > kMaxStructs) structs_.clear();
  return reinterpret_cast<uint64_t>(fill(task.pid, task.tgid, task.comm, 0).data());
}

Tasks::Struct& Tasks::fill(uint32_t pid, uint32_t tgid, const char* comm, int depth) {
  std::unique_ptr<Struct>& slot = structs_[pid];
  if (slot == nullptr) slot = std::make_unique<Struct>(fields_.size);
  Struct& bytes = *slot;
  const Status status = read_status(pid);
  char name[16] = {};
  strncpy(name, comm, sizeof name - 1);
  put_number(bytes, fields_.pid, &pid, sizeof pid);
  put_number(bytes, fields_.tgid, &tgid, sizeof tgid);
  put_number(bytes, fields_.comm, name, sizeof name);
  put_number(bytes, fields_.start_time, &status.start, sizeof status.start);
  put_number(bytes, fields_.start_boottime, &status.start, sizeof status.start);
  const auto pointer_to = [](const Struct& target) {
    return reinterpret_cast<uint64_t>(target.data());
  };
  uint64_t leader = pointer_to(bytes);
  uint64_t parent = leader;
  if (depth < kMaxDepth) {
    if (tgid != pid) leader = pointer_to(fill(tgid, tgid, comm_of(tgid).c_str(), depth + 1));
    const uint32_t above = status.parent;
    if (above != 0 && above != pid) {
      parent = pointer_to(fill(above, above, comm_of(above).c_str(), depth + 1));
    }
  }
  put_number(bytes, fields_.group_leader, &leader, sizeof leader);
  put_number(bytes, fields_.real_parent, &parent, sizeof parent);
  put_number(bytes, fields_.parent, &parent, sizeof parent);
  return bytes;
}

}  // namespace zext::shim::daemon
