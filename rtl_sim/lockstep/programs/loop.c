// Some million instructions of everyday code, for measuring.
#include <stdint.h>

static uint32_t table[256];

int main(void) {
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c & 1) ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  uint32_t crc = ~0u;
  for (uint32_t i = 0; i < ROUNDS; ++i) {
    crc = table[(crc ^ i) & 0xff] ^ (crc >> 8);
    table[crc & 0xff] += i;
  }
  return crc == 0;
}
