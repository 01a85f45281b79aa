// Scalar's operations are sound, given that the views' are (alu_test.cc): how a scalar is put
// together from views, and the operations that are Scalar's own. What is proven is what comes
// before `reduce` (reduce_test.cc).
#include <gtest/gtest.h>

#include <array>
#include <span>

#include "isa/ebpf/semantics.h"
#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using ebpf::AluOp;
using verifier::Scalar;
using W = Bv<64>;
using Half = Bv<32>;

constexpr AluOp kAluOps[] = {
#define EBPF_ALU(name, ...) AluOp::k##name,
#include "isa/ebpf/insns.def"
};

TEST(ScalarAlu, HalvesOfOperands) {
  theorem("views of a scalar", 64, [] {
    const auto a = any_scalar<W>("a");
    const W x = any<W>("x");
    return Claim{.given = contains(a, x),
                 .show = {contains(a.full(), x), contains(a.low(), trunc<32>(x))}};
  });
  theorem("scalar of views", 64, [] {
    const auto full = any_view<W>("a");
    const auto low = any_view<Half>("a.low");
    const W x = any<W>("x");
    return Claim{.given = contains(full, x) && contains(low, trunc<32>(x)),
                 .show = {contains(Scalar<W>::of(full, low), x)}};
  });
  theorem("zero-extended view", 64, [] {
    const auto low = any_view<Half>("a.low");
    const Half x = any<Half>("x");
    return Claim{.given = contains(low, x),
                 .show = {contains(verifier::internal::zero_extended<W>(low), zext<64>(x))}};
  });
}

// Where a scalar computes the low half from the operands' low halves, that is where it comes from.
TEST(ScalarAlu, OperationsOnHalves) {
  for (const AluOp op : kAluOps) {
    if (!verifier::internal::works_on_halves(op)) continue;
    theorem(std::string("low half of ") + name_of(op), 64, [op] {
      const W x = any<W>("x");
      const W y = any<W>("y");
      return trunc<32>(ebpf::alu(op, x, y)) == ebpf::alu(op, trunc<32>(x), trunc<32>(y));
    });
  }
  theorem("low half of neg", 64, [] {
    const W x = any<W>("x");
    return trunc<32>(ebpf::neg(x)) == ebpf::neg(trunc<32>(x));
  });
}

TEST(ScalarAlu, ShiftOfTheLowHalf) {
  theorem("left shift by half the width or more", 64, [] {
    const auto a = any_scalar<W>("a");
    const auto b = any_scalar<W>("b");
    const auto r = any_view<W>("r");
    const W x = any<W>("x");
    const W y = any<W>("y");
    const W z = ebpf::alu(AluOp::kLsh, x, y);
    return Claim{.given = contains(a, x) && contains(b, y) && contains(r, z),
                 .show = goals(verifier::internal::shift_of_low(r, a, b), z)};
  });
}

// The whole operation in one query, where that is quick.
TEST(ScalarAlu, Whole) {
  for (const AluOp op : {AluOp::kOr, AluOp::kAnd, AluOp::kXor, AluOp::kMov, AluOp::kDiv}) {
    for (const unsigned width : {32u, 64u}) {
      if (op == AluOp::kDiv && width == 64) continue;
      const char* by_zero = op == AluOp::kDiv ? " by zero" : "";
      theorem(std::string("scalar ") + name_of(op) + by_zero, width, [=] {
        const OpaqueArithmetic opaque;
        const auto a = any_scalar<W>("a");
        const auto b = op == AluOp::kDiv ? Scalar<W>::constant(W::of(0)) : any_scalar<W>("b");
        const W x = any<W>("x");
        const W y = any<W>("y");
        const W z =
            width == 64 ? ebpf::alu(op, x, y) : zext<64>(ebpf::alu(op, trunc<32>(x), trunc<32>(y)));
        const auto r = verifier::internal::alu_components(op, width, a, b);
        return Claim{.given = contains(a, x) && contains(b, y), .show = goals(r, z)};
      });
    }
  }
}

TEST(ScalarMoves, SignExtension) {
  for (const unsigned bytes : {1u, 2u, 4u, 8u}) {
    theorem("sign extension of " + std::to_string(bytes) + " bytes", 64, [=] {
      const auto a = any_scalar<W>("a");
      const W x = any<W>("x");
      return Claim{.given = contains(a, x),
                   .show = goals(verifier::internal::sign_extend_components(bytes, a),
                                 ebpf::sign_extend(bytes, x))};
    });
  }
}

TEST(ScalarMoves, ZeroExtensionAndByteOrder) {
  for (const unsigned bytes : {1u, 2u, 4u, 8u}) {
    theorem("zero extension of " + std::to_string(bytes) + " bytes", 64, [=] {
      const auto a = any_scalar<W>("a");
      const W x = any<W>("x");
      return Claim{.given = contains(a, x),
                   .show = goals(verifier::internal::zero_extend_components(bytes, a),
                                 ebpf::zero_extend(bytes, x))};
    });
  }
  for (const unsigned bytes : {2u, 4u, 8u}) {
    theorem("byte reversal of " + std::to_string(bytes) + " bytes", 64, [=] {
      const auto a = any_tnum<W>("a");
      const W x = any<W>("x");
      return Claim{.given = contains(a, x),
                   .show = {contains(verifier::internal::reverse_bytes(bytes, a),
                                     ebpf::endian(ebpf::EndianOp::kBswap, bytes, x))}};
    });
    theorem("be and le of " + std::to_string(bytes) + " bytes", 64, [=] {
      const W x = any<W>("x");
      using ebpf::EndianOp;
      return ebpf::endian(EndianOp::kBe, bytes, x) == ebpf::endian(EndianOp::kBswap, bytes, x) &&
             ebpf::endian(EndianOp::kLe, bytes, x) == ebpf::zero_extend(bytes, x);
    });
  }
}

template <class A>
Formula same(const A& a, const A& b) {
  if constexpr (requires { a.lo; }) {
    return a.lo == b.lo && a.hi == b.hi;
  } else {
    return a.value == b.value && a.mask == b.mask;
  }
}

// `r` is `verb(a, b)` in each component: what lattice_test.cc proves of those, is true of scalars.
template <class Verb>
std::vector<Formula> by_component(const Scalar<W>& r, Verb verb, const Scalar<W>& a,
                                  const Scalar<W>& b) {
  return {same(r.bits, verb(a.bits, b.bits)), same(r.u, verb(a.u, b.u)), same(r.s, verb(a.s, b.s)),
          same(r.u32, verb(a.u32, b.u32)), same(r.s32, verb(a.s32, b.s32))};
}

TEST(ScalarLattice, VerbsByComponent) {
  const auto a = any_scalar<W>("a");
  const auto b = any_scalar<W>("b");
  theorem("join", 64, [&] {
    const auto verb = [](const auto& c, const auto& d) { return join(c, d); };
    return Claim{.show = by_component(join(a, b), verb, a, b)};
  });
  theorem("meet", 64, [&] {
    const auto verb = [](const auto& c, const auto& d) { return meet(c, d); };
    return Claim{.show = by_component(verifier::internal::meet_components(a, b), verb, a, b)};
  });
  theorem("narrowing", 64, [&] {
    const auto verb = [](const auto& c, const auto& d) { return narrowing(c, d); };
    return Claim{.show = by_component(narrowing(a, b), verb, a, b)};
  });
  theorem("widening", 64, [&] {
    const std::array<W, 2> words = {any<W>("t0"), any<W>("t1")};
    const std::span<const W> thresholds(words);
    const auto verb = [&](const auto& c, const auto& d) { return widening(c, d, thresholds); };
    return Claim{.show = by_component(widening(a, b, thresholds), verb, a, b)};
  });
  theorem("leq", 64, [&] {
    return Claim{.given = leq(a, b) && !is_bottom(a),
                 .show = {leq(a.bits, b.bits), leq(a.u, b.u), leq(a.s, b.s), leq(a.u32, b.u32),
                          leq(a.s32, b.s32)}};
  });
}

TEST(ScalarLattice, Extremes) {
  theorem("bottom is empty, top is full", 64, [] {
    const auto a = any_scalar<W>("a");
    const W x = any<W>("x");
    return Claim{.show = {implies(is_bottom(a), !contains(a, x)), !contains(Scalar<W>::bottom(), x),
                          contains(Scalar<W>::top(), x), contains(Scalar<W>::constant(x), x)}};
  });
}

}  // namespace
}  // namespace zext::proofs
