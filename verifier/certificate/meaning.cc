#include "verifier/certificate/meaning.h"

#include <algorithm>

#include "verifier/certificate/sums.h"

namespace zext::verifier::certificate {
namespace {

using symbolic::Executor;
using symbolic::Machine;
using symbolic::Term;
using symbolic::Truth;
using symbolic::Word;

// Symbols of every program (certificate.h).
constexpr uint32_t kMemorySize = 2;
// Numbers of things at fixed addresses, which are the same everywhere.
constexpr uint32_t kFixedObjects = uint32_t{1} << 31;

const Map* map_of(const Subject& subject, uint32_t map) {
  if (map == kNone || map / 2 >= subject.maps.size()) return nullptr;
  const Map& found = subject.maps[map / 2];
  return map % 2 == 0 ? &found : found.inner;
}

Term low_half(const Term& word) { return word & Term::of(UINT32_MAX); }

// The low half, sign-extended.
Term low_signed(const Term& word) {
  return symbolic::lift(
      [](auto x) {
        using W = decltype(x);
        return ashr(shl(x, W::of(32)), W::of(32));
      },
      word);
}

// That the word is as the number says, view by view.
Truth holds(const Number& number, const Term& word) {
  Truth all = true;
  const auto between = [&](const Term& view, uint64_t lo, uint64_t hi, uint64_t greatest) {
    if (lo != 0) all = all && ule(Term::of(lo), view);
    if (hi != greatest) all = all && ule(view, Term::of(hi));
  };
  const auto between_signed = [&](const Term& view, int64_t lo, int64_t hi, int64_t least,
                                  int64_t greatest) {
    if (lo != least) all = all && sle(Term::of_signed(lo), view);
    if (hi != greatest) all = all && sle(view, Term::of_signed(hi));
  };
  if (number.lo == number.hi) return word == Term::of(number.lo);
  if (~number.unknown != 0) {
    all = all && (word & Term::of(~number.unknown)) == Term::of(number.ones);
  }
  between(word, number.lo, number.hi, UINT64_MAX);
  between_signed(word, number.slo, number.shi, INT64_MIN, INT64_MAX);
  // What the whole word's range says of its low half need not be said again.
  if (number.hi > UINT32_MAX || number.lo32 > number.lo || number.hi32 < number.hi) {
    if (number.lo32 != 0 || number.hi32 != UINT32_MAX) {
      between(low_half(word), number.lo32, number.hi32, UINT32_MAX);
    }
  }
  if (number.hi > INT32_MAX && (number.slo32 != INT32_MIN || number.shi32 != INT32_MAX)) {
    between_signed(low_signed(word), number.slo32, number.shi32, INT32_MIN, INT32_MAX);
  }
  return all;
}

bool same_shape(const CutPoint& point, const Machine& machine) {
  if (point.pc != machine.pc || point.frames.size() != machine.frames.size()) return false;
  for (size_t i = 0; i < point.frames.size(); ++i) {
    const Frame& a = point.frames[i];
    const symbolic::Frame& b = machine.frames[i];
    if (static_cast<int>(a.role) != static_cast<int>(b.role) || a.entry != b.entry ||
        (i > 0 && a.return_pc != b.return_pc)) {
      return false;
    }
  }
  return point.held.size() == machine.held.size() && point.lock.held == machine.lock.held;
}

// One cut point made into a machine.
class Assumption {
 public:
  Assumption(const CutPoint& point, Executor& executor, Environment& symbols)
      : point_(point), executor_(executor), symbols_(symbols), sums_(point.ranges, symbols) {}

  std::optional<Machine> run() {
    name_symbols();
    Machine machine;
    machine.pc = point_.pc;
    machine.packet_size = symbols_[point_.packet_size];
    machine.meta_size_plus_one = symbols_[point_.meta_size_plus_one];
    machine.memory_size = symbols_[kMemorySize];
    for (size_t reg = 0; reg < machine.registers.size(); ++reg) {
      machine.registers[reg] = word(point_.registers[reg]);
    }
    for (const Frame& frame : point_.frames) {
      machine.frames.emplace_back();
      take(frame, machine.frames.back());
    }
    for (const Held& held : point_.held) {
      sensible_ = sensible_ && held.object != 0 && is_own(held.object);
      machine.held.push_back({.object = held.object, .pc = held.pc, .frame = held.frame});
    }
    sensible_ = sensible_ && (!point_.lock.held || point_.lock.object != 0);
    machine.lock.held = point_.lock.held;
    machine.lock.object = point_.lock.object;
    if (point_.lock.held) machine.lock.map = map(point_.lock.map);
    machine.goto_rounds =
        point_.has_goto_rounds ? count(point_.goto_rounds) : executor_.solver().fresh();
    for (const Sum& sum : point_.inequalities) executor_.solver().add(sums_.at_least_zero(sum));
    // At an instruction of the program, in frames whose addresses are there.
    const Subject& subject = executor_.rules().subject;
    const auto inside = [&](uint32_t pc) {
      return pc < subject.code.size() && !subject.code.second_slot(pc);
    };
    sensible_ =
        sensible_ && inside(point_.pc) && !point_.frames.empty() && point_.frames.size() <= 8;
    for (const Frame& frame : point_.frames) {
      sensible_ = sensible_ && inside(frame.entry) && inside(frame.return_pc);
    }
    if (!sensible_) return std::nullopt;
    return machine;
  }

 private:
  void name(uint32_t symbol) {
    if (symbols_.contains(symbol)) return;
    Term word = executor_.solver().fresh();
    for (const Range& range : point_.ranges) {
      if (range.symbol != symbol) continue;
      if (range.lo == range.hi) word = Term::of(range.lo);
      executor_.solver().add(ule(Term::of(range.lo), word) && ule(word, Term::of(range.hi)));
    }
    symbols_[symbol] = word;
  }
  void name(const Content& content) {
    for (const Sum::Term& term : content.form.terms) name(term.symbol);
  }

  void name_symbols() {
    for (const uint32_t symbol : {point_.packet_size, point_.meta_size_plus_one, kMemorySize}) {
      name(symbol);
    }
    if (point_.loop) name(point_.round);
    for (const Range& range : point_.ranges) name(range.symbol);
    for (const Sum& sum : point_.inequalities) {
      for (const Sum::Term& term : sum.terms) name(term.symbol);
    }
    for (const Content& content : point_.registers) name(content);
    for (const Frame& frame : point_.frames) {
      for (const Content& content : frame.saved) name(content);
      for (const Content& content : frame.arguments) name(content);
      for (const Slot& slot : frame.slots) name(slot.content);
      name(frame.rounds);
    }
    name(point_.goto_rounds);
  }

  static bool is_own(uint32_t object) {
    return object < Executor::kFirstObject || object >= kFixedObjects;
  }

  const Map* map(uint32_t index) {
    const Map* found = map_of(executor_.rules().subject, index);
    sensible_ = sensible_ && found != nullptr;
    return found;
  }

  Word word(const Content& content) {
    Word word;
    word.type = content.type;
    if (content.type == Type::kUninitialised) return word;
    const size_t structures = static_cast<size_t>(StructureId::kCount) +
                              executor_.rules().subject.platform.own_structures.size();
    sensible_ = sensible_ && content.type <= Type::kFunction && content.structure < structures &&
                content.trust <= static_cast<uint8_t>(Trust::kTrusted);
    word.frame = content.frame;
    word.structure = static_cast<StructureId>(content.structure);
    word.trust = static_cast<Trust>(content.trust);
    word.nullable = content.nullable;
    word.read_only = content.read_only;
    word.object = content.object;
    word.reference = content.reference;
    word.detail = content.detail;
    if (content.type == Type::kMap || content.type == Type::kMapKey ||
        content.type == Type::kMapValue) {
      word.map = map(content.map);
    }
    sensible_ = sensible_ && (content.type != Type::kStack || content.frame < point_.frames.size());
    // What is 0 together with others has a number; numbers of things yet to come are not its own.
    sensible_ = sensible_ && (!content.nullable || content.object != 0) && is_own(content.object) &&
                is_own(content.reference);
    // Where a pointer may be 0, its form need not hold.
    const bool formed = content.has_form && !content.nullable;
    word.bits = formed ? sums_.modular(content.form) : executor_.solver().fresh();
    if (content.number.lo == content.number.hi) word.bits = Term::of(content.number.lo);
    executor_.solver().add(holds(content.number, word.bits));
    if (formed && content.form.terms.size() + (content.form.constant != 0) > 1) {
      executor_.solver().add(sums_.equal(word.bits, content.form, word.pointer()));
    }
    return word;
  }

  Term count(const Content& content) {
    sensible_ = sensible_ && content.type == Type::kNumber;
    return word(content).bits;
  }

  void take(const Frame& from, symbolic::Frame& to) {
    to.role = static_cast<symbolic::Role>(from.role);
    to.return_pc = from.return_pc;
    to.entry = from.entry;
    for (size_t i = 0; i < to.saved.size(); ++i) to.saved[i] = word(from.saved[i]);
    for (size_t i = 0; i < to.arguments.size(); ++i) to.arguments[i] = word(from.arguments[i]);
    if (from.has_rounds) to.rounds = count(from.rounds);
    const auto written = [&](uint32_t at) { return (from.written[at / 64] >> (at % 64) & 1) != 0; };
    for (uint32_t at = 0; at < to.stack.size(); ++at) {
      if (written(at)) executor_.fill_stack(to, at, 1);
    }
    for (const Slot& slot : from.slots) {
      bool fits = slot.bytes != 0 && slot.bytes <= 8 && slot.at + slot.bytes <= to.stack.size();
      for (uint32_t i = 0; fits && i < slot.bytes; ++i) fits = written(slot.at + i);
      sensible_ = sensible_ && fits;
      // Of bytes of which nothing is said, any numbers are left.
      if (fits && slot.content.type != Type::kUninitialised)
        executor_.write_stack(to, slot.at, slot.bytes, word(slot.content));
    }
  }

  const CutPoint& point_;
  Executor& executor_;
  Environment& symbols_;
  Sums sums_;
  bool sensible_ = true;
};

// Whether a machine is in the set, by pairs of what is described and what is there.
class Inclusion {
 public:
  Inclusion(const CutPoint& point, const Machine& machine, Executor& executor, Environment given,
            const Environment& known)
      : point_(point),
        machine_(machine),
        executor_(executor),
        symbols_(std::move(given)),
        known_(known) {}

  std::optional<Truth> run() {
    if (!same_shape(point_, machine_) || !same_frames() || !same_held()) return std::nullopt;
    if (point_.has_goto_rounds && !pair(point_.goto_rounds, Word::of(machine_.goto_rounds))) {
      return std::nullopt;
    }
    choose_symbols();
    require_same(point_.packet_size, machine_.packet_size);
    require_same(point_.meta_size_plus_one, machine_.meta_size_plus_one);
    require_same(kMemorySize, machine_.memory_size);
    const Sums sums(point_.ranges, symbols_);
    for (const Range& range : point_.ranges) {
      const Term& word = symbols_[range.symbol];
      if (range.lo != 0) require(ule(Term::of(range.lo), word));
      if (range.hi != ~uint64_t{0}) require(ule(word, Term::of(range.hi)));
    }
    for (const Sum& sum : point_.inequalities) require(sums.at_least_zero(sum));
    for (const auto& [content, word] : pairs_) {
      require(holds(content->number, word.bits));
      if (content->has_form && !content->nullable) {
        require(sums.equal(word.bits, content->form, word.pointer()));
      }
    }
    for (const Word& word : zeros_) require(word.bits == Term());
    return all_;
  }

 private:
  void require(const Truth& truth) { all_ = all_ && truth; }

  void require_same(uint32_t symbol, const Term& word) {
    const Term& chosen = symbols_[symbol];
    const bool plain = chosen.constant() == word.constant() &&
                       (word.constant() ? chosen.value() == word.value()
                                        : z3::eq(chosen.bv().term(), word.bv().term()));
    if (!plain) require(chosen == word);
  }

  // Things with one number in the cut point are one thing in the machine.
  bool same_object(uint32_t described, uint32_t there) {
    if (described == 0) return true;
    if (described >= kFixedObjects) return described == there;
    // A thing without a number is like no other.
    if (there == 0) there = --nameless_;
    const auto [found, fresh] = objects_.try_emplace(described, there);
    if (!fresh) return found->second == there;
    // What is held is described as one thing: it ends as one.
    return !is_held(there) || std::none_of(objects_.begin(), objects_.end(), [&](const auto& pair) {
      return pair.second == there && pair.first != described;
    });
  }

  bool is_held(uint32_t object) const {
    return std::any_of(machine_.held.begin(), machine_.held.end(),
                       [&](const symbolic::Held& held) { return held.object == object; });
  }

  bool pair(const Content& content, const Word& word) {
    switch (content.type) {
      case Type::kUninitialised:
        return true;
      case Type::kNumber:
        if (!word.number()) return false;
        pairs_.push_back({&content, word});
        return true;
      default:
        break;
    }
    if (word.number()) {
      if (!content.nullable || !same_object(content.object, kNullObject)) return false;
      zeros_.push_back(word);
      return true;
    }
    const Map* map = map_of(executor_.rules().subject, content.map);
    const bool same = content.type == word.type && content.frame == word.frame &&
                      content.structure == static_cast<uint8_t>(word.structure) &&
                      content.trust <= static_cast<uint8_t>(word.trust) &&
                      content.read_only == word.read_only && content.detail == word.detail &&
                      map == word.map && (content.nullable || !word.nullable) &&
                      same_object(content.object, word.object) &&
                      (content.reference != 0 ? same_object(content.reference, word.reference)
                                              : !is_held(word.reference)) &&
                      (content.object != 0 || !is_held(word.object)) &&
                      // A map that was looked up is not the one that it looks like.
                      (content.type != Type::kMap || (content.object != 0) == (word.object != 0));
    if (same) pairs_.push_back({&content, word});
    return same;
  }

  bool same_frames() {
    for (size_t reg = 0; reg < machine_.registers.size(); ++reg) {
      if (!pair(point_.registers[reg], machine_.registers[reg])) return false;
    }
    for (size_t i = 0; i < point_.frames.size(); ++i) {
      const Frame& a = point_.frames[i];
      const symbolic::Frame& b = machine_.frames[i];
      for (size_t k = 0; k < a.saved.size(); ++k) {
        if (!pair(a.saved[k], b.saved[k])) return false;
      }
      for (size_t k = 0; k < a.arguments.size(); ++k) {
        if (!pair(a.arguments[k], b.arguments[k])) return false;
      }
      // What has begun is counted.
      if (b.rounds && !a.has_rounds) return false;
      if (a.has_rounds && !pair(a.rounds, Word::of(b.rounds.value_or(Term())))) return false;
      if (!same_stack(a, b)) return false;
    }
    return true;
  }

  bool same_stack(const Frame& a, const symbolic::Frame& b) {
    std::array<bool, ebpf::kStackSize> described = {};
    for (const Slot& slot : a.slots) {
      if (slot.bytes == 0 || slot.bytes > 8 || slot.at + slot.bytes > ebpf::kStackSize) {
        return false;
      }
      if (slot.content.type == Type::kUninitialised) continue;
      std::fill_n(described.begin() + slot.at, slot.bytes, true);
      const auto word = executor_.read_stack(b, slot.at, slot.bytes);
      if (!word || !pair(slot.content, *word)) return false;
    }
    for (uint32_t at = 0; at < described.size(); ++at) {
      const bool written = (a.written[at / 64] >> (at % 64) & 1) != 0;
      if (!written) continue;
      if (b.stack[at].stored == 0) return false;
      // A byte of an address is a number to those only who may see addresses.
      if (!described[at] && !executor_.rules().privileged && !executor_.read_stack(b, at, 1)) {
        return false;
      }
    }
    return true;
  }

  bool same_held() {
    for (size_t i = 0; i < point_.held.size(); ++i) {
      const Held& a = point_.held[i];
      const symbolic::Held& b = machine_.held[i];
      if (a.pc != b.pc || a.frame != b.frame || !same_object(a.object, b.object)) return false;
    }
    const Lock& lock = point_.lock;
    return !lock.held || (same_object(lock.object, machine_.lock.object) &&
                          map_of(executor_.rules().subject, lock.map) == machine_.lock.map);
  }

  void choose(uint32_t symbol, const Term& word) { symbols_.try_emplace(symbol, word); }

  // A symbol is what its register says, where one does.
  void choose_symbols() {
    choose(point_.packet_size, machine_.packet_size);
    choose(point_.meta_size_plus_one, machine_.meta_size_plus_one);
    choose(kMemorySize, machine_.memory_size);
    for (const auto& [content, word] : pairs_) {
      if (!content->has_form || content->nullable || content->form.terms.size() != 1 ||
          content->form.terms[0].factor != 1) {
        continue;
      }
      choose(content->form.terms[0].symbol, word.bits - Term::of_signed(content->form.constant));
    }
    const auto settle = [&](const Content& content, const Word& word) {
      const Sum::Term* open = nullptr;
      Sum rest{.terms = {}, .constant = content.form.constant};
      for (const Sum::Term& term : content.form.terms) {
        if (symbols_.contains(term.symbol)) {
          rest.terms.push_back(term);
          continue;
        }
        if (open != nullptr) return;
        open = &term;
      }
      if (open == nullptr) return;
      const Term part = Sums(point_.ranges, symbols_).modular(rest);
      const Term product = open->factor < 0 ? part - word.bits : word.bits - part;
      const uint64_t factor =
          static_cast<uint64_t>(open->factor < 0 ? -open->factor : open->factor);
      choose(open->symbol, factor == 1 ? product
                                       : symbolic::lift([](auto a, auto b) { return udiv(a, b); },
                                                        product, Term::of(factor)));
    };
    for (const auto& [symbol, word] : known_) {
      const bool ranged = std::any_of(point_.ranges.begin(), point_.ranges.end(),
                                      [&](const Range& r) { return r.symbol == symbol; });
      if (ranged) choose(symbol, word);
    }
    for (int pass = 0; pass < 2; ++pass) {
      for (const auto& [content, word] : pairs_) {
        if (content->has_form && !content->nullable) settle(*content, word);
      }
    }
    for (const auto& [symbol, word] : known_) choose(symbol, word);
  }

  static constexpr uint32_t kNullObject = ~uint32_t{0};

  const CutPoint& point_;
  const Machine& machine_;
  Executor& executor_;
  Environment symbols_;
  const Environment& known_;
  struct Pair {
    const Content* content = nullptr;
    Word word;
  };
  std::vector<Pair> pairs_;
  std::vector<Word> zeros_;
  std::map<uint32_t, uint32_t> objects_;
  uint32_t nameless_ = kNullObject;
  Truth all_ = true;
};

}  // namespace

std::optional<Machine> assume(const CutPoint& point, Executor& executor, Environment& symbols) {
  return Assumption(point, executor, symbols).run();
}

std::optional<Truth> included(const CutPoint& point, const Machine& machine, Executor& executor,
                              Environment given, const Environment& known) {
  return Inclusion(point, machine, executor, std::move(given), known).run();
}

}  // namespace zext::verifier::certificate
