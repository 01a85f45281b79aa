#include "jit/install/host.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace zext::jit {
namespace {

void* pointer(uint64_t address) {
  return reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr): mmap's own
}
uint64_t address_of(const void* at) { return reinterpret_cast<uint64_t>(at); }

// mmap as near to `near` as a few tries find a place.
void* map_near(uint64_t near, uint64_t size, int protection, int flags, int file) {
  constexpr uint64_t kStep = uint64_t{64} << 20;
  const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  for (uint64_t tries = 1; near != 0 && tries <= 16; ++tries) {
    const uint64_t away = tries / 2 * kStep;
    const uint64_t hint = (tries % 2 == 0 ? near - away : near + away) / page * page;
    if (tries % 2 == 0 ? hint > near : hint < near - page) continue;
    void* at = mmap(pointer(hint), size, protection, flags | MAP_FIXED_NOREPLACE, file, 0);
    if (at == pointer(hint)) return at;
    if (at != MAP_FAILED) munmap(at, size);  // a kernel that does not know the flag
  }
  return mmap(nullptr, size, protection, flags, file, 0);
}

}  // namespace

TextHooks HostText::hooks() {
  return {.context = this,
          .allocate = &HostText::allocate,
          .protect = &HostText::protect,
          .synchronise = &HostText::synchronise,
          .release = &HostText::release};
}

int HostText::allocate(void* context, uint64_t size, uint64_t near, TextBlock* block) {
  auto* self = static_cast<HostText*>(context);
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  block->size = (size + page - 1) / page * page;
  void* text = MAP_FAILED;
  if (self->mappings_ == Mappings::kOne) {
    text = map_near(near, block->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    block->writable = text;
  } else {
    const int file = memfd_create("zext-text", MFD_CLOEXEC);
    if (file < 0) return -errno;
    if (ftruncate(file, static_cast<off_t>(block->size)) == 0) {
      text = map_near(near, block->size, PROT_NONE, MAP_SHARED, file);
    }
    if (text != MAP_FAILED) {
      block->writable = mmap(nullptr, block->size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
      if (block->writable == MAP_FAILED) {
        munmap(text, block->size);
        text = MAP_FAILED;
      }
    }
    close(file);
  }
  if (text == MAP_FAILED) return -ENOMEM;
  block->address = address_of(text);
  ++self->blocks_;
  return 0;
}

int HostText::protect(void* context, TextBlock* block) {
  const auto* self = static_cast<HostText*>(context);
  if (self->mappings_ == Mappings::kTwo) {
    if (munmap(block->writable, block->size) != 0) return -errno;
  }
  block->writable = nullptr;
  if (mprotect(pointer(block->address), block->size, PROT_READ | PROT_EXEC) != 0) return -errno;
  return 0;
}

// On RISC-V this is the system call that has every hart of the process execute fence.i.
int HostText::synchronise(void* /*context*/, const TextBlock* block) {
  auto* begin = static_cast<char*>(pointer(block->address));
  __builtin___clear_cache(begin, begin + block->size);
  return 0;
}

void HostText::release(void* context, TextBlock* block) {
  auto* self = static_cast<HostText*>(context);
  if (self->mappings_ == Mappings::kTwo && block->writable != nullptr) {
    munmap(block->writable, block->size);
  }
  munmap(pointer(block->address), block->size);
  --self->blocks_;
}

}  // namespace zext::jit
