#include "rtl_sim/model/htif.h"

#include <array>
#include <string>

#include "rtl_sim/model/bytes.h"

namespace zext::rtl_sim {
namespace {

constexpr uint64_t kConsole = 1;
constexpr uint64_t kGetCharacter = 0, kPutCharacter = 1;
constexpr uint64_t kPayload = (uint64_t{1} << 48) - 1;

// Numbers of system calls, as Linux has them.
constexpr uint64_t kWrite = 64, kExit = 93;
constexpr uint64_t kBadFile = static_cast<uint64_t>(-9), kBadAddress = static_cast<uint64_t>(-14);
constexpr uint64_t kMostWritten = 1 << 20;

}  // namespace

void Htif::set(std::optional<uint64_t> tohost, std::optional<uint64_t> fromhost) {
  tohost_ = tohost;
  fromhost_ = fromhost;
  queue_.clear();
}

// The request is taken, and `answer` given unless it is 0.
Htif::Result Htif::served(uint64_t answer) const {
  Result result{.kind = Result::Kind::kServed, .answers = {}};
  result.answers.push_back({tohost_.value(), 0});
  if (answer != 0 && fromhost_) result.answers.push_back({*fromhost_, answer});
  return result;
}

Htif::Result Htif::request(uint64_t value, const Read& read) {
  const uint64_t device = value >> 56, command = value >> 48 & 0xff;
  if (device == kConsole && command == kPutCharacter) {
    const char character = static_cast<char>(value);
    console_({&character, 1});
    return served(0);
  }
  if (device == kConsole && command == kGetCharacter) {
    if (queue_.empty()) return served(0);
    const auto character = static_cast<uint8_t>(queue_.front());
    queue_.pop_front();
    return served(kConsole << 56 | 0x100 | character);
  }
  if ((value & 1) != 0) {
    return {.kind = Result::Kind::kExit, .exit_code = value >> 1, .answers = {}};
  }
  if (device == 0 && command == 0) return system_call(value & kPayload, read);
  return {};
}

// Eight words: number and arguments; the first becomes the result.
Htif::Result Htif::system_call(uint64_t address, const Read& read) {
  std::array<uint64_t, 8> words{};
  const std::span<uint64_t> all(words);
  if (address % sizeof(uint64_t) != 0 ||
      !read(address, {reinterpret_cast<uint8_t*>(all.data()), all.size_bytes()})) {
    return {};
  }
  const auto [number, file, from, size, a3, a4, a5, a6] = words;
  if (number == kExit) return {.kind = Result::Kind::kExit, .exit_code = file, .answers = {}};
  if (number != kWrite) return {};
  uint64_t outcome = size;
  std::string text(std::min(size, kMostWritten), '\0');
  if (file != 1 && file != 2) {
    outcome = kBadFile;
  } else if (size > kMostWritten ||
             !read(from, {reinterpret_cast<uint8_t*>(text.data()), text.size()})) {
    outcome = kBadAddress;
  } else {
    console_(text);
  }
  Result result = served(1);
  result.answers.insert(result.answers.begin(), {address, outcome});
  return result;
}

void Htif::save(std::vector<uint8_t>& state) const {
  put(state, tohost_.value_or(UINT64_MAX));
  put(state, fromhost_.value_or(UINT64_MAX));
  const std::vector<uint8_t> queued(queue_.begin(), queue_.end());
  put_block(state, queued);
}

bool Htif::restore(std::span<const uint8_t>& state) {
  uint64_t tohost = 0, fromhost = 0;
  std::span<const uint8_t> queued;
  if (!get(state, tohost) || !get(state, fromhost) || !get_block(state, queued)) return false;
  const auto address = [](uint64_t value) {
    return value == UINT64_MAX ? std::optional<uint64_t>() : value;
  };
  set(address(tohost), address(fromhost));
  queue_.assign(queued.begin(), queued.end());
  return true;
}

}  // namespace zext::rtl_sim
