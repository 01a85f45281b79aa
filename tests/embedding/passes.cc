#include "tests/embedding/passes.h"

#include <map>
#include <vector>

namespace zext::embedding {
namespace {

using verifier::Type;
using verifier::certificate::Content;
using verifier::certificate::CutPoint;
using verifier::certificate::Number;
using verifier::certificate::Range;
using verifier::certificate::Sum;

__extension__ using Integer = __int128;

bool contains(const Number& number, uint64_t word) {
  const auto low = static_cast<uint32_t>(word);
  const auto is = static_cast<int64_t>(word);
  const auto low_is = static_cast<int32_t>(low);
  return (word & ~number.unknown) == number.ones && number.lo <= word && word <= number.hi &&
         number.slo <= is && is <= number.shi && number.lo32 <= low && low <= number.hi32 &&
         number.slo32 <= low_is && low_is <= number.shi32;
}

// A form, and what it is in the machine.
struct Equation {
  const Sum* form = nullptr;
  Integer value = 0;
};

class Trial {
 public:
  Trial(const CutPoint& point, const Machine& machine) : point_(point), machine_(machine) {}

  void give(uint32_t symbol, Integer value) { values_[symbol] = value; }

  bool may_be() {
    for (size_t reg = 0; reg < point_.registers.size(); ++reg) {
      if (!look_at(point_.registers[reg], machine_.moment.registers[reg])) return false;
    }
    for (uint32_t i = 0; i < point_.frames.size(); ++i) {
      for (const auto& slot : point_.frames[i].slots) {
        if (!look_at(slot.content, machine_.slot(i, slot.at, slot.bytes))) return false;
      }
    }
    return solve() && in_ranges() && satisfied();
  }

 private:
  bool look_at(const Content& content, uint64_t word) {
    if (content.type == Type::kUninitialised) return true;
    if (content.nullable && word == 0) return true;
    const Offset offset = machine_.offset(content.type, content.frame, word);
    if (offset.kind == Offset::Kind::kUnknown) return true;
    if (offset.kind == Offset::Kind::kElsewhere) return false;
    if (!contains(content.number, offset.value)) return false;
    if (!content.has_form) return true;
    const bool pointer = is_pointer(content.type);
    equations_.push_back({&content.form, pointer ? Integer{static_cast<int64_t>(offset.value)}
                                                 : Integer{offset.value}});
    return true;
  }

  // Until no equation says more. False: one does not hold.
  bool solve() {
    for (bool more = true; more;) {
      more = false;
      for (const Equation& equation : equations_) {
        const Sum::Term* open = nullptr;
        size_t count = 0;
        Integer rest = equation.value - equation.form->constant;
        for (const Sum::Term& term : equation.form->terms) {
          const auto found = values_.find(term.symbol);
          if (found != values_.end()) {
            rest -= term.factor * found->second;
          } else {
            open = &term;
            ++count;
          }
        }
        if (count == 0 && rest != 0) return false;
        if (count != 1) continue;
        if (rest % open->factor != 0) return false;
        values_[open->symbol] = rest / open->factor;
        more = true;
      }
    }
    return true;
  }

  Range range_of(uint32_t symbol) const {
    for (const Range& range : point_.ranges) {
      if (range.symbol == symbol) return range;
    }
    return {.symbol = symbol};
  }

  bool in_ranges() const {
    for (const auto& [symbol, value] : values_) {
      const Range range = range_of(symbol);
      if (value < Integer{range.lo} || value > Integer{range.hi}) return false;
    }
    return true;
  }

  // Each inequality, for the best that the unknown symbols may be.
  bool satisfied() const {
    for (const Sum& sum : point_.inequalities) {
      Integer most = sum.constant;
      for (const Sum::Term& term : sum.terms) {
        const auto found = values_.find(term.symbol);
        const Range range = range_of(term.symbol);
        const Integer best = term.factor > 0 ? Integer{range.hi} : Integer{range.lo};
        most += term.factor * (found == values_.end() ? best : found->second);
      }
      if (most < 0) return false;
    }
    return true;
  }

  const CutPoint& point_;
  const Machine& machine_;
  std::map<uint32_t, Integer> values_;
  std::vector<Equation> equations_;
};

}  // namespace

bool may_be(const CutPoint& point, const Machine& machine, std::optional<uint64_t> packet_bytes) {
  Trial trial(point, machine);
  if (packet_bytes) {
    trial.give(point.packet_size, *packet_bytes);
    const uint64_t meta = machine.moment.data - machine.moment.data_meta;
    trial.give(point.meta_size_plus_one, Integer{meta} + 1);
  }
  return trial.may_be();
}

}  // namespace zext::embedding
