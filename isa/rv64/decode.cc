#include "isa/rv64/decode.h"

namespace zext::rv64 {

namespace {

std::string hex(uint32_t bits, unsigned digits) {
  std::string text = "0x";
  for (unsigned i = digits; i-- > 0;) text += "0123456789abcdef"[bits >> (4 * i) & 15];
  return text;
}

}  // namespace

std::string describe(const DecodeError& error) {
  switch (error.kind) {
    case DecodeError::Kind::kUnknown:
      return hex(error.bits, 8) + " is no instruction of RV64IMAC_Zba_Zbb_Zbs_Zicond";
    case DecodeError::Kind::kUnknownCompressed:
      return hex(error.bits, 4) + " is a reserved or floating-point compressed instruction";
    case DecodeError::Kind::kZero:
      return "0x0000 is illegal by definition: is this code at all?";
    case DecodeError::Kind::kTooLong:
      return hex(error.bits, 8) + " starts an instruction longer than 32 bits";
  }
  __builtin_unreachable();
}

}  // namespace zext::rv64
