// zext shim: runs unmodified BPF programs' users against a daemon of ours instead of the kernel.

#include "cli/shim.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/exit_code.h"
#include "cli/shim_options.h"
#include "kernel_shim/hosts/daemon/folder.h"

namespace zext::cli {
namespace {

namespace daemon = shim::daemon;

std::string own_path() {
  char path[4096] = {};
  return readlink("/proc/self/exe", path, sizeof path - 1) > 0 ? path : "";
}

// What the program, and all that it starts, find in their environment.
void set_environment(const ShimOptions& options) {
  const char* before = getenv("LD_PRELOAD");
  std::string preload = options.folder + "/" + daemon::kPreloadName;
  if (before != nullptr && *before != 0 && std::string(before).find(preload) != 0) {
    preload += std::string(":") + before;
  }
  setenv("LD_PRELOAD", preload.c_str(), 1);
  setenv(daemon::kDirectoryVariable, options.folder.c_str(), 1);
  // For a daemon that has to be started again meanwhile.
  setenv(daemon::kProgramVariable, own_path().c_str(), 1);
  setenv("ZEXT_ENGINE", options.engine.c_str(), 1);
  if (!options.btf.empty()) setenv("ZEXT_SHIM_BTF", options.btf.c_str(), 1);
  if (options.builtin) setenv("ZEXT_SHIM_BUILTIN", "1", 1);
  if (options.unprivileged_bpf) setenv("ZEXT_SHIM_UNPRIVILEGED", "1", 1);
}

int run_program(const ShimOptions& options) {
  if (!daemon_of(options)) return kInternal;
  set_environment(options);
  std::vector<char*> arguments;
  arguments.reserve(options.command.size() + 1);
  for (const std::string& argument : options.command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  fmt::print(stderr, "zext shim: {}: {}\n", options.command[0], strerror(errno));
  return kBadInput;
}

int run(const ShimOptions& options) {
  if (options.daemon) return run_daemon(options);
  if (options.stop) return shim_stop(options);
  if (!options.command.empty()) return run_program(options);
  fmt::print(stderr,
             "zext shim: which program? zext shim -- PROGRAM ARGUMENTS...\n"
             "Or --daemon, --stop, status, fire EVENT, trace.\n");
  return kBadInput;
}

void add_daemon_options(CLI::App& command, ShimOptions& options) {
  options.folder = daemon::default_folder();
  command
      .add_option("--directory", options.folder,
                  "The daemon's directory: its socket, pins, tracing files")
      ->envname(daemon::kDirectoryVariable)
      ->capture_default_str();
  command
      .add_option("--engine", options.engine,
                  "What runs programs: interpreter, qemu, rtl, lockstep")
      ->envname("ZEXT_ENGINE")
      ->capture_default_str();
  command.add_option("--btf", options.btf, "The kernel's types (default: this machine's)")
      ->envname("ZEXT_SHIM_BTF");
  command
      .add_flag("--builtin", options.builtin,
                "Take no types, symbols and tracepoints from this machine")
      ->envname("ZEXT_SHIM_BUILTIN");
  command
      .add_flag("--unprivileged-bpf", options.unprivileged_bpf,
                "Allow socket filters without CAP_BPF")
      ->envname("ZEXT_SHIM_UNPRIVILEGED");
  command.add_option("--memory-limit", options.memory_limit,
                     "Bytes of maps and programs (default: half of the machine's)");
  command
      .add_option("--idle", options.idle_seconds,
                  "Seconds without clients and objects until the daemon ends; 0: never")
      ->envname("ZEXT_SHIM_IDLE")
      ->capture_default_str();
}

}  // namespace

void add_shim_command(CLI::App& app, Action& action, shim::daemon::EngineMaker make_engine) {
  auto options = std::make_shared<ShimOptions>();
  options->make_engine = std::move(make_engine);
  auto fire = std::make_shared<FireOptions>();
  CLI::App* command = app.add_subcommand(
      "shim", "Run a program that uses bpf(2) against this project's runtime, not the kernel's");
  add_daemon_options(*command, *options);
  command->add_flag("--daemon", options->daemon, "Be the daemon, in the foreground");
  command->add_flag("--detach", options->detach, "With --daemon: in the background");
  command->add_flag("--stop", options->stop, "End the daemon and all its objects");
  command->add_option("COMMAND", options->command, "The program and its arguments, behind --");
  command->callback([options, command, &action] {
    if (command->get_subcommands().empty()) action = [options] { return run(*options); };
  });

  CLI::App* status = command->add_subcommand("status", "What the daemon has");
  auto json = std::make_shared<bool>(false);
  status->add_flag("--json", *json, "As JSON");
  status->callback([options, json, &action] {
    action = [options, json] { return shim_status(*options, *json); };
  });

  CLI::App* firing =
      command->add_subcommand("fire", "Make an event happen: the programs attached there run");
  firing
      ->add_option("EVENT", fire->event,
                   "kprobe:NAME, kretprobe:NAME, uprobe:PATH+OFFSET, tracepoint:CATEGORY/NAME, "
                   "raw_tracepoint:NAME, fentry:NAME, fexit:NAME, tp_btf:NAME, lsm:NAME")
      ->required();
  firing->add_option("FIELD", fire->fields,
                     "field=value: of the tracepoint; arg1=... ret=... ip=... of a probe; "
                     "arg0=... of the others");
  firing->add_option("--data", fire->data, "The context's bytes, in hexadecimal, instead");
  firing->add_option("--pid", fire->pid, "The current task's number (default: this command's)");
  firing->add_option("--comm", fire->comm, "The current task's name");
  firing->add_flag("--json", fire->json, "The result as JSON");
  firing->callback([options, fire, &action] {
    action = [options, fire] { return shim_fire(*options, *fire); };
  });

  CLI::App* trace =
      command->add_subcommand("trace", "Show what programs print (bpf_trace_printk), until ^C");
  trace->callback([options, &action] { action = [options] { return shim_trace(*options); }; });
}

}  // namespace zext::cli
