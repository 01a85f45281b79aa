// Retirements per second: of QEMU counting, of QEMU as a stream, of the core alone, of lockstep.
//
//   bazel run -c opt //rtl_sim/lockstep:benchmark
#include <sys/resource.h>

#include <chrono>
#include <cstdio>

#include "rtl_sim/lockstep/elf_file.h"
#include "rtl_sim/lockstep/lockstep.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/qemu/qemu.h"

namespace zext::rtl_sim::lockstep {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

// Wall time and processor time of what is measured, QEMU's start and end included. On a busy
// machine only the latter says something.
class Stopwatch {
 public:
  double wall() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  double ours() const { return processor(RUSAGE_SELF) - ours_; }
  double qemus() const { return processor(RUSAGE_CHILDREN) - qemus_; }

 private:
  static double processor(int who) {
    rusage usage;
    getrusage(who, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  }

  Clock::time_point start_ = Clock::now();
  double ours_ = processor(RUSAGE_SELF);
  double qemus_ = processor(RUSAGE_CHILDREN);
};

// QEMU's processor time is known once it has ended.
void print(const char* what, uint64_t instructions, double seconds, const Stopwatch& watch) {
  std::printf("%-33s%11lu instructions %8.2f M/s   processor: %.2f s, QEMU %.2f s\n", what,
              instructions, static_cast<double>(instructions) / seconds * 1e-6, watch.ours(),
              watch.qemus());
}

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

int count(const Image& image) {
  const Stopwatch watch;
  const auto outcome = qemu::run(image, {});
  if (!outcome) return fail(outcome.error());
  print("QEMU, counting only", outcome->instructions, outcome->seconds, watch);
  return 0;
}

int stream(const Image& image) {
  const Stopwatch watch;
  qemu::Outcome outcome;
  {
    auto stream = qemu::Stream::open(image, {});
    if (!stream) return fail(stream.error());
    while (true) {
      auto next = stream->next();
      if (!next) return fail(next.error());
      if (*next == nullptr) break;
    }
    outcome = stream->outcome();
  }
  print("QEMU, as a stream of retirements", outcome.instructions, outcome.seconds, watch);
  return 0;
}

int core(const Image& image) {
  auto model = Model::create();
  if (!model) return fail(model.error());
  if (auto loaded = model->load(image); !loaded) return fail(loaded.error());
  const Stopwatch watch;
  const auto outcome = model->run(UINT64_MAX);
  print("core alone", outcome.instructions, watch.wall(), watch);
  return outcome.passed() ? 0 : 1;
}

int lockstep(const Image& image) {
  const Stopwatch watch;
  const auto report = run(image, {});
  if (!report) return fail(report.error());
  if (report->divergence) std::fputs(text(*report->divergence).c_str(), stdout);
  print("lockstep", report->instructions, report->seconds, watch);
  std::printf("%-33s%11lu cycles, CPI %.3f\n", "", report->cycles, report->cpi());
  return report->passed() ? 0 : 1;
}

int measure(const Image& image) {
  int status = 0;
  for (auto* const one : {&count, &stream, &core, &lockstep}) status |= one(image);
  return status;
}

// The program as a whole: exit status.
int main_program() {
  const auto image = program_image("long_loop");
  return image ? measure(*image) : fail(image.error());
}

}  // namespace
}  // namespace zext::rtl_sim::lockstep

int main() { return zext::rtl_sim::lockstep::main_program(); }
