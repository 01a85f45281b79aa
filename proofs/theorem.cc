#include "proofs/theorem.h"

#include <gtest/gtest.h>

#include <cctype>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "proofs/second_solver.h"
#include "word/paths.h"

namespace zext::proofs {
namespace {

struct Record {
  std::string name;
  unsigned width = 0;
  bool expect_refuted = false;
  size_t paths = 0;
  size_t queries = 0;
  double seconds = 0;       // Z3's
  double cvc5_seconds = 0;  // cvc5's
  size_t confirmed = 0;
  size_t undecided = 0;  // not in the time of one query
  size_t unasked = 0;    // the total time was spent, or there is no cvc5
  size_t counterexamples = 0;
  bool failed = false;
};

struct Ledger {
  std::vector<Record> records;
  double cvc5_seconds = 0;
  bool cvc5_missing = false;
};

Ledger& ledger() {
  static Ledger instance;
  return instance;
}

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void write(const Record& record, const std::string& smtlib) {
  if (runner_options().smt2_dir.empty()) return;
  std::string stem = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  stem += "_" + record.name + "_" + std::to_string(record.width);
  for (char& c : stem) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  std::ofstream(runner_options().smt2_dir + "/" + stem + "_" + std::to_string(record.queries) +
                ".smt2")
      << smtlib;
}

// Asks cvc5 about a query that Z3 calls unsatisfiable.
void ask_cvc5(Record& record, const std::string& smtlib) {
  const RunnerOptions& limits = runner_options();
  if (ledger().cvc5_seconds >= limits.cvc5_total_seconds) {
    ++record.unasked;
    return;
  }
  const auto start = std::chrono::steady_clock::now();
  switch (confirm(smtlib, limits.cvc5_query_seconds)) {
    case Answer::kUnsat:
      ++record.confirmed;
      break;
    case Answer::kSat:
      record.failed = true;
      ADD_FAILURE() << record.name << ": cvc5 CONTRADICTS Z3 on query " << record.queries
                    << ": run with --smt2_dir to get it";
      break;
    case Answer::kUndecided:
      ++record.undecided;
      break;
    case Answer::kUnavailable:
      ledger().cvc5_missing = true;
      ++record.unasked;
      break;
  }
  record.cvc5_seconds += since(start);
  ledger().cvc5_seconds += since(start);
}

// One goal on one path.
void discharge(Record& record, const Formula& claim, const TheoremOptions& options) {
  const ProveOptions how{.timeout_ms = options.timeout_ms, .logic = options.logic};
  ++record.queries;
  const Proof proof = prove(claim, how);
  record.seconds += proof.seconds;
  switch (proof.status) {
    case Proof::Status::kProved: {
      const std::string smtlib = to_smtlib(claim, how);
      write(record, smtlib);
      if (!record.expect_refuted) ask_cvc5(record, smtlib);
      break;
    }
    case Proof::Status::kRefuted:
      ++record.counterexamples;
      write(record, to_smtlib(claim, how));
      if (record.expect_refuted) {
        if (record.counterexamples == 1) {
          std::printf("refuted: %s: %s\n", record.name.c_str(), proof.counterexample.c_str());
        }
      } else {
        record.failed = true;
        ADD_FAILURE() << record.name << ": refuted by " << proof.counterexample;
      }
      break;
    case Proof::Status::kUnknown:
      record.failed = true;
      ADD_FAILURE() << record.name << ": not decided: " << proof.reason;
      break;
  }
}

// A theorem whose hypotheses contradict each other would hold of nothing.
void check_not_vacuous(Record& record, const Formula& given, const TheoremOptions& options) {
  if (given.term().simplify().is_true()) return;
  ++record.queries;
  const Proof proof = prove(!given, {.timeout_ms = options.timeout_ms, .logic = options.logic});
  record.seconds += proof.seconds;
  if (proof.refuted()) return;
  record.failed = true;
  ADD_FAILURE() << record.name << ": the hypotheses cannot hold, or Z3 could not tell";
}

void run(Record record, const std::function<Claim()>& body, const TheoremOptions& options) {
  bool can_hold = false;
  const auto one_path = [&] {
    // A mutant needs one counterexample, not one a path.
    if (record.expect_refuted && record.counterexamples > 0) return;
    const Claim claim = body();
    if (claim.show.empty()) {
      record.failed = true;
      ADD_FAILURE() << record.name << ": nothing to show";
    }
    if (!can_hold) {
      check_not_vacuous(record, claim.given, options);
      can_hold = true;
    }
    for (const Formula& goal : claim.show) {
      discharge(record, implies(claim.given, goal), options);
    }
  };
  const Paths::Summary summary = Paths::each(one_path, {.logic = options.logic});
  record.paths = summary.paths;
  record.queries += summary.queries;
  if (!summary.complete()) {
    record.failed = true;
    ADD_FAILURE() << record.name << ": " << summary.incomplete;
  }
  if (summary.paths == 0) {
    record.failed = true;
    ADD_FAILURE() << record.name << ": no path was executed";
  }
  if (record.expect_refuted && record.counterexamples == 0) {
    record.failed = true;
    ADD_FAILURE() << record.name << ": proved, although it is wrong on purpose";
  }
  ledger().records.push_back(std::move(record));
}

std::function<Claim()> whole(const std::function<Formula()>& claim) {
  return [claim] { return Claim{.given = true, .show = {claim()}}; };
}

}  // namespace

void theorem(const std::string& name, unsigned width, const std::function<Claim()>& claim,
             const TheoremOptions& options) {
  run({.name = name, .width = width}, claim, options);
}

void theorem(const std::string& name, unsigned width, const std::function<Formula()>& claim,
             const TheoremOptions& options) {
  theorem(name, width, whole(claim), options);
}

void refuted(const std::string& name, unsigned width, const std::function<Claim()>& claim,
             const TheoremOptions& options) {
  run({.name = name, .width = width, .expect_refuted = true}, claim, options);
}

void refuted(const std::string& name, unsigned width, const std::function<Formula()>& claim,
             const TheoremOptions& options) {
  refuted(name, width, whole(claim), options);
}

RunnerOptions& runner_options() {
  static RunnerOptions options;
  return options;
}

std::string report() {
  std::string text;
  char line[256];
  const auto add = [&](const char* name, const char* width, const char* paths, const char* queries,
                       const char* seconds, const char* cvc5, const char* result) {
    std::snprintf(line, sizeof line, "%-52s %5s %6s %8s %8s  %-26s %s\n", name, width, paths,
                  queries, seconds, cvc5, result);
    text += line;
  };
  add("theorem", "width", "paths", "queries", "Z3 s", "cvc5", "result");
  double seconds = 0;
  size_t confirmed = 0;
  size_t open = 0;
  for (const Record& r : ledger().records) {
    char time[16];
    std::snprintf(time, sizeof time, "%.3f", r.seconds);
    std::string cvc5;
    if (r.confirmed > 0) cvc5 += std::to_string(r.confirmed) + " confirmed ";
    if (r.undecided > 0) cvc5 += std::to_string(r.undecided) + " open ";
    if (r.unasked > 0) cvc5 += std::to_string(r.unasked) + " unasked";
    const char* result = r.failed ? "FAILED" : r.expect_refuted ? "refuted" : "proved";
    add(r.name.c_str(), std::to_string(r.width).c_str(), std::to_string(r.paths).c_str(),
        std::to_string(r.queries).c_str(), time, cvc5.c_str(), result);
    seconds += r.seconds;
    confirmed += r.confirmed;
    open += r.undecided + r.unasked;
  }
  std::snprintf(line, sizeof line,
                "%zu theorems, Z3 %.1f s; cvc5 confirmed %zu queries in %.1f s, %zu left open%s\n",
                ledger().records.size(), seconds, confirmed, ledger().cvc5_seconds, open,
                ledger().cvc5_missing ? " (skipped: /usr/bin/cvc5 is not installed)" : "");
  return text + line;
}

}  // namespace zext::proofs
