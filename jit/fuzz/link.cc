#include "isa/ebpf/fields.h"
#include "jit/fuzz/program.h"

namespace zext::jit::fuzz {

Program without(const Program& program, size_t first, size_t count) {
  std::vector<int32_t> moved(program.size() + 1);  // where each item is, or what follows it
  Program result;
  for (size_t i = 0; i < program.size(); ++i) {
    moved[i] = static_cast<int32_t>(result.size());
    const bool drop = first <= i && i < first + count && !program[i].keep;
    if (!drop) result.push_back(program[i]);
  }
  moved[program.size()] = static_cast<int32_t>(result.size());
  for (Item& item : result) {
    if (item.target != Item::kNone) item.target = moved[static_cast<size_t>(item.target)];
  }
  return result;
}

std::vector<ebpf::Slot> link(const Program& program) {
  std::vector<int64_t> at;
  int64_t slots = 0;
  for (const Item& item : program) {
    at.push_back(slots);
    slots += item.insn.slots();
  }
  std::vector<ebpf::Slot> result;
  for (size_t i = 0; i < program.size(); ++i) {
    ebpf::Instruction<> insn = program[i].insn;
    if (program[i].target != Item::kNone) {
      const int64_t distance = at[static_cast<size_t>(program[i].target)] - at[i] - 1;
      if (ebpf::fields_of(insn.row()).offset) {
        insn.offset = static_cast<int16_t>(distance);
      } else {
        insn.imm = Bits<64>::of(static_cast<uint64_t>(distance));
      }
    }
    ebpf::append(insn, result);
  }
  return result;
}

}  // namespace zext::jit::fuzz
