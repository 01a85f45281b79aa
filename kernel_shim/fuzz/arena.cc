#include "kernel_shim/fuzz/arena.h"

#include <sys/mman.h>

#include <cstdlib>

namespace zext::shim::fuzz {

// The good pages, one that is not there, one that can only be read.
Arena::Arena() {
  void* memory = mmap(nullptr, (kGoodPages + 2) * kPage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  base_ = static_cast<uint8_t*>(memory);
  mprotect(base_ + kGoodPages * kPage, kPage, PROT_NONE);
  mprotect(base_ + (kGoodPages + 1) * kPage, kPage, PROT_READ);
}

Arena::~Arena() { munmap(base_, (kGoodPages + 2) * kPage); }

uint8_t* Arena::good(uint64_t choice) { return base_ + choice % 64 * 64; }

uint64_t Arena::pointer(uint64_t choice) {
  const auto base = reinterpret_cast<uint64_t>(base_);
  const uint64_t place = choice >> 5;
  switch (choice % 32) {
    case 29:
      return base + kGoodPages * kPage - place % 64;
    case 30:
      return base + (kGoodPages + 1) * kPage + place % 1024;
    case 31:
      return choice;
    default:
      return reinterpret_cast<uint64_t>(good(place));
  }
}

}  // namespace zext::shim::fuzz
