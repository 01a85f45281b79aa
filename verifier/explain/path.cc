#include "verifier/explain/path.h"

#include <fmt/format.h>

#include <algorithm>

namespace zext::verifier {
namespace {

std::string without_indent(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first);
}

// What macros leave behind can be very long.
std::string c_text(const object::Program& program, uint32_t pc) {
  constexpr size_t kLongest = 100;
  const object::Line* line = object::line_at(program, pc);
  if (line == nullptr) return "";
  const std::string text = without_indent(line->text);
  return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

// With the column, since one line may have several jumps.
std::string jump_place(const object::Program& program, uint32_t pc) {
  const object::Line* line = object::line_at(program, pc);
  if (line == nullptr) return place(program, pc);
  return fmt::format("{}:{}:{}", base_name(line->file), line->line, line->column);
}

}  // namespace

std::vector<Repeated> without_repeats(const std::vector<Branch>& branches) {
  std::vector<Repeated> result;
  for (const Branch& branch : branches) {
    const bool again = !result.empty() && result.back().branch.pc == branch.pc &&
                       result.back().branch.taken == branch.taken;
    if (again) {
      ++result.back().times;
    } else {
      result.push_back({.branch = branch});
    }
  }
  return result;
}

std::string path_text(const Story& story) {
  constexpr size_t kShown = 8;
  const std::vector<Branch>& branches = story.rejection.path;
  if (branches.empty()) return "";
  const std::vector<Repeated> steps = without_repeats(branches);
  const size_t skipped = steps.size() > kShown ? steps.size() - kShown : 0;
  std::string text = "  the way there:\n";
  // A path as long as the verifier keeps may have begun before.
  if (skipped > 0 || branches.size() == kPathLength) text += "    ...\n";
  std::vector<std::string> lines;
  size_t width = 0;
  for (size_t i = skipped; i < steps.size(); ++i) {
    const auto& [branch, times] = steps[i];
    lines.push_back(fmt::format("{}: jump at {} {}{}", jump_place(story.program, branch.pc),
                                branch.pc, branch.taken ? "taken" : "not taken",
                                times > 1 ? fmt::format(", {} times", times) : ""));
    width = std::max(width, lines.back().size());
  }
  for (size_t i = skipped; i < steps.size(); ++i) {
    const std::string c = c_text(story.program, steps[i].branch.pc);
    const std::string& line = lines[i - skipped];
    text += c.empty() ? fmt::format("    {}\n", line)
                      : fmt::format("    {:<{}} | {}\n", line, width, c);
  }
  return text;
}

}  // namespace zext::verifier
