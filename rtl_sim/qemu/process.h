// A child process that ends with its owner: a pipe pair for talking, and what it wrote to stderr.
//
//   auto child = Process::start({"qemu-system-riscv64", "-S", "-qmp", "stdio"}, {});
//   auto greeting = child->read_line(std::chrono::seconds(10));
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rtl_sim/image/error.h"

namespace zext::rtl_sim::qemu {

// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

// An unnamed file in memory, closed on exec unless handed to Process::start.
// Errors: the host refuses.
std::expected<Descriptor, Error> memory_file(const char* name, size_t size);

class Process {
 public:
  // Runs arguments[0], searched in PATH, with `inherited` file descriptors open under their
  // numbers. It is killed when we die. Errors: not found, not executable, no process or pipe to be
  // had.
  static std::expected<Process, Error> start(const std::vector<std::string>& arguments,
                                             std::span<const int> inherited);

  Process(Process&& other) noexcept = default;
  Process& operator=(Process&& other) = delete;
  ~Process();  // kills it if it still runs

  int id() const { return id_; }

  // What it writes to stdout, line by line, without the newline. Errors: its end, or the time
  // limit.
  std::expected<std::string, Error> read_line(std::chrono::milliseconds limit);

  // Writes to its stdin. False when it does not listen any more.
  bool write(const std::string& text);

  // How it ended ("exit status 1", "signal 9 (Killed)"); nullopt while it runs.
  std::optional<std::string> ended();

  // The last part of what it wrote to stderr, at most some 2,000 characters.
  std::string stderr_text() const;

  // The error that says that it ended, and why as far as it told us.
  Error ended_error(const std::string& how) const;

 private:
  struct Id {  // moves away from the old owner
    int value = -1;
    Id(int v) : value(v) {}
    Id(Id&& other) noexcept : value(std::exchange(other.value, -1)) {}
    operator int() const { return value; }
  };

  Process(std::string name, int id, Descriptor talk, Descriptor errors)
      : name_(std::move(name)), id_(id), talk_(std::move(talk)), errors_(std::move(errors)) {}

  std::string name_;
  Id id_;
  Descriptor talk_;
  Descriptor errors_;
  std::string buffer_;  // read, but no whole line yet
  std::optional<std::string> ended_;
};

}  // namespace zext::rtl_sim::qemu
