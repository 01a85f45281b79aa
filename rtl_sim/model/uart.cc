#include "rtl_sim/model/uart.h"

#include <cstring>

namespace zext::rtl_sim {
namespace {

// Register numbers; the first two are the divisor's while bit 7 of line control is set.
enum : uint64_t {
  kData,
  kInterruptEnable,
  kIdentification,  // FIFO control when written
  kLineControl,
  kModemControl,
  kLineStatus,
  kModemStatus,
  kScratch,
  kRegisters
};

constexpr uint8_t kDivisorLatch = 0x80;
constexpr uint8_t kReceiveEnable = 1, kSendEnable = 2;
constexpr uint8_t kFifoEnable = 1, kClearReceived = 2;
constexpr uint8_t kNothingPending = 1, kSendPending = 2, kReceivePending = 4;
constexpr uint8_t kDataReady = 1, kSenderEmpty = 0x60;
constexpr uint8_t kConnected = 0xb0;  // carrier, data set ready, clear to send

}  // namespace

void Uart::receive(std::string_view text) { queue_.insert(queue_.end(), text.begin(), text.end()); }

bool Uart::receive_interrupt() const {
  return (registers_.interrupt_enable & kReceiveEnable) != 0 && !queue_.empty();
}

bool Uart::send_interrupt() const {
  return (registers_.interrupt_enable & kSendEnable) != 0 && registers_.sent != 0;
}

bool Uart::interrupt() const { return receive_interrupt() || send_interrupt(); }

// Telling that the transmitter is empty takes its interrupt back.
uint8_t Uart::identify() {
  const uint8_t fifos = (registers_.fifo_control & kFifoEnable) != 0 ? 0xc0 : 0;
  if (receive_interrupt()) return fifos | kReceivePending;
  if (!send_interrupt()) return fifos | kNothingPending;
  registers_.sent = 0;
  return fifos | kSendPending;
}

std::optional<uint64_t> Uart::read(uint64_t offset, unsigned bytes) {
  if (bytes != 1 || offset >= kRegisters) return std::nullopt;
  const bool divisor = (registers_.line_control & kDivisorLatch) != 0;
  switch (offset) {
    case kData: {
      if (divisor) return registers_.divisor_low;
      if (queue_.empty()) return 0;
      const auto value = static_cast<uint8_t>(queue_.front());
      queue_.pop_front();
      return value;
    }
    case kInterruptEnable:
      return divisor ? registers_.divisor_high : registers_.interrupt_enable;
    case kIdentification:
      return identify();
    case kLineControl:
      return registers_.line_control;
    case kModemControl:
      return registers_.modem_control;
    case kLineStatus:
      return kSenderEmpty | (queue_.empty() ? 0 : kDataReady);
    case kModemStatus:
      return kConnected;
    default:
      return registers_.scratch;
  }
}

bool Uart::write(uint64_t offset, unsigned bytes, uint64_t value) {
  if (bytes != 1 || offset >= kRegisters) return false;
  const auto byte = static_cast<uint8_t>(value);
  const bool divisor = (registers_.line_control & kDivisorLatch) != 0;
  switch (offset) {
    case kData:
      if (divisor) {
        registers_.divisor_low = byte;
      } else {
        send_(static_cast<char>(byte));
        registers_.sent = 1;
      }
      break;
    case kInterruptEnable:
      if (divisor) {
        registers_.divisor_high = byte;
      } else {
        // Enabling it with an empty transmitter raises it, and that is always.
        if ((byte & ~registers_.interrupt_enable & kSendEnable) != 0) registers_.sent = 1;
        registers_.interrupt_enable = byte & 0xf;
      }
      break;
    case kIdentification:
      registers_.fifo_control = byte;
      if ((byte & kClearReceived) != 0) queue_.clear();
      break;
    case kLineControl:
      registers_.line_control = byte;
      break;
    case kModemControl:
      registers_.modem_control = byte & 0x1f;
      break;
    case kScratch:
      registers_.scratch = byte;
      break;
    default:
      break;  // the status registers are read-only
  }
  return true;
}

void Uart::reset() {
  registers_ = {};
  queue_.clear();
}

std::vector<uint8_t> Uart::save() const {
  std::vector<uint8_t> state(sizeof registers_);
  std::memcpy(state.data(), &registers_, sizeof registers_);
  state.insert(state.end(), queue_.begin(), queue_.end());
  return state;
}

void Uart::restore(std::span<const uint8_t> state) {
  if (state.size() < sizeof registers_) return reset();
  std::memcpy(&registers_, state.data(), sizeof registers_);
  const auto queued = state.subspan(sizeof registers_);
  queue_.assign(queued.begin(), queued.end());
}

}  // namespace zext::rtl_sim
