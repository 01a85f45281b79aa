/* What a kernel does to have eBPF: struct kshim_host, a table of descriptors, one system call, one
 * tracepoint, one line in the trap handler. */
#include "examples/embed/c/kernel.h"

#include <errno.h>

#include "examples/embed/board/board.h"
#include "kernel_shim/include/zext/kernel_shim.h"

static struct kshim* shim;

/* --- memory ------------------------------------------------------------------------------------
 */

static void* host_alloc(void* context, uint64_t size) {
  (void)context;
  return memory_alloc(size);
}

static void host_free(void* context, void* memory, uint64_t size) {
  (void)context;
  memory_free(memory, size);
}

/* --- text: without page tables nothing can be forbidden; with them, these change rights ----------
 */

static int text_alloc(void* context, uint64_t size, uint64_t near, struct kshim_text* text) {
  (void)context, (void)near;
  text->writable = memory_alloc(size);
  if (text->writable == NULL) return -ENOMEM;
  text->address = (uint64_t)text->writable;
  text->size = size;
  text->handle = NULL;
  return 0;
}

static int text_protect(void* context, struct kshim_text* text) {
  (void)context, (void)text;
  return 0;
}

static int text_synchronise(void* context, const struct kshim_text* text) {
  (void)context, (void)text;
  __asm__ volatile("fence.i" ::: "memory");
  return 0;
}

static void text_free(void* context, struct kshim_text* text) {
  (void)context;
  memory_free((void*)text->address, text->size);
}

/* --- user memory: at the kernel's own addresses, within a range ----------------------------------
 */

static int is_user(kshim_uptr address, uint64_t size) {
  uint64_t start = (uint64_t)__user_start, end = (uint64_t)__user_end;
  return address >= start && address <= end && size <= end - address;
}

static int copy_from_user(void* context, void* to, kshim_uptr from, uint64_t size) {
  (void)context;
  if (!is_user(from, size)) return -EFAULT;
  return copy_or_fault(to, (const void*)from, size) == 0 ? 0 : -EFAULT;
}

static int copy_to_user(void* context, kshim_uptr to, const void* from, uint64_t size) {
  (void)context;
  if (!is_user(to, size)) return -EFAULT;
  return copy_or_fault((void*)to, from, size) == 0 ? 0 : -EFAULT;
}

static long strncpy_from_user(void* context, char* to, kshim_uptr from, uint64_t size) {
  for (uint64_t i = 0; i < size; ++i) {
    if (copy_from_user(context, to + i, from + i, 1) != 0) return -EFAULT;
    if (to[i] == 0) return (long)i;
  }
  return (long)size;
}

static int peek_kernel(void* context, void* to, uint64_t from, uint64_t size) {
  (void)context;
  return copy_or_fault(to, (const void*)from, size) == 0 ? 0 : -EFAULT;
}

/* --- descriptors ---------------------------------------------------------------------------------
 */

enum { FIRST_FD = 3, FDS = 16 };
static struct kshim_object* files[FDS];

static int fd_install(void* context, struct kshim_object* object, enum kshim_kind kind) {
  (void)context, (void)kind;
  for (int fd = FIRST_FD; fd < FDS; ++fd) {
    if (files[fd] != NULL) continue;
    files[fd] = object;
    return fd;
  }
  return -EMFILE;
}

static int fd_get(void* context, int fd, struct kshim_object** object) {
  (void)context;
  if (fd < 0 || fd >= FDS || files[fd] == NULL) return -EBADF;
  *object = files[fd];
  kshim_handle_get(shim, *object);
  return 0;
}

static long sys_close(int fd) {
  if (fd < 0 || fd >= FDS || files[fd] == NULL) return -EBADF;
  struct kshim_object* object = files[fd];
  files[fd] = NULL;
  kshim_handle_put(shim, object);
  return 0;
}

/* --- services ------------------------------------------------------------------------------------
 */

static uint64_t host_clock(void* context, enum kshim_clock clock) {
  (void)context, (void)clock;
  return read_time();
}

static void host_task(void* context, struct kshim_task* task) {
  (void)context;
  static const char name[] = "init";
  task->pid = task->tgid = 1;
  for (unsigned i = 0; i < sizeof name; ++i) task->comm[i] = name[i];
}

static void trace_output(void* context, const char* text, uint64_t length) {
  (void)context;
  print("trace: ");
  print_bytes(text, length);
  if (length == 0 || text[length - 1] != '\n') print("\n");
}

/* --- one tracepoint: sys_enter, with the number and the first argument of each system call -------
 */

enum { SYS_ENTER_ID = 1 };
static uint64_t sys_enter_cookie; /* 0: nothing is attached */
static int sys_enter_is_raw;

static int same(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

static int tracepoint_find(void* context, const char* name, uint64_t id,
                           struct kshim_tracepoint* tracepoint) {
  (void)context;
  if (name != NULL ? !same(name, "sys_enter") : id != SYS_ENTER_ID) return -ENOENT;
  static const char own_name[] = "sys_enter";
  tracepoint->id = SYS_ENTER_ID;
  tracepoint->context_size = 16;
  for (unsigned i = 0; i < sizeof own_name; ++i) tracepoint->name[i] = own_name[i];
  return 0;
}

static int tracepoint_enable(void* context, uint64_t id, bool raw, uint64_t cookie, void** handle) {
  (void)context, (void)id;
  if (sys_enter_cookie != 0) return -EBUSY;
  sys_enter_cookie = cookie;
  sys_enter_is_raw = raw;
  *handle = &sys_enter_cookie;
  return 0;
}

static void tracepoint_disable(void* context, void* handle) {
  (void)context, (void)handle;
  sys_enter_cookie = 0;
}

static void trace_sys_enter(uint64_t number, uint64_t argument) {
  uint64_t event[2] = {number, argument};
  if (sys_enter_cookie != 0) kshim_fire(shim, sys_enter_cookie, event);
}

/* --- system calls and traps
 * ------------------------------------------------------------------------ */

static uint64_t user_memory_before;

static long sys_exit(uint64_t code) {
  for (int fd = FIRST_FD; fd < FDS; ++fd) sys_close(fd);
  uint64_t left = kshim_destroy_native(shim);
  print("objects left: ");
  print_number(left);
  print(", bytes left: ");
  print_number(memory_used() - user_memory_before);
  print("\n");
  power_off(left != 0 || memory_used() != user_memory_before ? 99 : (unsigned)code);
}

static long sys_write(uint64_t fd, kshim_uptr text, uint64_t size) {
  char piece[64];
  if (fd != 1) return -EBADF;
  for (uint64_t at = 0; at < size; at += sizeof piece) {
    uint64_t length = size - at < sizeof piece ? size - at : sizeof piece;
    if (copy_from_user(NULL, piece, text + at, length) != 0) return -EFAULT;
    print_bytes(piece, length);
  }
  return (long)size;
}

static long system_call(uint64_t number, const uint64_t* a) {
  trace_sys_enter(number, a[0]);
  switch (number) {
    case SYS_write:
      return sys_write(a[0], a[1], a[2]);
    case SYS_close:
      return sys_close((int)a[0]);
    case SYS_getpid:
      return 1;
    case SYS_bpf:
      return kshim_bpf(shim, (int)a[0], a[1], (uint32_t)a[2]);
    case SYS_exit:
      return sys_exit(a[0]);
    default:
      return -ENOSYS;
  }
}

enum { CAUSE_LOAD_ACCESS = 5, CAUSE_USER_CALL = 8, CAUSE_LOAD_PAGE = 13 };

void handle_trap(struct trap_frame* frame) {
  uint64_t cause;
  __asm__ volatile("csrr %0, mcause" : "=r"(cause));
  if (cause == CAUSE_USER_CALL) {
    frame->pc += 4;
    frame->x[10] = (uint64_t)system_call(frame->x[17], &frame->x[10]);
    return;
  }
  if (cause == CAUSE_LOAD_ACCESS || cause == CAUSE_LOAD_PAGE) {
    if (frame->pc == (uint64_t)copy_load) {
      frame->pc = (uint64_t)copy_fault;
      return;
    }
    /* A program's load through a pointer that nobody vouches for. */
    uint64_t next = kshim_fix_fault(shim, frame->pc, frame->x);
    if (next != 0) {
      frame->pc = next;
      return;
    }
  }
  print("trap: cause ");
  print_number(cause);
  print(", pc ");
  print_number(frame->pc);
  print("\n");
  power_off(98);
}

void kernel_main(void) {
  static const struct kshim_host host = {
      .abi = KSHIM_ABI,
      .size = sizeof host,
      .alloc = host_alloc,
      .free = host_free,
      .text_alloc = text_alloc,
      .text_protect = text_protect,
      .text_synchronise = text_synchronise,
      .text_free = text_free,
      .copy_from_user = copy_from_user,
      .copy_to_user = copy_to_user,
      .strncpy_from_user = strncpy_from_user,
      .peek_user = copy_from_user,
      .peek_kernel = peek_kernel,
      .fd_install = fd_install,
      .fd_get = fd_get,
      .clock = host_clock,
      .task = host_task,
      .trace_output = trace_output,
      .tracepoint_find = tracepoint_find,
      .tracepoint_enable = tracepoint_enable,
      .tracepoint_disable = tracepoint_disable,
  };
  memory_start();
  user_memory_before = memory_used();
  int error = kshim_create_native(&host, NULL, &shim);
  if (error != 0) {
    print("no eBPF\n");
    power_off(97);
  }
  enter_user(user_main, __user_end);
}
