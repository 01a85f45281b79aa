#include "kernel_shim/hosts/process/user_copy.h"

#include <signal.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <mutex>

namespace zext::shim {

#if defined(__x86_64__)

// As a kernel does it: one instruction that copies, and a handler that knows its address and goes
// on behind it. What is left to copy is in rcx then, as after success, where it is 0.
asm(R"(
    .text
    .hidden zext_user_copy
    .globl zext_user_copy
    .type zext_user_copy, @function
zext_user_copy:
    movq %rdx, %rcx
    .hidden zext_user_copy_may_fault
    .globl zext_user_copy_may_fault
zext_user_copy_may_fault:
    rep movsb
    .hidden zext_user_copy_end
    .globl zext_user_copy_end
zext_user_copy_end:
    movq %rcx, %rax
    ret
    .size zext_user_copy, . - zext_user_copy
)");

extern "C" {
size_t zext_user_copy(void* to, const void* from, size_t size);
extern const char zext_user_copy_may_fault;
extern const char zext_user_copy_end;
}

namespace {

struct sigaction before[2];  // of SIGSEGV and SIGBUS

// Somebody else's fault.
void pass_on(int signal, siginfo_t* info, void* context) {
  const struct sigaction& old = before[signal == SIGSEGV ? 0 : 1];
  if ((old.sa_flags & SA_SIGINFO) != 0) {
    old.sa_sigaction(signal, info, context);
  } else if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN) {
    old.sa_handler(signal);
  } else {
    // It happens again, without this handler.
    ::signal(signal, SIG_DFL);
  }
}

void handle_fault(int signal, siginfo_t* info, void* context) {
  auto& pc = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
  if (pc == reinterpret_cast<greg_t>(&zext_user_copy_may_fault)) {
    pc = reinterpret_cast<greg_t>(&zext_user_copy_end);
    return;
  }
  pass_on(signal, info, context);
}

}  // namespace

void prepare_user_copies() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action{};
    action.sa_sigaction = handle_fault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &before[0]);
    sigaction(SIGBUS, &action, &before[1]);
  });
}

bool copy_or_fault(void* to, const void* from, size_t size) {
  return zext_user_copy(to, from, size) == 0;
}

#else

void prepare_user_copies() {}

// The kernel copies, and knows of bad addresses.
bool copy_or_fault(void* to, const void* from, size_t size) {
  while (size != 0) {
    iovec local{.iov_base = to, .iov_len = size};
    iovec remote{.iov_base = const_cast<void*>(from), .iov_len = size};
    const ssize_t copied = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
    if (copied <= 0) return false;
    to = static_cast<char*>(to) + copied;
    from = static_cast<const char*>(from) + copied;
    size -= static_cast<size_t>(copied);
  }
  return true;
}

#endif

}  // namespace zext::shim
