#include "cli/profile.h"

namespace zext::cli {

Profile::Profile(const jit::Code& code, uint64_t text, uint32_t slots)
    : text_(text), slot_at_(code.bytes.size() / 2, kFrame), slots_(slots) {
  for (size_t i = 0; i < code.lines.size(); ++i) {
    const size_t end = i + 1 < code.lines.size() ? code.lines[i + 1].offset : code.bytes.size();
    const uint32_t slot = code.lines[i].pc < slots ? code.lines[i].pc : kFrame;
    for (size_t at = code.lines[i].offset / 2; at < end / 2; ++at) slot_at_[at] = slot;
  }
}

void Profile::retired(uint64_t pc, uint64_t cycle) {
  const uint64_t cycles = cycle - last_cycle_;
  last_cycle_ = cycle;
  const uint64_t halfword = (pc - text_) / 2;
  if (pc < text_ || halfword >= slot_at_.size()) return;
  const uint32_t slot = slot_at_[halfword];
  for (Count* count : {slot == kFrame ? &frame_ : &slots_[slot], &program_}) {
    ++count->instructions;
    count->cycles += cycles;
  }
}

}  // namespace zext::cli
