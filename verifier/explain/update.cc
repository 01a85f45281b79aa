// Writes every message of testdata/ as it is now: bazel run //verifier/explain:update
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "verifier/explain/golden.h"

int main() {
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (workspace == nullptr) {
    std::fputs("run it as: bazel run //verifier/explain:update\n", stderr);
    return 1;
  }
  const std::filesystem::path folder =
      std::filesystem::path(workspace) / "verifier/explain/testdata";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string now = zext::verifier::updated(text.str());
    if (now == text.str()) continue;
    std::ofstream(entry.path()) << now;
    std::printf("%s\n", entry.path().filename().c_str());
  }
  return 0;
}
