// SPDX-License-Identifier: Apache-2.0
// The types of a kernel for relocated.c, laid out otherwise than there.
#include <stdint.h>

enum state { kIdle, kNew, kBusy, kNegative = -5 };

struct inner {
  int y;
  int pad;
  int x;
};

typedef int number;

struct task {
  char name[24];
  union {
    struct {
      int pad;
      const number pid;
    };
    uint64_t whole;
  };
  uint8_t narrow;
  long grows;
  uint16_t first : 11;
  uint16_t flags : 5;
  uint8_t level : 7;
  uint64_t hidden;
  struct inner list[4];
  struct task* parent;
};

struct matching {
  long more;
  int count;
  struct task* task;
};

struct incompatible {
  int pid;
};

struct twice {
  int member;
};
struct twice___other {
  int pad;
  int member;
};

struct task task;
struct matching matching;
struct incompatible incompatible;
struct twice twice;
struct twice___other other;
enum state state;

int entry(void) { return task.pid + matching.count + incompatible.pid + twice.member + state; }
