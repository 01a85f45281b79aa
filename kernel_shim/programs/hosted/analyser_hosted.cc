// The analyser with a C library beneath: it knows the kernel's types, and explains.
#include <errno.h>

#include <optional>
#include <string>

#include "kernel_shim/programs/analyser.h"
#include "kernel_shim/programs/examine.h"
#include "kernel_shim/programs/hosted/host_types.h"
#include "kernel_shim/programs/hosted/object_view.h"
#include "kernel_shim/programs/hosted/relocate.h"
#include "kernel_shim/programs/reasons.h"
#include "kernel_shim/programs/subject.h"
#include "kernel_shim/runtime/attempt.h"
#include "verifier/explain/explain.h"
#include "verifier/explain/log.h"
#include "verifier/verify.h"

namespace zext::shim {
namespace {

using verifier::Outcome;

// Levels of the log, Linux's BPF_LOG_*.
constexpr uint32_t kPath = 1, kAll = 2;

// One program's analysis.
class Hosted {
 public:
  Hosted(Kernel& kernel, const LoadRequest& request, Log& log)
      : kernel_(kernel), request_(request), log_(log), host_(kernel) {}

  int run(Analysis* analysis) {
    if (request_.core_relocation_count != 0) {
      if (const int error = relocate(host_, request_, log_); error != 0) return error;
    }
    const std::span<const ebpf::Slot> slots(request_.program.insns, request_.program.slots);
    const auto code = ebpf::decode_program(slots);
    if (!code) {
      log_reason(slots, code.error(), log_);
      return error_of(code.error());
    }
    if (const auto unknown = find_unsupported(*code, slots)) {
      log_reason(slots, *unknown, log_);
      return error_of(*unknown);
    }
    const verifier::Platform offer = offer_of(request_.program);
    if (offer.name == nullptr) return -EINVAL;
    if (const int error = find_kernel_types(offer); error != 0) return error;
    const RequestSubject subject(request_, *code, offer, kernel_types());
    const Examined examined = examine(kernel_, subject.subject(), request_);
    if (log_.wanted()) tell(subject.subject(), examined.verdict);
    return conclude(kernel_, request_.program, examined, log_, analysis);
  }

 private:
  int find_kernel_types(const verifier::Platform& platform) {
    if (platform.entry == verifier::Entry::kBtf) {
      auto arguments = host_.arguments_of(request_.program);
      if (!arguments) {
        log_.add(arguments.error().c_str(), "\n");
        return -EINVAL;
      }
      arguments_ = *std::move(arguments);
    }
    // Only with the host's types can a program name one, so that this is cheap for others.
    if (kernel_.vmlinux != nullptr && names_variables()) {
      variables_ = host_.variables_of(request_.program);
    }
    return 0;
  }

  bool names_variables() const {
    const Program& program = request_.program;
    for (uint32_t pc = 0; pc < program.slots; ++pc) {
      const ebpf::Slot& slot = program.insns[pc];
      if (slot.opcode != ebpf::row_of(ebpf::Op::kLoadImm64).opcode) continue;
      if (slot.src() == BPF_PSEUDO_BTF_ID) return true;
      ++pc;
    }
    return false;
  }

  KernelTypes kernel_types() {
    return {.types = host_.types(), .arguments = arguments_, .variables = variables_};
  }

  void tell(const verifier::Subject& subject, const verifier::Verdict& verdict) {
    const bool accepted = verdict.outcome == Outcome::kAccepted;
    const bool trace = log_.wants(kAll) || (log_.wants(kPath) && !accepted);
    if (!is_probe() && (trace || !accepted)) {
      const object::Program view = object_view(request_.program);
      if (trace) tell_states(view, subject);
      if (!accepted) add(verifier::explain(view, subject, verdict));
    }
    log_reason(subject, verdict, log_);
  }

  // `bpftool feature probe` asks for helpers by thousands of programs that call one and end:
  // Linux's words are all that it looks at.
  bool is_probe() const {
    const Program& program = request_.program;
    return program.slots == 2 && program.btf == nullptr &&
           program.insns[0].opcode == ebpf::row_of(ebpf::Op::kCallHelper).opcode;
  }

  // What the verifier saw at each instruction: it looks once more, since that is rarely asked for.
  void tell_states(const object::Program& view, const verifier::Subject& subject) {
    const bool all = log_.wants(kAll);
    verifier::Log states(view, subject, {.level = all ? 2U : 1U, .one_path = !all});
    verifier::Options options = options_of(kernel_, request_);
    options.observer = &states.observer();
    verifier::verify(subject, options);
    for (const std::string& line : states.lines()) {
      add(line);
      add("\n");
    }
  }

  void add(const std::string& text) { log_.text(text.data(), text.size()); }

  Kernel& kernel_;
  const LoadRequest& request_;
  Log& log_;
  HostTypes host_;
  std::vector<verifier::Parameter> arguments_;
  std::vector<verifier::KernelVariable> variables_;
};

int analyse(Kernel& kernel, const LoadRequest& request, Log& log, Analysis* analysis) {
  return attempt(kernel, [&] { return Hosted(kernel, request, log).run(analysis); });
}

}  // namespace

const Analyser kHostedAnalyser = {.analyse = analyse};

}  // namespace zext::shim
