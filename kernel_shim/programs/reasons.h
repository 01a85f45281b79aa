// Reasons: what a verdict is to Linux: its errno, and the words of its log.
//
//   const int error = error_of(verdict);           // -EACCES
//   log_reason(subject, verdict, log);             // "R1 invalid mem access 'scalar'\n"
//
// Tools and test suites look for Linux's words; they are near enough, not the same.
#pragma once

#include "isa/ebpf/decode.h"
#include "kernel_shim/runtime/log.h"
#include "verifier/subject.h"
#include "verifier/verdict.h"

namespace zext::shim {

// 0 for accepted programs.
int error_of(const verifier::Verdict& verdict);
void log_reason(const verifier::Subject& subject, const verifier::Verdict& verdict, Log& log);

// The same of instructions that could not be decoded.
int error_of(const ebpf::DecodeError& error);
void log_reason(std::span<const ebpf::Slot> slots, const ebpf::DecodeError& error, Log& log);

}  // namespace zext::shim
