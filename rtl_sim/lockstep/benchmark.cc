// Retirements per second: of QEMU counting, of QEMU as a stream, of the core alone, of lockstep.
//
//   bazel run -c opt //rtl_sim/lockstep:benchmark
#include <chrono>
#include <cstdio>

#include "rtl_sim/lockstep/elf_file.h"
#include "rtl_sim/lockstep/lockstep.h"
#include "rtl_sim/model/model.h"
#include "rtl_sim/qemu/qemu.h"

namespace zext::rtl_sim::lockstep {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void print(const char* what, uint64_t instructions, double seconds, double wall) {
  std::printf("%-34s %11lu instructions %8.3f s %8.2f M/s   (%.3f s with start and end)\n", what,
              instructions, seconds, static_cast<double>(instructions) / seconds * 1e-6, wall);
}

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

int measure(const Image& image) {
  auto start = Clock::now();
  const auto counted = qemu::run(image, {});
  if (!counted) return fail(counted.error());
  print("QEMU, counting only", counted->instructions, counted->seconds, since(start));

  start = Clock::now();
  auto stream = qemu::Stream::open(image, {});
  if (!stream) return fail(stream.error());
  while (true) {
    auto next = stream->next();
    if (!next) return fail(next.error());
    if (*next == nullptr) break;
  }
  const qemu::Outcome& streamed = stream->outcome();
  print("QEMU, as a stream of retirements", streamed.instructions, streamed.seconds, since(start));

  start = Clock::now();
  auto model = Model::create();
  if (!model) return fail(model.error());
  if (auto loaded = model->load(image); !loaded) return fail(loaded.error());
  auto running = Clock::now();
  const auto core = model->run(UINT64_MAX);
  print("core alone", core.instructions, since(running), since(start));
  std::printf("%-34s %.2f M cycles/s, CPI %.3f\n", "",
              static_cast<double>(core.cycles) / since(running) * 1e-6,
              static_cast<double>(core.cycles) / static_cast<double>(core.instructions));

  start = Clock::now();
  const auto report = run(image, {});
  if (!report) return fail(report.error());
  if (report->divergence) std::fputs(text(*report->divergence).c_str(), stdout);
  print("lockstep", report->instructions, report->seconds, since(start));
  return report->stop == Report::Stop::kExited ? 0 : 1;
}

// The program as a whole: exit status.
int main_program() {
  const auto image = program_image("long_loop");
  return image ? measure(*image) : fail(image.error());
}

}  // namespace
}  // namespace zext::rtl_sim::lockstep

int main() { return zext::rtl_sim::lockstep::main_program(); }
