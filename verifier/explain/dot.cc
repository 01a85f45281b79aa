#include "verifier/explain/dot.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "verifier/cfg/cfg.h"
#include "verifier/explain/explain.h"
#include "verifier/explain/story.h"

namespace zext::verifier {
namespace {

class Picture {
 public:
  Picture(const object::Program& program, const Subject& subject, const Verdict& verdict)
      : program_(program),
        subject_(subject),
        verdict_(verdict),
        code_(subject.code),
        cfg_(Cfg::of(subject.code, &subject.platform)) {
    if (verdict.outcome == Outcome::kRejected) find_path();
  }

  std::string text() const {
    std::string text =
        fmt::format("digraph \"{}\" {{\n  node [shape=box, fontname=\"monospace\", fontsize=10];\n",
                    escaped(program_.name));
    for (size_t i = 0; i < code_.functions.size(); ++i) {
      const uint32_t end = i + 1 < code_.functions.size() ? code_.functions[i + 1] : code_.size();
      text += function(code_.functions[i], end);
    }
    for (uint32_t block = 0; block < cfg_.blocks.size(); ++block) text += edges(block);
    return text + "}\n";
  }

 private:
  static std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
      if (c == '"' || c == '\\') result += '\\';
      result += c == '\t' ? ' ' : c;
    }
    return result;
  }

  std::string function(uint32_t entry, uint32_t end) const {
    const std::string name = entry == 0 ? program_.name + "()" : function_name(program_, entry);
    std::string text =
        fmt::format("  subgraph cluster_{} {{\n    label=\"{}\";\n", entry, escaped(name));
    for (uint32_t block = 0; block < cfg_.blocks.size(); ++block) {
      const uint32_t first = cfg_.blocks[block].first;
      if (first >= entry && first < end) text += node(block);
    }
    return text + "  }\n";
  }

  std::string node(uint32_t index) const {
    const Block& block = cfg_.blocks[index];
    std::string label = invariant(block);
    const object::Line* shown = nullptr;
    for (uint32_t pc = block.first; pc <= block.last; pc = code_.next(pc)) {
      const object::Line* line = object::line_at(program_, pc);
      if (line != nullptr && line != shown && !line->text.empty()) {
        label += escaped(fmt::format("; {} @ {}:{}", line->text, line->file, line->line)) + "\\l";
      }
      shown = line;
      label += escaped(fmt::format("{}: {}", pc, instruction_text(program_, subject_, pc))) + "\\l";
    }
    const bool fault =
        verdict_.outcome == Outcome::kRejected && cfg_.owners[verdict_.rejection.pc] == index;
    if (fault) {
      label += escaped(fmt::format("error at {}: [{}] {}", verdict_.rejection.pc,
                                   id_of(verdict_.rejection.reason),
                                   message_of({program_, subject_, verdict_.rejection}))) +
               "\\l";
    }
    std::string style = block.head ? ", peripheries=2" : "";
    if (fault) {
      style += ", color=red, style=filled, fillcolor=mistyrose";
    } else if (on_path_.contains(index)) {
      style += ", color=red";
    }
    return fmt::format("    b{} [label=\"{}\"{}];\n", block.first, label, style);
  }

  // What holds at the block's beginning, of the registers that it or what follows reads.
  std::string invariant(const Block& block) const {
    if (verdict_.invariants.size() <= block.first) return "";
    const Invariant& known = verdict_.invariants[block.first];
    if (!known.reachable) return "not reached\\l";
    std::string text;
    for (unsigned reg = 0; reg < ebpf::kFramePointer; ++reg) {
      const RegisterFact& fact = known.registers[reg];
      if (fact.type == Type::kUninitialised || (block.live >> reg & 1) == 0) continue;
      text += escaped(fmt::format("r{} = {}", reg, describe(fact, &subject_))) + "\\l";
    }
    return text.empty() ? "" : text + "--------\\l";
  }

  std::string edges(uint32_t index) const {
    const Block& block = cfg_.blocks[index];
    std::string text;
    for (const uint32_t next : block.successors()) {
      const Block& to = cfg_.blocks[next];
      std::string style;
      if (to.head && Cfg::inside(to, block)) style = "style=dashed, label=\"loop\"";
      if (path_.contains({index, next}))
        style += fmt::format("{}color=red", style.empty() ? "" : ", ");
      text += fmt::format("  b{} -> b{}{};\n", block.first, to.first,
                          style.empty() ? "" : fmt::format(" [{}]", style));
    }
    return text;
  }

  // Follows blocks with one way on, from `block` to the one that `wanted` accepts.
  template <class Wanted>
  uint32_t follow(uint32_t block, Wanted wanted) {
    std::vector<std::pair<uint32_t, uint32_t>> steps;
    for (size_t i = 0; block != Cfg::kNoBlock && i <= cfg_.blocks.size(); ++i) {
      if (wanted(block)) {
        for (const auto& step : steps) {
          path_.insert(step);
          on_path_.insert(step.first);
        }
        on_path_.insert(block);
        return block;
      }
      const auto next = cfg_.blocks[block].successors();
      if (next.size() != 1) break;
      steps.emplace_back(block, next[0]);
      block = next[0];
    }
    return Cfg::kNoBlock;
  }

  // The blocks and edges of the rejection's path, as far as its branches say.
  void find_path() {
    const Rejection& rejection = verdict_.rejection;
    uint32_t at = rejection.path.size() < kPathLength ? cfg_.owners[0] : Cfg::kNoBlock;
    for (const Branch& branch : rejection.path) {
      follow(at, [&](uint32_t block) { return cfg_.blocks[block].last == branch.pc; });
      const uint32_t block = cfg_.owners[branch.pc];
      if (block == Cfg::kNoBlock) return;
      on_path_.insert(block);
      const uint32_t to =
          branch.taken ? code_.target(branch.pc).value_or(branch.pc) : code_.next(branch.pc);
      at = cfg_.owners[to];
      path_.insert({block, at});
    }
    follow(at, [&](uint32_t block) { return block == cfg_.owners[rejection.pc]; });
  }

  const object::Program& program_;
  const Subject& subject_;
  const Verdict& verdict_;
  const ebpf::Code& code_;
  const Cfg cfg_;
  std::set<std::pair<uint32_t, uint32_t>> path_;
  std::set<uint32_t> on_path_;
};

}  // namespace

std::string dot(const object::Program& program, const Subject& subject, const Verdict& verdict) {
  return Picture(program, subject, verdict).text();
}

}  // namespace zext::verifier
