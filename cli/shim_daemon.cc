// zext shim: the daemon: starting it, asking it.

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/exit_code.h"
#include "cli/shim_options.h"
#include "kernel_shim/clients/preload/embedded.h"
#include "kernel_shim/hosts/daemon/folder.h"
#include "kernel_shim/hosts/daemon/server.h"

namespace zext::cli {
namespace {

using shim::daemon::Control;
using shim::daemon::File;
using shim::daemon::FireRequest;
using shim::daemon::Op;

// Written beside and renamed: programs may be starting with it.
void write_library(const std::string& folder) {
  const auto bytes = shim::preload::embedded_library();
  const std::string text(bytes.begin(), bytes.end());
  const std::string path = folder + "/" + shim::daemon::kPreloadName;
  const std::string fresh = path + "." + std::to_string(getpid());
  if (shim::daemon::write_all(fresh, text)) rename(fresh.c_str(), path.c_str());
}

shim::daemon::DaemonOptions daemon_options(const ShimOptions& options) {
  shim::daemon::DaemonOptions result;
  result.folder = options.folder;
  result.engine = options.engine;
  result.make_engine = options.make_engine;
  result.machine = {.btf_file = options.btf, .builtin = options.builtin};
  result.allow_unprivileged = options.unprivileged_bpf;
  result.memory_limit = options.memory_limit;
  result.idle_seconds = options.idle_seconds;
  return result;
}

int serve(const ShimOptions& options, File ready) {
  const auto end = shim::daemon::run_server(daemon_options(options), [&] {
    write_library(options.folder);
    const char byte = 1;
    if (ready && write(ready.get(), &byte, 1) == 1) ready.reset();
  });
  return end == shim::daemon::ServerEnd::kFailed ? kInternal : kAccepted;
}

// In a process of its own, with what it says in the daemon's directory.
int serve_detached(const ShimOptions& options) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return kInternal;
  File parent_end(ends[0]);
  File child_end(ends[1]);
  const pid_t child = fork();
  if (child < 0) return kInternal;
  if (child == 0) {
    parent_end.reset();
    setsid();
    mkdir(options.folder.c_str(), 0700);
    const std::string log = options.folder + "/log";
    const File null(open("/dev/null", O_RDWR));
    const File said(open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
    dup2(null.get(), STDIN_FILENO);
    dup2(null.get(), STDOUT_FILENO);
    if (said) dup2(said.get(), STDERR_FILENO);
    // It may live longer than the directory that it was started in.
    if (chdir("/") != 0) return kInternal;
    return serve(options, std::move(child_end));
  }
  child_end.reset();
  char byte = 0;
  if (read(parent_end.get(), &byte, 1) == 1) return kAccepted;
  const std::string log = shim::daemon::read_all(options.folder + "/log");
  fmt::print(stderr, "zext shim: the daemon did not start\n{}", log);
  return kInternal;
}

std::optional<std::vector<uint8_t>> bytes_of_hex(const std::string& text) {
  std::vector<uint8_t> bytes;
  if (text.size() % 2 != 0) return {};
  for (size_t i = 0; i < text.size(); i += 2) {
    char* end = nullptr;
    const std::string pair = text.substr(i, 2);
    bytes.push_back(static_cast<uint8_t>(strtoul(pair.c_str(), &end, 16)));
    if (*end != 0) return {};
  }
  return bytes;
}

// A relative --btf is the starter's.
std::string absolute(const std::string& path) {
  char* resolved = path.empty() ? nullptr : realpath(path.c_str(), nullptr);
  std::string result = resolved == nullptr ? path : resolved;
  free(resolved);
  return result;
}

int no_daemon(const ShimOptions& options) {
  if (const pid_t other = Control::listener(options.folder); other != 0) {
    fmt::print(
        stderr,
        "zext shim: the daemon in {} is of another build: end it (kill {}), or choose another "
        "--directory\n",
        options.folder, other);
  } else {
    fmt::print(stderr, "zext shim: no daemon in {}\n", options.folder);
  }
  return kRejected;
}

}  // namespace

int run_daemon(const ShimOptions& options) {
  ShimOptions resolved = options;
  resolved.btf = absolute(options.btf);
  return options.detach ? serve_detached(resolved) : serve(resolved, File());
}

std::optional<Control> daemon_of(const ShimOptions& options) {
  auto found = Control::connect(options.folder);
  if (!found && Control::listener(options.folder) != 0) {
    no_daemon(options);
    return {};
  }
  if (!found) {
    ShimOptions wanted = options;
    wanted.detach = true;
    const pid_t child = fork();
    if (child == 0) _exit(run_daemon(wanted));
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    found = Control::connect(options.folder);
    if (!found) fmt::print(stderr, "zext shim: no daemon answers in {}\n", options.folder);
    return found;
  }
  const auto state = found->ask({.op = Op::kStatus});
  const auto json = nlohmann::json::parse(state ? state->text() : "", nullptr, false);
  const std::string engine = json.is_object() ? json.value("engine", "") : "";
  if (engine != options.engine) {
    fmt::print(stderr,
               "zext shim: a daemon with --engine {} runs in {}\n"
               "End it with zext shim --stop, or use another --directory.\n",
               engine, options.folder);
    return {};
  }
  return found;
}

int shim_stop(const ShimOptions& options) {
  auto daemon = Control::connect(options.folder);
  if (!daemon) return no_daemon(options);
  daemon->ask({.op = Op::kStop});
  // Its socket ends with it.
  constexpr int kTries = 1000;
  for (int i = 0; i < kTries; ++i) {
    if (shim::daemon::lock_folder(options.folder)) return kAccepted;
    usleep(10'000);
  }
  fmt::print(stderr, "zext shim: the daemon does not end\n");
  return kInternal;
}

int shim_status(const ShimOptions& options, bool json) {
  auto daemon = Control::connect(options.folder);
  if (!daemon) return no_daemon(options);
  const auto answer = daemon->ask({.op = Op::kStatus});
  if (!answer) return no_daemon(options);
  const std::string text = answer->text();
  if (json) {
    fmt::print("{}", text);
    return kAccepted;
  }
  const auto state = nlohmann::ordered_json::parse(text);
  for (const auto& [key, value] : state.items()) {
    if (value.is_object()) {
      for (const auto& [point, count] : value.items()) {
        fmt::print("{:<12} {} ({})\n", key, point, count.dump());
      }
    } else {
      fmt::print("{:<12} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  return kAccepted;
}

int shim_fire(const ShimOptions& options, const FireOptions& fire) {
  auto daemon = Control::connect(options.folder);
  if (!daemon) return no_daemon(options);
  FireRequest request;
  if (fire.event.size() >= sizeof request.event || fire.comm.size() >= sizeof request.comm) {
    fmt::print(stderr, "zext shim: the event's or the task's name is too long\n");
    return kBadInput;
  }
  memcpy(request.event, fire.event.data(), fire.event.size());
  memcpy(request.comm, fire.comm.data(), fire.comm.size());
  request.pid = fire.pid;
  std::vector<uint8_t> body;
  if (!fire.data.empty()) {
    const auto bytes = bytes_of_hex(fire.data);
    if (!bytes) {
      fmt::print(stderr, "zext shim: --data: write it as hexadecimal bytes: 0a0b0c\n");
      return kBadInput;
    }
    request.raw = 1;
    body = *bytes;
  } else {
    for (const std::string& field : fire.fields) {
      body.insert(body.end(), field.c_str(), field.c_str() + field.size() + 1);
    }
  }
  std::vector<uint8_t> payload(sizeof request + body.size());
  memcpy(payload.data(), &request, sizeof request);
  std::copy(body.begin(), body.end(), payload.begin() + sizeof request);
  const auto answer = daemon->ask({.op = Op::kFire}, payload);
  if (!answer) return no_daemon(options);
  if (answer->reply.result < 0) {
    fmt::print(stderr, "zext shim: {}\n", answer->text());
    return kBadInput;
  }
  if (fire.json) {
    const nlohmann::ordered_json result = {{"event", fire.event},
                                           {"attached", answer->reply.result},
                                           {"decided", answer->reply.values[0]}};
    fmt::print("{}\n", result.dump(2));
  } else if (answer->reply.result == 0) {
    fmt::print("{}: nothing is attached\n", fire.event);
  } else {
    fmt::print("{}: {} attached, decided {}\n", fire.event, answer->reply.result,
               answer->reply.values[0]);
  }
  return answer->reply.result == 0 ? kRejected : kAccepted;
}

int shim_trace(const ShimOptions& options) {
  const auto daemon = Control::connect(options.folder);
  if (!daemon) return no_daemon(options);
  const std::string path = options.folder + "/" + shim::daemon::kTracingDirectory + "/trace_pipe";
  const File pipe(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[4096];
  ssize_t size = 0;
  while ((size = read(pipe.get(), text, sizeof text)) > 0) {
    fwrite(text, 1, static_cast<size_t>(size), stdout);
    fflush(stdout);
  }
  return kAccepted;
}

}  // namespace zext::cli
