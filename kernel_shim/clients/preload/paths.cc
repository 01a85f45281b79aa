#include "kernel_shim/clients/preload/paths.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel_shim/clients/preload/connection.h"
#include "kernel_shim/clients/preload/descriptors.h"
#include "kernel_shim/clients/preload/system.h"

namespace zext::shim::preload {
namespace {

struct Place {
  const char* kernel;
  const char* ours;  // under directory()
};

constexpr Place kPlaces[] = {
    {"/sys/fs/bpf", "/bpf"},
    {"/sys/kernel/tracing", "/tracing"},
    {"/sys/kernel/debug/tracing", "/tracing"},
    {"/sys/kernel/btf", "/btf"},
    {"/sys/bus/event_source/devices/kprobe", "/event_source/kprobe"},
    {"/sys/bus/event_source/devices/uprobe", "/event_source/uprobe"},
    {"/proc/kallsyms", "/kallsyms"},
    {"/proc/sys/kernel/unprivileged_bpf_disabled", "/sysctl/unprivileged_bpf_disabled"},
    {"/proc/sys/kernel/bpf_stats_enabled", "/sysctl/bpf_stats_enabled"},
    {"/proc/sys/net/core/bpf_jit_enable", "/sysctl/bpf_jit_enable"},
    {"/proc/sys/net/core/bpf_jit_harden", "/sysctl/bpf_jit_harden"},
    {"/proc/sys/net/core/bpf_jit_kallsyms", "/sysctl/bpf_jit_kallsyms"},
    {"/proc/sys/net/core/bpf_jit_limit", "/sysctl/bpf_jit_limit"},
};

// What is left of `path` behind `prefix`, with its "/" or empty; null: it is not under it. Slashes
// may be doubled.
const char* behind(const char* path, const char* prefix) {
  while (*prefix != 0) {
    if (*path != *prefix) return nullptr;
    if (*path == '/') {
      while (path[1] == '/') ++path;
    }
    ++path;
    ++prefix;
  }
  return *path == 0 || *path == '/' ? path : nullptr;
}

const char* join(const char* head, const char* middle, const char* tail, char (&room)[kMaxPath]) {
  const uint64_t first = strlen(head);
  const uint64_t second = strlen(middle);
  const uint64_t third = strlen(tail);
  if (first + second + third >= kMaxPath) return nullptr;
  memcpy(room, head, first);
  memcpy(room + first, middle, second);
  memcpy(room + first + second, tail, third + 1);
  return room;
}

}  // namespace

const char* translate(const char* path, char (&room)[kMaxPath]) {
  // Nearly every path ends here.
  if (path == nullptr || path[0] != '/' || (path[1] != 's' && path[1] != 'p' && path[1] != '/') ||
      !enabled()) {
    return path;
  }
  for (const Place& place : kPlaces) {
    const char* rest = behind(path, place.kernel);
    if (rest == nullptr) continue;
    if (!ensure_daemon()) return path;
    const char* joined = join(directory(), place.ours, rest, room);
    return joined == nullptr ? path : joined;
  }
  return path;
}

const char* translate_back(const char* path, char (&room)[kMaxPath]) {
  if (path == nullptr || !enabled()) return path;
  const char* rest = behind(path, directory());
  if (rest == nullptr) return path;
  for (const Place& place : kPlaces) {
    const char* tail = behind(rest, place.ours);
    if (tail == nullptr) continue;
    const char* joined = join(place.kernel, "", tail, room);
    return joined == nullptr ? path : joined;
  }
  return path;
}

int open_fdinfo(const char* path) {
  if (path == nullptr || strncmp(path, "/proc/", 6) != 0 || !enabled()) return -1;
  const char* at = path + 6;
  int process = 0;
  if (strncmp(at, "self/", 5) == 0) {
    at += 5;
  } else {
    char* end = nullptr;
    process = static_cast<int>(strtol(at, &end, 10));
    if (end == at || *end != '/') return -1;
    at = end + 1;
  }
  if (strncmp(at, "fdinfo/", 7) != 0) return -1;
  char* end = nullptr;
  const int fd = static_cast<int>(strtol(at + 7, &end, 10));
  if (end == at + 7 || *end != 0) return -1;
  const bool is_self = process == 0 || process == static_cast<int>(system_call(SYS_getpid));
  if (is_self && !is_ours(fd)) return -1;
  daemon::Request request{.op = daemon::Op::kFdinfo, .number = fd};
  request.arguments[0] = is_self ? 0 : static_cast<uint64_t>(process);
  return static_cast<int>(ask(request));
}

namespace {

constexpr const char* kMounts =
    "bpf /sys/fs/bpf bpf rw,nosuid,nodev,noexec,relatime,mode=700 0 0\n"
    "tracefs /sys/kernel/tracing tracefs rw,relatime 0 0\n";

// Whether a line of /proc/mounts is of a place that is ours.
bool is_hidden(const char* line) {
  const char* at = strchr(line, ' ');
  if (at == nullptr) return false;
  for (const Place& place : kPlaces) {
    const uint64_t length = strlen(place.kernel);
    if (strncmp(at + 1, place.kernel, length) == 0 && at[1 + length] == ' ') return true;
  }
  return false;
}

bool write_fully(int file, const char* text, uint64_t size) {
  while (size > 0) {
    const long written = system_call(SYS_write, file, address(text), static_cast<long>(size));
    if (written <= 0) return false;
    text += written;
    size -= static_cast<uint64_t>(written);
  }
  return true;
}

}  // namespace

int open_mounts(const char* path) {
  if (path == nullptr || !enabled() ||
      (strcmp(path, "/proc/mounts") != 0 && strcmp(path, "/proc/self/mounts") != 0)) {
    return -1;
  }
  static FILE* (*found)(const char*, const char*) = nullptr;
  FILE* real = next_function(found, "fopen")(path, "re");
  const auto file = static_cast<int>(system_call(SYS_memfd_create, address("mounts"), MFD_CLOEXEC));
  char line[kMaxPath];
  bool good = file >= 0;
  while (good && real != nullptr && fgets(line, sizeof line, real) != nullptr) {
    if (!is_hidden(line)) good = write_fully(file, line, strlen(line));
  }
  if (real != nullptr) fclose(real);
  good = good && write_fully(file, kMounts, strlen(kMounts)) &&
         system_call(SYS_lseek, file, 0, SEEK_SET) == 0;
  if (!good && file >= 0) system_call(SYS_close, file);
  return good ? file : -1;
}

}  // namespace zext::shim::preload
