#include "verifier/replay/dice.h"

#include <algorithm>

namespace zext::verifier {

void Dice::learn(const ebpf::Code& code) {
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const ebpf::Instruction<>& insn = code.insns[pc];
    const bool compares =
        insn.row().kind == ebpf::Kind::kJump && insn.row().source == ebpf::Source::kImmediate;
    if (!compares && insn.op != ebpf::Op::kLoadImm64) continue;
    const uint64_t value = insn.imm.value();
    constants_.push_back(value);
    if (value > UINT8_MAX) constants_.push_back(__builtin_bswap16(static_cast<uint16_t>(value)));
    if (value > UINT16_MAX) constants_.push_back(__builtin_bswap32(static_cast<uint32_t>(value)));
  }
  std::ranges::sort(constants_);
  const auto [begin, end] = std::ranges::unique(constants_);
  constants_.erase(begin, end);
}

uint64_t Dice::constant(uint64_t most) {
  const auto end = std::ranges::upper_bound(constants_, most);
  const auto count = static_cast<uint64_t>(end - constants_.begin());
  return count == 0 ? word() : constants_[below(count)];
}

uint64_t Dice::number() {
  if (!constants_.empty() && once_in(4)) return constant();
  switch (below(8)) {
    case 0:
      return 0;
    case 1:
    case 2:
      return below(4);
    case 3:
      return below(256);
    case 4:
      return (uint64_t{1} << below(64)) - 1 + below(3);
    case 5:
      return 0 - below(200);
    case 6:
      return static_cast<uint32_t>(word());
    default:
      return word();
  }
}

Bytes Dice::bytes(size_t count) {
  Bytes made(count);
  std::ranges::generate(made, [&] { return static_cast<uint8_t>(word()); });
  return made;
}

Bytes random_address(Dice& dice, size_t bytes) {
  Bytes address = dice.bytes(bytes);
  if (dice.once_in(6) || bytes == 0) return address;
  std::ranges::fill(address, uint8_t{0});
  address.front() = bytes == 16 ? 0x20 : 10;
  address.back() = static_cast<uint8_t>(1 + dice.below(4));
  return address;
}

uint16_t random_port(Dice& dice) {
  if (dice.once_in(2)) return static_cast<uint16_t>(dice.constant(UINT16_MAX));
  return static_cast<uint16_t>(
      dice.one_of({22, 53, 80, 80, 443, 443, 4789, 8080, dice.below(1024), dice.below(0x10000)}));
}

}  // namespace zext::verifier
