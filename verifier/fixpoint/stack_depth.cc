// Stack depth: the bytes each function uses, and the deepest chain of calls.
#include <algorithm>

#include "verifier/fixpoint/explorer.h"

namespace zext::verifier {
namespace {

constexpr uint32_t kRounding = 16;  // of a frame, as in Linux where programs are compiled
constexpr uint32_t kMaxDepth = 512;
constexpr uint32_t kMaxBelowTailCall = 256;  // of the callers' frames, as in Linux
constexpr uint32_t kMaxFrames = 8;

uint32_t index_of(const ebpf::Code& code, uint32_t entry) {
  const auto at = std::lower_bound(code.functions.begin(), code.functions.end(), entry);
  return static_cast<uint32_t>(at - code.functions.begin());
}

}  // namespace

void Explorer::measure_stack(const Path& path, const ebpf::Instruction<>& insn) {
  const ebpf::Kind kind = insn.row().kind;
  const bool loads =
      kind == ebpf::Kind::kLoad || kind == ebpf::Kind::kLoadSx || kind == ebpf::Kind::kLoadAcquire;
  measure_stack(path, loads ? insn.src : insn.dst, insn.offset);
}

void Explorer::measure_stack(const Path& path, ebpf::Reg reg, int64_t offset) {
  const Value& pointer = path.state.registers[reg];
  if (pointer.type != Type::kStack) return;
  const int64_t low = signed_min(pointer.number) + offset;
  if (low >= 0 || low < -ebpf::kStackSize) return;
  uint32_t& depth = depths_[index_of(code_, path.state.frames[pointer.frame].entry)];
  depth = std::max(depth, static_cast<uint32_t>(-low));
}

// The longest chains of calls from each root, in bytes and in frames. Global functions are not
// followed from their callers, so chains through them may be too long, or have no end.
bool Explorer::stack_fits() {
  const auto rounded = [&](uint32_t entry) {
    const uint32_t bytes = std::max(depths_[index_of(code_, entry)], 1u);
    return (bytes + kRounding - 1) / kRounding * kRounding;
  };
  struct Chain {
    uint32_t bytes = 0;
    uint32_t frames = 1;
  };
  std::vector<Chain> chains(code_.functions.size());
  const auto at = [&](uint32_t entry) -> Chain& { return chains[index_of(code_, entry)]; };
  for (const uint32_t entry : code_.functions) at(entry).bytes = rounded(entry);
  bool changed = true;
  for (uint32_t round = 0; changed && round <= kMaxFrames; ++round) {
    changed = false;
    for (const Call& call : calls_) {
      Chain& caller = at(call.caller);
      const Chain callee = at(call.callee);
      const Chain through{rounded(call.caller) + callee.bytes, callee.frames + 1};
      changed = changed || through.bytes > caller.bytes || through.frames > caller.frames;
      caller.bytes = std::max(caller.bytes, through.bytes);
      caller.frames = std::max(caller.frames, through.frames);
    }
  }
  verdict_.statistics.stack_bytes = at(0).bytes;
  // A program that is gone on in from a function needs a stack of its own beside its callers'.
  std::vector<uint32_t> above(code_.functions.size(), 0);
  const auto before = [&](uint32_t entry) -> uint32_t& { return above[index_of(code_, entry)]; };
  for (uint32_t round = 0; round <= kMaxFrames; ++round) {
    for (const Call& call : calls_) {
      before(call.callee) =
          std::max(before(call.callee), before(call.caller) + rounded(call.caller));
    }
  }
  for (const uint32_t entry : tail_callers_) {
    if (before(entry) < kMaxBelowTailCall) continue;
    verdict_.outcome = Outcome::kRejected;
    verdict_.rejection.reason = Reason::kStackDepth;
    verdict_.rejection.reg = kNoRegister;
    verdict_.rejection.access.related = before(entry) + kMaxBelowTailCall;
    verdict_.rejection.pc = entry;
    return false;
  }
  for (const auto& [root, role, map] : roots_) {
    const bool deep = at(root).frames > kMaxFrames;
    if (!deep && at(root).bytes <= kMaxDepth) continue;
    Rejection& rejection = verdict_.rejection;
    verdict_.outcome = Outcome::kRejected;
    rejection.reason = deep ? Reason::kCallDepth : Reason::kStackDepth;
    rejection.reg = kNoRegister;
    rejection.access.related = deep ? at(root).frames : at(root).bytes;
    rejection.pc = root;
    for (const Call& call : calls_) {
      if (call.caller == root && rounded(root) + at(call.callee).bytes == at(root).bytes) {
        rejection.pc = call.pc;
      }
    }
    return false;
  }
  return true;
}

}  // namespace zext::verifier
