// Paths: where the files are that stand for the kernel's: pins, tracefs, BTF, event sources.
//
//   char room[kMaxPath];
//   open(translate("/sys/fs/bpf/x", room), ...)      // "/tmp/zext-1000/bpf/x"
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace zext::shim::preload {

inline constexpr uint64_t kMaxPath = 4096;

// The path as it is to be used; `path` itself where it is none of ours, or too long.
const char* translate(const char* path, char (&room)[kMaxPath]);
// The way back, for paths that a program is told.
const char* translate_back(const char* path, char (&room)[kMaxPath]);

// /proc/self/fdinfo/N or /proc/PID/fdinfo/N of a placeholder: a descriptor with its text; -1: it is
// something else.
int open_fdinfo(const char* path);

// /proc/mounts and its kin: a descriptor with its text, in which the places of ours are mounted as
// Linux has them; -1: it is something else.
int open_mounts(const char* path);

}  // namespace zext::shim::preload
