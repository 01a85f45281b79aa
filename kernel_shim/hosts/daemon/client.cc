#include "kernel_shim/hosts/daemon/client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "kernel_shim/hosts/daemon/tasks.h"

namespace zext::shim::daemon {
namespace {

constexpr uint64_t kPage = 4096;

// One call moves at most 2 GiB less a page.
constexpr uint64_t kMostAtOnce = 1 << 30;

using Transfer = ssize_t (*)(pid_t, const iovec*, unsigned long, const iovec*, unsigned long,
                             unsigned long);

int transfer(Transfer move, pid_t process, void* here, uint64_t there, uint64_t size) {
  while (size > 0) {
    const uint64_t step = std::min(size, kMostAtOnce);
    const iovec local = {here, step};
    const iovec remote = {reinterpret_cast<void*>(there), step};
    const ssize_t moved = move(process, &local, 1, &remote, 1, 0);
    if (moved <= 0) return -EFAULT;
    here = static_cast<char*>(here) + moved;
    there += static_cast<uint64_t>(moved);
    size -= static_cast<uint64_t>(moved);
  }
  return 0;
}

uint64_t inode_of(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

std::optional<Client> Client::of_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) return {};
  if (peer.uid != geteuid()) return {};
  Client client;
  client.process_ = peer.pid;
  client.user_ = peer.uid;
  client.group_ = peer.gid;
  client.pidfd_ = File(static_cast<int>(syscall(SYS_pidfd_open, peer.pid, 0)));
  client.same_namespace_ =
      inode_of("/proc/" + std::to_string(peer.pid) + "/ns/user") == inode_of("/proc/self/ns/user");
  if (!client.set_thread(peer.pid)) return {};
  return client;
}

bool Client::set_thread(pid_t thread) {
  const std::string path = "/proc/" + std::to_string(process_) + "/task/" + std::to_string(thread);
  File folder(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  File descriptors(openat(folder.get(), "fd", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder || !descriptors) return false;
  thread_ = thread;
  folder_ = std::move(folder);
  descriptors_ = std::move(descriptors);
  return true;
}

bool Client::alive() const {
  return !pidfd_ || syscall(SYS_pidfd_send_signal, pidfd_.get(), 0, nullptr, 0) == 0;
}

int Client::copy_in(void* to, uint64_t from, uint64_t size) const {
  return transfer(process_vm_readv, process_, to, from, size);
}

int Client::copy_out(uint64_t to, const void* from, uint64_t size) const {
  return transfer(process_vm_writev, process_, const_cast<void*>(from), to, size);
}

long Client::copy_string(char* to, uint64_t from, uint64_t size) const {
  uint64_t done = 0;
  while (done < size) {
    const uint64_t address = from + done;
    const uint64_t step = std::min(size - done, kPage - address % kPage);
    if (copy_in(to + done, address, step) != 0) return -EFAULT;
    const void* end = memchr(to + done, 0, step);
    if (end != nullptr) return static_cast<const char*>(end) - to;
    done += step;
  }
  return static_cast<long>(size);
}

int Client::identify(int fd, Identity* identity) const {
  char name[16];
  snprintf(name, sizeof name, "%d", fd);
  struct stat status{};
  if (fd < 0 || fstatat(descriptors_.get(), name, &status, 0) != 0) return -EBADF;
  *identity = {.device = status.st_dev, .inode = status.st_ino};
  return 0;
}

int Client::absolute(const char* path, char* to, uint64_t size) const {
  char folder[PATH_MAX] = {};
  if (path[0] != '/' && readlinkat(folder_.get(), "cwd", folder, sizeof folder - 1) < 0) {
    return -ENOENT;
  }
  const int length = snprintf(to, size, "%s%s%s", folder, path[0] == '/' ? "" : "/", path);
  return length < 0 || static_cast<uint64_t>(length) >= size ? -ENAMETOOLONG : 0;
}

uint32_t Client::capabilities() const {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = thread_};
  __user_cap_data_struct data[2] = {};
  if (!same_namespace_ || syscall(SYS_capget, &header, data) != 0) return 0;
  const uint64_t bits = data[0].effective | static_cast<uint64_t>(data[1].effective) << 32;
  const auto has = [bits](int capability) { return (bits >> capability & 1) != 0; };
  uint32_t result = 0;
  if (has(CAP_BPF)) result |= KSHIM_CAP_BPF;
  if (has(CAP_PERFMON)) result |= KSHIM_CAP_PERFMON;
  if (has(CAP_NET_ADMIN)) result |= KSHIM_CAP_NET_ADMIN;
  if (has(CAP_SYS_ADMIN)) result |= KSHIM_CAP_SYS_ADMIN;
  return result;
}

void Client::describe(kshim_task* task) const {
  describe_thread(thread_, task);
  task->pid = static_cast<uint32_t>(thread_);
  task->tgid = static_cast<uint32_t>(process_);
  task->uid = user_;
  task->gid = group_;
}

int read_process(pid_t process, void* to, uint64_t from, uint64_t size) {
  return transfer(process_vm_readv, process, to, from, size);
}

}  // namespace zext::shim::daemon
