#include "examples/embed/board/board.h"
#include "examples/embed/c/kernel.h"

void print_bytes(const char* text, uint64_t length) {
  for (uint64_t i = 0; i < length; ++i) put_char(text[i]);
}

void print(const char* text) {
  while (*text != 0) put_char(*text++);
}

void print_number(uint64_t number) {
  char digits[20];
  unsigned count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) put_char(digits[--count]);
}
