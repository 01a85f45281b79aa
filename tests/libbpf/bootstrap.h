// What bootstrap's program tells its client, one record an event.
#pragma once

#include <stdbool.h>

struct event {
  int pid;
  int ppid;
  unsigned exit_code;
  unsigned long long duration_ns;
  char comm[16];
  char filename[127];
  bool exit_event;
};
