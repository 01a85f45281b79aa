#include "kernel_shim/hosts/daemon/pages.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <utility>

#include "kernel_shim/include/zext/kernel_shim.h"

namespace zext::shim::daemon {

void* Pages::allocate(uint64_t size, uint64_t mirror) {
  const uint64_t again = mirror == KSHIM_NO_MIRROR ? 0 : size - mirror;
  if (mirror != KSHIM_NO_MIRROR && mirror > size) return nullptr;
  File file(memfd_create("bpf-pages", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  // A client that has the file cannot cut pages off under the daemon's feet.
  if (!file || ftruncate(file.get(), static_cast<off_t>(size)) != 0 ||
      fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return nullptr;
  }
  void* room =
      mmap(nullptr, size + again, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return nullptr;
  constexpr int kProtection = PROT_READ | PROT_WRITE;
  constexpr int kFlags = MAP_SHARED | MAP_FIXED;
  const bool mapped =
      mmap(room, size, kProtection, kFlags, file.get(), 0) != MAP_FAILED &&
      (again == 0 || mmap(static_cast<char*>(room) + size, again, kProtection, kFlags, file.get(),
                          static_cast<off_t>(mirror)) != MAP_FAILED);
  if (!mapped) {
    munmap(room, size + again);
    return nullptr;
  }
  const std::lock_guard guard(mutex_);
  ranges_.insert_or_assign(
      reinterpret_cast<uint64_t>(room),
      Range{.size = size, .mapped = size + again, .mirror = mirror, .file = std::move(file)});
  return room;
}

void Pages::free(void* pages, uint64_t /*size*/, uint64_t /*mirror*/) {
  const std::lock_guard guard(mutex_);
  const auto at = ranges_.find(reinterpret_cast<uint64_t>(pages));
  if (at == ranges_.end()) return;
  munmap(pages, at->second.mapped);
  ranges_.erase(at);
}

std::optional<Pages::Piece> Pages::find(const void* address) {
  const auto number = reinterpret_cast<uint64_t>(address);
  const std::lock_guard guard(mutex_);
  auto at = ranges_.upper_bound(number);
  if (at == ranges_.begin()) return {};
  --at;
  const Range& range = at->second;
  uint64_t offset = number - at->first;
  if (offset >= range.mapped) return {};
  if (offset >= range.size) offset = offset - range.size + range.mirror;
  return Piece{.file = range.file.get(), .offset = offset};
}

}  // namespace zext::shim::daemon
