#include "proofs/second_solver.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace zext::proofs {
namespace {

constexpr const char* kSolver = "/usr/bin/cvc5";

// A file that lives as long as this object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    const char* directory = std::getenv("TEST_TMPDIR");
    path_ = std::string(directory != nullptr ? directory : "/tmp") + "/query-XXXXXX";
    const int descriptor = mkstemp(path_.data());
    if (descriptor < 0) return;
    std::FILE* file = fdopen(descriptor, "w");
    written_ = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    written_ = std::fclose(file) == 0 && written_;
  }
  ~TemporaryFile() { unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  bool written() const { return written_; }

 private:
  std::string path_;
  bool written_ = false;
};

}  // namespace

Answer confirm(const std::string& smtlib, double seconds) {
  if (access(kSolver, X_OK) != 0) return Answer::kUnavailable;
  const TemporaryFile query(smtlib);
  if (!query.written()) return Answer::kUndecided;
  // --tlimit does not interrupt every phase of cvc5 1.0.3; timeout(1) does.
  const std::string command =
      "timeout -s KILL " + std::to_string(seconds + 1) + " " + kSolver + " --lang smt2 --tlimit " +
      std::to_string(static_cast<long>(seconds * 1000)) + " '" + query.path() + "' 2>/dev/null";
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return Answer::kUndecided;
  std::array<char, 64> line{};
  const bool answered = std::fgets(line.data(), line.size(), pipe) != nullptr;
  pclose(pipe);
  const std::string answer = answered ? line.data() : "";
  if (answer == "unsat\n") return Answer::kUnsat;
  if (answer == "sat\n") return Answer::kSat;
  return Answer::kUndecided;
}

}  // namespace zext::proofs
