#include "verifier/certificate/extract.h"

#include <algorithm>

namespace zext::verifier::certificate {
namespace {

Sum sum_of(const Linear& form) {
  Sum sum{.terms = {}, .constant = form.constant()};
  for (const Linear::Term& term : form) {
    sum.terms.push_back({.symbol = term.symbol, .factor = term.factor});
  }
  return sum;
}

Number number_of(const verifier::Number& number) {
  return {.ones = known_ones(number),
          .unknown = unknown_bits(number),
          .lo = unsigned_min(number),
          .hi = unsigned_max(number),
          .slo = signed_min(number),
          .shi = signed_max(number),
          .lo32 = static_cast<uint32_t>(number.u32.lo.value()),
          .hi32 = static_cast<uint32_t>(number.u32.hi.value()),
          .slo32 = static_cast<int32_t>(number.s32.lo.signed_value()),
          .shi32 = static_cast<int32_t>(number.s32.hi.signed_value())};
}

Role role_of(verifier::Role role) {
  switch (role) {
    case verifier::Role::kProgram:
      return Role::kProgram;
    case verifier::Role::kGlobal:
      return Role::kGlobal;
    case verifier::Role::kDeferred:
      return Role::kDeferred;
    case verifier::Role::kCallee:
      return Role::kCallee;
    case verifier::Role::kCallback:
      return Role::kCallback;
  }
  return Role::kProgram;
}

bool is_there(const Value& value) { return value.type != Type::kUninitialised; }

bool uses_may_goto(const Subject& subject) {
  const ebpf::Code& code = subject.code;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    if (code.insns[pc].row().kind == ebpf::Kind::kMayGoto) return true;
  }
  return false;
}

Content content_of(const Value& value, const Subject& subject) {
  Content content;
  content.type = value.type;
  if (!is_there(value)) return content;
  content.frame = value.frame;
  content.structure = static_cast<uint8_t>(value.structure);
  content.trust = static_cast<uint8_t>(value.trust);
  content.nullable = value.nullable;
  content.read_only = value.read_only;
  content.object = value.object;
  content.reference = value.reference;
  content.detail = value.detail;
  content.map = map_number(value.map, subject);
  content.number = number_of(value.number);
  content.has_form = value.linear.known();
  if (content.has_form) content.form = sum_of(value.linear);
  return content;
}

Frame frame_of(const verifier::Frame& from, const Subject& subject) {
  Frame frame;
  frame.role = role_of(from.role);
  frame.return_pc = from.return_pc;
  frame.entry = from.entry;
  for (size_t i = 0; i < from.saved.size(); ++i) {
    frame.saved[i] = content_of(from.saved[i], subject);
  }
  if (from.role == verifier::Role::kCallback) {
    for (size_t i = 0; i < from.arguments.size(); ++i) {
      frame.arguments[i] = content_of(from.arguments[i], subject);
    }
  }
  frame.has_rounds = is_there(from.rounds);
  frame.rounds = content_of(from.rounds, subject);
  std::ranges::copy(from.stack.written(), frame.written.begin());
  for (const Stack::Cell& cell : from.stack.cells()) {
    frame.slots.push_back(
        {.at = cell.at, .bytes = cell.bytes, .content = content_of(cell.value, subject)});
  }
  return frame;
}

void add_relations(const Relations& relations, CutPoint& point) {
  constexpr uint64_t kMost = ~uint64_t{0};
  for (const Relations::Range& range : relations.ranges()) {
    if (range.lo == 0 && range.hi == kMost) continue;
    point.ranges.push_back({.symbol = range.symbol, .lo = range.lo, .hi = range.hi});
  }
  for (const Linear& inequality : relations.inequalities()) {
    point.inequalities.push_back(sum_of(inequality));
  }
}

// What the state has that certificates cannot say, or "".
std::string inexpressible(const State& state, const Subject& subject) {
  if (!state.stack_objects.empty()) return "a dynptr or iterator on the stack";
  if (state.has_acquired(kRcuSection)) return "an RCU section";
  bool known = true;
  state.each_value([&](const Value& value) {
    known = known && (value.map == nullptr || map_number(value.map, subject) != kNone);
  });
  return known ? "" : "a map that the program does not name";
}

}  // namespace

uint32_t map_number(const Map* map, const Subject& subject) {
  if (map == nullptr) return kNone;
  for (uint32_t i = 0; i < subject.maps.size(); ++i) {
    if (&subject.maps[i] == map) return 2 * i;
  }
  for (uint32_t i = 0; i < subject.maps.size(); ++i) {
    if (subject.maps[i].inner == map) return 2 * i + 1;
  }
  return kNone;
}

std::expected<CutPoint, std::string> describe(const State& state, const Subject& subject,
                                              uint32_t pc) {
  if (const std::string what = inexpressible(state, subject); !what.empty()) {
    return std::unexpected("certificates cannot describe " + what + ", at instruction " +
                           std::to_string(pc));
  }
  CutPoint point;
  point.pc = pc;
  for (size_t reg = 0; reg < point.registers.size(); ++reg) {
    point.registers[reg] = content_of(state.registers[reg], subject);
  }
  for (const verifier::Frame& frame : state.frames) {
    point.frames.push_back(frame_of(frame, subject));
  }
  add_relations(state.relations, point);
  for (const Acquired& acquired : state.acquired) {
    point.held.push_back({.object = acquired.object, .pc = acquired.pc, .frame = acquired.frame});
  }
  if (state.lock.held) {
    point.lock = {.held = true,
                  .object = state.lock.object,
                  .map = map_number(state.lock.map, subject),
                  .pc = state.lock.pc};
  }
  point.has_goto_rounds = is_there(state.goto_rounds) && uses_may_goto(subject);
  if (point.has_goto_rounds) point.goto_rounds = content_of(state.goto_rounds, subject);
  point.packet_size = state.packet_size;
  point.meta_size_plus_one = state.meta_size_plus_one;
  return point;
}

Extraction::Extraction(const Subject& subject) : subject_(subject) {
  receiver_.context = this;
  receiver_.add = add;
}

void Extraction::add(void* context, const CutPointSeen& seen) {
  Extraction& self = *static_cast<Extraction*>(context);
  if (!self.certificate_) return;
  auto point = describe(seen.state, self.subject_, seen.pc);
  if (!point) {
    self.certificate_ = std::unexpected(point.error());
    return;
  }
  point->parent = seen.parent;
  point->loop = seen.loop;
  if (seen.loop) point->round = seen.round;
  self.certificate_->cut_points.push_back(std::move(*point));
}

}  // namespace zext::verifier::certificate
