#include "kernel_shim/hosts/daemon/file.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <string>

namespace zext::shim::daemon {
namespace {

bool write_fully(int fd, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

}  // namespace

File reopen(int fd, int flags) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return File(open(path.c_str(), flags | O_CLOEXEC));
}

File memory_file(const char* name, const std::string& text) {
  File file(memfd_create(name, MFD_CLOEXEC));
  if (!file || !write_fully(file.get(), text) || lseek(file.get(), 0, SEEK_SET) != 0) return File();
  return file;
}

std::string read_all(const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (!file) return text;
  constexpr size_t kStep = 1 << 16;
  size_t used = 0;
  while (true) {
    text.resize(used + kStep);
    const ssize_t count = read(file.get(), text.data() + used, kStep);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    used += static_cast<size_t>(count);
  }
  text.resize(used);
  return text;
}

bool write_all(const std::string& path, const std::string& text) {
  const File file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  return file && write_fully(file.get(), text);
}

}  // namespace zext::shim::daemon
