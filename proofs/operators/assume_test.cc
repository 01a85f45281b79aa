// A jump's refinement is sound: whenever a contains x, b contains y and the jump on x and y goes
// that way, both refined operands still contain them. At 64 and 32 bits, for both outcomes.
#include <gtest/gtest.h>

#include "isa/ebpf/semantics.h"
#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using ebpf::JumpOp;
using verifier::Refined;
using verifier::Scalar;

constexpr JumpOp kJumpOps[] = {
#define EBPF_JUMP(name, ...) JumpOp::k##name,
#include "isa/ebpf/insns.def"
};

void assume_is_sound(JumpOp op, unsigned width, bool taken) {
  using W = Bv<64>;
  theorem(std::string(taken ? "taken " : "not taken ") + name_of(op), width, [=] {
    const Scalar<W> a = any_scalar<W>("a");
    const Scalar<W> b = any_scalar<W>("b");
    const W x = any<W>("x");
    const W y = any<W>("y");
    const Formula jumps =
        width == 64 ? ebpf::taken(op, x, y) : ebpf::taken(op, trunc<32>(x), trunc<32>(y));
    const Refined<W> r = verifier::internal::assume_components(op, width, a, b, taken);
    Claim claim{.given = contains(a, x) && contains(b, y) && (taken ? jumps : !jumps),
                .show = goals(r.a, x)};
    for (const Formula& goal : goals(r.b, y)) claim.show.push_back(goal);
    return claim;
  });
}

TEST(Assume, Width64) {
  for (const JumpOp op : kJumpOps) {
    assume_is_sound(op, 64, true);
    assume_is_sound(op, 64, false);
  }
}

TEST(Assume, Width32) {
  for (const JumpOp op : kJumpOps) {
    assume_is_sound(op, 32, true);
    assume_is_sound(op, 32, false);
  }
}

}  // namespace
}  // namespace zext::proofs
