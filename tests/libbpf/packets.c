// packets: runs its programs on packets by PROG_TEST_RUN, and looks at what they left in maps.
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

#include "tests/libbpf/client.h"
#include "tests/libbpf/packets.skel.h"

// The program's result, or a negative errno.
static int run(int program, unsigned short protocol, unsigned repeat, unsigned* duration) {
  unsigned char packet[64] = {0};
  unsigned char out[64];
  struct ethhdr* eth = (struct ethhdr*)packet;
  eth->h_proto = htons(protocol);
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet),
              .data_out = out, .data_size_out = sizeof(out), .repeat = repeat);
  const int error = bpf_prog_test_run_opts(program, &options);
  if (error) return error;
  if (options.data_size_out != sizeof(packet) || memcmp(packet, out, sizeof(packet)) != 0) {
    return -EILSEQ;
  }
  if (duration) *duration = options.duration;
  return (int)options.retval;
}

static int expect(const char* what, long long got, long long wanted) {
  if (got == wanted) return 0;
  fprintf(stderr, "%s: %lld, expected %lld\n", what, got, wanted);
  return 1;
}

int main(void) {
  struct packets* skel = packets__open_and_load();
  if (!skel) return fail("open and load", -1);
  const int entry = bpf_program__fd(skel->progs.entry);
  const int drop = bpf_program__fd(skel->progs.drop);
  const int jumps = bpf_map__fd(skel->maps.jumps);
  int wrong = 0;
  unsigned duration = 0;
  wrong += expect("IPv4", run(entry, ETH_P_IP, 1, &duration), 2);
  wrong += expect("IPv6, no program", run(entry, ETH_P_IPV6, 1, NULL), 2);
  const unsigned one = 1;
  wrong += expect("update", bpf_map_update_elem(jumps, &one, &drop, BPF_ANY), 0);
  wrong += expect("IPv6, tail call", run(entry, ETH_P_IPV6, 10, NULL), 1);
  wrong += expect("tail calls", (long long)skel->bss->tail_calls, 10);

  const unsigned short ipv6 = htons(ETH_P_IPV6);
  unsigned long long count = 0;
  wrong +=
      expect("lookup", bpf_map_lookup_elem(bpf_map__fd(skel->maps.protocols), &ipv6, &count), 0);
  wrong += expect("count", (long long)count, 11);
  wrong += expect("delete", bpf_map_delete_elem(jumps, &one), 0);
  wrong += expect("IPv6, program gone", run(entry, ETH_P_IPV6, 1, NULL), 2);
  packets__destroy(skel);
  printf(wrong ? "wrong\n" : "as expected\n");
  return wrong ? 1 : 0;
}
