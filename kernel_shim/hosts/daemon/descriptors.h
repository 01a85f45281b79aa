// Descriptors: the placeholders that clients hold, and the objects behind them.
//
//   const int fd = descriptors.install(object, KSHIM_MAP);   // to be sent, then closed
//   int error = descriptors.get(identity, &object);          // with a handle more
//   descriptors.sweep();                                     // those that nobody holds any more
//
// A placeholder is an empty file in memory, named for its kind, with a read lock on the open
// description that is handed out. The lock goes with the last descriptor of it, in whatever process
// and however that ended; then the object's handle is put.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "kernel_shim/hosts/daemon/client.h"
#include "kernel_shim/hosts/daemon/file.h"
#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim::daemon {

class Descriptors {
 public:
  // Whose handles these are. Before anything else.
  void set_shim(kshim* shim) { shim_ = shim; }

  // A new placeholder, which takes over the caller's handle: a descriptor of this process, or a
  // negative errno, and then the handle stays the caller's.
  int install(kshim_object* object, kshim_kind kind);
  // 0 with a handle more, or -EINVAL: it is no placeholder.
  int get(const Identity& identity, kshim_object** object);

  // A mapping of the object's pages is handed out: `file` is locked at a byte of its own, which
  // stays so until the last mapping by this description has gone. Takes over a handle.
  // `pages` is the daemon's own description.
  bool add_mapping(kshim_object* object, bool write, int file, int pages);

  // Puts the handles that nobody has any more. Returns how many there were.
  uint64_t sweep();
  void sweep_one(const Identity& identity);
  // All of them, at the end.
  void clear();

  uint64_t count() const;

  // The object's eventfd, made when it is first asked for; -1: none.
  int event(kshim_object* object);
  // kshim_host::wake.
  void wake(kshim_object* object);

 private:
  struct Placeholder {
    kshim_object* object = nullptr;
    uint64_t device = 0;
    File probe;  // a description of the daemon's own
  };
  struct Mapping {
    kshim_object* object = nullptr;
    bool write = false;
    int pages = -1;
    uint64_t byte = 0;
  };

  void forget(kshim_object* object);
  void sweep_mappings();

  kshim* shim_ = nullptr;
  mutable std::shared_mutex mutex_;
  std::unordered_map<uint64_t, Placeholder> placeholders_;  // by inode
  std::vector<Mapping> mappings_;
  uint64_t next_byte_ = 0;
  std::mutex events_mutex_;
  std::unordered_map<kshim_object*, File> events_;
  std::atomic<uint64_t> event_count_{0};
};

}  // namespace zext::shim::daemon
