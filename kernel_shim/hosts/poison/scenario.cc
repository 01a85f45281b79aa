#include "kernel_shim/hosts/poison/scenario.h"

#include <errno.h>

#include "kernel_shim/hosts/poison/state.h"

namespace zext::shim {
namespace {

constexpr uint64_t kMostFailures = 50'000;  // of one call

}  // namespace

Instance::Options Scenario::wrapped(Instance::Options options, PoisonHost& poison) {
  options.wrap = poison.wrapper();
  return options;
}

Scenario::Scenario(Instance::Options options)
    : instance_(wrapped(std::move(options), poison_)), calls_(instance_) {
  instance_.host().add_symbol("do_unlinkat", 0xffff'0000);
  warm_up();
}

Scenario::~Scenario() { EXPECT_EQ(poison_.take_violations(), ""); }

// Tables that only grow are there before the first comparison.
void Scenario::warm_up() {
  const long map = calls_.map_create(
      {.type = BPF_MAP_TYPE_ARRAY, .key = 4, .value = 4, .entries = 1, .flags = BPF_F_RDONLY});
  const long program =
      calls_.prog_load({.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = insns::give(0)});
  const long link = calls_.raw_tracepoint(program, "sched_switch");
  const long btf = calls_.btf_load(int_btf());
  EXPECT_GE(map, 0);
  EXPECT_GE(btf, 0);
  EXPECT_GE(program, 0);
  EXPECT_GE(link, 0);
  calls_.close(link);
  calls_.close(program);
  calls_.close(map);
  calls_.close(btf);
  poison_.check_idle("warming up");
  EXPECT_EQ(poison_.take_violations(), "");
}

long Scenario::opens(const std::string& name, const std::function<long()>& call, bool any_error) {
  long result = -1;
  const auto recorded = [&] { return result = call(); };
  return does(name, recorded, {.undo = [&] { calls_.close(result); }, .any_error = any_error});
}

long Scenario::does(const std::string& name, const std::function<long()>& call,
                    const Options& options) {
  using Plan = PoisonHost::Plan;
  fail_all(name, call, options, &Plan::memory, false);
  fail_all(name, call, options, &Plan::memory, true);
  fail_all(name, call, options, &Plan::copy, false);
  fail_all(name, call, options, &Plan::copy, true);
  fail_all(name, call, options, &Plan::install, false);
  fail_all(name, call, options, &Plan::attach, false);
  const long result = call();
  EXPECT_GE(result, 0) << name;
  poison_.check_idle(name.c_str());
  EXPECT_EQ(poison_.take_violations(), "") << name;
  return result;
}

void Scenario::fail_all(const std::string& name, const std::function<long()>& call,
                        const Options& options, uint64_t PoisonHost::Plan::* kind,
                        bool from_there_on) {
  const bool with_memory = !options.keeps_memory;
  const std::string before = describe_state(instance_, with_memory);
  for (uint64_t n = 1; n <= kMostFailures; ++n) {
    if (testing::Test::HasFailure()) return;
    PoisonHost::Plan plan{.from_there_on = from_there_on};
    plan.*kind = n;
    poison_.arm(plan);
    const long result = call();
    const PoisonHost::Seen seen = poison_.disarm();
    poison_.check_idle(name.c_str());
    EXPECT_EQ(poison_.take_violations(), "") << name << ", failure " << n;
    if (seen.failed != 0) ++failures_;
    if (result >= 0) {
      options.undo();
    } else if (seen.failed != 0 && !options.any_error) {
      check_error(name, result, kind);
    }
    if (!options.may_change) {
      EXPECT_EQ(describe_state(instance_, with_memory), before)
          << name << ", failure " << n << ", answered " << result;
    }
    if (seen.failed == 0) {
      EXPECT_GE(result, 0) << name << ": fails by itself";
      return;
    }
  }
  ADD_FAILURE() << name << ": there is no end of what can fail";
}

void Scenario::check_error(const std::string& name, long result,
                           uint64_t PoisonHost::Plan::* kind) {
  using Plan = PoisonHost::Plan;
  long expected = -ENOMEM;
  if (kind == &Plan::copy) expected = -EFAULT;
  if (kind == &Plan::install) expected = result == -ENOSPC ? -ENOSPC : -EMFILE;
  EXPECT_EQ(result, expected) << name;
}

}  // namespace zext::shim
