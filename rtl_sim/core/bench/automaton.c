// A state machine that tokenises text: switches, tables, calls, and counts known beforehand.
#include "rtl_sim/core/bench/bench.h"

enum State { kStart, kWord, kNumber, kHex, kSpace, kError, kStates };
static const char kText[] = "let x1 = 0x1f + 42; while x1 < 99 { x1 = x1 + 0xA; } end 7up 0b @ ";
static long counts[kStates];

static int is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static int is_digit(char c) { return c >= '0' && c <= '9'; }

__attribute__((noinline)) static enum State next(enum State state, char c, char before) {
  switch (state) {
    case kStart:
    case kSpace:
      if (is_letter(c)) return kWord;
      if (is_digit(c)) return kNumber;
      return c == '@' ? kError : kSpace;
    case kWord:
      return is_letter(c) || is_digit(c) ? kWord : kSpace;
    case kNumber:
      if (is_digit(c)) return kNumber;
      if (c == 'x' && before == '0') return kHex;
      return is_letter(c) ? kError : kSpace;
    case kHex:
      return is_digit(c) || is_letter(c) ? kHex : kSpace;
    case kError:
      return c == ' ' ? kSpace : kError;
    case kStates:
      break;
  }
  return kError;
}

int main(void) {
  for (int round = 0; round < 200; ++round) {
    enum State state = kStart;
    for (int i = 0; kText[i]; ++i) {
      const enum State entered = next(state, kText[i], i > 0 ? kText[i - 1] : ' ');
      if (entered != state) ++counts[entered];
      state = entered;
    }
  }
  // Words: let x1 while x1 x1 x1 end; numbers: 0x1f 42 99 0xA 7up 0b; errors: 7up, 0b, @
  if (counts[kWord] != 7 * 200) return 1;
  if (counts[kNumber] != 6 * 200) return 2;
  if (counts[kHex] != 2 * 200) return 3;
  return counts[kError] != 3 * 200 ? 4 : 0;
}
