#include "kernel_shim/fuzz/programs.h"

#include "kernel_shim/hosts/process/system_calls.h"

namespace zext::shim::fuzz {
namespace {

void mutate_one(bpf_insn& insn, Random& random) {
  switch (random.below(6)) {
    case 0:
      insn.code = static_cast<uint8_t>(random.next());
      break;
    case 1:
      insn.dst_reg = static_cast<uint8_t>(random.below(11)) & 15;
      break;
    case 2:
      insn.src_reg = static_cast<uint8_t>(random.below(11)) & 15;
      break;
    case 3:
      insn.off = static_cast<int16_t>(random.below(64)) - 32;
      break;
    case 4:
      insn.imm = static_cast<int32_t>(random.below(200));
      break;
    default:
      insn.imm = static_cast<int32_t>(random.next());
      break;
  }
}

}  // namespace

std::vector<bpf_insn> make_program(uint64_t choice, long map) {
  switch (choice % 8) {
    case 0:
    case 1:
      return insns::count(map);
    case 2:
      return insns::tail_call(map);
    case 3:
      return insns::ring(map, static_cast<int32_t>(choice));
    case 4:
      return insns::perf_output(map);
    case 5:
      return insns::loop(static_cast<int32_t>(choice >> 3 & 31));
    default:
      return insns::give(static_cast<int32_t>(choice >> 3 & 3));
  }
}

void mutate(std::vector<bpf_insn>& program, Random& random) {
  const uint64_t changes = 1 + random.below(4);
  for (uint64_t i = 0; i < changes; ++i) {
    bpf_insn& insn = program[random.below(program.size())];
    if (random.below(8) == 0) {
      insn = program[random.below(program.size())];
    } else {
      mutate_one(insn, random);
    }
  }
}

}  // namespace zext::shim::fuzz
