// Stack depth: the bytes each function uses, and the deepest chain of calls.
#include <algorithm>

#include "verifier/fixpoint/explorer.h"

namespace zext::verifier {
namespace {

constexpr uint32_t kRounding = 32;  // of a frame, as in Linux
constexpr uint32_t kMaxDepth = 512;

uint32_t index_of(const ebpf::Code& code, uint32_t entry) {
  const auto at = std::lower_bound(code.functions.begin(), code.functions.end(), entry);
  return static_cast<uint32_t>(at - code.functions.begin());
}

}  // namespace

void Explorer::measure_stack(const Path& path, const ebpf::Instruction<>& insn) {
  const ebpf::Kind kind = insn.row().kind;
  const bool loads =
      kind == ebpf::Kind::kLoad || kind == ebpf::Kind::kLoadSx || kind == ebpf::Kind::kLoadAcquire;
  const Value& pointer = path.state.registers[loads ? insn.src : insn.dst];
  if (pointer.type != Type::kStack) return;
  const int64_t low = signed_min(pointer.number) + insn.offset;
  if (low >= 0 || low < -ebpf::kStackSize) return;
  uint32_t& depth = depths_[index_of(code_, path.state.frames[pointer.frame].entry)];
  depth = std::max(depth, static_cast<uint32_t>(-low));
}

// Calls nest at most eight deep and never recursively, or exploring them would have failed, so
// following the longest chain eight times round finds it.
bool Explorer::stack_fits() {
  const auto rounded = [&](uint32_t entry) {
    const uint32_t bytes = std::max(depths_[index_of(code_, entry)], 1u);
    return (bytes + kRounding - 1) / kRounding * kRounding;
  };
  std::vector<uint32_t> deepest(code_.functions.size(), 0);
  const auto at = [&](uint32_t entry) -> uint32_t& { return deepest[index_of(code_, entry)]; };
  for (const uint32_t entry : code_.functions) at(entry) = rounded(entry);
  for (size_t round = 0; round < calls_.size(); ++round) {
    bool changed = false;
    for (const Call& call : calls_) {
      const uint32_t depth = rounded(call.caller) + at(call.callee);
      if (depth <= at(call.caller)) continue;
      at(call.caller) = depth;
      changed = true;
    }
    if (!changed) break;
  }
  verdict_.statistics.stack_bytes = at(0);
  if (at(0) <= kMaxDepth) return true;
  verdict_.outcome = Outcome::kRejected;
  verdict_.rejection.reason = Reason::kStackDepth;
  verdict_.rejection.reg = kNoRegister;
  verdict_.rejection.access.related = at(0);
  for (const Call& call : calls_) {
    if (call.caller != 0) continue;
    if (rounded(0) + at(call.callee) == at(0)) verdict_.rejection.pc = call.pc;
  }
  return false;
}

}  // namespace zext::verifier
