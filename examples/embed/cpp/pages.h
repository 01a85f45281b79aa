// Pages: memory by whole pages, from a list of free ranges; and small blocks within pages of the
// kernel's own by size.
//
//   pages.start(first, end);
//   void* block = pages.alloc(100);
//   pages.free(block, 100);
#pragma once

#include <cstddef>
#include <cstdint>

namespace embed {

class Pages {
 public:
  void start(uint8_t* first, uint8_t* end);
  // At a multiple of 64, of a page from a page on. Null: there is none.
  void* alloc(uint64_t size);
  void free(void* block, uint64_t size);
  uint64_t used() const { return used_; }

 private:
  struct Range {
    uint64_t size;
    Range* next;
  };
  static uint64_t rounded(uint64_t size);

  Range* ranges_ = nullptr;
  uint64_t used_ = 0;
};

}  // namespace embed
