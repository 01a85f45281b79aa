// bootstrap N: prints N processes that begin or end.
#include "tests/libbpf/bootstrap.h"

#include "tests/libbpf/bootstrap.skel.h"
#include "tests/libbpf/client.h"

static unsigned seen = 0;

static int on_event(void* context, void* data, size_t size) {
  (void)context;
  const struct event* e = data;
  if (size < sizeof(*e)) return -1;
  if (e->exit_event) {
    printf("EXIT %s %d %d [%u]%s\n", e->comm, e->pid, e->ppid, e->exit_code,
           e->duration_ns ? " timed" : "");
  } else {
    printf("EXEC %s %d %d %s\n", e->comm, e->pid, e->ppid, e->filename);
  }
  fflush(stdout);
  ++seen;
  return 0;
}

int main(int argc, char** argv) {
  const unsigned wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
  struct bootstrap* skel = bootstrap__open();
  if (!skel) return fail("open", -1);
  skel->rodata->min_duration_ns = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
  int error = bootstrap__load(skel);
  if (error) return fail("load", error);
  error = bootstrap__attach(skel);
  if (error) return fail("attach", error);
  struct ring_buffer* ring = ring_buffer__new(bpf_map__fd(skel->maps.rb), on_event, NULL, NULL);
  if (!ring) return fail("ring_buffer__new", -1);
  say_ready();
  for (const time_t since = time(NULL); seen < wanted && patient(since);) {
    error = ring_buffer__poll(ring, 100);
    if (error < 0) return fail("poll", error);
  }
  ring_buffer__free(ring);
  bootstrap__destroy(skel);
  return seen >= wanted ? 0 : 1;
}
