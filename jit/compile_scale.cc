// How compile time and memory grow with the program, for the shapes that are hardest to lay out.
//
//   bazel run -c opt //jit:compile_scale             # 10^3 to 10^6 instructions
//   bazel run -c opt //jit:compile_scale -- 16000000
//
// Each figure is of a process of its own. Memory is what compile() has at its most on top of the
// decoded program: code, line table and what it works with.
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "jit/compile.h"
#include "jit/shapes.h"

namespace zext::jit {
namespace {

struct Figures {
  double seconds = 0;  // of a processor, for one compile(), the best of a few
  double peak_bytes = 0;
  double code_bytes = 0;
  double instructions = 0;
};

double peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

// Of this process, so that what else the machine does counts little.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Figures measure(const Shape& shape, uint32_t size) {
  const ebpf::Code code = shape.program(size).code();
  Figures figures{.seconds = 1e9, .instructions = static_cast<double>(code.size())};
  const double before = peak_bytes();
  const unsigned rounds = std::max(3U, std::min(1000U, 3'000'000 / size));
  for (unsigned round = 0; round < rounds; ++round) {
    const double start = processor_seconds();
    const auto compiled = compile(code, {});
    const double taken = processor_seconds() - start;
    if (!compiled || code.size() == 0) std::exit(1);
    figures.seconds = std::min(figures.seconds, taken);
    figures.code_bytes = static_cast<double>(compiled->bytes.size());
    if (round == 0) figures.peak_bytes = peak_bytes() - before;
  }
  return figures;
}

// In a child, whose memory starts afresh.
bool print_line(const Shape& shape, uint32_t size) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const Figures figures = measure(shape, size);
    std::printf("%-14s %9u %10.1f %12.1f %14.1f\n", shape.name, size,
                figures.instructions / figures.seconds / 1e6,
                figures.peak_bytes / figures.instructions,
                figures.code_bytes / figures.instructions);
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int run(const std::vector<uint32_t>& sizes) {
  std::printf("%-14s %9s %10s %12s %14s\n", "shape", "size", "M insn/s", "peak B/insn",
              "code B/insn");
  for (const Shape& shape : kShapes) {
    for (const uint32_t size : sizes) {
      if (!print_line(shape, size)) {
        std::printf("%-14s %9u failed\n", shape.name, size);
        return 1;
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace zext::jit

int main(int argc, char** argv) {
  std::vector<uint32_t> sizes;
  for (int i = 1; i < argc; ++i) {
    sizes.push_back(static_cast<uint32_t>(std::strtoul(argv[i], nullptr, 10)));
  }
  if (sizes.empty()) sizes = {1'000, 10'000, 100'000, 1'000'000};
  for (const uint32_t size : sizes) {
    if (size < 1000 || size > zext::ebpf::kMaxSlots) {
      std::fprintf(stderr, "sizes are from 1000 to %u\n", zext::ebpf::kMaxSlots);
      return 2;
    }
  }
  return zext::jit::run(sizes);
}
