// What `zext shim` asks of a daemon: firing events, its state; and its trace pipe.

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernel_shim/hosts/daemon/daemon.h"
#include "kernel_shim/hosts/daemon/record.h"
#include "kernel_shim/runtime/kernel.h"

namespace zext::shim::daemon {
namespace {

std::vector<std::string> split_texts(std::span<const uint8_t> bytes) {
  std::vector<std::string> texts;
  const auto* at = reinterpret_cast<const char*>(bytes.data());
  const char* end = at + bytes.size();
  while (at < end) {
    const size_t length = strnlen(at, static_cast<size_t>(end - at));
    texts.emplace_back(at, length);
    at += length + 1;
  }
  return texts;
}

// The task during the event: the client, or what it asked for.
void set_task(Call& call, const FireRequest& fire) {
  if (fire.pid != 0) {
    call.task = kshim_task{};
    describe_thread(static_cast<pid_t>(fire.pid), &call.task);
    call.task.pid = fire.pid;
    call.task.tgid = fire.tgid != 0 ? fire.tgid : fire.pid;
    call.task.uid = call.client->user();
    call.memory = static_cast<pid_t>(call.task.tgid);
  } else {
    call.client->describe(&call.task);
  }
  if (fire.comm[0] != 0) {
    memcpy(call.task.comm, fire.comm, sizeof call.task.comm);
    call.task.comm[sizeof call.task.comm - 1] = 0;
  }
}

}  // namespace

// The result: how many attachments there were. What is wrong with the fields comes as a text.
int64_t Daemon::fire(Client& /*client*/, std::span<const uint8_t> payload, Reply* reply,
                     File* descriptor) {
  FireRequest fire;
  if (payload.size() < sizeof fire) return -EINVAL;
  memcpy(&fire, payload.data(), sizeof fire);
  const std::span<const uint8_t> rest = payload.subspan(sizeof fire);
  const std::string event(fire.event, strnlen(fire.event, sizeof fire.event));
  Call& call = *current_call();
  set_task(call, fire);
  call.task.address = tasks_.address(call.task);
  call.has_task = true;
  std::vector<uint8_t> record(rest.begin(), rest.end());
  if (fire.raw == 0) {
    const std::string problem =
        make_record(machine_, event, split_texts(rest), call.task.pid, &record);
    if (!problem.empty()) {
      *descriptor = memory_file("problem", problem);
      reply->descriptor = DescriptorUse::kAside;
      return -EINVAL;
    }
  }
  const Events::Fired fired = events_.fire(shim_, event, record);
  reply->values[0] = fired.decided;
  return static_cast<int64_t>(fired.programs);
}

std::string Daemon::status() {
  sweep();
  Kernel& kernel = kernel_of(shim_);
  nlohmann::json attached = nlohmann::json::object();
  for (const auto& [point, count] : events_.list()) attached[point] = count;
  const nlohmann::json state = {
      {"pid", getpid()},
      {"directory", options_.folder},
      {"engine", options_.engine},
      {"cpus", cpus_.count()},
      {"btf", machine_.btf_origin()},
      {"tracepoints", machine_.tracefs().empty() ? "built-in" : machine_.tracefs()},
      {"seconds", (now(CLOCK_MONOTONIC) - started_) / 1'000'000'000},
      {"clients", clients_.load()},
      {"calls", calls_.load()},
      {"descriptors", descriptors_.count()},
      {"pins", pins_.count()},
      {"maps", kernel.ids(KSHIM_MAP).count(kernel)},
      {"programs", kernel.ids(KSHIM_PROGRAM).count(kernel)},
      {"links", kernel.ids(KSHIM_LINK).count(kernel)},
      {"btfs", kernel.ids(KSHIM_BTF).count(kernel)},
      {"attached", attached},
  };
  return state.dump(2) + "\n";
}

// A line as tracefs's trace_pipe has it. Whoever reads it gets each line once.
void Daemon::print(const char* text, uint64_t length) {
  const Call* call = current_call();
  const kshim_task task = call != nullptr && call->has_task ? call->task : [this] {
    kshim_task found{};
    functions_.task(this, &found);
    return found;
  }();
  const uint64_t time = now(CLOCK_BOOTTIME) / 1000;
  char line[1200];
  const int size =
      snprintf(line, sizeof line, "%16s-%-7u [%03u] d..31 %5llu.%06llu: bpf_trace_printk: %.*s\n",
               task.comm, task.pid, cpus_.id(), static_cast<unsigned long long>(time / 1'000'000),
               static_cast<unsigned long long>(time % 1'000'000), static_cast<int>(length), text);
  if (size <= 0) return;
  const auto count = std::min<size_t>(static_cast<size_t>(size), sizeof line - 1);
  const std::lock_guard guard(trace_mutex_);
  // Nobody reads: the oldest lines make room.
  while (write(trace_pipe_.get(), line, count) < 0 && errno == EAGAIN) {
    char oldest[4096];
    if (read(trace_pipe_.get(), oldest, sizeof oldest) <= 0) break;
  }
}

}  // namespace zext::shim::daemon
