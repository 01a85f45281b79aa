#include "word/array.h"

namespace zext {
namespace {

bool is_store(const z3::expr& array) {
  return array.is_app() && array.decl().decl_kind() == Z3_OP_STORE;
}

}  // namespace

ByteArray ByteArray::variable(const char* name) {
  z3::context& context = smt_context();
  return ByteArray(
      context.constant(name, context.array_sort(context.bv_sort(64), context.bv_sort(8))));
}

Bv<8> ByteArray::at(const Bv<64>& address) const {
  z3::expr array = term_;
  while (is_store(array)) {
    const z3::expr distance = (address.term() - array.arg(1)).simplify();
    if (!distance.is_numeral()) break;
    if (distance.get_numeral_uint64() == 0) return Bv<8>(array.arg(2));
    array = array.arg(0);
  }
  return Bv<8>(z3::select(array, address.term()));
}

Bv<64> ByteArray::load(const Bv<64>& address, unsigned bytes) const {
  z3::expr value = at(address).term();
  for (unsigned i = 1; i < bytes; ++i) {
    value = z3::concat(at(address + Bv<64>::of(i)).term(), value);
  }
  return Bv<64>(bytes == 8 ? value : z3::zext(value, 64 - 8 * bytes));
}

void ByteArray::store(const Bv<64>& address, unsigned bytes, const Bv<64>& value) {
  for (unsigned i = 0; i < bytes; ++i) {
    const z3::expr byte = value.term().extract(8 * i + 7, 8 * i);
    term_ = z3::store(term_, (address + Bv<64>::of(i)).term(), byte);
  }
}

Formula same_bytes(const ByteArray& a, const ByteArray& b) {
  Formula written = true;
  z3::expr x = a.term_, y = b.term_;
  while (is_store(x) && is_store(y) && z3::eq(x.arg(1).simplify(), y.arg(1).simplify())) {
    written = written && Formula(x.arg(2) == y.arg(2));
    x = x.arg(0);
    y = y.arg(0);
  }
  if (z3::eq(x, y)) return written;
  const auto anywhere = Bv<64>::variable("anywhere");
  return a.at(anywhere) == b.at(anywhere);
}

}  // namespace zext
