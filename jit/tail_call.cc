#include "jit/tail_call.h"

#include <algorithm>

namespace zext::jit {
namespace {

// A function calls another; both by index in Code::functions.
struct Call {
  uint32_t callee = 0;
  uint32_t caller = 0;
};

uint32_t function_index(const ebpf::Code& program, uint32_t entry) {
  const auto& all = program.functions;
  return static_cast<uint32_t>(std::lower_bound(all.begin(), all.end(), entry) - all.begin());
}

}  // namespace

std::vector<uint8_t> counted_functions(const ebpf::Code& program) {
  const auto count = static_cast<uint32_t>(program.functions.size());
  std::vector<uint8_t> counted(count);
  std::vector<uint32_t> found;  // counted functions whose callers are still to be marked
  std::vector<Call> calls;
  uint32_t function = 0;
  for (uint32_t pc = 0; pc < program.size(); pc = program.next(pc)) {
    while (function + 1 < count && program.functions[function + 1] <= pc) ++function;
    const ebpf::Instruction<>& insn = program.insns[pc];
    if (insn.row().kind == ebpf::Kind::kCallLocal) {
      calls.push_back({function_index(program, *program.target(pc)), function});
    } else if (ebpf::is_tail_call(insn) && counted[function] == 0) {
      counted[function] = 1;
      found.push_back(function);
    }
  }
  const auto by_callee = [](const Call& a, const Call& b) { return a.callee < b.callee; };
  std::sort(calls.begin(), calls.end(), by_callee);
  while (!found.empty()) {
    const Call callee{.callee = found.back(), .caller = 0};
    found.pop_back();
    const auto [first, last] = std::equal_range(calls.begin(), calls.end(), callee, by_callee);
    for (auto call = first; call != last; ++call) {
      if (counted[call->caller] != 0) continue;
      counted[call->caller] = 1;
      found.push_back(call->caller);
    }
  }
  return counted;
}

}  // namespace zext::jit
