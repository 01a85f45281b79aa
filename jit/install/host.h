// HostText: TextHooks on Linux, with mmap and mprotect, for one mapping or two.
//
//   HostText memory(HostText::Mappings::kTwo);
//   auto installed = install(code, options, memory.hooks());
//
// One mapping is written and then executed. Of two of the same pages, one is written and unmapped,
// and the other has no rights until then. On RISC-V the text can be called; elsewhere it can be
// looked at, and run by an interpreter of RV64.
#pragma once

#include <cstddef>
#include <cstdint>

#include "jit/install/hooks.h"

namespace zext::jit {

class HostText {
 public:
  enum class Mappings : uint8_t { kOne, kTwo };

  explicit HostText(Mappings mappings) : mappings_(mappings) {}
  HostText(const HostText&) = delete;
  HostText& operator=(const HostText&) = delete;

  // They refer to this object, which outlives what they install.
  TextHooks hooks();
  // Allocated and not released.
  size_t blocks() const { return blocks_; }

 private:
  static int allocate(void* context, uint64_t size, uint64_t near, TextBlock* block);
  static int protect(void* context, TextBlock* block);
  static int synchronise(void* context, const TextBlock* block);
  static void release(void* context, TextBlock* block);

  Mappings mappings_;
  size_t blocks_ = 0;
};

}  // namespace zext::jit
