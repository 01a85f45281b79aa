#include "jit/emit/layout.h"

#include "jit/baseline/outside.h"
#include "jit/baseline/registers.h"
#include "jit/baseline/symbol.h"

namespace zext::jit {
namespace {

using rv64::Op;
using W = Bits<64>;

W word(int64_t value) { return W::of(static_cast<uint64_t>(value)); }

// The branch as an instruction, `distance` bytes forward.
rv64::Instruction<> branch_insn(const Branch& branch, int64_t distance) {
  return {.op = branch.op, .rs1 = branch.rs1, .rs2 = branch.rs2, .imm = word(distance)};
}

// Where auipc's second instruction is may not depend on whether it has a compressed form.
void append_wide(Encoder& out, const Emitter<W>& lowering) {
  for (const auto& item : lowering.items()) out.append_wide(item.insn);
}

void write_far(Encoder& out, rv64::Reg link, rv64::Reg through, int64_t distance) {
  Emitter<W> e;
  go_relative(e, link, through, word(distance));
  append_wide(out, e);
}

}  // namespace

void Layout::reserve(size_t instructions) {
  code_.reserve(4 * instructions);
  jumps_.reserve(instructions / 4);
}

void Layout::call_symbol() {
  code_.append_wide({.op = Op::kAuipc, .rd = rv64::kRa});
  code_.append_wide({.op = Op::kJalr, .rd = rv64::kRa, .rs1 = rv64::kRa});
}

Place Layout::place_of(const Emitter<Bits<64>>& lowering, unsigned item) const {
  Place place = here();
  for (unsigned i = 0; i < item; ++i) {
    place.bytes += encoding_of(lowering.items()[i].insn, code_.compressed()).bytes;
  }
  return place;
}

void Layout::call_outside(const OutsideCall& call) {
  Encoder absolute(code_.compressed());
  Emitter<W> e({.extensions = call.extensions});
  call_absolute(e, W::of(call.target));
  absolute.append(e);
  push(Kind::kCallOutside, static_cast<Label>(calls_.size()));
  calls_.push_back({call, absolute.size()});
}

bool Layout::branch_compresses(const Branch& branch) const {
  return encoding_of(branch_insn(branch, 2), code_.compressed()).bytes == 2;
}

// The form as one of those in forms.h; kBranch, kJump and kCall only.
Shape Layout::shape(const Jump& jump, uint8_t form) const {
  switch (jump.kind) {
    case Kind::kBranch:
      return {Transfer::kBranch, form, branch_compresses(jump.branch)};
    case Kind::kJump:
      return {Transfer::kJump, form, code_.compressed()};
    case Kind::kCall:
      return {Transfer::kCall, form, false};
    case Kind::kCallOutside:
    case Kind::kAddress:
    case Kind::kAddressOutside:
      break;
  }
  __builtin_unreachable();
}

unsigned Layout::size_of(const Jump& jump, uint8_t form) const {
  switch (jump.kind) {
    case Kind::kBranch:
    case Kind::kJump:
    case Kind::kCall:
      return shape(jump, form).bytes();
    case Kind::kCallOutside:
      if (form < 2) return form == 0 ? 4 : 8;
      return calls_[jump.target].call.relative_only ? 8 : calls_[jump.target].absolute_bytes;
    case Kind::kAddress:
    case Kind::kAddressOutside:
      return 8;
  }
  __builtin_unreachable();
}

// Whether that form of the jump, which starts `distance` bytes before its target, gets there.
bool Layout::reaches(const Jump& jump, uint8_t form, int64_t distance) const {
  switch (jump.kind) {
    case Kind::kBranch:
    case Kind::kJump:
    case Kind::kCall:  // kMaxBytes is in reach of the longest
      return form == kLongest || jit::reaches(shape(jump, form), word(distance));
    case Kind::kCallOutside:
      if (form == 0) return jal_reaches(word(distance));
      // A pair that is longer than the absolute form is none: forms only grow.
      return form == kLongest ||
             (form == 1 && pair_reaches(word(distance)) && size_of(jump, 1) <= size_of(jump, 2));
    case Kind::kAddress:
    case Kind::kAddressOutside:
      return true;
  }
  __builtin_unreachable();
}

int64_t Layout::distance(size_t index, const std::vector<uint32_t>& grown) const {
  const Jump& jump = jumps_[index];
  const int64_t from = int64_t{jump.at} + grown[index];
  if (jump.kind == Kind::kAddressOutside) return outside_[jump.target] - from;
  if (jump.kind == Kind::kCallOutside) {
    const OutsideCall& call = calls_[jump.target].call;
    return static_cast<int64_t>(call.target - call.text - static_cast<uint64_t>(from));
  }
  const Place& place = labels_[jump.target];
  return int64_t{place.bytes} + grown[place.jumps] - from;
}

void Layout::measure(std::vector<uint32_t>& grown, bool longest) const {
  uint32_t total = 0;
  for (size_t i = 0; i < jumps_.size(); ++i) {
    grown[i] = total;
    total += size_of(jumps_[i], longest ? kLongest : jumps_[i].form);
  }
  grown[jumps_.size()] = total;
}

// Gives each jump that does not reach the next form that does; whether there was one.
bool Layout::grow(const std::vector<uint32_t>& grown) {
  bool changed = false;
  for (size_t i = 0; i < jumps_.size(); ++i) {
    Jump& jump = jumps_[i];
    if (jump.form == kLongest) continue;
    const int64_t far = distance(i, grown);
    while (!reaches(jump, jump.form, far)) {
      ++jump.form;
      changed = true;
    }
  }
  return changed;
}

bool Layout::finish() {
  uint64_t most = code_.size() + 12 * uint64_t{jumps_.size()};
  for (const Outside& outside : calls_) most += outside.absolute_bytes;
  if (most > kMaxBytes) return false;
  grown_.resize(jumps_.size() + 1);
  for (unsigned round = 0; round < kMaxRounds; ++round) {
    measure(grown_, false);
    if (!grow(grown_)) return true;
  }
  settle();
  return true;
}

// Ends the growth at once. Between two places of the program, no distance is greater than with
// every jump at its longest. From a place to the outside, a distance is between what it is by now
// and what it is then; a form that reaches from both ends reaches from all between.
void Layout::settle() {
  const std::vector<uint32_t> least = grown_;
  measure(grown_, true);
  grow(grown_);
  for (size_t i = 0; i < jumps_.size(); ++i) {
    Jump& jump = jumps_[i];
    if (jump.kind != Kind::kCallOutside) continue;
    while (!reaches(jump, jump.form, distance(i, least))) ++jump.form;
  }
  measure(grown_, false);
}

Layout::Unreached Layout::unreached() const {
  for (size_t i = 0; i < jumps_.size(); ++i) {
    const Jump& jump = jumps_[i];
    if (jump.kind != Kind::kCallOutside || jump.form < kLongest) continue;
    const OutsideCall& call = calls_[jump.target].call;
    if (call.relative_only) return {&call, distance(i, grown_)};
  }
  return {};
}

void Layout::write_outside(Encoder& out, const Jump& jump, int64_t distance) const {
  const OutsideCall& call = calls_[jump.target].call;
  if (jump.form == 0) {
    return out.append_wide({.op = Op::kJal, .rd = rv64::kRa, .imm = word(distance)});
  }
  if (jump.form == 1) return write_far(out, rv64::kRa, rv64::kRa, distance);
  Emitter<W> e({.extensions = call.extensions});
  call_absolute(e, W::of(call.target));
  out.append(e);
}

void Layout::write_local(Encoder& out, const Jump& jump, int64_t distance) const {
  const Shape form = shape(jump, jump.form);
  FormCode<W> code;
  write_form(code, form, jump.branch, word(distance));
  bool first = true;
  for (const rv64::Instruction<>& insn : code.insns()) {
    first&& form.first_is_short() ? out.append(insn) : out.append_wide(insn);
    first = false;
  }
}

void Layout::write(Encoder& out, const Jump& jump, int64_t distance) const {
  switch (jump.kind) {
    case Kind::kBranch:
    case Kind::kJump:
    case Kind::kCall:
      return write_local(out, jump, distance);
    case Kind::kCallOutside:
      return write_outside(out, jump, distance);
    case Kind::kAddress:
    case Kind::kAddressOutside: {
      Emitter<W> pair;
      address_from_here(pair, jump.branch.rs1, word(distance));
      return append_wide(out, pair);
    }
  }
}

std::vector<uint8_t> Layout::bytes() const {
  Encoder out(code_.compressed());
  out.reserve(code_.size() + grown_.back());
  uint32_t done = 0;
  for (size_t i = 0; i < jumps_.size(); ++i) {
    const Jump& jump = jumps_[i];
    out.append(code_.bytes().data() + done, jump.at - done);
    done = jump.at;
    write(out, jump, distance(i, grown_));
  }
  out.append(code_.bytes().data() + done, code_.size() - done);
  return out.take();
}

}  // namespace zext::jit
