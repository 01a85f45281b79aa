// The host's side of HTIF: what a store to `tohost` asks for, and the answer in `fromhost`.
//
//   Htif htif(tohost, fromhost, [](std::string_view text) { ... });
//   Htif::Result result = htif.request(value, read_memory);
//
// Bits 63:56 of a request name a device, 55:48 a command. Device 0 is the system: an odd payload is
// the exit code, times two plus one, an even one points to a system call's number and arguments, of
// which write and exit are served. Device 1 is the console: command 1 writes a character, 0 asks
// for one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace zext::rtl_sim {

class Htif {
 public:
  // Reads physical memory; false if it is not all there.
  using Read = std::function<bool(uint64_t address, std::span<uint8_t> bytes)>;
  using Console = std::function<void(std::string_view text)>;

  // Eight bytes for the host to write.
  struct Write {
    uint64_t address = 0;
    uint64_t value = 0;
  };

  struct Result {
    enum class Kind { kExit, kServed, kUnknown };
    Kind kind = Kind::kUnknown;
    uint64_t exit_code = 0;      // for kExit
    std::vector<Write> answers;  // for kServed, to be written in this order
  };

  explicit Htif(Console console) : console_(std::move(console)) {}

  // The addresses of the image that runs now.
  void set(std::optional<uint64_t> tohost, std::optional<uint64_t> fromhost);

  std::optional<uint64_t> tohost() const { return tohost_; }

  // Queues what the program will get when it asks the console for a character.
  void receive(std::string_view text) { queue_.insert(queue_.end(), text.begin(), text.end()); }

  // Serves a non-zero value that was stored to `tohost`.
  Result request(uint64_t value, const Read& read);

  // All state but the addresses' consumer: for snapshots.
  void save(std::vector<uint8_t>& state) const;
  bool restore(std::span<const uint8_t>& state);

 private:
  Result system_call(uint64_t address, const Read& read);
  Result served(uint64_t answer) const;

  Console console_;
  std::optional<uint64_t> tohost_, fromhost_;
  std::deque<char> queue_;
};

}  // namespace zext::rtl_sim
