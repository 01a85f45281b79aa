#include "bench/jit/kernels.h"

#include <optional>
#include <string_view>

extern "C" {
#define HELPER(number, name, parameters, ...) uint64_t name parameters;
#include "bench/jit/kernels/helpers.def"
#define KERNEL(name, ...) uint64_t name(uint8_t* buffer, uint64_t length);
#include "bench/jit/kernels.def"
}

namespace zext::bench {
namespace {

constexpr Kernel kKernels[] = {
#define KERNEL(name_, group_, fill_, length_) \
  {.name = #name_, .group = group_, .fill = Fill::fill_, .length = length_, .host = ::name_},
#include "bench/jit/kernels.def"
};

#define HELPER(number, name, parameters, arguments)                                \
  std::optional<uint64_t> call_##name(void* /*context*/, ebpf::Memory& /*memory*/, \
                                      [[maybe_unused]] const ebpf::Arguments& a) { \
    return ::name arguments;                                                       \
  }
#include "bench/jit/kernels/helpers.def"

// Marsaglia's xorshift64.
class Random {
 public:
  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  uint64_t below(uint64_t bound) { return (next() >> 16) % bound; }

 private:
  uint64_t state_ = 0x2545f4914f6cdd1d;
};

uint8_t letter(Random& random) {
  constexpr std::string_view kLetters = "eeeetttaaooinnshrdluETAOIN";
  return static_cast<uint8_t>(kLetters[random.below(kLetters.size())]);
}

std::vector<uint8_t> text(size_t length) {
  constexpr std::string_view kSigns = ".,;+/=()\n ";
  Random random;
  std::vector<uint8_t> bytes;
  while (bytes.size() < length) {
    const uint64_t size = 1 + random.below(9);
    const bool number = random.below(5) == 0;
    for (uint64_t i = 0; i < size; ++i) {
      bytes.push_back(number ? static_cast<uint8_t>('0' + random.below(10)) : letter(random));
    }
    if (random.below(4) == 0) {
      bytes.push_back(static_cast<uint8_t>(kSigns[random.below(kSigns.size())]));
    }
    bytes.push_back(' ');
  }
  bytes.resize(length);
  return bytes;
}

void make_packet(Random& random, std::span<uint8_t> p) {
  size_t at = 12;
  if (random.below(4) == 0) {
    p[at] = 0x81;
    p[at + 1] = 0;
    at += 4;
  }
  p[at] = 0x08;
  p[at + 1] = random.below(8) == 0 ? 6 : 0;  // some are ARP's
  at += 2;
  p[at] = static_cast<uint8_t>(0x45 + random.below(2));
  p[at + 9] = random.below(3) == 0 ? 17 : 6;
  at += size_t{4} * (p[at] & 15);
  const uint64_t port = random.below(2) == 0 ? 443 : 53;
  p[at + 2] = static_cast<uint8_t>(port >> 8);
  p[at + 3] = static_cast<uint8_t>(port);
}

}  // namespace

std::span<const Kernel> kernels() { return kKernels; }

std::vector<KernelHelper> kernel_helpers() {
  return {
#define HELPER(number, name_, ...) \
  {.name = #name_, .helper = {.id = number, .btf = false, .call = call_##name_}},
#include "bench/jit/kernels/helpers.def"
  };
}

std::vector<uint8_t> input_of(const Kernel& kernel) {
  if (kernel.fill == Fill::kText) return text(kernel.length);
  Random random;
  std::vector<uint8_t> bytes(kernel.length);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next() >> 32);
  if (kernel.fill == Fill::kStrings) {
    for (uint8_t& byte : bytes) byte = random.below(30) == 0 ? 0 : byte | 1;
  }
  if (kernel.fill == Fill::kPackets) {
    for (size_t at = 0; at + 64 <= bytes.size(); at += 64) {
      make_packet(random, std::span(bytes).subspan(at, 64));
    }
  }
  return bytes;
}

}  // namespace zext::bench
