// kprobe N: waits until its function was entered and left N times, all CPUs together.
#include <bpf/bpf.h>

#include "tests/libbpf/client.h"
#include "tests/libbpf/kprobe.skel.h"

static unsigned long long total(int map, unsigned which, int cpus) {
  unsigned long long values[1024] = {0};
  unsigned long long sum = 0;
  if (cpus > 1024 || bpf_map_lookup_elem(map, &which, values)) return 0;
  for (int i = 0; i < cpus; ++i) sum += values[i];
  return sum;
}

int main(int argc, char** argv) {
  const unsigned long wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
  struct kprobe* skel = kprobe__open_and_load();
  if (!skel) return fail("open and load", -1);
  const int error = kprobe__attach(skel);
  if (error) return fail("attach", error);
  say_ready();
  const int map = bpf_map__fd(skel->maps.hits);
  const int cpus = libbpf_num_possible_cpus();
  for (const time_t since = time(NULL);
       (total(map, 0, cpus) < wanted || total(map, 1, cpus) < wanted) && patient(since);) {
    nap();
  }
  const unsigned long long entered = total(map, 0, cpus);
  const unsigned long long left = total(map, 1, cpus);
  printf("entered %llu left %llu\n", entered, left);
  kprobe__destroy(skel);
  return entered >= wanted && left >= wanted ? 0 : 1;
}
