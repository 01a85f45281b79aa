#include "verifier/explain/golden.h"

#include <sstream>
#include <vector>

#include "verifier/explain/dot.h"
#include "verifier/explain/explain.h"
#include "verifier/explain/log.h"
#include "verifier/verify.h"

namespace zext::verifier {
namespace {

std::string log_of(const Prepared& ready, Options options, const LogOptions& how) {
  const Subject subject = ready.subject();
  Log log(ready.program, subject, how);
  options.observer = &log.observer();
  verify(subject, options);
  return log.text();
}

}  // namespace

std::string rendered(const Case& tested, const std::string& section) {
  const auto ready = prepare(tested);
  if (!ready) return ready.error() + "\n";
  const object::Program& program = (*ready)->program;
  const Subject subject = (*ready)->subject();
  if (section == "log") return log_of(**ready, tested.options, {.level = 1});
  if (section == "log 2") return log_of(**ready, tested.options, {.level = 2});
  if (section == "log cut") return log_of(**ready, tested.options, {.level = 1, .lines = 4});
  const Verdict verdict = verify(subject, tested.options);
  if (section == "dot") return dot(program, subject, verdict);
  if (section == "json") return explain_json(program, subject, verdict) + "\n";
  if (section == "message") return explain(program, subject, verdict);
  return "no such section\n";
}

// A section extends to the next one, the next case, or a comment.
std::string updated(const std::string& text) {
  const std::vector<Case> cases = parse_cases(text);
  std::istringstream in(text);
  std::string result;
  size_t next = 0;
  bool inside = false;
  const auto end_case = [&] {
    if (next > 0 && cases[next - 1].sections.empty()) {
      result += "-- message\n" + rendered(cases[next - 1], "message");
    }
  };
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("== ")) {
      end_case();
      ++next;
      inside = false;
    }
    if (inside && !line.starts_with("-- ") && !line.starts_with("#")) continue;
    result += line + "\n";
    if (!line.starts_with("-- ") || next == 0) continue;
    inside = true;
    result += rendered(cases[next - 1], line.substr(3));
  }
  end_case();
  return result;
}

}  // namespace zext::verifier
