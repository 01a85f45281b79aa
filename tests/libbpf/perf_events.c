// perf_events N: prints N events that came by a perf buffer, in order.
#include "tests/libbpf/client.h"
#include "tests/libbpf/perf_events.skel.h"

struct message {
  unsigned long long sequence;
  unsigned long long cpu;
};

static unsigned seen = 0;

static void on_event(void* context, int cpu, void* data, unsigned size) {
  (void)context;
  const struct message* m = data;
  if (size < sizeof(*m) || (int)m->cpu != cpu) {
    printf("damaged\n");
    exit(1);
  }
  ++seen;
}

static void on_lost(void* context, int cpu, unsigned long long count) {
  (void)context;
  printf("lost %llu on %d\n", count, cpu);
}

int main(int argc, char** argv) {
  const unsigned wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
  struct perf_events* skel = perf_events__open_and_load();
  if (!skel) return fail("open and load", -1);
  int error = perf_events__attach(skel);
  if (error) return fail("attach", error);
  struct perf_buffer* buffer =
      perf_buffer__new(bpf_map__fd(skel->maps.events), 8, on_event, on_lost, NULL, NULL);
  if (!buffer) return fail("perf_buffer__new", -1);
  say_ready();
  for (const time_t since = time(NULL); seen < wanted && patient(since);) {
    error = perf_buffer__poll(buffer, 100);
    if (error < 0) return fail("poll", error);
  }
  printf("seen %u\n", seen);
  perf_buffer__free(buffer);
  perf_events__destroy(skel);
  return seen >= wanted ? 0 : 1;
}
