// A 16550-like UART whose other end is C++: what the program sends goes to a function, what it
// shall receive is queued.
//
//   auto uart = std::make_shared<Uart>([](char c) { std::putchar(c); });
//   uart->receive("hello\n");
//
// Sending takes no time, so that the transmitter is always empty. Registers are bytes.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>
#include <utility>

#include "rtl_sim/model/device.h"

namespace zext::rtl_sim {

class Uart : public Device {
 public:
  explicit Uart(std::function<void(char)> send) : send_(std::move(send)) {}

  // Queues what the program will read.
  void receive(std::string_view text);

  std::optional<uint64_t> read(uint64_t offset, unsigned bytes) override;
  bool write(uint64_t offset, unsigned bytes, uint64_t value) override;
  bool interrupt() const override;
  void reset() override;
  std::vector<uint8_t> save() const override;
  void restore(std::span<const uint8_t> state) override;

 private:
  // The registers that hold what was written to them.
  struct Registers {
    uint8_t interrupt_enable = 0;
    uint8_t line_control = 0;
    uint8_t modem_control = 0;
    uint8_t scratch = 0;
    uint8_t divisor_low = 0;
    uint8_t divisor_high = 0;
    uint8_t fifo_control = 0;
    uint8_t sent = 0;  // the transmitter became empty, and nobody was told yet
  };

  bool receive_interrupt() const;
  bool send_interrupt() const;
  uint8_t identify();

  std::function<void(char)> send_;
  Registers registers_;
  std::deque<char> queue_;
};

}  // namespace zext::rtl_sim
