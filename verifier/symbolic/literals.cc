#include "verifier/symbolic/literals.h"

#include <algorithm>

namespace zext::verifier::symbolic {
namespace {

uint64_t greatest(unsigned width) { return ~uint64_t{0} >> (64 - width); }

std::optional<uint64_t> numeral(const z3::expr& term) {
  uint64_t value = 0;
  if (term.is_numeral() && term.is_numeral_u64(value)) return value;
  return std::nullopt;
}

Z3_decl_kind kind_of(const z3::expr& term) {
  return term.is_app() ? term.decl().decl_kind() : Z3_OP_INTERNAL;
}

// The words w for which `w op c` holds, or `c op w` where `swapped`.
std::optional<NumberSet> words_of(Z3_decl_kind kind, uint64_t c, bool swapped, unsigned width) {
  const uint64_t max = greatest(width);
  const uint64_t middle = uint64_t{1} << (width - 1);
  const bool is_signed = kind == Z3_OP_SLEQ || kind == Z3_OP_SLT;
  const uint64_t least = is_signed ? middle : 0;
  const uint64_t most = is_signed ? middle - 1 : max;
  switch (kind) {
    case Z3_OP_EQ:
      return NumberSet::wrapped(c, c, width);
    case Z3_OP_ULEQ:
    case Z3_OP_SLEQ:
      return swapped ? NumberSet::wrapped(c, most, width) : NumberSet::wrapped(least, c, width);
    case Z3_OP_ULT:
    case Z3_OP_SLT:
      if (c == (swapped ? most : least)) return NumberSet();
      return swapped ? NumberSet::wrapped((c + 1) & max, most, width)
                     : NumberSet::wrapped(least, (c - 1) & max, width);
    default:
      return std::nullopt;
  }
}

}  // namespace

NumberSet NumberSet::wrapped(uint64_t lo, uint64_t hi, unsigned width) {
  NumberSet set;
  if (lo <= hi) {
    set.intervals_ = {{lo, hi}};
  } else {
    set.intervals_ = {{0, hi}, {lo, greatest(width)}};
  }
  return set;
}

NumberSet NumberSet::complement(unsigned width) const {
  NumberSet result;
  uint64_t next = 0;
  for (const Interval& interval : intervals_) {
    if (interval.lo > next) result.intervals_.push_back({next, interval.lo - 1});
    if (interval.hi == greatest(width)) return result;
    next = interval.hi + 1;
  }
  result.intervals_.push_back({next, greatest(width)});
  return result;
}

NumberSet NumberSet::intersected(const NumberSet& other) const {
  NumberSet result;
  for (const Interval& a : intervals_) {
    for (const Interval& b : other.intervals_) {
      const uint64_t lo = std::max(a.lo, b.lo);
      const uint64_t hi = std::min(a.hi, b.hi);
      if (lo <= hi) result.intervals_.push_back({lo, hi});
    }
  }
  return result;
}

NumberSet NumberSet::minus(uint64_t by, unsigned width) const {
  NumberSet result;
  for (const Interval& interval : intervals_) {
    const NumberSet part =
        wrapped((interval.lo - by) & greatest(width), (interval.hi - by) & greatest(width), width);
    result.intervals_.insert(result.intervals_.end(), part.intervals_.begin(),
                             part.intervals_.end());
  }
  std::sort(result.intervals_.begin(), result.intervals_.end(),
            [](const Interval& a, const Interval& b) { return a.lo < b.lo; });
  return result;
}

std::optional<Literals::Literal> Literals::literal_of(const z3::expr& formula) {
  z3::expr atom = formula;
  bool negated = false;
  while (kind_of(atom) == Z3_OP_NOT) {
    negated = !negated;
    atom = atom.arg(0);
  }
  if (!atom.is_app() || atom.num_args() != 2 || !atom.arg(0).is_bv()) return std::nullopt;
  const unsigned width = atom.arg(0).get_sort().bv_size();
  if (width > 64) return std::nullopt;
  const auto left = numeral(atom.arg(0));
  const auto right = numeral(atom.arg(1));
  if (left.has_value() == right.has_value()) return std::nullopt;
  auto set = words_of(kind_of(atom), left ? *left : *right, left.has_value(), width);
  if (!set) return std::nullopt;
  Literal literal{atom.arg(left ? 1 : 0), width, negated ? set->complement(width) : *set};
  strip(literal);
  return literal;
}

// The same of the word inside extensions, truncations and sums with constants.
void Literals::strip(Literal& literal) {
  while (true) {
    const Z3_decl_kind kind = kind_of(literal.word);
    if (kind == Z3_OP_ZERO_EXT) {
      literal.word = literal.word.arg(0);
      literal.width = literal.word.get_sort().bv_size();
      literal.set =
          literal.set.intersected(NumberSet::wrapped(0, greatest(literal.width), literal.width));
      continue;
    }
    if (kind == Z3_OP_EXTRACT && literal.word.lo() == 0) {
      const z3::expr inside = literal.word.arg(0);
      if (kind_of(inside) != Z3_OP_ZERO_EXT) return;
      const z3::expr word = inside.arg(0);
      // What is cut off was zero.
      if (word.get_sort().bv_size() > literal.width) return;
      literal.word = word;
      literal.width = word.get_sort().bv_size();
      literal.set =
          literal.set.intersected(NumberSet::wrapped(0, greatest(literal.width), literal.width));
      continue;
    }
    if (kind == Z3_OP_BADD && literal.word.num_args() == 2) {
      const auto left = numeral(literal.word.arg(0));
      const auto right = numeral(literal.word.arg(1));
      if (left.has_value() == right.has_value()) return;
      literal.set = literal.set.minus(left ? *left : *right, literal.width);
      literal.word = z3::expr(literal.word.arg(left ? 1 : 0));
      continue;
    }
    return;
  }
}

// Whether nothing but literals was said of it.
bool Literals::free(const z3::expr& word) const {
  return kind_of(word) == Z3_OP_UNINTERPRETED && word.num_args() == 0 &&
         !tied_.contains(Z3_get_ast_id(word.ctx(), word));
}

void Literals::tie(const z3::expr& formula) {
  std::vector<z3::expr> open{formula};
  while (!open.empty()) {
    const z3::expr term = open.back();
    open.pop_back();
    if (term.is_numeral() || !tied_.insert(Z3_get_ast_id(term.ctx(), term)).second) continue;
    tied_terms_.push_back(term);
    for (unsigned i = 0; term.is_app() && i < term.num_args(); ++i) open.push_back(term.arg(i));
  }
}

void Literals::add(const Formula& fact) {
  const auto literal = literal_of(fact.term());
  if (!literal) {
    tie(fact.term());
    return;
  }
  // Of a word that is made of others, they are known to be tied.
  if (kind_of(literal->word) != Z3_OP_UNINTERPRETED) tie(literal->word);
  const unsigned id = Z3_get_ast_id(literal->word.ctx(), literal->word);
  const auto found = known_.find(id);
  if (found == known_.end()) {
    trail_.push_back({id, std::nullopt});
    known_.emplace(id, Known{literal->word, literal->set});
  } else {
    trail_.push_back({id, found->second});
    found->second.set = found->second.set.intersected(literal->set);
  }
}

void Literals::pop() {
  while (trail_.size() > scopes_.back()) {
    Change& change = trail_.back();
    known_.erase(change.id);
    if (change.before) known_.emplace(change.id, std::move(*change.before));
    trail_.pop_back();
  }
  scopes_.pop_back();
}

uint64_t Literals::upper(const z3::expr& word, int depth) const {
  const unsigned width = word.get_sort().bv_size();
  if (const auto value = numeral(word)) return *value;
  uint64_t most = greatest(width);
  const auto found = known_.find(Z3_get_ast_id(word.ctx(), word));
  if (found != known_.end()) most = std::min(most, found->second.set.most());
  if (depth == 0 || !word.is_app()) return most;
  const auto part = [&](unsigned i) { return upper(word.arg(i), depth - 1); };
  const auto shift = [&]() -> std::optional<uint64_t> {
    const auto by = numeral(word.arg(1));
    return by && *by < width ? by : std::nullopt;
  };
  switch (kind_of(word)) {
    case Z3_OP_ZERO_EXT:
      return std::min(most, part(0));
    case Z3_OP_EXTRACT:
      if (word.lo() != 0 || word.arg(0).get_sort().bv_size() > 64) return most;
      return std::min(most, part(0));
    case Z3_OP_BAND:
      for (unsigned i = 0; i < word.num_args(); ++i) most = std::min(most, part(i));
      return most;
    case Z3_OP_BOR:
    case Z3_OP_BXOR: {
      uint64_t bits = 0;
      for (unsigned i = 0; i < word.num_args(); ++i) bits |= part(i);
      return bits == 0
                 ? 0
                 : std::min(most, greatest(64 - static_cast<unsigned>(__builtin_clzll(bits))));
    }
    case Z3_OP_BADD: {
      unsigned __int128 sum = 0;
      for (unsigned i = 0; i < word.num_args(); ++i) sum += part(i);
      return sum > most ? most : static_cast<uint64_t>(sum);
    }
    case Z3_OP_BMUL: {
      if (word.num_args() != 2) return most;
      const unsigned __int128 product = static_cast<unsigned __int128>(part(0)) * part(1);
      return product > most ? most : static_cast<uint64_t>(product);
    }
    case Z3_OP_BLSHR:
      return std::min(most, shift() ? part(0) >> *shift() : part(0));
    case Z3_OP_BSHL: {
      const auto by = shift();
      if (!by || part(0) > most >> *by) return most;
      return std::min(most, part(0) << *by);
    }
    case Z3_OP_ITE:
      return std::min(most, std::max(part(1), part(2)));
    default:
      return most;
  }
}

Possible Literals::possible(const Formula& formula) const {
  const auto literal = literal_of(formula.term());
  if (!literal) return Possible::kUnknown;
  if (literal->set.empty()) return Possible::kNo;
  const auto found = known_.find(Z3_get_ast_id(literal->word.ctx(), literal->word));
  if (found != known_.end() && found->second.set.intersected(literal->set).empty()) {
    return Possible::kNo;
  }
  const auto range = NumberSet::wrapped(0, upper(literal->word), literal->width);
  if (range.intersected(literal->set).empty()) return Possible::kNo;
  return free(literal->word) ? Possible::kYes : Possible::kUnknown;
}

}  // namespace zext::verifier::symbolic
