// File: a descriptor that is closed when it leaves its scope.
//
//   File file(open(path, O_RDONLY | O_CLOEXEC));
//   if (!file) return -errno;
#pragma once

#include <unistd.h>

#include <string>
#include <utility>

namespace zext::shim::daemon {

class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { reset(); }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

// Another description of the same file, by its descriptor: nothing if that is not allowed.
File reopen(int fd, int flags);
// A file in memory with these bytes, to be read from its start: nothing if there is no room.
File memory_file(const char* name, const std::string& text);
// All of a file, also of one that does not know its size; empty where it cannot be read.
std::string read_all(const std::string& path);
bool write_all(const std::string& path, const std::string& text);

}  // namespace zext::shim::daemon
