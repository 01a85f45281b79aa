// Scenario: system calls each of which is made to fail in every way before it may succeed.
//
//   Scenario scenario;
//   const long map = scenario.opens("a map", [&] { return scenario.calls().map_create({...}); });
//   scenario.does("an update", [&] { return scenario.calls().map_update(map, &key, &value); },
//                 {.undo = [&] { scenario.calls().map_delete(map, &key); }});
//
// For each kind of failure, the call is made with its first chance to fail, then its second, and so
// on until nothing fails any more. After each failure everything must be as before (state.h), the
// error must be the one of that kind, and no rule be broken (poison_host.h).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "kernel_shim/hosts/poison/poison_host.h"
#include "kernel_shim/hosts/process/instance.h"
#include "kernel_shim/hosts/process/system_calls.h"

namespace zext::shim {

class Scenario {
 public:
  struct Options {
    // Takes back what the call did, where it did it.
    std::function<void()> undo = [] {};
    bool may_change = false;    // a failing call may have done a part, as Linux's does
    bool keeps_memory = false;  // the object may keep what it took, for the next call
    // It may answer other errors than those of the kind that failed.
    bool any_error = false;
  };

  explicit Scenario(Instance::Options options = {});
  ~Scenario();

  Instance& instance() { return instance_; }
  SystemCalls& calls() { return calls_; }

  // A call that gives a descriptor, which is closed to undo it.
  long opens(const std::string& name, const std::function<long()>& call, bool any_error = false);
  // A call that does something: its result without failures, which must be 0 or more.
  long does(const std::string& name, const std::function<long()>& call, const Options& options);
  long does(const std::string& name, const std::function<long()>& call) {
    return does(name, call, Options());
  }
  // How many calls were made to fail.
  uint64_t failures() const { return failures_; }

 private:
  static Instance::Options wrapped(Instance::Options options, PoisonHost& poison);
  void warm_up();
  void fail_all(const std::string& name, const std::function<long()>& call, const Options& options,
                uint64_t PoisonHost::Plan::* kind, bool from_there_on);
  void check_error(const std::string& name, long result, uint64_t PoisonHost::Plan::* kind);

  PoisonHost poison_;
  Instance instance_;
  SystemCalls calls_;
  uint64_t failures_ = 0;
};

}  // namespace zext::shim
