#include "verifier/certificate/layout.h"

namespace zext::verifier::certificate {
namespace {

// Collects a bit for each part, the first one's lowest.
class Changes {
 public:
  void add(bool changed) { bits_ |= static_cast<unsigned>(changed) << next_++; }
  unsigned bits() const { return bits_; }

 private:
  unsigned bits_ = 0;
  unsigned next_ = 0;
};

}  // namespace

const CutPoint& beginning() {
  static const CutPoint point = [] {
    CutPoint made;
    made.registers[ebpf::kFramePointer].type = Type::kStack;
    made.registers[ebpf::kFramePointer].number = constant_number(0);
    made.frames.resize(1);
    made.meta_size_plus_one = 1;
    return made;
  }();
  return point;
}

Frame called_from(const CutPoint& base) {
  Frame frame;
  frame.role = Role::kCallee;
  for (size_t i = 0; i < frame.saved.size(); ++i) {
    frame.saved[i] = base.registers[kFirstSaved + i];
  }
  return frame;
}

Content expected_register(const CutPoint& base, size_t frames, size_t reg) {
  const bool saved = reg >= kFirstSaved && reg < kFirstSaved + Frame{}.saved.size();
  if (saved && frames < base.frames.size()) return base.frames[frames].saved[reg - kFirstSaved];
  Content content = base.registers[reg];
  if (reg == ebpf::kFramePointer && frames != 0) content.frame = static_cast<uint8_t>(frames - 1);
  return content;
}

Bytes with_slots(Bytes written, const std::vector<Slot>& slots) {
  for (const Slot& slot : slots) {
    for (unsigned at = slot.at; at < unsigned{slot.at} + slot.bytes && at < kStackBytes; ++at) {
      written[at / 64] |= uint64_t{1} << (at % 64);
    }
  }
  return written;
}

unsigned changes(const Frame& expected, const Frame& now) {
  Changes changes;
  changes.add(now.slots != expected.slots);
  changes.add(now.written != with_slots(expected.written, now.slots));
  changes.add(now.role != expected.role || now.return_pc != expected.return_pc ||
              now.entry != expected.entry);
  for (size_t i = 0; i < now.saved.size(); ++i) changes.add(now.saved[i] != expected.saved[i]);
  changes.add(now.has_rounds != expected.has_rounds || now.rounds != expected.rounds);
  for (size_t i = 0; i < now.arguments.size(); ++i) {
    changes.add(now.arguments[i] != expected.arguments[i]);
  }
  return changes.bits();
}

unsigned changes(const CutPoint& base, const CutPoint& now) {
  Changes changes;
  changes.add(now.ranges != base.ranges);
  changes.add(now.inequalities != base.inequalities);
  changes.add(now.loop);
  changes.add(now.frames != base.frames);
  for (size_t reg = 0; reg < now.registers.size(); ++reg) {
    changes.add(now.registers[reg] != expected_register(base, now.frames.size(), reg));
  }
  changes.add(now.held != base.held);
  changes.add(now.lock != base.lock);
  changes.add(now.has_goto_rounds != base.has_goto_rounds || now.goto_rounds != base.goto_rounds);
  changes.add(now.packet_size != base.packet_size);
  changes.add(now.meta_size_plus_one != base.meta_size_plus_one);
  return changes.bits();
}

}  // namespace zext::verifier::certificate
