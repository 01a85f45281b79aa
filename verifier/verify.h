// verify: is this program safe to run? Sound: what it accepts never strays, leaks or hangs.
//
//   const auto code = ebpf::decode_program(slots);
//   const Verdict verdict = verify(*code, *find_platform("xdp"));
//   if (verdict.outcome == Outcome::kRejected) print(explain(verdict, ...));  // explain/explain.h
//
// Freestanding: no Z3, no exceptions, no strings; a kernel embeds it.
#pragma once

#include "isa/ebpf/decode.h"
#include "verifier/options.h"
#include "verifier/platform/platform.h"
#include "verifier/subject.h"
#include "verifier/verdict.h"

namespace zext::verifier {

// Decides whether every run of the subject's program is safe, and ends. The obligations are
// check/reason.h's; the budgets bound the time for any input.
Verdict verify(const Subject& subject, const Options& options = {});

// The same for a program without maps, types and global functions. Decides whether every run of
// `code` as a program of this type is safe, and ends. The obligations are check/reason.h's; the
// budgets bound the time for any input.
Verdict verify(const ebpf::Code& code, const Platform& platform, const Options& options = {});

}  // namespace zext::verifier
