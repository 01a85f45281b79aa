#include "kernel_shim/engines/machine/ram.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace zext::shim::machine {
namespace {

constexpr uint64_t kPage = 4096;

// Sv39: three levels of tables of 512 entries. One table at the top, two below it (for the first
// 2 GiB), and one of pages for each 2 MiB of mirrors.
constexpr uint64_t kEntries = 512;
constexpr uint64_t kMiddle = kTables + kPage;
constexpr uint64_t kLeaves = kTables + 3 * kPage;
static_assert(kLeaves + (kMirrorsEnd - kMirrors) / kSuperpage * kPage <= kHeap);

constexpr uint64_t kTable = 1;      // V
constexpr uint64_t kMemory = 0xcf;  // D A X W R V

uint64_t* entries(uint64_t address) { return reinterpret_cast<uint64_t*>(address); }
uint64_t entry(uint64_t physical_address, uint64_t flags) {
  return physical_address >> 12 << 10 | flags;
}
uint64_t& page_entry(uint64_t address) { return entries(kLeaves)[(address - kMirrors) / kPage]; }

bool map(uint64_t address, uint64_t size, int fd, uint64_t offset, int flags) {
  void* wanted = reinterpret_cast<void*>(address);
  return mmap(wanted, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | flags, fd,
              static_cast<off_t>(offset)) == wanted;
}

// Nobody's, and nothing may be put there.
bool reserve(uint64_t address, uint64_t size, int flags) {
  void* wanted = reinterpret_cast<void*>(address);
  return mmap(wanted, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1,
              0) == wanted;
}

int memory_file(const char* name, uint64_t size) {
  const int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd >= 0 && ftruncate(fd, static_cast<off_t>(size)) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

}  // namespace

std::expected<std::unique_ptr<Ram>, std::string> Ram::create(uint64_t size) {
  if (size % kSuperpage != 0 || size < 8 * kSuperpage || size > kMirrors - kBase) {
    return std::unexpected("a machine's memory is a multiple of 2 MiB, from 16 MiB to 1 GiB");
  }
  // A page more: reads of the model may overrun the end.
  const int fd = memory_file("zext-machine", size + kPage);
  if (fd < 0) return std::unexpected(std::string("no memory: ") + std::strerror(errno));
  std::unique_ptr<Ram> ram(new Ram(fd, size));
  if (!map(kBase, size + kPage, fd, 0, MAP_FIXED_NOREPLACE)) {
    ram->size_ = 0;
    return std::unexpected(
        "the machine's addresses are taken: a process can have one simulated machine at a time");
  }
  if (!reserve(kMirrors, kMirrorsEnd - kMirrors, MAP_FIXED_NOREPLACE)) {
    munmap(reinterpret_cast<void*>(kBase), size + kPage);
    ram->size_ = 0;
    return std::unexpected("the addresses for mirrored memory are taken");
  }
  ram->make_tables();
  auto* mailbox = new (reinterpret_cast<void*>(kMailbox)) Mailbox();
  mailbox->heap.start(reinterpret_cast<uint8_t*>(kHeap), ram->bytes() + size);
  return ram;
}

Ram::~Ram() {
  for (const auto& [address, pages] : pages_) close(pages.fd);
  if (size_ != 0) {
    munmap(reinterpret_cast<void*>(kBase), size_ + kPage);
    munmap(reinterpret_cast<void*>(kMirrors), kMirrorsEnd - kMirrors);
  }
  close(fd_);
}

void Ram::make_tables() {
  uint64_t* top = entries(kTables);
  uint64_t* middle = entries(kMiddle);
  for (uint64_t i = 0; i < 2; ++i) {
    top[i] = entry(physical(kMiddle + i * kPage), kTable);
  }
  for (uint64_t at = 0; at < size_; at += kSuperpage) {
    middle[(kBase + at) / kSuperpage] = entry(kPhysical + at, kMemory);
  }
  for (uint64_t at = kMirrors; at < kMirrorsEnd; at += kSuperpage) {
    middle[at / kSuperpage] =
        entry(physical(kLeaves + (at - kMirrors) / kSuperpage * kPage), kTable);
  }
  static_assert(kMirrorsEnd / kSuperpage <= 2 * kEntries);
}

bool Ram::contains(const void* address, uint64_t bytes) const {
  const auto at = reinterpret_cast<uint64_t>(address);
  if (at >= kBase && at - kBase < size_) return bytes <= size_ - (at - kBase);
  const auto found = pages_.upper_bound(at);
  if (found == pages_.begin()) return false;
  const Pages& pages = std::prev(found)->second;
  const uint64_t offset = at - std::prev(found)->first;
  return offset < pages.window_size && bytes <= pages.window_size - offset;
}

// The lowest addresses that are free, or 0.
uint64_t Ram::free_window(uint64_t bytes) const {
  uint64_t at = kMirrors;
  for (const auto& [address, pages] : pages_) {
    if (pages.window == 0) continue;
    if (address - at >= bytes) break;
    at = address + pages.window_size;
  }
  return kMirrorsEnd - at >= bytes ? at : 0;
}

bool Ram::place_window(Pages& pages) {
  if (pages.mirror == KSHIM_NO_MIRROR) return true;
  const uint64_t second = pages.size - pages.mirror;
  pages.window_size = pages.size + second;
  pages.window = free_window(pages.window_size);
  if (pages.window == 0 || !map(pages.window, pages.size, pages.fd, 0, MAP_FIXED) ||
      !map(pages.window + pages.size, second, pages.fd, pages.mirror, MAP_FIXED)) {
    return false;
  }
  const uint64_t frame = physical(reinterpret_cast<uint64_t>(pages.place));
  for (uint64_t at = 0; at < pages.window_size; at += kPage) {
    const uint64_t offset = at < pages.size ? at : at - pages.size + pages.mirror;
    page_entry(pages.window + at) = entry(frame + offset, kMemory);
  }
  return true;
}

bool Ram::place(Pages& pages) {
  // More than the heap's largest small block, so that it is whole pages.
  pages.place = static_cast<uint8_t*>(mailbox().heap.alloc(pages.size));
  if (pages.place == nullptr) return false;
  pages.fd = memory_file("zext-pages", pages.size);
  return pages.fd >= 0 &&
         map(reinterpret_cast<uint64_t>(pages.place), pages.size, pages.fd, 0, MAP_FIXED) &&
         place_window(pages);
}

// As before, whatever of it was done.
void Ram::restore(const Pages& pages) {
  if (pages.window != 0) {
    reserve(pages.window, pages.window_size, MAP_FIXED);
    for (uint64_t at = 0; at < pages.window_size; at += kPage) page_entry(pages.window + at) = 0;
  }
  if (pages.fd >= 0) close(pages.fd);
  if (pages.place == nullptr) return;
  const auto address = reinterpret_cast<uint64_t>(pages.place);
  map(address, pages.size, fd_, address - kBase, MAP_FIXED);
  mailbox().heap.free(pages.place, pages.size);
}

void* Ram::pages_alloc(uint64_t size, uint64_t mirror) {
  if (size == 0 || size % kPage != 0 || size > size_) return nullptr;
  if (mirror != KSHIM_NO_MIRROR && (mirror % kPage != 0 || mirror >= size)) return nullptr;
  Pages pages{.size = size, .mirror = mirror};
  if (!place(pages)) {
    restore(pages);
    return nullptr;
  }
  const uint64_t address =
      pages.window != 0 ? pages.window : reinterpret_cast<uint64_t>(pages.place);
  pages_.emplace(address, pages);
  return reinterpret_cast<void*>(address);
}

void Ram::pages_free(void* memory, uint64_t /*size*/, uint64_t /*mirror*/) {
  const auto found = pages_.find(reinterpret_cast<uint64_t>(memory));
  if (found == pages_.end()) return;
  restore(found->second);
  pages_.erase(found);
}

std::optional<Ram::Found> Ram::find(const void* address) const {
  const auto at = reinterpret_cast<uint64_t>(address);
  const auto behind = pages_.upper_bound(at);
  if (behind == pages_.begin()) return std::nullopt;
  const auto& [begin, pages] = *std::prev(behind);
  const uint64_t offset = at - begin;
  if (offset < pages.size) return Found{.fd = pages.fd, .offset = offset};
  if (offset >= pages.window_size) return std::nullopt;
  return Found{.fd = pages.fd, .offset = offset - pages.size + pages.mirror};
}

}  // namespace zext::shim::machine
