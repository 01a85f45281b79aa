#include "kernel_shim/hosts/daemon/folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "kernel_shim/hosts/daemon/protocol.h"

namespace zext::shim::daemon {
namespace {

namespace fs = std::filesystem;

bool make_event_source(const fs::path& folder, unsigned type, bool has_reference) {
  std::error_code error;
  fs::create_directories(folder / "format", error);
  return !error && write_all(folder / "type", std::to_string(type) + "\n") &&
         write_all(folder / "format" / "retprobe", "config:0\n") &&
         (!has_reference || write_all(folder / "format" / "ref_ctr_offset", "config:32-63\n"));
}

bool make_builtin_events(const fs::path& tracing) {
  std::string all;
  for (const auto& [key, point] : builtin_tracepoints()) {
    const fs::path folder = tracing / "events" / point.category / point.name;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error || !write_all(folder / "id", std::to_string(point.id) + "\n") ||
        !write_all(folder / "format", point.format) || !write_all(folder / "enable", "0\n")) {
      return false;
    }
    all += point.category + ":" + point.name + "\n";
  }
  return write_all(tracing / "available_events", all);
}

// A file of the machine's by its name, where it can be read; else one of ours with this text.
bool stand_in(const fs::path& path, const std::string& original, const std::string& text) {
  if (!original.empty() && access(original.c_str(), R_OK) == 0) {
    return symlink(original.c_str(), path.c_str()) == 0;
  }
  return write_all(path, text);
}

bool make_tracing(const fs::path& tracing, const Machine& machine) {
  std::error_code error;
  fs::create_directory(tracing, error);
  const std::string& original = machine.tracefs();
  for (const char* name : {"trace", "kprobe_events", "uprobe_events", "set_event"}) {
    if (!write_all(tracing / name, "")) return false;
  }
  if (error || !write_all(tracing / "tracing_on", "1\n") ||
      mkfifo((tracing / "trace_pipe").c_str(), 0600) != 0) {
    return false;
  }
  if (original.empty()) return make_builtin_events(tracing);
  const bool linked = symlink((original + "/events").c_str(), (tracing / "events").c_str()) == 0;
  return linked && stand_in(tracing / "available_events", original + "/available_events", "") &&
         stand_in(tracing / "available_filter_functions", original + "/available_filter_functions",
                  "");
}

}  // namespace

std::string default_folder() {
  const char* said = getenv(kDirectoryVariable);
  if (said != nullptr && *said == '/') return said;
  const char* runtime = getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime == '/' && access(runtime, W_OK) == 0) {
    return std::string(runtime) + "/zext";
  }
  return "/tmp/zext-" + std::to_string(geteuid());
}

std::string make_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return {};
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return path + " cannot be made";
  if (!S_ISDIR(status.st_mode)) return path + " is no directory";
  if (status.st_uid != geteuid()) return path + " belongs to another user";
  if ((status.st_mode & 077) != 0 && chmod(path.c_str(), 0700) != 0) {
    return path + " is open to others";
  }
  return {};
}

File lock_folder(const std::string& path) {
  File file(open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file && flock(file.get(), LOCK_EX | LOCK_NB) != 0) file.reset();
  return file;
}

bool fill_folder(const std::string& path, const Machine& machine, const FolderSettings& settings) {
  const fs::path folder(path);
  std::error_code error;
  fs::create_directory(folder / "btf", error);
  fs::create_directory(folder / "sysctl", error);
  fs::create_directory(folder / "event_source", error);
  if (error) return false;
  const bool is_file = machine.btf_origin().starts_with('/');
  const std::string btf_file = is_file ? machine.btf_origin() : std::string();
  const fs::path sysctl = folder / "sysctl";
  return stand_in(folder / "btf" / "vmlinux", btf_file, machine.btf_bytes()) &&
         stand_in(folder / "kallsyms", "/proc/kallsyms", "") &&
         make_event_source(folder / "event_source" / "kprobe", settings.kprobe_type, false) &&
         make_event_source(folder / "event_source" / "uprobe", settings.uprobe_type, true) &&
         write_all(sysctl / "unprivileged_bpf_disabled",
                   settings.allow_unprivileged ? "0\n" : "2\n") &&
         write_all(sysctl / "bpf_stats_enabled", "0\n") &&
         write_all(sysctl / "bpf_jit_enable", "1\n") &&
         write_all(sysctl / "bpf_jit_harden", "0\n") &&
         write_all(sysctl / "bpf_jit_kallsyms", "0\n") &&
         write_all(sysctl / "bpf_jit_limit", "264241152\n") &&
         make_tracing(folder / kTracingDirectory, machine);
}

void empty_folder(const std::string& path) {
  std::error_code error;
  for (const char* name : {kSocketName, kPinDirectory, kTracingDirectory, "btf", "sysctl",
                           "event_source", "kallsyms"}) {
    fs::remove_all(fs::path(path) / name, error);
  }
}

}  // namespace zext::shim::daemon
