#include "bench/verifier/growth.h"

#include <cmath>
#include <stdexcept>

#include "bench/verifier/families.h"
#include "isa/ebpf/asm.h"
#include "isa/ebpf/decode.h"
#include "verifier/platform/platform.h"

namespace zext::bench {
namespace {

// Enough for the largest, whose share in the first attempt is what it needs.
constexpr verifier::Options kOptions{.max_steps = 20'000'000};

Sample measure_text(const std::string& text, const Repetition& repetition) {
  const auto slots = ebpf::assemble(text);
  if (!slots) throw std::runtime_error(ebpf::describe(slots.error()));
  const auto code = ebpf::decode_program(*slots);
  if (!code) throw std::runtime_error(ebpf::describe(code.error()));
  const verifier::Map map{.number = kMapNumber,
                          .name = "counters",
                          .type = 1,  // BPF_MAP_TYPE_HASH
                          .key_size = 4,
                          .value_size = 8,
                          .max_entries = 1024};
  return measure(
      {.code = *code, .platform = *verifier::find_platform("socket_filter"), .maps = {&map, 1}},
      kOptions, repetition);
}

}  // namespace

std::vector<Growth> measure_growth(const GrowthOptions& options) {
  std::vector<Growth> all;
  for (const Family& family : families()) {
    Growth growth{.name = family.name, .unit = family.unit, .points = {}};
    for (const uint64_t size : family.sizes) {
      if (size > options.largest) continue;
      growth.points.push_back(
          {.size = size, .sample = measure_text(family.text(size), options.repetition)});
    }
    all.push_back(std::move(growth));
  }
  return all;
}

std::vector<Sample> measure_memory(uint64_t instructions, const Repetition& repetition) {
  std::vector<Sample> all;
  for (const Family& family : families()) {
    if (family.each == 0) continue;
    Sample sample = measure_text(family.text(instructions / family.each), repetition);
    sample.name = family.name;
    all.push_back(std::move(sample));
  }
  return all;
}

double exponent(const Growth& growth) {
  const auto count = static_cast<double>(growth.points.size());
  double mean_x = 0;
  double mean_y = 0;
  for (const auto& [size, sample] : growth.points) {
    mean_x += std::log(static_cast<double>(size)) / count;
    mean_y += std::log(sample.milliseconds) / count;
  }
  double covariance = 0;
  double variance = 0;
  for (const auto& [size, sample] : growth.points) {
    const double x = std::log(static_cast<double>(size)) - mean_x;
    covariance += x * (std::log(sample.milliseconds) - mean_y);
    variance += x * x;
  }
  return covariance / variance;
}

}  // namespace zext::bench
