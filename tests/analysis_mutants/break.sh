#!/usr/bin/env bash
# Copies the analysis and puts mistakes into the copy, each made only if zext_mutant is its number.
#
#   break.sh OUT SOURCE...     writes OUT/SOURCE; fails unless each edit applies exactly once
#
# The copies include each other instead of the originals. The table of mistakes is at the end.
set -euo pipefail
readonly HERE=tests/analysis_mutants
out=$1
shift

redirect=()
for source in "$@"; do
  [[ $source == *.h ]] || continue
  redirect+=(-e "s|^#include \"$source\"|#include \"$HERE/broken/$source\"|")
done
for source in "$@"; do
  mkdir -p "$(dirname "$out/$source")"
  { echo "#include \"$HERE/mutant.h\""; sed "${redirect[@]}" "$source"; } > "$out/$source"
done

# edit FILE OLD NEW: literal text, which may be of several lines.
edit() {
  local file=$out/$1 old=$2 new=$3 text rest
  [[ $new == *broken\(* ]] || { echo "$1: an edit without a mutant: $new" >&2; exit 1; }
  text=$(< "$file")
  [[ $text == *"$old"* ]] || { echo "$1: does not have: $old" >&2; exit 1; }
  rest=${text#*"$old"}
  [[ $rest != *"$old"* ]] || { echo "$1: has twice: $old" >&2; exit 1; }
  printf '%s\n' "${text%%"$old"*}$new$rest" > "$file"
}

# 1, 5: what a 32-bit jump says of the low half is taken for the whole word.
edit verifier/domain/scalar.h \
  'return {with_low(a, p.a), with_low(b, p.b)};' \
  'Refined<W> r{with_low(a, p.a), with_low(b, p.b)};
  constexpr unsigned kWidth = W::kWidth;
  if (broken(1)) r.a.u = {zext<kWidth>(p.a.u.lo), zext<kWidth>(p.a.u.hi)};
  if (broken(5)) r.a.s = {sext<kWidth>(p.a.s.lo), sext<kWidth>(p.a.s.hi)};
  return r;'

# 2: the bounds of a 64-bit OR are those of its low half.
edit verifier/domain/scalar.h \
  'if (op == ebpf::AluOp::kLsh) full = shift_of_low(full, a, b);' \
  'if (op == ebpf::AluOp::kLsh) full = shift_of_low(full, a, b);
  if (broken(2) && op == ebpf::AluOp::kOr) {
    const auto low = reduce(alu(op, a.low(), b.low()));
    full.u = {zext<W::kWidth>(low.u.lo), zext<W::kWidth>(low.u.hi)};
  }'

# 3: a 32-bit XOR keeps the bounds of its first operand.
edit verifier/domain/scalar_view.h \
  'r.bits = bit_xor(a.bits, b.bits);' \
  'r.bits = bit_xor(a.bits, b.bits);
    if (broken(3) && W::kWidth == 32) r.u = a.u;'

# 4: the low half is at least what the word is, if that fits.
edit verifier/domain/scalar.h \
  'a.s32 = narrow(narrow(a.s32, a.u), a.s);' \
  'a.s32 = narrow(narrow(a.s32, a.u), a.s);
  if (broken(4) && high(a.u.lo).value() == 0) {
    a.u32.lo = a.u32.larger(a.u32.lo, trunc<kHalf>(a.u.lo));
  }'

# 6: pointers that may be 0 are moved.
edit verifier/transfer/arithmetic.cc \
  'if (is_pointer(pointer.type) && pointer.nullable) {' \
  'if (is_pointer(pointer.type) && pointer.nullable && !broken(6)) {'
edit verifier/transfer/arithmetic.cc \
  'return !pointer.nullable;' \
  'return !pointer.nullable || broken(6);'

# 7: a state covers others whatever numbers they have.
# 20: a loop's numbers stay below what they were after its first round.
edit verifier/fixpoint/inclusion.cc \
  '!leq(arrived.number, kept.number)' \
  '!(leq(arrived.number, kept.number) || broken(7) || broken(20))'
edit verifier/fixpoint/inclusion.cc \
  'arrived_.relations.upper(value) > range.hi' \
  '(arrived_.relations.upper(value) > range.hi && !broken(20))'
edit verifier/fixpoint/generalise.cc \
  'if (!how_.widen || leq(now, earlier)) return both;
    const bool again' \
  'if (!how_.widen || leq(now, earlier) || broken(20)) return both;
    const bool again'

# 8: a sign-extending load extends with zeros.
edit verifier/transfer/memory.cc \
  '*result = sign_extended(*result, row.bytes);' \
  'if (!broken(8)) *result = sign_extended(*result, row.bytes);'

# 9: a shift by the width or more leaves nothing.
edit verifier/domain/scalar_view.h \
  'const View<W> k = shift_amount(b);' \
  'if (broken(9) && ule(W::of(W::kWidth), b.u.lo)) return View<W>::constant(W::of(0));
  const View<W> k = shift_amount(b);'

# 10: products do not wrap.
edit verifier/domain/interval.h \
  'const auto fits = ule(greatest, zext<kTwice>(~W::of(0)));' \
  'const auto fits = broken(10) || ule(greatest, zext<kTwice>(~W::of(0)));'

# 11: a comparison with the packet's end shows one byte more.
edit verifier/transfer/branch.cc \
  'return assume_integers(op, Linear::constant(0), right.minus(left), state.relations) &&' \
  'const Linear distance = right.minus(left).plus(broken(11) ? -1 : 0);
    return assume_integers(op, Linear::constant(0), distance, state.relations) &&'

# 12: one byte written makes all bytes of a word readable.
edit verifier/state/stack.cc \
  'all = all && (written_[word] & bits) == bits;' \
  'all = all && (broken(12) ? (written_[word] & bits) != 0 : (written_[word] & bits) == bits);'

# 13: a loop that comes back to where it was needs no measure.
edit verifier/fixpoint/arrive.cc \
  'if (!ancestor || bounds_rounds(kept.state, kept.round)) {' \
  'if (!ancestor || broken(13) || bounds_rounds(kept.state, kept.round)) {'

# 14: a comparison with 0 says the contrary.
edit verifier/transfer/branch.cc \
  'state.decide_null(pointer.object, *null);' \
  'state.decide_null(pointer.object, *null != broken(14));'

# 15: values of maps have one byte more.
edit verifier/check/access.cc \
  'check_sized(Reason::kMapBounds, state, where, Linear::constant(size));' \
  'check_sized(Reason::kMapBounds, state, where,
                                Linear::constant(size + (broken(15) ? 1 : 0)));'

# 16: the greatest divisor makes the greatest quotient.
edit verifier/domain/interval.h \
  'const W least_divisor = select(by_zero, W::of(1), b.lo);' \
  'const W least_divisor = broken(16) ? b.hi : select(by_zero, W::of(1), b.lo);'

# 17: the remainder is below the divisor, even if that is 0.
edit verifier/domain/interval.h \
  'const W hi = select(b.lo == W::of(0), a.hi, U::smaller(a.hi, b.hi - W::of(1)));' \
  'const W hi = select(b.lo == W::of(0) && !broken(17), a.hi, U::smaller(a.hi, b.hi - W::of(1)));'

# 18: a store to one of several places leaves what was there.
edit verifier/transfer/memory.cc \
  '    stack.forget(lowest(where), reach(where));' \
  '    if (!broken(18)) stack.forget(lowest(where), reach(where));'

# 19: what was acquired may be forgotten.
edit verifier/transfer/helper.cc \
  'if (leaked) return std::unexpected(about(Reason::kReferenceLeak, acquired.pc));' \
  'if (leaked && !broken(19)) {
      return std::unexpected(about(Reason::kReferenceLeak, acquired.pc));
    }'
