#include "kernel_shim/hosts/daemon/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

#include "kernel_shim/hosts/daemon/protocol.h"

namespace zext::shim::daemon {
namespace {

// As Linux names its anonymous inodes; without default, so that a new kind is named too.
const char* name_of(kshim_kind kind) {
  switch (kind) {
    case KSHIM_MAP:
      return "bpf-map";
    case KSHIM_PROGRAM:
      return "bpf-prog";
    case KSHIM_LINK:
      return "bpf-link";
    case KSHIM_BTF:
      return "btf";
    case KSHIM_PERF_EVENT:
      return "[perf_event]";
  }
  return "bpf";
}

bool lock_byte(int fd, uint64_t byte) {
  struct flock lock{};
  lock.l_type = F_RDLCK;
  lock.l_start = static_cast<off_t>(byte);
  lock.l_len = 1;
  return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

bool is_locked(int fd, uint64_t byte) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_start = static_cast<off_t>(byte);
  lock.l_len = 1;
  return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace

int Descriptors::install(kshim_object* object, kshim_kind kind) {
  File file(memfd_create(name_of(kind), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return -errno;
  File probe = reopen(file.get(), O_RDWR);
  struct stat status{};
  if (!probe || fstat(file.get(), &status) != 0) return -errno;
  // Nobody can write to it, or open it anew: it only stands for something.
  constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (!lock_byte(file.get(), 0) || fcntl(file.get(), F_ADD_SEALS, kSeals) != 0 ||
      fchmod(file.get(), kPlaceholderMode) != 0) {
    return -errno;
  }
  const std::unique_lock guard(mutex_);
  placeholders_.insert_or_assign(
      status.st_ino,
      Placeholder{.object = object, .device = status.st_dev, .probe = std::move(probe)});
  return file.release();
}

int Descriptors::get(const Identity& identity, kshim_object** object) {
  const std::shared_lock guard(mutex_);
  const auto at = placeholders_.find(identity.inode);
  if (at == placeholders_.end() || at->second.device != identity.device) return -EINVAL;
  kshim_handle_get(shim_, at->second.object);
  *object = at->second.object;
  return 0;
}

bool Descriptors::add_mapping(kshim_object* object, bool write, int file, int pages) {
  const std::unique_lock guard(mutex_);
  const uint64_t byte = next_byte_++;
  if (!lock_byte(file, byte)) return false;
  mappings_.push_back({.object = object, .write = write, .pages = pages, .byte = byte});
  return true;
}

uint64_t Descriptors::sweep() {
  sweep_mappings();
  std::vector<kshim_object*> gone;
  {
    const std::unique_lock guard(mutex_);
    for (auto at = placeholders_.begin(); at != placeholders_.end();) {
      if (is_locked(at->second.probe.get(), 0)) {
        ++at;
        continue;
      }
      gone.push_back(at->second.object);
      at = placeholders_.erase(at);
    }
  }
  for (kshim_object* object : gone) forget(object);
  return gone.size();
}

void Descriptors::sweep_one(const Identity& identity) {
  kshim_object* gone = nullptr;
  {
    const std::unique_lock guard(mutex_);
    const auto at = placeholders_.find(identity.inode);
    if (at == placeholders_.end() || at->second.device != identity.device ||
        is_locked(at->second.probe.get(), 0)) {
      return;
    }
    gone = at->second.object;
    placeholders_.erase(at);
  }
  forget(gone);
}

void Descriptors::sweep_mappings() {
  std::vector<Mapping> gone;
  {
    const std::unique_lock guard(mutex_);
    std::erase_if(mappings_, [&gone](const Mapping& mapping) {
      if (is_locked(mapping.pages, mapping.byte)) return false;
      gone.push_back(mapping);
      return true;
    });
  }
  for (const Mapping& mapping : gone) {
    kshim_munmap(shim_, mapping.object, mapping.write);
    forget(mapping.object);
  }
}

void Descriptors::clear() {
  std::vector<kshim_object*> gone;
  {
    const std::unique_lock guard(mutex_);
    for (const Mapping& mapping : mappings_) {
      kshim_munmap(shim_, mapping.object, mapping.write);
      gone.push_back(mapping.object);
    }
    for (const auto& [inode, placeholder] : placeholders_) gone.push_back(placeholder.object);
    mappings_.clear();
    placeholders_.clear();
  }
  for (kshim_object* object : gone) forget(object);
}

// The handle is put; so is the eventfd, since whoever waits asks for it anew.
void Descriptors::forget(kshim_object* object) {
  if (event_count_.load() != 0) {
    bool held = false;
    {
      const std::shared_lock guard(mutex_);
      for (const auto& [inode, placeholder] : placeholders_) held |= placeholder.object == object;
    }
    const std::lock_guard guard(events_mutex_);
    if (!held) event_count_ -= events_.erase(object);
  }
  kshim_handle_put(shim_, object);
}

uint64_t Descriptors::count() const {
  const std::shared_lock guard(mutex_);
  return placeholders_.size() + mappings_.size();
}

int Descriptors::event(kshim_object* object) {
  const std::lock_guard guard(events_mutex_);
  File& file = events_[object];
  if (!file) {
    file = File(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    ++event_count_;
  }
  if (!file) {
    events_.erase(object);
    --event_count_;
    return -1;
  }
  return fcntl(file.get(), F_DUPFD_CLOEXEC, 0);
}

void Descriptors::wake(kshim_object* object) {
  if (event_count_.load(std::memory_order_relaxed) == 0) return;
  const std::lock_guard guard(events_mutex_);
  const auto at = events_.find(object);
  if (at == events_.end()) return;
  const uint64_t one = 1;
  if (write(at->second.get(), &one, sizeof one) < 0 && errno == EAGAIN) {
    // Full after 2^64 events that nobody read: it is readable, which is all that matters.
    return;
  }
}

}  // namespace zext::shim::daemon
