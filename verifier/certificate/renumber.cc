#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "verifier/certificate/format.h"

namespace zext::verifier::certificate {
namespace {

// Gives new numbers in the order in which it meets things: that of layout.h.
class Renumbering {
 public:
  void cut_point(CutPoint& point) {
    for (Range& range : point.ranges) symbol(range.symbol);
    std::ranges::stable_sort(point.ranges, {}, &Range::symbol);
    for (Sum& inequality : point.inequalities) sum(inequality);
    if (point.loop) symbol(point.round);
    for (Frame& one : point.frames) frame(one);
    for (Content& one : point.registers) content(one);
    for (Held& one : point.held) object(one.object);
    object(point.lock.object);
    content(point.goto_rounds);
    symbol(point.packet_size);
    symbol(point.meta_size_plus_one);
  }

 private:
  void symbol(uint32_t& symbol) {
    if (symbol < kFirstOwnSymbol) return;
    const auto next = static_cast<uint32_t>(kFirstOwnSymbol + symbols_.size());
    symbol = symbols_.try_emplace(symbol, next).first->second;
  }

  void object(uint32_t& object) {
    if (object == 0 || object >= kFirstFixedObject) return;
    const auto next = static_cast<uint32_t>(1 + objects_.size());
    object = objects_.try_emplace(object, next).first->second;
  }

  void sum(Sum& sum) {
    for (Sum::Term& term : sum.terms) symbol(term.symbol);
    std::ranges::stable_sort(sum.terms, {}, &Sum::Term::symbol);
  }

  void content(Content& content) {
    object(content.object);
    object(content.reference);
    sum(content.form);
  }

  void frame(Frame& frame) {
    for (Slot& slot : frame.slots) content(slot.content);
    for (Content& one : frame.saved) content(one);
    content(frame.rounds);
    for (Content& one : frame.arguments) content(one);
  }

  std::unordered_map<uint32_t, uint32_t> symbols_;
  std::unordered_map<uint32_t, uint32_t> objects_;
};

void clear(Content& content) {
  if (content.type == Type::kUninitialised) content = {};
  if (!content.has_form) content.form = {};
  std::ranges::stable_sort(content.form.terms, {}, &Sum::Term::symbol);
}

// Empties what means nothing, and puts in order what its symbols do not order.
void clear(Frame& frame, bool outermost) {
  if (outermost) frame.saved = {};
  if (frame.role != Role::kCallback) frame.arguments = {};
  if (!frame.has_rounds) frame.rounds = {};
  for (Content& content : frame.saved) clear(content);
  for (Content& content : frame.arguments) clear(content);
  clear(frame.rounds);
  for (Slot& slot : frame.slots) clear(slot.content);
  std::ranges::stable_sort(frame.slots, {}, &Slot::at);
}

void clear(CutPoint& point) {
  if (!point.loop) point.round = 0;
  if (!point.lock.held) point.lock = {};
  if (!point.has_goto_rounds) point.goto_rounds = {};
  for (size_t i = 0; i < point.frames.size(); ++i) clear(point.frames[i], i == 0);
  for (Content& content : point.registers) clear(content);
  clear(point.goto_rounds);
  for (Sum& sum : point.inequalities) std::ranges::stable_sort(sum.terms, {}, &Sum::Term::symbol);
}

// The order of the cut points in which parents come before their children, which is otherwise as
// it was. Where parents go in a circle they stay as they are.
std::vector<uint32_t> parents_first(const std::vector<CutPoint>& points) {
  enum class Mark : uint8_t { kNew, kOnTheWay, kPlaced };
  std::vector<Mark> marks(points.size(), Mark::kNew);
  std::vector<uint32_t> order;
  order.reserve(points.size());
  std::vector<uint32_t> chain;
  for (uint32_t i = 0; i < points.size(); ++i) {
    for (uint32_t at = i; at < points.size() && marks[at] == Mark::kNew; at = points[at].parent) {
      marks[at] = Mark::kOnTheWay;
      chain.push_back(at);
    }
    for (; !chain.empty(); chain.pop_back()) {
      marks[chain.back()] = Mark::kPlaced;
      order.push_back(chain.back());
    }
  }
  return order;
}

std::vector<CutPoint> reordered(std::vector<CutPoint> points) {
  const std::vector<uint32_t> order = parents_first(points);
  std::vector<uint32_t> place(points.size());
  for (uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  std::vector<CutPoint> result;
  result.reserve(points.size());
  for (const uint32_t from : order) {
    result.push_back(std::move(points[from]));
    uint32_t& parent = result.back().parent;
    if (parent < place.size()) parent = place[parent];
  }
  return result;
}

}  // namespace

Certificate renumbered(Certificate certificate) {
  certificate.cut_points = reordered(std::move(certificate.cut_points));
  Renumbering renumbering;
  for (CutPoint& point : certificate.cut_points) {
    clear(point);
    renumbering.cut_point(point);
  }
  return certificate;
}

}  // namespace zext::verifier::certificate
