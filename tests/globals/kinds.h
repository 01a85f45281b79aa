// The variables of kinds.c, as the test looks at them.
#pragma once

#include <stdint.h>

enum { KINDS = 4 };

struct tally {
  uint64_t hash;
  uint32_t longest;
  uint32_t run;
  uint16_t limit[KINDS];
};
