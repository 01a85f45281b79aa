// CRC-32 (IEEE 802.3), bit by bit and by table; both must give the check value of "123456789".
#include "rtl_sim/core/bench/bench.h"

static uint32_t table[256];

static uint32_t step(uint32_t crc) {
  for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320u & -(crc & 1));
  return crc;
}

static uint32_t bitwise(const uint8_t* bytes, int count) {
  uint32_t crc = ~0u;
  for (int i = 0; i < count; ++i) crc = step(crc ^ bytes[i]);
  return ~crc;
}

static uint32_t tabular(const uint8_t* bytes, int count) {
  uint32_t crc = ~0u;
  for (int i = 0; i < count; ++i) crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xff];
  return ~crc;
}

static uint8_t data[4096];

int main(void) {
  const uint8_t* check = (const uint8_t*)"123456789";
  for (uint32_t i = 0; i < 256; ++i) table[i] = step(i);
  if (bitwise(check, 9) != 0xcbf43926u || tabular(check, 9) != 0xcbf43926u) return 1;

  uint64_t state = 1;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 4096; ++i) data[i] = (uint8_t)next_random(&state);
    if (bitwise(data, 4096) != tabular(data, 4096)) return 2;
  }
  return 0;
}
