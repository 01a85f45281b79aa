#include "bench/verifier/linux_time.h"

#include <bpf/libbpf.h>

#include <array>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <memory>

namespace zext::bench {
namespace {

constexpr uint32_t kStatistics = 4;  // BPF_LOG_STATS: no log but a summary

using Log = std::array<char, 4096>;

int say_nothing(libbpf_print_level /*level*/, const char* /*format*/, va_list /*arguments*/) {
  return 0;
}

// Adds a round. False: the object was not loaded.
bool load(const std::vector<uint8_t>& bytes, std::map<std::string, std::vector<double>>& times) {
  const std::unique_ptr<bpf_object, decltype(&bpf_object__close)> object(
      bpf_object__open_mem(bytes.data(), bytes.size(), nullptr), bpf_object__close);
  if (!object) return false;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object.get()) bpf_map__set_pin_path(map, nullptr);
  std::map<std::string, Log> logs;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object.get()) {
    Log& log = logs[bpf_program__name(program)];
    log.fill(0);
    bpf_program__set_log_level(program, kStatistics);
    bpf_program__set_log_buf(program, log.data(), log.size());
  }
  if (bpf_object__load(object.get()) != 0) return false;
  for (const auto& [name, log] : logs) {
    long microseconds = 0;
    const std::string text = log.data();
    const size_t place = text.find("verification time ");
    if (place == std::string::npos) continue;
    if (std::sscanf(text.c_str() + place, "verification time %ld usec", &microseconds) != 1) {
      continue;
    }
    times[name].push_back(static_cast<double>(microseconds) / 1000);
  }
  return true;
}

}  // namespace

std::map<std::string, double> linux_times(const std::vector<uint8_t>& object,
                                          const Repetition& repetition) {
  using Clock = std::chrono::steady_clock;
  libbpf_set_print(say_nothing);
  std::map<std::string, std::vector<double>> times;
  const auto start = Clock::now();
  for (unsigned round = 0; round < repetition.rounds; ++round) {
    if (!load(object, times)) return {};
    if (std::chrono::duration<double>(Clock::now() - start).count() > repetition.seconds) break;
  }
  std::map<std::string, double> medians;
  for (auto& [name, values] : times) medians[name] = quantile(std::move(values), 0.5);
  return medians;
}

}  // namespace zext::bench
