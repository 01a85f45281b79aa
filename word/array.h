// ByteArray: memory that reasons: a byte for each 64-bit address, as an SMT array.
//
//   ByteArray memory = ByteArray::variable("memory");
//   memory.store(p, 4, x);                          // the low 4 bytes of x, little-endian
//   prove(memory.load(p, 4) == zext<64>(trunc<32>(x)), {.logic = "QF_AUFBV"});      // proved
//
// Reading resolves what was written at a constant distance from the address, so that terms stay
// small where addresses are one base plus constants.
#pragma once

#include "word/bv.h"

namespace zext {

class ByteArray {
 public:
  // Memory about which nothing is known; equal names give the same memory.
  static ByteArray variable(const char* name);

  Bv<8> at(const Bv<64>& address) const;
  // The `bytes` (at most 8) from `address` upward, little-endian, zero-extended.
  Bv<64> load(const Bv<64>& address, unsigned bytes) const;
  // Replaces these bytes by the low ones of `value`. Addresses wrap.
  void store(const Bv<64>& address, unsigned bytes, const Bv<64>& value);
  // That two memories are the same. Where both were written at the same addresses in the same
  // order, that is asked of the bytes written; otherwise, of the byte at an address that may be
  // any.
  friend Formula same_bytes(const ByteArray& a, const ByteArray& b);

 private:
  explicit ByteArray(const z3::expr& term) : term_(term) {}

  z3::expr term_;
};

}  // namespace zext
