#include "bench/core/measure.h"

#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <numeric>

#include "rtl_sim/image/image.h"

namespace zext::bench {
namespace {

using rtl_sim::Error;
using rtl_sim::Image;
using rtl_sim::Model;
using rtl_sim::Outcome;

constexpr double kVaxDhrystones = 1757;
constexpr size_t kReportWords = 2;

std::expected<Image, Error> read_image(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::unexpected(Error{"cannot be read", file, "name an ELF file"});
  const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(stream), {}};
  auto image = rtl_sim::load_elf(bytes);
  if (!image)
    return std::unexpected(
        Error{file + ": " + image.error().what, image.error().where, image.error().fix});
  return image;
}

// "rtl_sim/core/bench/crc.elf" is "crc".
std::string stem(const std::string& file) {
  const size_t slash = file.rfind('/');
  const std::string name = slash == std::string::npos ? file : file.substr(slash + 1);
  return name.ends_with(".elf") ? name.substr(0, name.size() - 4) : name;
}

// Processor time that this program has used, which other programs do not lengthen much.
double processor_seconds() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// What has been counted since reset.
struct Counts {
  uint64_t cycles = 0;
  uint64_t instructions = 0;
  std::array<uint64_t, rtl_sim::kLostCauses> lost = {};
};

Counts counts_of(const Model& model) {
  return {
      .cycles = model.cycles(), .instructions = model.instructions(), .lost = model.lost_cycles()};
}

Error not_reached(const std::string& file, const std::string& symbol) {
  return {"the program has ended before", file + ": " + symbol, "name a function that it calls"};
}

// Runs until `symbol`, or to the end if that is empty.
std::expected<void, Error> run_until(Model& model, const Image& image, const std::string& file,
                                     const std::string& symbol, const Part& part) {
  rtl_sim::RunLimits limits{.max_cycles = part.max_cycles};
  if (!symbol.empty()) {
    limits.until_pc = image.symbol(symbol);
    if (!limits.until_pc) {
      return std::unexpected(Error{"no such symbol", file + ": " + symbol, "see nm's output"});
    }
  }
  const Outcome outcome = model.run(limits);
  switch (outcome.stop) {
    case Outcome::Stop::kPc:
      return {};
    case Outcome::Stop::kExited:
      if (!symbol.empty()) return std::unexpected(not_reached(file, symbol));
      if (outcome.exit_code == 0) return {};
      return std::unexpected(Error{
          "the program failed with exit code " + std::to_string(outcome.exit_code), file, ""});
    case Outcome::Stop::kHtifRequest:
      return std::unexpected(Error{"a request to the host that is not served", file, ""});
    case Outcome::Stop::kCycleLimit:
      break;
  }
  return std::unexpected(Error{"no end: " + outcome.hang, file, "raise --max-cycles"});
}

// The words that the program leaves behind its symbol, if it has it.
std::vector<uint64_t> report_of(const Model& model, const Image& image) {
  const auto address = image.symbol("begin_signature");
  std::array<uint8_t, kReportWords * 8> bytes = {};
  if (!address || !model.read(*address, bytes)) return {};
  std::vector<uint64_t> words(kReportWords);
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

}  // namespace

double Run::cpi() const {
  return instructions == 0 ? 0 : static_cast<double>(cycles) / static_cast<double>(instructions);
}

uint64_t Run::lost_cycles() const { return std::accumulate(lost.begin(), lost.end(), uint64_t{0}); }

uint64_t Run::pairs() const {
  const uint64_t retiring = cycles - lost_cycles();
  return instructions > retiring ? instructions - retiring : 0;
}

std::expected<Run, Error> run_program(rtl_sim::Preset preset, const std::string& file,
                                      const Part& part) {
  const auto image = read_image(file);
  if (!image) return std::unexpected(image.error());
  auto model = Model::create({.preset = preset});
  if (!model) return std::unexpected(model.error());
  if (auto loaded = model->load(*image); !loaded) return std::unexpected(loaded.error());

  const double start = processor_seconds();
  Counts from;
  if (!part.from.empty()) {
    const auto reached = run_until(*model, *image, file, part.from, part);
    if (!reached) return std::unexpected(reached.error());
    from = counts_of(*model);
  }
  auto ended = run_until(*model, *image, file, part.to, part);
  if (!ended) return std::unexpected(ended.error());
  const Counts to = counts_of(*model);
  if (!part.to.empty()) {
    ended = run_until(*model, *image, file, "", part);
    if (!ended) return std::unexpected(ended.error());
  }

  Run run;
  run.name = stem(file);
  run.instructions = to.instructions - from.instructions;
  run.cycles = to.cycles - from.cycles;
  for (size_t i = 0; i < run.lost.size(); ++i) run.lost[i] = to.lost[i] - from.lost[i];
  run.simulated = model->cycles();
  run.seconds = processor_seconds() - start;
  run.console = model->console();
  run.report = report_of(*model, *image);
  return run;
}

double score_of(Score score, uint64_t iterations, uint64_t cycles) {
  if (cycles == 0) return 0;
  const double rate = static_cast<double>(iterations) * 1e6 / static_cast<double>(cycles);
  return score == Score::kDhrystone ? rate / kVaxDhrystones : rate;
}

std::optional<Scored> own_count(const Run& run) {
  if (run.report.size() < kReportWords || run.report[0] == 0 || run.report[1] == 0) {
    return std::nullopt;
  }
  return Scored{.iterations = run.report[0], .cycles = run.report[1]};
}

}  // namespace zext::bench
