// One QEMU with our plugin in it, started and halted before the first instruction of an image.
//
//   auto machine = Machine::start(image, options, /*stream=*/true);
//   machine->go();                        // from now on machine->channel() fills
#pragma once

#include <expected>
#include <memory>
#include <span>

#include "rtl_sim/image/image.h"
#include "rtl_sim/qemu/channel.h"
#include "rtl_sim/qemu/process.h"
#include "rtl_sim/qemu/qemu.h"

namespace zext::rtl_sim::qemu {

// Memory shared with QEMU, unmapped with its owner.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)), size_(other.size_) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Mapping();

  // Errors: the host refuses.
  static std::expected<Mapping, Error> of(const Descriptor& file, size_t size);

  void* address() const { return address_; }
  std::span<uint8_t> bytes() const { return {static_cast<uint8_t*>(address_), size_}; }

 private:
  void* address_ = nullptr;
  size_t size_ = 0;
};

class Machine {
 public:
  // Errors: see qemu.h.
  static std::expected<Machine, Error> start(const Image& image, const Options& options,
                                             bool stream);

  // Lets the guest run. Errors: QEMU died.
  std::expected<void, Error> go();

  Channel& channel() const { return *static_cast<Channel*>(channel_.address()); }
  std::span<const uint8_t> memory() const { return memory_.bytes(); }
  Process& process() { return process_; }

  // Once QEMU's process or the run has ended: what happened. nullopt while it goes on.
  std::optional<std::expected<Outcome, Error>> result();

 private:
  Machine(Process process, Mapping channel, Mapping memory)
      : process_(std::move(process)), channel_(std::move(channel)), memory_(std::move(memory)) {}

  Process process_;
  Mapping channel_;
  Mapping memory_;
};

}  // namespace zext::rtl_sim::qemu
