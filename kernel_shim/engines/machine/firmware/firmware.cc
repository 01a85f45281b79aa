// The firmware: this runtime's maps and helpers as RV64 code in the simulated machine, under a
// small host of its own. Each start of supervisor mode serves one request of the mailbox.

#include <errno.h>

#include <new>

#include "jit/exception.h"
#include "kernel_shim/engines/machine/layout.h"
#include "kernel_shim/engines/native/thunks.h"

namespace zext::shim::machine {
namespace {

extern "C" {
void ask_host();
int guarded_copy(void* to, const void* from, uint64_t size);
extern const char guarded_load[];
extern const char guarded_fault[];
}

Mailbox& mailbox() { return *reinterpret_cast<Mailbox*>(kMailbox); }

alignas(Kernel) uint8_t kernel_memory[sizeof(Kernel)];
Kernel& kernel() { return *std::launder(reinterpret_cast<Kernel*>(kernel_memory)); }

template <typename... Values>
int64_t ask(Service service, Values... values) {
  Mailbox& m = mailbox();
  if (!m.serves) return -EFAULT;
  const uint64_t arguments[] = {values...};
  m.service = service;
  for (unsigned i = 0; i < sizeof...(values); ++i) m.arguments[i] = arguments[i];
  ++m.asked;
  ask_host();
  __asm__ volatile("" ::: "memory");
  return m.result;
}

uint64_t number_of(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

// Bytes that only the host can read come in pieces, by the mailbox.
int fetch(Service service, void* to, uint64_t from, uint64_t size) {
  Mailbox& m = mailbox();
  auto* target = static_cast<uint8_t*>(to);
  while (size != 0) {
    const uint64_t piece = size < sizeof m.data ? size : sizeof m.data;
    const int64_t error = ask(service, from, piece);
    if (error != 0) return static_cast<int>(error);
    __builtin_memcpy(target, m.data, piece);
    target += piece;
    from += piece;
    size -= piece;
  }
  return 0;
}

uint64_t read_time() {
  uint64_t time = 0;
  __asm__ volatile("rdtime %0" : "=r"(time));
  return time;
}
uint64_t read_cycle() {
  uint64_t cycle = 0;
  __asm__ volatile("rdcycle %0" : "=r"(cycle));
  return cycle;
}
uint64_t read_instret() {
  uint64_t count = 0;
  __asm__ volatile("rdinstret %0" : "=r"(count));
  return count;
}

uint64_t start_time = 0;

uint64_t clock(void* /*context*/, kshim_clock clock) {
  return mailbox().clocks[clock] + (read_time() - start_time) * mailbox().tick_nanoseconds;
}

void trace_output(void* /*context*/, const char* text, uint64_t length) {
  Mailbox& m = mailbox();
  const auto stored = static_cast<uint16_t>(length < 4096 ? length : 4096);
  if (stored + sizeof stored > kTraceSize - m.trace_used) return;
  __builtin_memcpy(m.trace + m.trace_used, &stored, sizeof stored);
  __builtin_memcpy(m.trace + m.trace_used + sizeof stored, text, stored);
  m.trace_used += sizeof stored + stored;
}

void wake(void* /*context*/, kshim_object* object) {
  Mailbox& m = mailbox();
  for (uint32_t i = 0; i < m.wake_count; ++i) {
    if (m.wakes[i] == object) return;
  }
  if (m.wake_count < kMostWakes) m.wakes[m.wake_count++] = object;
}

// Whether the machine has memory there, or nobody.
bool is_own(uint64_t address, uint64_t size) {
  return address >= kBase && address < kMirrorsEnd && size <= kMirrorsEnd - address;
}

int peek_kernel(void* /*context*/, void* to, uint64_t from, uint64_t size) {
  if (!is_own(from, size)) return fetch(Service::kPeekKernel, to, from, size);
  return guarded_copy(to, reinterpret_cast<const void*>(from), size) == 0 ? 0 : -EFAULT;
}

uint32_t stack_walk(void* /*context*/, const void* registers, bool user, uint64_t* addresses,
                    uint32_t max) {
  Mailbox& m = mailbox();
  const uint32_t room = sizeof m.data / sizeof *addresses;
  const int64_t count = ask(Service::kStackWalk, number_of(registers), uint64_t{user},
                            uint64_t{max < room ? max : room});
  if (count <= 0) return 0;
  __builtin_memcpy(addresses, m.data, static_cast<uint64_t>(count) * sizeof *addresses);
  return static_cast<uint32_t>(count);
}

kshim_host host_functions() {
  kshim_host host{};
  host.abi = KSHIM_ABI;
  host.size = sizeof host;
  host.alloc = [](void*, uint64_t size) { return mailbox().heap.alloc(size); };
  host.free = [](void*, void* memory, uint64_t size) { mailbox().heap.free(memory, size); };
  host.copy_from_user = [](void*, void* to, kshim_uptr from, uint64_t size) {
    return fetch(Service::kCopyFromUser, to, from, size);
  };
  // Programs do not write to users, have no descriptors and make none.
  host.copy_to_user = [](void*, kshim_uptr, const void*, uint64_t) { return -EFAULT; };
  host.strncpy_from_user = [](void*, char*, kshim_uptr, uint64_t) -> long { return -EFAULT; };
  host.fd_install = [](void*, kshim_object*, kshim_kind) { return -EMFILE; };
  host.fd_get = [](void*, int, kshim_object**) { return -EBADF; };
  host.peek_user = [](void*, void* to, kshim_uptr from, uint64_t size) {
    return fetch(Service::kPeekUser, to, from, size);
  };
  host.peek_kernel = peek_kernel;
  host.wake = wake;
  host.cpu_count = [](void*) { return mailbox().cpu_count; };
  host.clock = clock;
  host.task = [](void*, kshim_task* task) { *task = mailbox().task; };
  host.trace_output = trace_output;
  host.stack_walk = stack_walk;
  host.symbol = [](void*, const char* name) {
    return static_cast<uint64_t>(ask(Service::kSymbol, number_of(name)));
  };
  return host;
}

End boot(Mailbox& m) {
  new (kernel_memory) Kernel(Host(host_functions()), kshim_config{});
  if (kernel().start() != 0) return End::kFailed;
  set_instance(&kernel());
  m.sizes = sizes();
  for (uint32_t i = 0; i < kHelpers; ++i) m.helpers[i] = thunk_address(i);
  const jit::PacketLoads loads = packet_load_addresses();
  m.packet_loads[0] = loads.load8;
  m.packet_loads[1] = loads.load16;
  m.packet_loads[2] = loads.load32;
  return End::kFinished;
}

End run(Mailbox& m) {
  Call& call = m.call;
  kernel().vmlinux = m.vmlinux;
  start_time = read_time();
  Run run{.kernel = kernel(),
          .program = call.program,
          .context = call.context,
          .packet = call.has_packet ? &call.packet : nullptr,
          .cookie = call.cookie,
          .call = call_text,
          .in_test_run = call.in_test_run};
  if (call.context_run != nullptr) *call.context_run = &run;
  const CurrentRun current(kernel(), run);
  const auto entry = reinterpret_cast<uint64_t (*)(void*)>(call.entry);
  const uint64_t instructions = read_instret();
  const uint64_t cycles = read_cycle();
  call.r0 = entry(call.context);
  call.cycles = read_cycle() - cycles;
  call.instructions = read_instret() - instructions;
  return End::kFinished;
}

End copy(const Call& call) {
  __builtin_memcpy(call.to, call.from, call.size);
  __asm__ volatile("fence.i" ::: "memory");
  return End::kFinished;
}

}  // namespace

extern "C" {

void supervisor_main() {
  Mailbox& m = mailbox();
  switch (m.call.command) {
    case Command::kBoot:
      m.end = boot(m);
      break;
    case Command::kRun:
      m.end = run(m);
      break;
    case Command::kCopy:
      m.end = copy(m.call);
      break;
  }
}

void record_trap(uint64_t cause, uint64_t pc, uint64_t value) {
  Mailbox& m = mailbox();
  m.trap[0] = cause;
  m.trap[1] = pc;
  m.trap[2] = value;
  m.end = End::kTrapped;
}

// Where to go on after a load fault at `pc`, or 0.
uint64_t handle_fault(uint64_t* registers, uint64_t pc) {
  if (pc == number_of(guarded_load)) return number_of(guarded_fault);
  for (const MachineText* text = mailbox().texts; text != nullptr; text = text->next) {
    if (pc - text->address >= text->size) continue;
    const auto* exceptions = static_cast<const jit::Exception*>(text->exceptions);
    const bool known =
        jit::resume_after_fault({exceptions, text->exception_count}, text->address, pc,
                                std::span<uint64_t, rv64::kRegisterCount>(registers, 32));
    return known ? pc : 0;
  }
  return 0;
}
}

static_assert(offsetof(Mailbox, asked) == 64 && offsetof(Mailbox, answered) == 128 &&
                  offsetof(Mailbox, platform) == 192 && offsetof(Mailbox, end) == 256 &&
                  offsetof(Mailbox, trap) == 264 && static_cast<int>(End::kTrapped) == 2,
              "start.S says so");

}  // namespace zext::shim::machine
