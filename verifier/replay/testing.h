// Program: a program written as a case (verifier/testing/case.h), to be run on inputs.
//
//   const Program program("xdp", "r0 = 3\n exit");
//   EXPECT_EQ(program.r0({.packet = {1, 2}}), 3u);
//   program.fault({}, ebpf::Fault::Kind::kStrayLoad, 7);      // at slot 7
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "verifier/replay/replay.h"
#include "verifier/replay/space.h"
#include "verifier/testing/case.h"

namespace zext::verifier {

class Program {
 public:
  Program(const std::string& platform, const std::string& text) {
    const auto cases = parse_cases("== program | " + platform + " | accept\n" + text + "\n");
    auto ready = prepare(cases.at(0));
    if (!ready) throw std::runtime_error(ready.error());
    prepared_ = std::move(*ready);
  }

  Subject subject() const { return prepared_->subject(); }
  Replay run(const Input& input, const ReplayOptions& options = {}) const {
    return verifier::run(subject(), input, options);
  }
  uint64_t r0(const Input& input) const {
    const Replay replay = run(input);
    EXPECT_FALSE(replay.fault.has_value()) << ebpf::describe(*replay.fault);
    EXPECT_EQ(replay.incomplete, "");
    return replay.r0;
  }
  Replay fault(const Input& input, ebpf::Fault::Kind kind, uint32_t pc) const {
    const Replay replay = run(input);
    EXPECT_EQ(replay.incomplete, "");
    if (!replay.fault) {
      ADD_FAILURE() << "no fault, but " << replay.r0;
      return {.fault = ebpf::Fault{}};
    }
    EXPECT_EQ(replay.fault->kind, kind) << ebpf::describe(*replay.fault);
    EXPECT_EQ(replay.fault->pc, pc) << ebpf::describe(*replay.fault);
    return replay;
  }
  std::string address(uint64_t value) const { return describe_address(subject(), {}, value); }

 private:
  std::unique_ptr<Prepared> prepared_;
};

}  // namespace zext::verifier
