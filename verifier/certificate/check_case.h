// CheckCase: a small program with the certificate that the analysis found for it, for tests that
// check it, or what they made of it.
//
//   const CheckCase mask("mask");
//   mask.check(mask.certificate)                          // shown
//   const CheckCase wider("mask", "r3 &= 7", "r3 &= 15");
//   wider.check(mask.certificate)                         // refused
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>

#include "verifier/certificate/certificate.h"
#include "verifier/certificate/check.h"
#include "verifier/testing/case.h"

namespace zext::verifier::certificate {

struct CheckProgram {
  const char* name;
  const char* platform;
  const char* text;  // as case.h describes
};
std::span<const CheckProgram> check_programs();

class CheckCase {
 public:
  // One of check_programs(), with a line of it replaced.
  explicit CheckCase(const std::string& name, const std::string& line = "",
                     const std::string& by = "");
  // Any program.
  explicit CheckCase(const CheckProgram& program);

  std::expected<CheckReport, Refusal> check(const Certificate& certificate) const;
  std::expected<CheckReport, Refusal> check(const Certificate& certificate,
                                            const CheckOptions& options) const;

  std::string why_none;  // why there is no certificate, or ""
  Certificate certificate;

 private:
  void verify_it(const Case& tested);

  CheckOptions options_;
  std::unique_ptr<Prepared> prepared_;
};

// For messages: the result of a check.
std::string to_text(const std::expected<CheckReport, Refusal>& result);

}  // namespace zext::verifier::certificate
