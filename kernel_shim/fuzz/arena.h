// Arena: user memory of a fuzzing client, good and bad.
//
//   uint64_t address = arena.pointer(choice, 64);   // mostly 64 good bytes
#pragma once

#include <cstdint>

namespace zext::shim::fuzz {

class Arena {
 public:
  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Of 32 choices, 29 are memory that can be read and written: good(choice >> 5). The others end at
  // a page that is not there, can only be read, or are anything.
  uint64_t pointer(uint64_t choice);
  // Memory that can be read and written.
  uint8_t* good(uint64_t choice);

 private:
  static constexpr uint64_t kPage = 4096;
  static constexpr uint64_t kGoodPages = 8;
  uint8_t* base_;
};

}  // namespace zext::shim::fuzz
