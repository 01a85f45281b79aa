#include "word/bv.h"

#include <string>

namespace zext {
namespace {

thread_local int opaque_depth = 0;

z3::expr interpreted(internal::Product op, const z3::expr& a, const z3::expr& b) {
  switch (op) {
    case internal::Product::kMul:
      return a * b;
    case internal::Product::kUdiv:
      return z3::udiv(a, b);
    case internal::Product::kUrem:
      return z3::urem(a, b);
    case internal::Product::kSdiv:
      return a / b;
    case internal::Product::kSrem:
      return z3::srem(a, b);
  }
  __builtin_unreachable();
}

const char* name(internal::Product op) {
  switch (op) {
    case internal::Product::kMul:
      return "mul";
    case internal::Product::kUdiv:
      return "udiv";
    case internal::Product::kUrem:
      return "urem";
    case internal::Product::kSdiv:
      return "sdiv";
    case internal::Product::kSrem:
      return "srem";
  }
  __builtin_unreachable();
}

}  // namespace

OpaqueArithmetic::OpaqueArithmetic() { ++opaque_depth; }
OpaqueArithmetic::~OpaqueArithmetic() { --opaque_depth; }
bool OpaqueArithmetic::active() { return opaque_depth > 0; }

namespace internal {

z3::expr product(Product op, const z3::expr& a, const z3::expr& b) {
  const bool constant = a.is_numeral() && b.is_numeral();
  if (!OpaqueArithmetic::active() || constant) return interpreted(op, a, b);
  const z3::sort word = a.get_sort();
  const std::string symbol = std::string(name(op)) + std::to_string(word.bv_size());
  return smt_context().function(symbol.c_str(), word, word, word)(a, b);
}

}  // namespace internal
}  // namespace zext
