// Log: what the verifier saw at each instruction, in a form close to Linux's verifier log.
//
//   Log log(program, subject, {.level = 1});
//   const Verdict verdict = verify(subject, {.observer = &log.observer()});
//   std::cout << log.text();
//
//   // ; u32 length = ip->ihl; @ filter.c:35
//   // 6: (71) r5 = *(u8 *)(r2 + 0xe) ; R5=scalar(umax=255)
//
// docs/verifier.md says how to read it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "object/program.h"
#include "verifier/observer.h"
#include "verifier/state/state.h"
#include "verifier/subject.h"
#include "verifier/verdict.h"

namespace zext::verifier {

struct LogOptions {
  unsigned level = 1;        // 2: also how numbers are related
  uint64_t lines = 100'000;  // at most so many; what lies in the middle is cut
  bool one_path = false;     // only the path that was followed last, as Linux at level 1
};

class Log {
 public:
  // All of them must outlive the log.
  Log(const object::Program& program, const Subject& subject, const LogOptions& options = {});
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  const Observer& observer() const { return observer_; }

  // Ends the log: nothing more is seen. The lines, and where some were cut, a line that says so.
  std::vector<std::string> lines();
  std::string text();

 private:
  void attempt(uint32_t number);
  void path(uint32_t from, uint32_t pc);
  void step(uint32_t pc, const State& state);
  void covered(uint32_t pc);
  std::string begin(uint32_t pc);
  void changed(const char* what, uint32_t pc, const State& state);

  void finish(const State* after);
  void source(uint32_t pc);
  void relations(const State& state);
  void add(std::string line);
  void go_back(uint32_t pc);

  const object::Program& program_;
  const Subject& subject_;
  const LogOptions options_;
  Observer observer_;
  std::vector<std::string> first_;
  std::vector<uint32_t> places_;  // one_path: of the lines in first_, the instruction
  std::deque<std::string> last_;
  uint32_t at_ = kNowhere;  // the instruction that lines are about
  uint64_t cut_ = 0;
  // The instruction that was begun, and the state before it.
  std::optional<uint32_t> pending_;
  State before_;
  std::optional<std::pair<uint32_t, uint32_t>> begins_;  // a path: from, to
  const object::Line* line_ = nullptr;
  std::vector<std::string> relations_;
};

}  // namespace zext::verifier
