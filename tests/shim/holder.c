// holder hold: makes a map and waits to be killed. holder check: looks at what keeps a map alive.
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int wrong = 0;

static void expect(const char* what, bool as_it_should) {
  if (as_it_should) return;
  fprintf(stderr, "%s: errno %d\n", what, errno);
  ++wrong;
}

static int make(unsigned flags) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);
  return bpf_map_create(BPF_MAP_TYPE_ARRAY, "held", 4, 8, 4, &options);
}

// How many maps there are.
static int count(void) {
  unsigned id = 0;
  int found = 0;
  while (bpf_map_get_next_id(id, &id) == 0) ++found;
  return found;
}

static void duplicates(void) {
  const unsigned key = 1;
  unsigned long long value = 7;
  const int map = make(0);
  const int second = dup(map);
  expect("close-on-exec", (fcntl(map, F_GETFD) & FD_CLOEXEC) != 0);
  close(map);
  expect("lookup by the closed one", bpf_map_lookup_elem(map, &key, &value) == -EBADF);
  expect("update by the duplicate", bpf_map_update_elem(second, &key, &value, BPF_ANY) == 0);
  close(second);
  expect("both are closed", count() == 0);
}

static void children(void) {
  const unsigned key = 2;
  unsigned long long value = 9;
  const int map = make(0);
  const pid_t child = fork();
  if (child == 0) {
    _exit(bpf_map_update_elem(map, &key, &value, BPF_ANY) == 0 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  value = 0;
  expect("the child's update", status == 0 && bpf_map_lookup_elem(map, &key, &value) == 0);
  expect("its value", value == 9);
  // A child keeps what its parent closes.
  int ends[2];
  if (pipe(ends) != 0) exit(1);
  const pid_t keeper = fork();
  if (keeper == 0) {
    char byte;
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
  }
  close(map);
  expect("the child has it", count() == 1);
  close(ends[1]);
  waitpid(keeper, &status, 0);
  expect("the child has ended", count() == 0);
  close(ends[0]);
}

static void sent(void) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) exit(1);
  int map = make(0);
  char byte = 0;
  struct iovec part = {&byte, 1};
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr aligned;
  } control;
  memset(&control, 0, sizeof(control));
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof(control.bytes)};
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &map, sizeof(map));
  expect("send", sendmsg(sockets[0], &message, 0) == 1);
  close(map);
  expect("on its way", count() == 1);
  expect("receive", recvmsg(sockets[1], &message, 0) == 1);
  memcpy(&map, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(map));
  const unsigned key = 0;
  unsigned long long value;
  expect("lookup by the received one", bpf_map_lookup_elem(map, &key, &value) == 0);
  close(map);
  expect("closed", count() == 0);
  close(sockets[0]);
  close(sockets[1]);
}

static void mappings(void) {
  const unsigned key = 3;
  unsigned long long value = 42;
  const int map = make(BPF_F_MMAPABLE);
  unsigned long long* values = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
  expect("mmap", values != MAP_FAILED);
  expect("update", bpf_map_update_elem(map, &key, &value, BPF_ANY) == 0 && values[3] == 42);
  values[2] = 5;
  const unsigned two = 2;
  expect("what was stored", bpf_map_lookup_elem(map, &two, &value) == 0 && value == 5);
  expect("a map that somebody writes is not frozen", bpf_map_freeze(map) == -EBUSY);
  expect("MAP_PRIVATE",
         mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, map, 0) == MAP_FAILED && errno == EINVAL);
  munmap(values, 4096);
  expect("freeze", bpf_map_freeze(map) == 0);
  expect(
      "no writing when it is frozen",
      mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0) == MAP_FAILED && errno == EPERM);
  const unsigned long long* seen = mmap(NULL, 4096, PROT_READ, MAP_SHARED, map, 0);
  expect("reading", seen != MAP_FAILED && seen[3] == 42);
  expect("no way to write", mprotect((void*)seen, 4096, PROT_READ | PROT_WRITE) != 0);
  close(map);
  expect("the mapping keeps it", count() == 1 && seen[2] == 5);
  munmap((void*)seen, 4096);
  expect("unmapped", count() == 0);
}

// What is no descriptor, or one of something else, or a bad address.
static void mistakes(void) {
  union bpf_attr attr;
  memset(&attr, 0, sizeof(attr));
  attr.map_fd = 1000;
  expect("no descriptor",
         syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) == -1 && errno == EBADF);
  attr.map_fd = 0;
  expect("of something else",
         syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) == -1 && errno == EINVAL);
  expect("bad address", syscall(SYS_bpf, BPF_MAP_CREATE, 1, sizeof(attr)) == -1 && errno == EFAULT);
  expect("unknown command", syscall(SYS_bpf, 4711, &attr, sizeof(attr)) == -1 && errno == EINVAL);
  const int map = make(0);
  expect("bad key", bpf_map_lookup_elem(map, (void*)8, &attr) == -EFAULT);
  char name[64] = {0};
  char path[32];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", map);
  expect("readlink", readlink(path, name, sizeof(name) - 1) > 0 && strstr(name, "bpf-map") != NULL);
  snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", map);
  FILE* info = fopen(path, "r");
  char line[128];
  bool found = false;
  while (info && fgets(line, sizeof(line), info)) found |= strcmp(line, "max_entries:\t4\n") == 0;
  expect("fdinfo", found);
  if (info) fclose(info);
  close(map);
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "hold") == 0) {
    const int map = make(0);
    printf(map < 0 ? "failed\n" : "ready\n");
    fflush(stdout);
    pause();
  }
  duplicates();
  children();
  sent();
  mappings();
  mistakes();
  expect("nothing is left", count() == 0);
  printf(wrong ? "wrong\n" : "as expected\n");
  return wrong ? 1 : 0;
}
