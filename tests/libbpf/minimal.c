// minimal N: waits until its program has seen N writes of this process.
#include "tests/libbpf/client.h"
#include "tests/libbpf/minimal.skel.h"

int main(int argc, char** argv) {
  const unsigned long wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
  struct minimal* skel = minimal__open();
  if (!skel) return fail("open", -1);
  skel->bss->my_pid = getpid();
  int error = minimal__load(skel);
  if (error) return fail("load", error);
  error = minimal__attach(skel);
  if (error) return fail("attach", error);
  say_ready();
  for (const time_t since = time(NULL); skel->bss->seen < wanted && patient(since);) nap();
  printf("seen %lu\n", skel->bss->seen);
  const bool enough = skel->bss->seen >= wanted;
  minimal__destroy(skel);
  return enough ? 0 : 1;
}
