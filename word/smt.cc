#include "word/smt.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "word/paths.h"

namespace zext {
namespace {

z3::solver refutation(const Formula& claim, const ProveOptions& options) {
  z3::solver solver(smt_context(), options.logic);
  z3::params params(smt_context());
  params.set("timeout", options.timeout_ms);
  solver.set(params);
  solver.add(Paths::condition().term());
  solver.add(!claim.term());
  return solver;
}

std::string hexadecimal(const z3::expr& value) {
  uint64_t number = 0;
  if (value.is_bv() && value.get_sort().bv_size() <= 64 && value.is_numeral_u64(number)) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
    return text;
  }
  std::string text = value.to_string();
  // An array's value is many lines; the first tell what it is about.
  constexpr size_t kLongest = 120;
  text.erase(
      std::unique(text.begin(), text.end(),
                  [](char a, char b) { return std::isspace(a) != 0 && std::isspace(b) != 0; }),
      text.end());
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > kLongest) text.replace(kLongest, std::string::npos, "...");
  return text;
}

std::string describe(const z3::model& model) {
  std::vector<std::string> lines;
  for (unsigned i = 0; i < model.num_consts(); ++i) {
    const z3::func_decl variable = model.get_const_decl(i);
    lines.push_back(variable.name().str() + " = " + hexadecimal(model.get_const_interp(variable)));
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : ", ") + line;
  return text;
}

}  // namespace

Proof prove(const Formula& claim, const ProveOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  z3::solver solver = refutation(claim, options);
  Proof proof;
  switch (solver.check()) {
    case z3::unsat:
      proof.status = Proof::Status::kProved;
      break;
    case z3::sat:
      proof.status = Proof::Status::kRefuted;
      proof.counterexample = describe(solver.get_model());
      break;
    case z3::unknown:
      proof.reason = solver.reason_unknown();
      break;
  }
  proof.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return proof;
}

std::string to_smtlib(const Formula& claim, const ProveOptions& options) {
  return "(set-logic " + std::string(options.logic) + ")\n" + refutation(claim, options).to_smt2();
}

}  // namespace zext
