// SPDX-License-Identifier: Apache-2.0
// Calls the programs of programs.c, which zext compiled, and compares with what C says they are.
// The exit code is the number of the first result that is wrong.
#include <stdint.h>

uint64_t sums(const uint8_t* buffer, uint64_t length);
uint64_t differences(const uint8_t* buffer, uint64_t length);

static uint32_t random_state;
static uint64_t clock;

uint32_t bpf_get_prandom_u32(void) {
  random_state = random_state * 1664525 + 1013904223;
  return random_state;
}

uint64_t bpf_ktime_get_ns(void) {
  clock += 1000;
  return clock;
}

static uint64_t expected_shared(uint64_t x) { return (x ^ 0x5a) + bpf_ktime_get_ns(); }

static uint64_t expected_sums(const uint8_t* buffer, uint64_t length) {
  if (length < 2) return expected_shared(length);
  const uint64_t kept[3] = {buffer[0], buffer[1], length};
  uint64_t sum = bpf_get_prandom_u32();
  for (int i = 0; i < 3; ++i) sum = sum * 31 + kept[i] + bpf_get_prandom_u32();
  sum += kept[0] + 2 * kept[1] + 3 * kept[2];
  return sum + expected_shared(buffer[0]) + buffer[1];
}

static uint64_t expected_differences(const uint8_t* buffer, uint64_t length) {
  if (length == 0) return 7;
  uint64_t sum = 0;
  for (uint64_t i = 0; i < length; ++i) sum += expected_shared(buffer[i]);
  return sum - (length ^ 0x5a);
}

int main(void) {
  static const uint8_t kBuffer[] = {200, 3, 0, 255, 17, 90, 1};
  for (uint64_t length = 0; length <= sizeof kBuffer; ++length) {
    random_state = (uint32_t)length;
    clock = 5;
    const uint64_t sum = sums(kBuffer, length);
    const uint64_t difference = differences(kBuffer, length);
    random_state = (uint32_t)length;
    clock = 5;
    if (sum != expected_sums(kBuffer, length)) return (int)(2 * length + 1);
    if (difference != expected_differences(kBuffer, length)) return (int)(2 * length + 2);
  }
  return 0;
}
