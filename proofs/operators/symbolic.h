// Abstract values of which nothing is known: the variables of theorems about operators.
//
//   const auto a = any_view<Bv<64>>("a");      // variables a.value, a.mask, a.ulo, a.uhi, ...
#pragma once

#include <string>
#include <vector>

#include "verifier/domain/scalar.h"
#include "word/bv.h"

namespace zext::proofs {

template <Word W>
W any(const std::string& name) {
  return W::variable(name.c_str());
}

template <Word W>
verifier::Tnum<W> any_tnum(const std::string& name) {
  return {any<W>(name + ".value"), any<W>(name + ".mask")};
}

template <Word W, verifier::Order kOrder>
verifier::Interval<W, kOrder> any_interval(const std::string& name) {
  const char* order = kOrder == verifier::Order::kUnsigned ? "u" : "s";
  return {any<W>(name + "." + order + "lo"), any<W>(name + "." + order + "hi")};
}

template <Word W>
verifier::View<W> any_view(const std::string& name) {
  return {any_tnum<W>(name), any_interval<W, verifier::Order::kUnsigned>(name),
          any_interval<W, verifier::Order::kSigned>(name)};
}

template <Word W>
verifier::Scalar<W> any_scalar(const std::string& name) {
  using Half = typename verifier::Scalar<W>::Half;
  const auto low = any_view<Half>(name + ".low");
  return verifier::Scalar<W>::of(any_view<W>(name), low);
}

// "a contains x" as one goal a component: what Z3 finds easier than all at once.
template <Word W>
std::vector<Formula> goals(const verifier::View<W>& a, const W& x) {
  return {contains(a.bits, x), contains(a.u, x), contains(a.s, x)};
}

template <Word W>
std::vector<Formula> goals(const verifier::Scalar<W>& a, const W& x) {
  const auto low = trunc<W::kWidth / 2>(x);
  return {contains(a.bits, x), contains(a.u, x), contains(a.s, x), contains(a.u32, low),
          contains(a.s32, low)};
}

// An operation's name, for tables.
inline const char* name_of(ebpf::AluOp op) {
  switch (op) {
#define EBPF_ALU(name, ...)  \
  case ebpf::AluOp::k##name: \
    return #name;
#include "isa/ebpf/insns.def"
  }
  __builtin_unreachable();
}

inline const char* name_of(ebpf::JumpOp op) {
  switch (op) {
#define EBPF_JUMP(name, ...)  \
  case ebpf::JumpOp::k##name: \
    return #name;
#include "isa/ebpf/insns.def"
  }
  __builtin_unreachable();
}

}  // namespace zext::proofs
