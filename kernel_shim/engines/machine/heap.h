// Heap: the machine's memory, given out by this process and by the machine's own code alike.
//
//   heap.start(first, end);                 // once; all of it is zero
//   void* memory = heap.alloc(100);         // at a multiple of 64, null: there is none
//   heap.free(memory, 100);
//
// Its whole state is in that memory, of one layout for both builds. Blocks begin and end at cache
// lines, so that what the machine writes never shares one with what this process does. No lock: one
// of both at a time.
#pragma once

#include <cstdint>

namespace zext::shim {

class Heap {
 public:
  // Both at multiples of a page.
  void start(uint8_t* first, uint8_t* end);
  void* alloc(uint64_t size);
  void free(void* memory, uint64_t size);
  // Behind everything that was ever given out.
  const uint8_t* high_water() const { return high_water_; }

 private:
  struct Range {  // of free pages, at its own beginning; ascending, never adjacent
    uint64_t bytes = 0;
    Range* next = nullptr;
  };
  struct Block {
    Block* next = nullptr;
  };
  // 64, 128, 192, 256, then half-way between powers of two and these.
  static constexpr unsigned kClasses = 10;

  static unsigned class_of(uint64_t size);
  bool refill(unsigned size_class);
  uint8_t* alloc_pages(uint64_t bytes);
  void free_pages(uint8_t* pages, uint64_t bytes);

  Range* ranges_ = nullptr;
  uint8_t* high_water_ = nullptr;
  Block* blocks_[kClasses] = {};
};

}  // namespace zext::shim
