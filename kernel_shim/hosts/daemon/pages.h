// Pages: memory of maps that clients can map: each allocation a file of its own.
//
//   void* ring = pages.allocate(size, mirror);
//   std::optional<Pages::Piece> piece = pages.find(address);   // which file, where in it
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "kernel_shim/hosts/daemon/file.h"

namespace zext::shim::daemon {

class Pages {
 public:
  // As kshim_host::pages_alloc.
  void* allocate(uint64_t size, uint64_t mirror);
  void free(void* pages, uint64_t size, uint64_t mirror);

  struct Piece {
    int file = -1;        // of the daemon's, as long as the pages are there
    uint64_t offset = 0;  // of the address in it
  };
  std::optional<Piece> find(const void* address);

 private:
  struct Range {
    uint64_t size = 0;
    uint64_t mapped = 0;  // with the mirror
    uint64_t mirror = 0;
    File file;
  };
  std::mutex mutex_;
  std::map<uint64_t, Range> ranges_;  // by address
};

}  // namespace zext::shim::daemon
