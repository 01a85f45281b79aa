// The calls that take a path: the kernel's own places are others under `zext shim`.

// stat and its kin are functions of their own only since glibc 2.33.
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <unistd.h>

#include "kernel_shim/clients/preload/connection.h"
#include "kernel_shim/clients/preload/descriptors.h"
#include "kernel_shim/clients/preload/paths.h"
#include "kernel_shim/clients/preload/system.h"

namespace zext::shim::preload {
namespace {

// Calls the C library's function with the path translated.
template <typename Function, typename... Arguments>
auto with_path(const char* name, Function*& found, const char* path, Arguments... arguments) {
  char room[kMaxPath];
  return next_function(found, name)(translate(path, room), arguments...);
}
template <typename Function, typename... Arguments>
auto with_path_at(const char* name, Function*& found, int folder, const char* path,
                  Arguments... arguments) {
  char room[kMaxPath];
  return next_function(found, name)(folder, translate(path, room), arguments...);
}

bool needs_mode(int flags) { return (flags & (O_CREAT | O_TMPFILE)) != 0; }

// Whether the path is in the directory of pins: what statfs says is decided by that.
long file_system_of(const char* path) {
  char resolved[kMaxPath];
  char root[kMaxPath];
  if (!enabled() || realpath(path, resolved) == nullptr) return 0;
  const uint64_t length = strlen(directory());
  if (length + 16 > kMaxPath) return 0;
  memcpy(root, directory(), length + 1);
  char canonical[kMaxPath];
  if (realpath(root, canonical) == nullptr) return 0;
  const uint64_t size = strlen(canonical);
  if (strncmp(resolved, canonical, size) != 0 || resolved[size] != '/') return 0;
  const char* inside = resolved + size + 1;
  if (strncmp(inside, "bpf", 3) == 0 && (inside[3] == 0 || inside[3] == '/')) return BPF_FS_MAGIC;
  if (strncmp(inside, "tracing", 7) == 0) return TRACEFS_MAGIC;
  return 0;
}

template <typename Buffer>
int statfs_of(const char* name, const char* path, Buffer* buffer) {
  using Function = int(const char*, Buffer*);
  char room[kMaxPath];
  const char* real = translate(path, room);
  auto* function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  const int result = function(real, buffer);
  if (result != 0) return result;
  const int before = errno;
  const long type = file_system_of(real);
  errno = before;
  if (type != 0) buffer->f_type = type;
  return 0;
}

template <typename Buffer>
int fstatfs_of(const char* name, int fd, Buffer* buffer) {
  using Function = int(int, Buffer*);
  auto* function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  const int result = function(fd, buffer);
  if (result != 0 || !enabled()) return result;
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const int before = errno;
  const long type = file_system_of(link);
  errno = before;
  if (type != 0) buffer->f_type = type;
  return 0;
}

// The placeholders' links read as the kernel's own would.
long read_link(const char* path, char* buffer, size_t size, long length) {
  constexpr const char* kOurs = "/memfd:";
  constexpr const char* kTheirs = "anon_inode:";
  if (length < 0 || !enabled() || strncmp(path, "/proc/", 6) != 0) return length;
  const char* number = strrchr(path, '/') + 1;
  struct stat status{};
  if (static_cast<size_t>(length) < strlen(kOurs) || memcmp(buffer, kOurs, strlen(kOurs)) != 0 ||
      system_call(SYS_newfstatat, AT_FDCWD, address(path), address(&status), 0) != 0 ||
      status.st_mode != (S_IFREG | daemon::kPlaceholderMode) || *number == 0) {
    return length;
  }
  char text[128];
  const auto shown =
      static_cast<size_t>(length) < sizeof text - 1 ? static_cast<size_t>(length) : sizeof text - 1;
  memcpy(text, buffer, shown);
  text[shown] = 0;
  char* tail = strstr(text, " (deleted)");
  if (tail != nullptr) *tail = 0;
  char line[192];
  const int written = snprintf(line, sizeof line, "%s%s", kTheirs, text + strlen(kOurs));
  const auto count = static_cast<size_t>(written) < size ? static_cast<size_t>(written) : size;
  memcpy(buffer, line, count);
  return static_cast<long>(count);
}

// A file whose text is made for whoever opens it; -1: it is none of these.
int open_made(const char* path) {
  const int fdinfo = open_fdinfo(path);
  return fdinfo >= 0 ? fdinfo : open_mounts(path);
}

FILE* open_stream(const char* name, const char* path, const char* mode) {
  const int made = open_made(path);
  if (made >= 0) return fdopen(made, mode);
  using Function = FILE*(const char*, const char*);
  char room[kMaxPath];
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name))(translate(path, room), mode);
}

// nftw tells its function paths, which are translated back. One walk a thread at a time.
using Visit = int (*)(const char*, const struct stat*, int, FTW*);
thread_local Visit visit = nullptr;
int visit_translated(const char* path, const struct stat* status, int flag, FTW* where) {
  char room[kMaxPath];
  const char* shown = translate_back(path, room);
  FTW place = *where;
  const char* slash = strrchr(shown, '/');
  place.base = slash == nullptr ? 0 : static_cast<int>(slash + 1 - shown);
  return visit(shown, status, flag, &place);
}

}  // namespace
}  // namespace zext::shim::preload

namespace preload = zext::shim::preload;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = preload::needs_mode(flags) ? va_arg(list, mode_t) : 0;
  va_end(list);
  const int made = preload::open_made(path);
  if (made >= 0) return made;
  static int (*found)(const char*, int, ...) = nullptr;
  return preload::with_path("open", found, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = preload::needs_mode(flags) ? va_arg(list, mode_t) : 0;
  va_end(list);
  const int made = preload::open_made(path);
  if (made >= 0) return made;
  static int (*found)(const char*, int, ...) = nullptr;
  return preload::with_path("open64", found, path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = preload::needs_mode(flags) ? va_arg(list, mode_t) : 0;
  va_end(list);
  const int made = preload::open_made(path);
  if (made >= 0) return made;
  static int (*found)(int, const char*, int, ...) = nullptr;
  return preload::with_path_at("openat", found, folder, path, flags, mode);
}

int openat64(int folder, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = preload::needs_mode(flags) ? va_arg(list, mode_t) : 0;
  va_end(list);
  const int made = preload::open_made(path);
  if (made >= 0) return made;
  static int (*found)(int, const char*, int, ...) = nullptr;
  return preload::with_path_at("openat64", found, folder, path, flags, mode);
}

// What open() is where the program was compiled with _FORTIFY_SOURCE: names of the C library's.
// NOLINTBEGIN(bugprone-reserved-identifier)
int __open_2(const char* path, int flags) { return open(path, flags); }
int __open64_2(const char* path, int flags) { return open64(path, flags); }
int __openat_2(int folder, const char* path, int flags) { return openat(folder, path, flags); }
int __openat64_2(int folder, const char* path, int flags) { return openat64(folder, path, flags); }
// NOLINTEND(bugprone-reserved-identifier)

int creat(const char* path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

FILE* fopen(const char* path, const char* mode) {
  return preload::open_stream("fopen", path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  return preload::open_stream("fopen64", path, mode);
}

// The C library's opens its file by a name of its own.
FILE* setmntent(const char* path, const char* mode) { return fopen(path, mode); }

DIR* opendir(const char* path) {
  static DIR* (*found)(const char*) = nullptr;
  return preload::with_path("opendir", found, path);
}

int stat(const char* path, struct stat* status) noexcept {
  static int (*found)(const char*, struct stat*) = nullptr;
  return preload::with_path("stat", found, path, status);
}
int stat64(const char* path, struct stat64* status) noexcept {
  static int (*found)(const char*, struct stat64*) = nullptr;
  return preload::with_path("stat64", found, path, status);
}
int lstat(const char* path, struct stat* status) noexcept {
  static int (*found)(const char*, struct stat*) = nullptr;
  return preload::with_path("lstat", found, path, status);
}
int lstat64(const char* path, struct stat64* status) noexcept {
  static int (*found)(const char*, struct stat64*) = nullptr;
  return preload::with_path("lstat64", found, path, status);
}
int fstatat(int folder, const char* path, struct stat* status, int flags) noexcept {
  static int (*found)(int, const char*, struct stat*, int) = nullptr;
  return preload::with_path_at("fstatat", found, folder, path, status, flags);
}
int fstatat64(int folder, const char* path, struct stat64* status, int flags) noexcept {
  static int (*found)(int, const char*, struct stat64*, int) = nullptr;
  return preload::with_path_at("fstatat64", found, folder, path, status, flags);
}
int statx(int folder, const char* path, int flags, unsigned mask, struct statx* status) noexcept {
  static int (*found)(int, const char*, int, unsigned, struct statx*) = nullptr;
  return preload::with_path_at("statx", found, folder, path, flags, mask, status);
}

int access(const char* path, int mode) noexcept {
  static int (*found)(const char*, int) = nullptr;
  return preload::with_path("access", found, path, mode);
}
int faccessat(int folder, const char* path, int mode, int flags) noexcept {
  static int (*found)(int, const char*, int, int) = nullptr;
  return preload::with_path_at("faccessat", found, folder, path, mode, flags);
}

int statfs(const char* path, struct statfs* buffer) noexcept {
  return preload::statfs_of("statfs", path, buffer);
}
int statfs64(const char* path, struct statfs64* buffer) noexcept {
  return preload::statfs_of("statfs64", path, buffer);
}
int fstatfs(int fd, struct statfs* buffer) noexcept {
  return preload::fstatfs_of("fstatfs", fd, buffer);
}
int fstatfs64(int fd, struct statfs64* buffer) noexcept {
  return preload::fstatfs_of("fstatfs64", fd, buffer);
}

int mkdir(const char* path, mode_t mode) noexcept {
  static int (*found)(const char*, mode_t) = nullptr;
  return preload::with_path("mkdir", found, path, mode);
}
int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  static int (*found)(int, const char*, mode_t) = nullptr;
  return preload::with_path_at("mkdirat", found, folder, path, mode);
}
int rmdir(const char* path) noexcept {
  static int (*found)(const char*) = nullptr;
  return preload::with_path("rmdir", found, path);
}
int unlink(const char* path) noexcept {
  static int (*found)(const char*) = nullptr;
  return preload::with_path("unlink", found, path);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  static int (*found)(int, const char*, int) = nullptr;
  return preload::with_path_at("unlinkat", found, folder, path, flags);
}
// The C library's remove() calls unlink and rmdir by names of its own.
int remove(const char* path) noexcept {
  static int (*found)(const char*) = nullptr;
  return preload::with_path("remove", found, path);
}
int chmod(const char* path, mode_t mode) noexcept {
  static int (*found)(const char*, mode_t) = nullptr;
  return preload::with_path("chmod", found, path, mode);
}
int chdir(const char* path) noexcept {
  static int (*found)(const char*) = nullptr;
  return preload::with_path("chdir", found, path);
}

int rename(const char* from, const char* to) noexcept {
  static int (*found)(const char*, const char*) = nullptr;
  char room[preload::kMaxPath];
  return preload::with_path("rename", found, from, preload::translate(to, room));
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  static int (*found)(int, const char*, int, const char*) = nullptr;
  char room[preload::kMaxPath];
  return preload::with_path_at("renameat", found, from_folder, from, to_folder,
                               preload::translate(to, room));
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  static int (*found)(int, const char*, int, const char*, unsigned) = nullptr;
  char room[preload::kMaxPath];
  return preload::with_path_at("renameat2", found, from_folder, from, to_folder,
                               preload::translate(to, room), flags);
}
int link(const char* from, const char* to) noexcept {
  static int (*found)(const char*, const char*) = nullptr;
  char room[preload::kMaxPath];
  return preload::with_path("link", found, from, preload::translate(to, room));
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  static int (*found)(int, const char*, int, const char*, int) = nullptr;
  char room[preload::kMaxPath];
  return preload::with_path_at("linkat", found, from_folder, from, to_folder,
                               preload::translate(to, room), flags);
}

ssize_t readlink(const char* path, char* buffer, size_t size) noexcept {
  static ssize_t (*found)(const char*, char*, size_t) = nullptr;
  return preload::read_link(path, buffer, size,
                            preload::with_path("readlink", found, path, buffer, size));
}
ssize_t readlinkat(int folder, const char* path, char* buffer, size_t size) noexcept {
  static ssize_t (*found)(int, const char*, char*, size_t) = nullptr;
  return preload::read_link(path, buffer, size,
                            preload::with_path_at("readlinkat", found, folder, path, buffer, size));
}
// With _FORTIFY_SOURCE.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
ssize_t __readlink_chk(const char* path, char* buffer, size_t size, size_t room) {
  return readlink(path, buffer, size < room ? size : room);
}

// bpftool mounts a bpffs where it is asked to pin and finds none, which begins with making the
// place private. Ours is one directory, and none of the kernel's is to appear.
int mount(const char* source, const char* target, const char* type, unsigned long flags,
          const void* data) noexcept {
  const bool begins = type != nullptr && strcmp(type, "none") == 0 && source != nullptr &&
                      *source == 0 && flags == (MS_PRIVATE | MS_REC);
  if (preload::enabled() && type != nullptr && (begins || strcmp(type, "bpf") == 0)) {
    errno = EPERM;
    return -1;
  }
  using Function = int(const char*, const char*, const char*, unsigned long, const void*);
  static Function* found = nullptr;
  return preload::next_function(found, "mount")(source, target, type, flags, data);
}

int nftw(const char* path, __nftw_func_t function, int descriptors, int flags) {
  static int (*found)(const char*, __nftw_func_t, int, int) = nullptr;
  char room[preload::kMaxPath];
  const char* real = preload::translate(path, room);
  if (real == path)
    return preload::next_function(found, "nftw")(path, function, descriptors, flags);
  const preload::Visit before = preload::visit;
  preload::visit = function;
  const int result =
      preload::next_function(found, "nftw")(real, preload::visit_translated, descriptors, flags);
  preload::visit = before;
  return result;
}

}  // extern "C"
