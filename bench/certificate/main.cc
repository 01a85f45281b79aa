// Figures of certificates and of Z3's part in verdicts: for each program, who decided it, what Z3
// took, how large its certificate is and how long checking takes. Of the objects that are named, or
// of the safe programs of tests/corpus and tests/refinement at -O2 v3.
//
//   bazel run //bench/certificate -- [--no-smt] [--budget SECONDS] [--each] [OBJECT...]
//
// One line a program with --each, and a summary.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "object/load.h"
#include "tests/corpus/builds.h"
#include "verifier/certificate/check.h"
#include "verifier/certificate/extract.h"
#include "verifier/certificate/format.h"
#include "verifier/refine/refiner.h"
#include "verifier/subject/build.h"
#include "verifier/verify.h"

namespace {

using namespace zext;  // NOLINT(google-build-using-namespace): a program of its own
using verifier::certificate::Refusal;

struct Options {
  std::vector<std::string> files;
  double budget = 5;
  bool no_smt = false;
  bool each = false;
};

struct Figures {
  unsigned programs = 0;
  unsigned by_domains = 0;
  unsigned by_smt = 0;
  unsigned rejected = 0;
  std::map<std::string, unsigned> refused;  // certificates, by why
  std::vector<double> smt_milliseconds;     // of programs that Z3 decided
  std::vector<double> bytes;                // of the certificate, for each instruction
  std::vector<double> check_milliseconds;   // for each instruction
  std::vector<double> check_total;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<size_t>(share * last)];
}

unsigned instructions(const ebpf::Code& code) {
  unsigned count = 0;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) ++count;
  return count;
}

const char* name_of(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::kViolated:
      return "violated";
    case Refusal::Kind::kUndecided:
      return "undecided";
    case Refusal::Kind::kUnsupported:
      return "unsupported";
    case Refusal::Kind::kMalformed:
      return "malformed";
    case Refusal::Kind::kTermination:
      return "termination";
  }
  return "";
}

void check(const verifier::Subject& subject, const verifier::certificate::Certificate& certificate,
           std::string& line, Figures& figures) {
  const double count = instructions(subject.code);
  const auto bytes = verifier::certificate::write(certificate);
  figures.bytes.push_back(static_cast<double>(bytes.size()) / count);
  const auto start = std::chrono::steady_clock::now();
  const auto report = verifier::certificate::check(subject, {}, certificate);
  const double milliseconds = 1000 * seconds_since(start);
  figures.check_milliseconds.push_back(milliseconds / count);
  figures.check_total.push_back(milliseconds);
  line += fmt::format(" {} cut points, {} bytes, check {:.1f} ms", certificate.cut_points.size(),
                      bytes.size(), milliseconds);
  if (report) {
    line += fmt::format(" {} steps {} queries {:.1f} ms in Z3", report->steps, report->queries,
                        1000 * report->solver_seconds);
    ++figures.refused["(shown)"];
    return;
  }
  const Refusal& refusal = report.error();
  line += fmt::format(" REFUSED {} at {} from {}: {} [{}]", name_of(refusal.kind), refusal.pc,
                      static_cast<int>(refusal.cut_point), refusal.what,
                      verifier::id_of(refusal.reason));
  ++figures.refused[std::string(name_of(refusal.kind)) + ": " + refusal.what];
}

void measure(const object::Object& object, const object::Program& program, const Options& options,
             Figures& figures) {
  if (program.broken) return;
  const auto code = ebpf::decode_program(program.slots);
  if (!code) return;
  const auto* platform =
      verifier::find_platform(static_cast<uint8_t>(program.type), program.attach_type);
  if (platform == nullptr) return;
  auto owner = verifier::build(object, program, *code, *platform, nullptr);
  if (!owner) return;
  const verifier::Subject& subject = owner->subject();
  ++figures.programs;
  verifier::certificate::Extraction extraction(subject);
  verifier::SmtRefiner refiner(subject, {.seconds = options.budget});
  verifier::Options wanted;
  wanted.cut_points = &extraction.receiver();
  if (!options.no_smt) wanted.refiner = &refiner.hook();
  const auto start = std::chrono::steady_clock::now();
  const verifier::Verdict verdict = verify(subject, wanted);
  const double milliseconds = 1000 * seconds_since(start);
  const auto smt = refiner.statistics();
  std::string line = fmt::format("{} ({} instructions): {:.1f} ms", program.name,
                                 instructions(*code), milliseconds);
  if (smt.questions > 0) {
    line += fmt::format(" [{} questions, {} held, {} never, {} queries, {:.0f} ms in Z3]",
                        smt.questions, smt.held, smt.never, smt.queries, 1000 * smt.seconds);
  }
  if (verdict.outcome != verifier::Outcome::kAccepted) {
    ++figures.rejected;
    line += fmt::format(" {} {} at {}",
                        verdict.outcome == verifier::Outcome::kRejected ? "rejected" : "spent",
                        verifier::id_of(verdict.rejection.reason), verdict.rejection.pc);
  } else {
    ++(smt.questions > 0 ? figures.by_smt : figures.by_domains);
    if (smt.questions > 0) figures.smt_milliseconds.push_back(1000 * smt.seconds);
    line += " accepted";
    if (extraction.certificate()) {
      check(subject, *extraction.certificate(), line, figures);
    } else {
      line += ": no certificate: " + extraction.certificate().error();
      ++figures.refused["no certificate: " + extraction.certificate().error()];
    }
  }
  if (options.each) fmt::print("{}\n", line);
}

void print(const Figures& figures) {
  fmt::print("{} programs: {} accepted by the domains, {} with Z3, {} rejected\n", figures.programs,
             figures.by_domains, figures.by_smt, figures.rejected);
  fmt::print("Z3 for a program that it helped: median {:.0f} ms, most {:.0f} ms\n",
             quantile(figures.smt_milliseconds, 0.5), quantile(figures.smt_milliseconds, 1));
  fmt::print("certificate: median {:.1f}, 95 % {:.1f}, most {:.1f} bytes an instruction\n",
             quantile(figures.bytes, 0.5), quantile(figures.bytes, 0.95),
             quantile(figures.bytes, 1));
  fmt::print(
      "checking: median {:.2f}, 95 % {:.2f}, most {:.2f} ms an instruction; median {:.0f} ms, most "
      "{:.0f} ms a program\n",
      quantile(figures.check_milliseconds, 0.5), quantile(figures.check_milliseconds, 0.95),
      quantile(figures.check_milliseconds, 1), quantile(figures.check_total, 0.5),
      quantile(figures.check_total, 1));
  for (const auto& [what, count] : figures.refused) fmt::print("  {:5}  {}\n", count, what);
}

std::vector<std::string> safe_programs(const char* collection) {
  std::vector<std::string> files;
  for (const corpus::Source& source : corpus::sources(collection)) {
    for (const corpus::Build& build : source.builds) {
      if (build.fault == 0 && build.name == "O2_v3") files.push_back(build.path);
    }
  }
  return files;
}

bool measure_file(const std::string& file, const Options& options, Figures& figures) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(in)), {});
  const auto object = object::load(bytes);
  if (!object) {
    fmt::print(stderr, "{}: {}\n", file, object.error().to_string());
    return false;
  }
  if (options.each) fmt::print("{}\n", file);
  for (const object::Program& program : object->programs) {
    measure(*object, program, options, figures);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Figures of certificates and of Z3's part in verdicts.");
  Options options;
  app.add_option("OBJECT", options.files, "Objects; by default the collections' safe programs");
  app.add_option("--budget", options.budget, "Seconds for Z3, for each program");
  app.add_flag("--no-smt", options.no_smt, "By the domains alone");
  app.add_flag("--each", options.each, "One line a program");
  CLI11_PARSE(app, argc, argv);
  if (options.files.empty()) {
    for (const char* collection : {"tests/corpus", "tests/refinement"}) {
      Figures figures;
      for (const std::string& file : safe_programs(collection)) {
        if (!measure_file(file, options, figures)) return 2;
      }
      fmt::print("{}\n", collection);
      print(figures);
    }
    return 0;
  }
  Figures figures;
  for (const std::string& file : options.files) {
    if (!measure_file(file, options, figures)) return 2;
  }
  print(figures);
  return 0;
}
