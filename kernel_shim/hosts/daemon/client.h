// Client: the process, and the thread of it, behind a connection.
//
//   std::optional<Client> client = Client::of_peer(socket);
//   client->copy_in(buffer, address, size);          // process_vm_readv
//
// Who it is comes from the kernel (SO_PEERCRED), never from what it says. All names of it that the
// daemon keeps are bound to that very process: another one that gets its number is not mistaken
// for it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "kernel_shim/hosts/daemon/file.h"
#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim::daemon {

// Of a file: what a descriptor number of a client leads to.
struct Identity {
  uint64_t device = 0;
  uint64_t inode = 0;
  bool operator==(const Identity&) const = default;
};

class Client {
 public:
  // Nothing: it is of another user, or has ended.
  static std::optional<Client> of_peer(int socket);

  // Says which thread this is; the process's first one until then. False: it is not its thread.
  bool set_thread(pid_t thread);

  pid_t process() const { return process_; }
  pid_t thread() const { return thread_; }
  uid_t user() const { return user_; }
  // Whether it has not ended: asked before anything of it is read.
  bool alive() const;

  // 0 or -EFAULT.
  int copy_in(void* to, uint64_t from, uint64_t size) const;
  int copy_out(uint64_t to, const void* from, uint64_t size) const;
  // As kshim_host::strncpy_from_user.
  long copy_string(char* to, uint64_t from, uint64_t size) const;

  // The file behind a descriptor: 0 or -EBADF.
  int identify(int fd, Identity* identity) const;
  // A path of the client's, made absolute: where it is relative, by the client's directory.
  int absolute(const char* path, char* to, uint64_t size) const;

  // Bits of kshim_capability that its thread has now, in this user namespace.
  uint32_t capabilities() const;
  void describe(kshim_task* task) const;

 private:
  Client() = default;

  pid_t process_ = 0;
  pid_t thread_ = 0;
  uid_t user_ = 0;
  gid_t group_ = 0;
  bool same_namespace_ = false;
  File pidfd_;
  File folder_;       // /proc/PID/task/TID
  File descriptors_;  // .../fd
};

// Memory of any process of this user's: 0 or -EFAULT.
int read_process(pid_t process, void* to, uint64_t from, uint64_t size);
// Fills in what /proc tells of a thread.
void describe_thread(pid_t thread, kshim_task* task);

}  // namespace zext::shim::daemon
