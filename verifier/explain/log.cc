#include "verifier/explain/log.h"

#include <fmt/format.h>

#include <algorithm>

#include "verifier/explain/state_text.h"
#include "verifier/explain/story.h"

namespace zext::verifier {

Log::Log(const object::Program& program, const Subject& subject, const LogOptions& options)
    : program_(program), subject_(subject), options_(options) {
  observer_ = {
      .context = this,
      .attempt = [](void* log, uint32_t n) { static_cast<Log*>(log)->attempt(n); },
      .path = [](void* log, uint32_t from, uint32_t pc) { static_cast<Log*>(log)->path(from, pc); },
      .step = [](void* log, uint32_t pc,
                 const State& state) { static_cast<Log*>(log)->step(pc, state); },
      .covered = [](void* log, uint32_t pc, const State&) { static_cast<Log*>(log)->covered(pc); },
      .generalised =
          [](void* log, uint32_t pc, const State& state) {
            static_cast<Log*>(log)->changed("loop generalised", pc, state);
          },
      .merged =
          [](void* log, uint32_t pc, const State& state) {
            static_cast<Log*>(log)->changed("merged with an earlier path", pc, state);
          },
  };
}

void Log::attempt(uint32_t number) {
  finish(nullptr);
  if (number == 1) return;
  if (options_.one_path) return go_back(kNowhere);
  add(fmt::format("attempt {}: the same again, with loops followed for longer", number));
}

void Log::path(uint32_t from, uint32_t pc) {
  finish(nullptr);
  if (options_.one_path) go_back(from == pc ? kNowhere : from);
  at_ = from;
  begins_ = {from, pc};
  line_ = nullptr;
  relations_.clear();
}

// "9: ", or "from 5 to 9: " where a path begins.
std::string Log::begin(uint32_t pc) {
  const bool from = begins_ && begins_->first != pc;
  const std::string text =
      from ? fmt::format("from {} to {}: ", begins_->first, pc) : fmt::format("{}: ", pc);
  begins_.reset();
  return text;
}

void Log::step(uint32_t pc, const State& state) {
  const size_t frames = pending_ ? before_.frames.size() : state.frames.size();
  finish(&state);
  const bool forms = options_.level >= 2;
  if (begins_) {
    add(begin(pc) + state_text(subject_, state, forms));
  } else if (frames != state.frames.size()) {
    const uint32_t entry = state.frames.back().entry;
    const std::string name = entry == 0 ? program_.name + "()" : function_name(program_, entry);
    add(fmt::format("{} {}: {}", frames < state.frames.size() ? "into" : "back to", name,
                    state_text(subject_, state, forms)));
    line_ = nullptr;
  }
  relations(state);
  at_ = pc;
  source(pc);
  pending_ = pc;
  before_ = state;
}

void Log::covered(uint32_t pc) {
  finish(nullptr);
  add(begin(pc) + "safe: an earlier state covers this one");
}

void Log::changed(const char* what, uint32_t pc, const State& state) {
  finish(nullptr);
  add(begin(pc) + fmt::format("{}: {}", what, state_text(subject_, state, options_.level >= 2)));
}

// Writes the instruction that was begun, with what it changed.
void Log::finish(const State* after) {
  if (!pending_) return;
  const uint8_t opcode = program_.slots.size() > *pending_ ? program_.slots[*pending_].opcode : 0;
  std::string line = fmt::format("{}: ({:02x}) {}", *pending_, opcode,
                                 instruction_text(program_, subject_, *pending_));
  const bool same_frame = after != nullptr && after->frames.size() == before_.frames.size();
  if (same_frame) {
    const std::string changes = changes_text(subject_, before_, *after, options_.level >= 2);
    constexpr size_t kColumn = 40;
    if (!changes.empty()) line = fmt::format("{:<{}} ; {}", line, kColumn, changes);
  }
  pending_.reset();
  add(std::move(line));
}

void Log::source(uint32_t pc) {
  const object::Line* line = object::line_at(program_, pc);
  if (line == nullptr) return;
  const bool same = line_ != nullptr && line_->line == line->line && line_->file == line->file;
  line_ = line;
  if (same) return;
  const size_t first = line->text.find_first_not_of(" \t");
  const std::string text = first == std::string::npos ? "" : line->text.substr(first);
  add(fmt::format("; {} @ {}:{}", text, line->file, line->line));
}

// What was not said before on this path.
void Log::relations(const State& state) {
  if (options_.level < 2) return;
  std::vector<std::string> now = relation_texts(state);
  std::string text;
  for (const std::string& one : now) {
    if (std::ranges::find(relations_, one) != relations_.end()) continue;
    text += (text.empty() ? "   where " : "; ") + one;
  }
  relations_ = std::move(now);
  if (!text.empty()) add(std::move(text));
}

// Forgets the lines behind the last ones about the instruction, or all if there are none.
void Log::go_back(uint32_t pc) {
  while (!places_.empty() && places_.back() != pc) {
    places_.pop_back();
    first_.pop_back();
  }
}

void Log::add(std::string line) {
  if (options_.one_path) {
    // A path longer than that is of a loop, whose last rounds matter.
    if (first_.size() >= options_.lines) {
      const auto half = static_cast<ptrdiff_t>(first_.size() / 2);
      first_.erase(first_.begin(), first_.begin() + half);
      places_.erase(places_.begin(), places_.begin() + half);
    }
    places_.push_back(at_);
    first_.push_back(std::move(line));
    return;
  }
  const uint64_t half = options_.lines / 2;
  if (first_.size() < options_.lines - half) {
    first_.push_back(std::move(line));
    return;
  }
  last_.push_back(std::move(line));
  if (last_.size() <= half) return;
  last_.pop_front();
  ++cut_;
}

std::vector<std::string> Log::lines() {
  finish(nullptr);
  std::vector<std::string> all = first_;
  if (cut_ > 0) {
    all.push_back(fmt::format("... {} lines are left out; --log-lines {} shows all", cut_,
                              cut_ + options_.lines));
  }
  all.insert(all.end(), last_.begin(), last_.end());
  return all;
}

std::string Log::text() {
  std::string text;
  for (const std::string& line : lines()) text += line + "\n";
  return text;
}

}  // namespace zext::verifier
