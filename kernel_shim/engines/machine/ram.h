// Ram: the machine's memory, mapped into this process where the machine's programs see it.
//
//   auto ram = Ram::create(512 << 20);
//   void* pages = (*ram)->pages_alloc(8192, 4096);     // the second page can be seen twice
//   model_config.memory_bytes = (*ram)->bytes();
//
// One at a time in a process, since its addresses are fixed (layout.h). Memory of pages_alloc is a
// file of its own, so that it can be handed to another process without the rest; it is mapped over
// its place in RAM, and a mirrored one once more, in two views, where the machine's page tables
// have it too. Not thread-safe.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "kernel_shim/engines/machine/layout.h"

namespace zext::shim::machine {

class Ram {
 public:
  // Zero, but for the page tables and the mailbox, whose heap has begun. Errors: the addresses are
  // taken, the host has no memory.
  static std::expected<std::unique_ptr<Ram>, std::string> create(uint64_t size);
  Ram(const Ram&) = delete;
  Ram& operator=(const Ram&) = delete;
  ~Ram();

  uint64_t size() const { return size_; }
  int fd() const { return fd_; }  // of all but pages
  uint8_t* bytes() const { return reinterpret_cast<uint8_t*>(kBase); }
  Mailbox& mailbox() const { return *reinterpret_cast<Mailbox*>(kMailbox); }
  bool contains(const void* address, uint64_t bytes) const;

  // As kshim_host's functions of these names.
  void* pages_alloc(uint64_t size, uint64_t mirror);
  void pages_free(void* pages, uint64_t size, uint64_t mirror);

  // One allocation of pages.
  struct Pages {
    int fd = -1;
    uint64_t size = 0;
    uint64_t mirror = KSHIM_NO_MIRROR;
    uint8_t* place = nullptr;  // in RAM
    uint64_t window = 0;       // its address, if it is mirrored, and then the bytes there; else 0
    uint64_t window_size = 0;
  };
  // The allocation that the address is in, and its offset in the file.
  struct Found {
    int fd = -1;
    uint64_t offset = 0;
  };
  std::optional<Found> find(const void* address) const;
  // By address.
  const std::map<uint64_t, Pages>& pages() const { return pages_; }

 private:
  Ram(int fd, uint64_t size) : fd_(fd), size_(size) {}

  void make_tables();
  bool place(Pages& pages);
  bool place_window(Pages& pages);
  void restore(const Pages& pages);
  uint64_t free_window(uint64_t bytes) const;

  int fd_;
  uint64_t size_;
  std::map<uint64_t, Pages> pages_;
};

}  // namespace zext::shim::machine
