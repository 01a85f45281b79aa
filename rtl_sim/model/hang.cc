#include "rtl_sim/model/hang.h"

#include <algorithm>

#include "rtl_sim/model/text.h"

namespace zext::rtl_sim {
namespace {

const char* letter(Mode mode) {
  switch (mode) {
    case Mode::kUser:
      return "U";
    case Mode::kSupervisor:
      return "S";
    case Mode::kMachine:
      return "M";
  }
  return "?";
}

std::string counted(uint64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

void Hang::retired(const Retirement& retirement) {
  ++count_;
  lowest_ = std::min(lowest_, retirement.pc);
  highest_ = std::max(highest_, retirement.pc);
  interrupts_ += retirement.interrupt;
  if (!retirement.trap) return;
  ++traps_[retirement.cause];
  last_trap_ = retirement;
}

std::string Hang::report(uint64_t cycles, const Lost& after,
                         const std::optional<Retirement>& last) const {
  const std::string span = "the last " + std::to_string(cycles) + " cycles";
  std::string text;
  if (count_ == 0) {
    text = "nothing retired in " + span;
  } else {
    uint64_t traps = 0;
    for (const auto& [cause, count] : traps_) traps += count;
    text = "no exit; in " + span + " " + counted(count_, "instruction") + " retired between " +
           hex(lowest_) + " and " + hex(highest_) + ", " + std::to_string(traps) +
           " of them trapping, with " + counted(interrupts_, "interrupt");
  }
  if (last_trap_) {
    text += "; the last trap, of cause " + std::to_string(last_trap_->cause) + " with value " +
            hex(last_trap_->tval) + ", was at " + hex(last_trap_->pc);
  }
  text += last ? "; the last to retire was at " + hex(last->pc) + " in mode " + letter(last->mode) +
                     ", bits " + hex(last->insn)
               : std::string("; nothing has retired since reset");
  uint64_t most = 0, lost = 0;
  size_t cause = 0;
  for (size_t i = 0; i < after.size(); ++i) {
    const uint64_t here = after[i] - before_[i];
    lost += here;
    if (here > most) {
      most = here;
      cause = i;
    }
  }
  if (lost == 0) return text;
  return text + "; " + counted(lost, "cycle") +
         " lost, most of them to: " + name(static_cast<rtl_sim::Lost>(cause));
}

}  // namespace zext::rtl_sim
