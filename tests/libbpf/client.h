// What the clients here have in common: libbpf's messages on stderr, waiting, saying that one is
// ready.
//
// They are written as anyone's are: nothing in them knows on what kernel they run.
#pragma once

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

// How long a client waits for its events.
enum { kPatienceSeconds = 60 };

static inline int fail(const char* what, int error) {
  fprintf(stderr, "%s: %d\n", what, error);
  return 1;
}

// Tells whoever makes the events that programs are attached.
static inline void say_ready(void) {
  printf("ready %d\n", (int)getpid());
  fflush(stdout);
}

static inline bool patient(time_t since) { return time(NULL) - since < kPatienceSeconds; }

static inline void nap(void) {
  const struct timespec pause = {.tv_sec = 0, .tv_nsec = 20 * 1000 * 1000};
  nanosleep(&pause, NULL);
}
