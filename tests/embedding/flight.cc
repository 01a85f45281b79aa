#include "tests/embedding/flight.h"

#include <algorithm>

#include "tests/embedding/passes.h"
#include "verifier/replay/random_input.h"

namespace zext::embedding {
namespace {

using verifier::Input;
using verifier::Moment;
using FaultKind = ebpf::Fault::Kind;

constexpr uint64_t kMaxInstructions = 20'000;
// In a row, after one in a cut point.
constexpr uint32_t kMaxRoundsOutside = 4;

// Slots of loads of kernel objects.
std::vector<uint32_t> probes_of(const ebpf::Code& code, const verifier::Verdict& verdict) {
  std::vector<uint32_t> probes;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const verifier::Invariant& invariant = verdict.invariants[pc];
    const ebpf::Kind kind = code.insns[pc].row().kind;
    const bool load = kind == ebpf::Kind::kLoad || kind == ebpf::Kind::kLoadSx;
    if (!load || !invariant.reachable) continue;
    const auto type = invariant.registers[code.insns[pc].src].type;
    if (type == verifier::Type::kObject) probes.push_back(pc);
  }
  return probes;
}

// None where a helper changed the packet.
std::optional<uint64_t> packet_bytes(const Moment& moment, const Input& input,
                                     const verifier::Subject& subject) {
  const uint64_t bytes = std::min<uint64_t>(input.packet.size(), subject.platform.packet_max);
  if (subject.platform.packet_max == 0) return std::nullopt;
  const bool that_one = moment.data == verifier::packet_address(0) &&
                        (bytes == 0 || moment.memory.find_readable(moment.data, bytes) != nullptr);
  if (!that_one || moment.memory.find_readable(moment.data, bytes + 1) != nullptr) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace

Flight::Flight(std::string name, const verifier::Subject& subject, const verifier::Verdict& verdict,
               const Album& album, const verifier::certificate::Certificate* certificate,
               Counts& counts)
    : name_(std::move(name)),
      subject_(subject),
      verdict_(verdict),
      album_(album),
      counts_(counts),
      functions_apart_(std::ranges::any_of(subject.functions, &verifier::Function::global)),
      probes_(probes_of(subject.code, verdict)),
      cfg_(verifier::Cfg::of(subject.code, &subject.platform)) {
  if (certificate == nullptr || functions_apart_) return;
  for (const CutPoint& point : certificate->cut_points) points_[point.pc].push_back(&point);
}

void Flight::run(uint64_t seed) {
  const Input input = verifier::random_input(subject_, seed);
  in_loops_.clear();
  const verifier::Replay replay =
      verifier::run(subject_, input,
                    {.max_instructions = kMaxInstructions,
                     .step = [&](const Moment& moment) { step(moment, input); },
                     .answer = verifier::random_answers(subject_, seed),
                     .probes = probes_});
  ++counts_.runs;
  if (!replay.incomplete.empty()) ++counts_.incomplete;
  if (replay.fault && replay.fault->kind == FaultKind::kInstructionLimit) {
    ++counts_.cut_short;
  } else if (replay.fault && broken_.empty()) {
    broken_ = ebpf::describe(*replay.fault) + ", address " +
              describe_address(subject_, input, replay.fault->address) + ", argument " +
              std::to_string(replay.argument);
  }
  if (!broken_.empty()) broken_ += " (seed " + std::to_string(seed) + ")";
}

void Flight::step(const Moment& moment, const Input& input) {
  if (!broken_.empty()) return;
  ++counts_.steps;
  if (const std::string text = outside(moment); !text.empty()) {
    broken_ = "instruction " + std::to_string(moment.pc) + ": " + text;
    return;
  }
  pass(moment, input);
}

// Functions that are verified apart are so with no frames below: any number of them fits.
std::string Flight::outside(const Moment& moment) {
  const verifier::Invariant& invariant = verdict_.invariants[moment.pc];
  if (!invariant.reachable) return "is reached";
  if (!functions_apart_) {
    const Machine machine{.subject = subject_, .moment = moment};
    const std::string text = machine.outside(invariant.registers, counts_.values);
    if (!text.empty()) return text + ", outside the invariant";
  }
  std::string first;
  for (const auto& [frames, picture] : album_.at(moment.pc)) {
    if (frames > moment.frames() || (!functions_apart_ && frames != moment.frames())) continue;
    const Machine machine{.subject = subject_,
                          .moment = moment,
                          .base = moment.frames() - static_cast<uint32_t>(frames)};
    const std::string text = machine.outside(picture, counts_.values);
    if (text.empty()) return "";
    if (first.empty()) first = text;
  }
  return first.empty() ? "is reached with " + std::to_string(moment.frames()) + " frames" : first;
}

bool Flight::in_one(const Moment& moment, const Input& input, bool loops) const {
  const Machine machine{.subject = subject_, .moment = moment};
  const auto bytes = packet_bytes(moment, input, subject_);
  return std::ranges::any_of(points_.at(moment.pc), [&](const CutPoint* point) {
    return (!loops || point->loop) && point->frames.size() == moment.frames() &&
           may_be(*point, machine, bytes);
  });
}

// Of loops, those that the run is not in any more: it may enter them anew.
void Flight::leave_loops(const Moment& moment) {
  const uint32_t here = cfg_.owners[moment.pc];
  std::erase_if(in_loops_, [&](const auto& loop) {
    const auto& [frames, pc] = loop.first;
    if (frames != moment.frames()) return frames > moment.frames();
    return !verifier::Cfg::inside(cfg_.blocks[cfg_.owners[pc]], cfg_.blocks[here]);
  });
}

// A certificate need not have a cut point for each pass of an instruction: a way from one to the
// next may go round a loop. But it ends, so not many rounds in a row are in none.
void Flight::pass(const Moment& moment, const Input& input) {
  leave_loops(moment);
  if (!points_.contains(moment.pc)) return;
  const bool in = in_one(moment, input, false);
  ++counts_.passes;
  counts_.passes_in_one += in ? 1 : 0;
  const std::pair loop{moment.frames(), moment.pc};
  if (const auto found = in_loops_.find(loop); found != in_loops_.end()) {
    ++counts_.rounds;
    counts_.rounds_in_one += in ? 1 : 0;
    found->second = in ? 0 : found->second + 1;
    if (found->second > kMaxRoundsOutside) {
      broken_ = "instruction " + std::to_string(moment.pc) + ": rounds are in no cut point";
    }
  }
  if (in_one(moment, input, true)) in_loops_[loop] = 0;
}

}  // namespace zext::embedding
