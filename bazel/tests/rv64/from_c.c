#include "bazel/tests/rv64/answer.h"

struct Wide {
  long words[400];
};

struct Wide source, target;

int main(void) {
  target = source;  // a call of memcpy
  return ANSWER + ADDEND + (int)target.words[3];
}
