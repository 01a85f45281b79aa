#include "verifier/refine/distance.h"

#include <deque>

namespace zext::verifier {
namespace {

// The entry of the function that the instruction calls or names; kUnreachable for others.
uint32_t callee(const ebpf::Code& code, uint32_t pc) {
  const ebpf::Instruction<>& insn = code.insns[pc];
  if (insn.row().kind == ebpf::Kind::kCallLocal) return *code.target(pc);
  if (insn.op != ebpf::Op::kLoadFunction) return kUnreachable;
  return pc + 1 + static_cast<uint32_t>(insn.imm.value());
}

}  // namespace

std::vector<uint32_t> distances(const ebpf::Code& code, uint32_t target) {
  std::vector<std::vector<uint32_t>> before(code.size());
  std::vector<std::vector<uint32_t>> returns(code.size());  // by entry of the function
  const auto edge = [&](uint32_t from, uint32_t to) {
    if (to < code.size()) before[to].push_back(from);
  };
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    if (const uint32_t entry = callee(code, pc); entry < code.size()) {
      edge(pc, entry);
      returns[entry].push_back(code.next(pc));
    }
  }
  // A helper may call back whatever function its caller names.
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    if (code.insns[pc].op != ebpf::Op::kLoadFunction) continue;
    for (uint32_t call = 0; call < code.size(); call = code.next(call)) {
      const bool calls = code.insns[call].row().kind == ebpf::Kind::kCallHelper;
      if (calls && code.function_of(call) == code.function_of(pc)) edge(call, callee(code, pc));
    }
  }
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const ebpf::Kind kind = code.insns[pc].row().kind;
    if (kind == ebpf::Kind::kExit) {
      for (const uint32_t to : returns[code.function_of(pc)]) edge(pc, to);
      continue;
    }
    if (kind != ebpf::Kind::kCallLocal) {
      if (const auto to = code.target(pc)) edge(pc, *to);
    }
    if (kind != ebpf::Kind::kJa && kind != ebpf::Kind::kGotol) edge(pc, code.next(pc));
  }
  std::vector<uint32_t> distance(code.size(), kUnreachable);
  distance[target] = 0;
  for (std::deque<uint32_t> open{target}; !open.empty(); open.pop_front()) {
    for (const uint32_t from : before[open.front()]) {
      if (distance[from] != kUnreachable) continue;
      distance[from] = distance[open.front()] + 1;
      open.push_back(from);
    }
  }
  return distance;
}

}  // namespace zext::verifier
