// Paths: symbolic execution of ordinary C++ over Bv<N>: each feasible branch is one execution.
//
//   Paths::each([] {
//     auto x = Bv<32>::variable("x");
//     auto y = slt(x, Bv<32>::of(0)) ? Bv<32>::of(0) - x : x;   // `if`, loops, early returns
//     EXPECT_TRUE(prove(implies(x != Bv<32>::of(0x80000000), !slt(y, Bv<32>::of(0)))).proved());
//   });                                                         // runs twice
//
// The body is executed again from its start for each path, replaying the decisions made so far, so
// it must be deterministic and its loops bounded (Options::max_decisions is the backstop).
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "word/formula.h"

namespace zext {

class Paths {
 public:
  struct Options {
    size_t max_paths = 100'000;
    size_t max_decisions = 10'000;  // on one path
    unsigned timeout_ms = 10'000;   // for each feasibility query
    const char* logic = "QF_UFBV";  // of the branches' conditions
  };

  struct Summary {
    size_t paths = 0;    // executions that ran to the end of the body
    size_t queries = 0;  // feasibility questions put to Z3
    // Why not every path was explored; empty when all were.
    std::string incomplete;
    bool complete() const { return incomplete.empty(); }
  };

  // Runs `body` once for each feasible combination of branches. A feasibility question that Z3
  // cannot answer counts as feasible. Does not nest.
  static Summary each(const std::function<void()>& body, const Options& options);
  static Summary each(const std::function<void()>& body);

  // The conjunction of all branches and assumptions of the path being executed; true outside each.
  static Formula condition();

  // Adds a fact to the path being executed; ends this execution if it cannot hold.
  static void assume(const Formula& fact);
};

}  // namespace zext
