// The analyser that a kernel embeds: no C library, no words but Linux's.
#include <errno.h>

#include <vector>

#include "kernel_shim/programs/analyser.h"
#include "kernel_shim/programs/attributes.h"
#include "kernel_shim/programs/examine.h"
#include "kernel_shim/programs/prototypes.h"
#include "kernel_shim/programs/reasons.h"
#include "kernel_shim/programs/subject.h"
#include "kernel_shim/runtime/attempt.h"

namespace zext::shim {
namespace {

int analyse_plainly(Kernel& kernel, const LoadRequest& request, Log& log, Analysis* analysis) {
  const std::span<const ebpf::Slot> slots(request.program.insns, request.program.slots);
  const auto code = ebpf::decode_program(slots);
  if (!code) {
    log_reason(slots, code.error(), log);
    return error_of(code.error());
  }
  if (const auto unknown = find_unsupported(*code, slots)) {
    log_reason(slots, *unknown, log);
    return error_of(*unknown);
  }
  const verifier::Platform offer = offer_of(request.program);
  if (offer.name == nullptr) return -EINVAL;
  // To this analyser the arguments of a traced function are numbers.
  const std::vector<verifier::Parameter> arguments(traced_argument_count(request.program));
  const RequestSubject subject(request, *code, offer, {.arguments = arguments});
  const Examined examined = examine(kernel, subject.subject(), request);
  if (log.wanted() && examined.verdict.outcome == verifier::Outcome::kRejected) {
    const verifier::Rejection& rejection = examined.verdict.rejection;
    log.add("insn ", rejection.pc, ": [", id_of(rejection.reason), "] ",
            demand_of(rejection.reason), "\n");
  }
  log_reason(subject.subject(), examined.verdict, log);
  return conclude(kernel, request.program, examined, log, analysis);
}

int analyse(Kernel& kernel, const LoadRequest& request, Log& log, Analysis* analysis) {
  if (request.core_relocation_count != 0) {
    log.add("CO-RE relocations are applied by the loader, not by this kernel\n");
    return -kNotSupported;
  }
  return attempt(kernel, [&] { return analyse_plainly(kernel, request, log, analysis); });
}

}  // namespace

const Analyser kPlainAnalyser = {.analyse = analyse};

}  // namespace zext::shim
