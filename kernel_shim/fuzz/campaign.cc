#include "kernel_shim/fuzz/campaign.h"

#include <memory>
#include <thread>

#include "kernel_shim/fuzz/executor.h"
#include "kernel_shim/hosts/poison/poison_host.h"
#include "kernel_shim/hosts/poison/state.h"

namespace zext::shim::fuzz {
namespace {

constexpr long kLastErrno = 4095;

Instance::Options instance_options(PoisonHost& poison) {
  Instance::Options options;
  options.config.verifier_steps = 20'000;
  options.config.memory_limit = 64 << 20;
  options.host.descriptors = 64;
  options.wrap = poison.wrapper();
  return options;
}

// Calls that may do a part of what they are asked for and then fail, as Linux's do.
bool may_change_and_fail(const Op& op) {
  switch (op.kind) {
    case OpKind::kMapTake:
    case OpKind::kMapBatch:
    case OpKind::kTestRun:
    case OpKind::kRawCommand:
    case OpKind::kPerfIoctl:
      return true;
    default:
      return false;
  }
}

class Client {
 public:
  Client(Instance& instance, PoisonHost& poison, ProcessHost::Client& stranger)
      : instance_(instance), poison_(poison), executor_(instance, stranger) {}

  std::string run(const std::vector<Op>& ops, const CampaignOptions& options, uint64_t seed) {
    for (const Op& op : ops) {
      const bool checked = options.check_failing_calls && !may_change_and_fail(op);
      const std::string before = checked ? describe_state(instance_) : std::string();
      if (options.failures != 0) {
        poison_.arm({.per_mille = options.failures, .seed = seed + results_.size()});
      }
      const long result = executor_.run(op);
      poison_.disarm();
      results_.push_back(result);
      poison_.check_idle(print(op).c_str());
      if (result < -kLastErrno) return "no errno: " + std::to_string(result) + " of " + print(op);
      if (checked && result < 0 && describe_state(instance_) != before) {
        return "failed with " + std::to_string(result) + " and changed something: " + print(op) +
               "before:\n" + before + "after:\n" + describe_state(instance_);
      }
    }
    return {};
  }
  void finish() { executor_.finish(); }
  std::vector<long>& results() { return results_; }

 private:
  Instance& instance_;
  PoisonHost& poison_;
  Executor executor_;
  std::vector<long> results_;
};

// With every descriptor and pin closed nothing may be left.
std::string check_end(Instance& instance, PoisonHost& poison) {
  instance.host().close_all();
  for (const kshim_kind kind : {KSHIM_MAP, KSHIM_PROGRAM, KSHIM_LINK, KSHIM_BTF}) {
    const uint32_t count = instance.kernel().ids(kind).count(instance.kernel());
    if (count != 0) {
      return std::to_string(count) + " objects are left of kind " + std::to_string(kind);
    }
  }
  if (instance.host().counts().pages != 0) return "pages are left";
  if (instance.host().counts().armed != 0) return "attach points are left armed";
  return poison.take_violations();
}

}  // namespace

std::string run_calls(const std::vector<Op>& ops, const CampaignOptions& options,
                      std::vector<long>* results) {
  PoisonHost poison;
  Instance instance(instance_options(poison));
  instance.host().add_symbol("do_unlinkat", 0xffff'0000);
  Client client(instance, poison, instance.host().add_client(0, 1000));
  std::string mistake = client.run(ops, options, 1);
  client.finish();
  if (mistake.empty()) mistake = check_end(instance, poison);
  if (results != nullptr) *results = client.results();
  return mistake;
}

std::string run_sequence(uint64_t seed, const CampaignOptions& options,
                         std::vector<long>* results) {
  if (options.threads == 1) {
    return run_calls(make_sequence(seed, options.calls), options, results);
  }
  PoisonHost poison;
  Instance instance(instance_options(poison));
  instance.host().add_symbol("do_unlinkat", 0xffff'0000);
  ProcessHost::Client& stranger = instance.host().add_client(0, 1000);
  std::vector<std::string> mistakes(options.threads);
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < options.threads; ++i) {
    clients.push_back(std::make_unique<Client>(instance, poison, stranger));
    threads.emplace_back([&, i] {
      const uint64_t own = seed + i;
      mistakes[i] = clients[i]->run(make_sequence(own, options.calls), options, own);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& client : clients) client->finish();
  for (const std::string& mistake : mistakes) {
    if (!mistake.empty()) return mistake;
  }
  return check_end(instance, poison);
}

}  // namespace zext::shim::fuzz
