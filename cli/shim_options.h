// What `zext shim` and its subcommands share: which daemon, and getting hold of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel_shim/hosts/daemon/control.h"
#include "kernel_shim/hosts/daemon/engine.h"

namespace zext::cli {

struct ShimOptions {
  std::string folder;  // --directory
  std::string engine = "interpreter";
  shim::daemon::EngineMaker make_engine;
  std::string btf;
  uint64_t memory_limit = 0;
  uint32_t idle_seconds = 10;
  bool unprivileged_bpf = false;
  bool builtin = false;
  bool daemon = false;
  bool detach = false;
  bool stop = false;
  std::vector<std::string> command;
};

// The daemon that runs, or one that is started now. Nothing: said on standard error.
std::optional<shim::daemon::Control> daemon_of(const ShimOptions& options);
// `zext shim --daemon`.
int run_daemon(const ShimOptions& options);

struct FireOptions {
  std::string event;
  std::vector<std::string> fields;
  std::string data;
  std::string comm;
  uint32_t pid = 0;
  bool json = false;
};
int shim_fire(const ShimOptions& options, const FireOptions& fire);
int shim_status(const ShimOptions& options, bool json);
int shim_trace(const ShimOptions& options);
int shim_stop(const ShimOptions& options);

}  // namespace zext::cli
