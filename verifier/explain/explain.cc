#include "verifier/explain/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "verifier/explain/path.h"
#include "verifier/explain/story.h"

namespace zext::verifier {
namespace {

// The line, and below it a mark at the column.
std::string source_line(const object::Program& program, uint32_t pc) {
  const object::Line* line = object::line_at(program, pc);
  if (line == nullptr || line->text.empty()) return "";
  std::string text = fmt::format("{:>5} | {}\n", line->line, line->text);
  if (line->column == 0 || line->column > line->text.size()) return text;
  std::string before = line->text.substr(0, line->column - 1);
  std::ranges::replace_if(before, [](char c) { return c != '\t'; }, ' ');
  return text + fmt::format("      | {}^\n", before);
}

std::string instruction_line(const Story& story) {
  if (story.instruction() == nullptr) return "";
  return fmt::format("  instruction {}: {}\n", story.rejection.pc,
                     instruction_text(story.program, story.subject, story.rejection.pc));
}

std::string registers(const Story& story, uint16_t shown) {
  struct Row {
    std::string what;
    std::string origin;
  };
  std::vector<Row> rows;
  size_t width = 0;
  for (ebpf::Reg reg = 0; reg < ebpf::kFramePointer; ++reg) {
    if ((shown >> reg & 1) == 0) continue;
    const RegisterFact& fact = story.rejection.registers[reg];
    if (fact.type == Type::kUninitialised && reg != story.rejection.reg) continue;
    rows.push_back({fmt::format("r{} = {}", unsigned{reg}, describe(fact, &story.subject)),
                    origin_of(story, reg)});
    constexpr size_t kWidest = 48;
    if (!rows.back().origin.empty() && rows.back().what.size() <= kWidest) {
      width = std::max(width, rows.back().what.size());
    }
  }
  std::string text;
  for (const Row& row : rows) {
    text += row.origin.empty() ? fmt::format("    {}\n", row.what)
                               : fmt::format("    {:<{}}    {}\n", row.what, width, row.origin);
  }
  return text.empty() ? "" : "  known there:\n" + text;
}

std::string calls(const Story& story) {
  std::string text;
  const std::vector<uint32_t>& all = story.rejection.calls;
  for (size_t i = 0; i < all.size();) {
    size_t end = i + 1;
    while (end < all.size() && all[end] == all[i]) ++end;
    const std::string name = callee_name(story.program, story.subject, all[i]);
    const bool local = story.subject.code.insns[all[i]].row().kind == ebpf::Kind::kCallLocal;
    text += fmt::format("  in {}{}, called at {}{}\n", local ? "" : "the callback of ", name,
                        place(story.program, all[i]),
                        end - i > 1 ? fmt::format(", {} times", end - i) : "");
    i = end;
  }
  return text;
}

std::string rejected(const Story& story, uint16_t shown) {
  const Rejection& rejection = story.rejection;
  std::string text = fmt::format("{}: error: [{}] {}\n", place(story.program, rejection.pc),
                                 id_of(rejection.reason), message_of(story));
  text += source_line(story.program, rejection.pc);
  text += instruction_line(story);
  text += calls(story);
  text += registers(story, shown);
  text += path_text(story);
  if (const std::string hint = hint_of(story); !hint.empty()) {
    text += fmt::format("  hint: {}\n", hint);
  }
  return text;
}

}  // namespace

std::string explain(const object::Program& program, const Subject& subject, const Verdict& verdict,
                    bool every_register) {
  const Story story{program, subject, verdict.rejection};
  const Statistics& statistics = verdict.statistics;
  switch (verdict.outcome) {
    case Outcome::kAccepted:
      return fmt::format("{}: accepted ({} steps, {} bytes of stack)\n", program.name,
                         statistics.steps, statistics.stack_bytes);
    case Outcome::kRejected: {
      constexpr uint16_t kAll = 0x7ff;
      return rejected(story, every_register ? kAll : relevant_registers(story));
    }
    case Outcome::kResourceLimit:
      return fmt::format("{}: error: [resource-limit] undecided after {} steps and {} states\n",
                         place(program, verdict.rejection.pc), statistics.steps,
                         statistics.peak_states) +
             source_line(program, verdict.rejection.pc) + instruction_line(story) +
             "  hint: raise the budget, or make loops shorter\n";
  }
  return "";
}

Subject subject_of(const object::Program& program, const ebpf::Code& code) {
  static const Platform kUnknown{.name = "unknown"};
  const Platform* platform = find_platform(static_cast<uint8_t>(program.type), kAnyAttachType);
  return {.code = code, .platform = platform != nullptr ? *platform : kUnknown};
}

std::string explain(const object::Program& program, const ebpf::Code& code,
                    const Verdict& verdict) {
  return explain(program, subject_of(program, code), verdict);
}

}  // namespace zext::verifier
