#include "bench/verifier/corpus.h"

#include <chrono>
#include <map>
#include <stdexcept>

#include "bench/verifier/linux_time.h"
#include "cli/pipeline.h"
#include "object/load.h"
#include "tests/corpus/builds.h"
#include "tests/corpus/rows.h"
#include "verifier/platform/platform.h"
#include "verifier/subject/build.h"

namespace zext::bench {
namespace {

constexpr char kBuild[] = "O2_v3";  // the one that every program and fault has

template <typename T>
T value_of(std::expected<T, object::Error> result) {
  if (!result) throw std::runtime_error(result.error().to_string());
  return *std::move(result);
}

Sample measure_program(const object::Object& object, const object::Program& program,
                       const verifier::Platform& platform, const Repetition& repetition) {
  using Clock = std::chrono::steady_clock;
  const ebpf::Code code = value_of(cli::decode(program));
  const auto start = Clock::now();
  const verifier::SubjectOwner owner = value_of(build(object, program, code, platform));
  const double prepare = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  Sample sample = measure(owner.subject(), {}, repetition);
  sample.prepare = prepare;
  return sample;
}

// Adds the programs of an object; those that no platform has are rejected without a look.
void measure_object(const std::vector<uint8_t>& bytes, const std::string& name, bool linux_too,
                    const Repetition& repetition, std::vector<Sample>& samples) {
  const object::Object object = value_of(object::load(bytes));
  std::map<std::string, double> kernel;
  if (linux_too) kernel = linux_times(bytes, repetition);
  for (const object::Program& program : object.programs) {
    const verifier::Platform* platform =
        verifier::find_platform(static_cast<uint8_t>(program.type), program.attach_type);
    if (platform == nullptr) continue;
    Sample sample = measure_program(object, program, *platform, repetition);
    sample.name = name + ": " + program.name;
    const auto time = kernel.find(program.name);
    if (time != kernel.end()) sample.linux_milliseconds = time->second;
    samples.push_back(std::move(sample));
  }
}

class Sets {
 public:
  explicit Sets(const CorpusOptions& options) : options_(options) {}

  void add_sources() {
    size_t number = 0;
    for (const corpus::Source& source : corpus::sources()) {
      if (number++ % options_.every != 0) continue;
      for (const corpus::Build& build : source.builds) {
        const bool chosen = build.name == kBuild;
        if (!chosen && !options_.all_builds) continue;
        std::string name = source.name + " " + build.name;
        if (build.fault != 0) name += " fault " + std::to_string(build.fault);
        add(read(build), name, build.fault == 0, chosen, options_.ask_linux);
      }
    }
  }

  // The small programs. They have no licence and no maps: Linux is not asked.
  void add_rows() {
    size_t number = 0;
    for (const corpus::Row& row : corpus::corpus()) {
      if (number++ % options_.every != 0) continue;
      for (const std::string& version : row.versions) {
        const bool chosen = version == "v3";
        if (!chosen && !options_.all_builds) continue;
        add(object_of(row, version), row.name + " O2_" + version, row.safe, chosen, false);
      }
    }
  }

  std::vector<CorpusSet> take() {
    std::vector<CorpusSet> result = {{.name = "safe, -O2 v3", .samples = std::move(safe_)},
                                     {.name = "faults, -O2 v3", .samples = std::move(faults_)}};
    if (options_.all_builds) {
      result.push_back({.name = "safe, all builds", .samples = std::move(all_safe_)});
      result.push_back({.name = "faults, all builds", .samples = std::move(all_faults_)});
    }
    return result;
  }

 private:
  void add(const std::vector<uint8_t>& bytes, const std::string& name, bool safe, bool chosen,
           bool ask_linux) {
    std::vector<Sample> samples;
    measure_object(bytes, name, ask_linux && safe && chosen, options_.repetition, samples);
    auto& all = safe ? all_safe_ : all_faults_;
    auto& some = safe ? safe_ : faults_;
    all.insert(all.end(), samples.begin(), samples.end());
    if (chosen) some.insert(some.end(), samples.begin(), samples.end());
  }

  const CorpusOptions& options_;
  std::vector<Sample> safe_;
  std::vector<Sample> faults_;
  std::vector<Sample> all_safe_;
  std::vector<Sample> all_faults_;
};

}  // namespace

std::vector<CorpusSet> measure_corpus(const CorpusOptions& options) {
  Sets sets(options);
  sets.add_sources();
  sets.add_rows();
  return sets.take();
}

}  // namespace zext::bench
