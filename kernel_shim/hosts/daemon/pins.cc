#include "kernel_shim/hosts/daemon/pins.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

namespace zext::shim::daemon {
namespace {

constexpr const char* kBpffs = "/sys/fs/bpf";

bool is_under(const std::string& path, const std::string& root) {
  return path.compare(0, root.size(), root) == 0 &&
         (path.size() == root.size() || path[root.size()] == '/');
}

}  // namespace

bool Pins::open(const std::string& root, kshim* shim) {
  std::error_code error;
  std::filesystem::remove_all(root, error);
  if (!std::filesystem::create_directory(root, error)) return false;
  root_ = std::filesystem::canonical(root, error).string();
  shim_ = shim;
  return !error;
}

int Pins::resolve(const std::string& path, std::string* real) const {
  std::string named = path;
  if (is_under(named, kBpffs)) named = root_ + named.substr(std::string(kBpffs).size());
  const std::filesystem::path whole(named);
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::canonical(whole.parent_path(), error);
  if (error) return -error.value();
  *real = (folder / whole.filename()).string();
  return is_under(folder.string(), root_) ? 0 : -EPERM;
}

int Pins::pin(const std::string& path, kshim_object* object) {
  std::string real;
  const int error = resolve(path, &real);
  if (error != 0) return error;
  // bpffs keeps names with dots for itself.
  const std::string name = real.substr(real.rfind('/') + 1);
  if (name.find('.') != std::string::npos) return -EPERM;
  const std::lock_guard guard(mutex_);
  File file(::open(real.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat status{};
  if (!file || fstat(file.get(), &status) != 0) return -errno;
  kshim_handle_get(shim_, object);
  pins_.insert_or_assign(status.st_ino,
                         Pin{.object = object, .device = status.st_dev, .file = std::move(file)});
  return 0;
}

int Pins::get(const std::string& path, bool write, kshim_object** object) {
  std::string real;
  const int error = resolve(path, &real);
  // A file of another file system is no pin.
  if (error != 0 && error != -EPERM) return error;
  struct stat status{};
  if (stat(real.c_str(), &status) != 0) return -errno;
  if (access(real.c_str(), write ? R_OK | W_OK : R_OK) != 0) return -errno;
  const std::lock_guard guard(mutex_);
  const auto at = pins_.find(status.st_ino);
  if (at == pins_.end() || at->second.device != status.st_dev) return -EACCES;
  kshim_handle_get(shim_, at->second.object);
  *object = at->second.object;
  return 0;
}

uint64_t Pins::sweep() {
  std::vector<kshim_object*> gone;
  {
    const std::lock_guard guard(mutex_);
    for (auto at = pins_.begin(); at != pins_.end();) {
      struct stat status{};
      if (fstat(at->second.file.get(), &status) != 0 || status.st_nlink != 0) {
        ++at;
        continue;
      }
      gone.push_back(at->second.object);
      at = pins_.erase(at);
    }
  }
  for (kshim_object* object : gone) kshim_handle_put(shim_, object);
  return gone.size();
}

void Pins::clear() {
  std::unordered_map<uint64_t, Pin> all;
  {
    const std::lock_guard guard(mutex_);
    all.swap(pins_);
  }
  for (const auto& [inode, pin] : all) kshim_handle_put(shim_, pin.object);
}

uint64_t Pins::count() {
  const std::lock_guard guard(mutex_);
  return pins_.size();
}

}  // namespace zext::shim::daemon
