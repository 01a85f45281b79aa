// Pins: names of objects, as files in a directory that stands for bpffs.
//
//   int error = pins.pin("/tmp/zext-1000/bpf/x", object);
//   error = pins.get("/sys/fs/bpf/x", &object);     // with a handle more
//
// The files are real and empty, so that mkdir, ls, mv, ln and rm need nothing of ours; an object is
// found by its file's inode, and let go when no name is left.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "kernel_shim/hosts/daemon/client.h"
#include "kernel_shim/hosts/daemon/file.h"
#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim::daemon {

class Pins {
 public:
  // Makes the directory `root`, or empties it. False: it cannot be.
  bool open(const std::string& root, kshim* shim);

  // `path` is absolute, in the directory's own name or in bpffs's.
  int pin(const std::string& path, kshim_object* object);
  int get(const std::string& path, bool write, kshim_object** object);

  // Puts the handles of files that have no name any more.
  uint64_t sweep();
  void clear();
  uint64_t count();

 private:
  struct Pin {
    kshim_object* object = nullptr;
    uint64_t device = 0;
    File file;
  };
  // 0 and the path to use; -EPERM: it is not in the directory.
  int resolve(const std::string& path, std::string* real) const;

  std::string root_;
  kshim* shim_ = nullptr;
  std::mutex mutex_;
  std::unordered_map<uint64_t, Pin> pins_;  // by inode
};

}  // namespace zext::shim::daemon
