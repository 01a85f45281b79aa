// Fuzzes the system calls until it is stopped, or replays a sequence.
//
//   bazel run //kernel_shim/fuzz -- --seconds 600 --threads 4 --seed 1
//   bazel run //kernel_shim/fuzz -- --print 17 > calls.txt
//   bazel run //kernel_shim/fuzz -- --replay calls.txt
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "kernel_shim/fuzz/campaign.h"

namespace zext::shim::fuzz {
namespace {

constexpr const char* kUsage =
    "usage: fuzz [--seconds N] [--seed N] [--calls N] [--threads N] [--failures N] [--check]\n"
    "       fuzz --print SEED [--calls N]\n"
    "       fuzz --replay FILE\n";

struct Arguments {
  CampaignOptions options;
  uint64_t seed = 1;
  double seconds = 60;
  bool print_only = false;
  std::string replay;
};

bool read_arguments(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--check") {
      arguments.options.check_failing_calls = true;
      continue;
    }
    if (++i == argc) return false;
    const uint64_t number = std::strtoull(argv[i], nullptr, 0);
    if (name == "--seconds") {
      arguments.seconds = static_cast<double>(number);
    } else if (name == "--seed") {
      arguments.seed = number;
    } else if (name == "--calls") {
      arguments.options.calls = number;
    } else if (name == "--threads") {
      arguments.options.threads = static_cast<uint32_t>(number);
    } else if (name == "--failures") {
      arguments.options.failures = static_cast<uint32_t>(number);
    } else if (name == "--print") {
      arguments.seed = number;
      arguments.print_only = true;
    } else if (name == "--replay") {
      arguments.replay = argv[i];
    } else {
      return false;
    }
  }
  return true;
}

int report(const std::string& mistake, const std::string& what) {
  if (mistake.empty()) return 0;
  std::printf("%s: %s\n", what.c_str(), mistake.c_str());
  return 1;
}

int replay(const Arguments& arguments) {
  std::ifstream file(arguments.replay);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto ops = parse(text);
  if (!ops) return report(ops.error(), arguments.replay);
  std::vector<long> results;
  const std::string mistake = run_calls(*ops, arguments.options, &results);
  for (size_t i = 0; i < results.size(); ++i) {
    std::printf("%6ld  %s", results[i], print((*ops)[i]).c_str());
  }
  return report(mistake, arguments.replay);
}

int fuzz(const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  uint64_t sequences = 0;
  uint64_t seed = arguments.seed;
  while (seconds() < arguments.seconds) {
    // Said before, so that it is known should the process end.
    std::fprintf(stderr, "\rseed %lu ", seed);
    if (report(run_sequence(seed, arguments.options), "seed " + std::to_string(seed)) != 0) {
      return 1;
    }
    ++sequences;
    seed += arguments.options.threads;
  }
  const uint64_t calls = sequences * arguments.options.calls * arguments.options.threads;
  std::printf("\n%lu sequences, %lu calls, %.0f a second, nothing wrong\n", sequences, calls,
              static_cast<double>(calls) / seconds());
  return 0;
}

int run(int argc, char** argv) {
  Arguments arguments;
  if (!read_arguments(argc, argv, arguments)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (arguments.print_only) {
    std::fputs(print(make_sequence(arguments.seed, arguments.options.calls)).c_str(), stdout);
    return 0;
  }
  return arguments.replay.empty() ? fuzz(arguments) : replay(arguments);
}

}  // namespace
}  // namespace zext::shim::fuzz

int main(int argc, char** argv) { return zext::shim::fuzz::run(argc, argv); }
