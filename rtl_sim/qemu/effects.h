// What the plugin has to know of an instruction beforehand: where its effects will show.
//
//   Effects e = effects_of(0x00b50533);   // add a0, a0, a1: e.rd == 10
#pragma once

#include <cstdint>

namespace zext::rtl_sim::qemu {

struct Effects {
  enum class Kind : uint8_t { kPlain, kMemory, kStoreConditional, kCsr };

  bool known = false;  // whether the instruction table has it
  Kind kind = Kind::kPlain;
  uint8_t rd = 0;    // register written, 0 for none
  uint16_t csr = 0;  // for kCsr
};

// `bits` as fetched; the upper half is ignored for a compressed instruction.
Effects effects_of(uint32_t bits);

}  // namespace zext::rtl_sim::qemu
