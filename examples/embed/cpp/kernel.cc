#include "examples/embed/cpp/kernel.h"

#include <errno.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "examples/embed/board/board.h"
#include "examples/embed/cpp/pages.h"
#include "examples/embed/cpp/paging.h"
#include "kernel_shim/include/zext/kernel_shim.h"

extern "C" const char copy_store[];

namespace embed {
namespace {

constinit Pages pages;
constinit Paging paging;
kshim* shim = nullptr;

void print(std::string_view text) {
  for (const char c : text) put_char(c);
}

void print(uint64_t number) {
  std::array<char, 20> digits;
  size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) put_char(digits[--count]);
}

// --- memory

uint64_t up(uint64_t size) { return (size + kPage - 1) / kPage * kPage; }

// Pages that are cleared; with a mirror, at addresses where their end is seen twice.
void* pages_alloc(void* /*context*/, uint64_t size, uint64_t mirror) {
  auto* frames = static_cast<uint8_t*>(pages.alloc(size));
  if (frames == nullptr) return nullptr;
  for (uint64_t i = 0; i < size; ++i) frames[i] = 0;
  if (mirror == KSHIM_NO_MIRROR) return frames;
  const auto base = reinterpret_cast<uint64_t>(frames);
  const uint64_t address = paging.map_window(
      size + (size - mirror),
      [&](uint64_t i) { return base + (i < size / kPage ? i * kPage : i * kPage - size + mirror); },
      Rights::kWrite);
  if (address == 0) pages.free(frames, size);
  return reinterpret_cast<void*>(address);
}

void pages_free(void* /*context*/, void* memory, uint64_t size, uint64_t mirror) {
  if (mirror != KSHIM_NO_MIRROR) {
    const auto address = reinterpret_cast<uint64_t>(memory);
    memory = reinterpret_cast<void*>(paging.frame_at(address));
    paging.unmap_window(address, size + (size - mirror));
  }
  pages.free(memory, size);
}

// --- text: pages of its own, writable and then executable

int text_alloc(void* /*context*/, uint64_t size, uint64_t /*near*/, kshim_text* text) {
  void* memory = pages.alloc(up(size));
  if (memory == nullptr) return -ENOMEM;
  *text = {.address = reinterpret_cast<uint64_t>(memory),
           .size = up(size),
           .writable = memory,
           .handle = nullptr};
  return 0;
}

int text_protect(void* /*context*/, kshim_text* text) {
  paging.protect(text->address, text->size, Rights::kExecute);
  return 0;
}

int text_synchronise(void* /*context*/, const kshim_text* /*text*/) {
  asm volatile("fence.i" ::: "memory");
  return 0;
}

void text_free(void* /*context*/, kshim_text* text) {
  paging.protect(text->address, text->size, Rights::kWrite);
  pages.free(reinterpret_cast<void*>(text->address), text->size);
}

// --- user memory: the kernel's own page table, of which the process has a part

bool is_user(kshim_uptr address, uint64_t size) {
  const auto start = reinterpret_cast<uint64_t>(__user_start);
  const auto end = reinterpret_cast<uint64_t>(__user_end);
  return address >= start && address <= end && size <= end - address;
}

int copy(void* to, const void* from, uint64_t size) {
  return copy_or_fault(to, from, size) == 0 ? 0 : -EFAULT;
}

int copy_from_user(void* /*context*/, void* to, kshim_uptr from, uint64_t size) {
  return is_user(from, size) ? copy(to, reinterpret_cast<const void*>(from), size) : -EFAULT;
}

int copy_to_user(void* /*context*/, kshim_uptr to, const void* from, uint64_t size) {
  return is_user(to, size) ? copy(reinterpret_cast<void*>(to), from, size) : -EFAULT;
}

long strncpy_from_user(void* context, char* to, kshim_uptr from, uint64_t size) {
  for (uint64_t i = 0; i < size; ++i) {
    if (copy_from_user(context, to + i, from + i, 1) != 0) return -EFAULT;
    if (to[i] == 0) return static_cast<long>(i);
  }
  return static_cast<long>(size);
}

int peek_kernel(void* /*context*/, void* to, uint64_t from, uint64_t size) {
  return copy(to, reinterpret_cast<const void*>(from), size);
}

// --- descriptors: each is a handle of an object

class Files {
 public:
  static constexpr int kFirst = 3;

  int install(kshim_object* object) {
    for (size_t i = 0; i < objects_.size(); ++i) {
      if (objects_[i] != nullptr) continue;
      objects_[i] = object;
      return static_cast<int>(i) + kFirst;
    }
    return -EMFILE;
  }
  kshim_object* at(int fd) const {
    const auto index = static_cast<size_t>(fd - kFirst);
    return fd >= kFirst && index < objects_.size() ? objects_[index] : nullptr;
  }
  int close(int fd) {
    kshim_object* object = at(fd);
    if (object == nullptr) return -EBADF;
    objects_[static_cast<size_t>(fd - kFirst)] = nullptr;
    kshim_handle_put(shim, object);
    return 0;
  }
  void close_all() {
    for (size_t i = 0; i < objects_.size(); ++i) close(static_cast<int>(i) + kFirst);
  }

 private:
  std::array<kshim_object*, 16> objects_{};
};
constinit Files files;

int fd_install(void* /*context*/, kshim_object* object, kshim_kind /*kind*/) {
  return files.install(object);
}

int fd_get(void* /*context*/, int fd, kshim_object** object) {
  *object = files.at(fd);
  if (*object == nullptr) return -EBADF;
  kshim_handle_get(shim, *object);
  return 0;
}

// --- one tracepoint: sys_exit, with the number and the result of each system call

constexpr std::string_view kTracepoint = "sys_exit";
uint64_t cookie = 0;  // 0: nothing is attached

int tracepoint_find(void* /*context*/, const char* name, uint64_t id,
                    kshim_tracepoint* tracepoint) {
  if (name != nullptr ? std::string_view(name) != kTracepoint : id != 1) return -ENOENT;
  *tracepoint = {.id = 1, .name = {}, .context_size = 16};
  kTracepoint.copy(tracepoint->name, kTracepoint.size());
  return 0;
}

int tracepoint_enable(void* /*context*/, uint64_t /*id*/, bool /*raw*/, uint64_t wanted,
                      void** handle) {
  if (cookie != 0) return -EBUSY;
  cookie = wanted;
  *handle = &cookie;
  return 0;
}

void tracepoint_disable(void* /*context*/, void* /*handle*/) { cookie = 0; }

// --- the host, all together

kshim_host make_host() {
  kshim_host host{};
  host.abi = KSHIM_ABI;
  host.size = sizeof host;
  host.alloc = [](void*, uint64_t size) { return pages.alloc(size); };
  host.free = [](void*, void* block, uint64_t size) { pages.free(block, size); };
  host.pages_alloc = pages_alloc;
  host.pages_free = pages_free;
  host.text_alloc = text_alloc;
  host.text_protect = text_protect;
  host.text_synchronise = text_synchronise;
  host.text_free = text_free;
  host.copy_from_user = copy_from_user;
  host.copy_to_user = copy_to_user;
  host.strncpy_from_user = strncpy_from_user;
  host.peek_user = copy_from_user;
  host.peek_kernel = peek_kernel;
  host.fd_install = fd_install;
  host.fd_get = fd_get;
  host.clock = [](void*, kshim_clock) { return read_time(); };
  host.task = [](void*, kshim_task* task) {
    task->pid = task->tgid = 1;
    std::string_view("init").copy(task->comm, 4);
  };
  host.trace_output = [](void*, const char* text, uint64_t length) {
    print("trace: ");
    print(std::string_view(text, length));
    if (length == 0 || text[length - 1] != '\n') print("\n");
  };
  host.tracepoint_find = tracepoint_find;
  host.tracepoint_enable = tracepoint_enable;
  host.tracepoint_disable = tracepoint_disable;
  return host;
}

// --- system calls

uint64_t memory_before = 0;

// What was mapped is unmapped here and nowhere else: a process has one ring at a time.
struct Mapping {
  kshim_object* object = nullptr;
  uint64_t address = 0;
  uint64_t size = 0;
  bool write = false;
};
std::array<Mapping, 4> mappings{};

uint64_t frame_of(uint64_t address) {
  return address >= 0xc000'0000 ? paging.frame_at(address) : address;
}

long sys_mmap(int fd, uint64_t offset, uint64_t length, bool write) {
  kshim_object* object = files.at(fd);
  if (object == nullptr) return -EBADF;
  Mapping* free = nullptr;
  for (Mapping& mapping : mappings) {
    if (mapping.object == nullptr) free = &mapping;
  }
  if (free == nullptr) return -ENOMEM;
  kshim_mapping range{};
  if (const int error = kshim_mmap(shim, object, offset, length, write, &range)) return error;
  const auto source = reinterpret_cast<uint64_t>(range.address);
  const uint64_t address = paging.map_window(
      up(length),
      [&](uint64_t i) {
        const uint64_t at = i * kPage;
        return frame_of(source +
                        (at < range.mirror ? at : at - range.mirror + range.mirror_source));
      },
      Rights::kUserWrite);
  if (address == 0) {
    kshim_munmap(shim, object, write);
    return -ENOMEM;
  }
  kshim_handle_get(shim, object);
  *free = {object, address, up(length), write};
  return static_cast<long>(address);
}

void unmap_all() {
  for (Mapping& mapping : mappings) {
    if (mapping.object == nullptr) continue;
    paging.unmap_window(mapping.address, mapping.size);
    kshim_munmap(shim, mapping.object, mapping.write);
    kshim_handle_put(shim, mapping.object);
  }
}

long sys_exit(uint64_t code) {
  unmap_all();
  files.close_all();
  const uint64_t left = kshim_destroy_native(shim);
  print("objects left: ");
  print(left);
  print(", bytes left: ");
  print(pages.used() - memory_before);
  print("\n");
  power_off(left != 0 || pages.used() != memory_before ? 99 : static_cast<unsigned>(code));
}

long sys_write(uint64_t fd, kshim_uptr text, uint64_t size) {
  if (fd != 1) return -EBADF;
  std::array<char, 64> piece;
  for (uint64_t at = 0; at < size; at += piece.size()) {
    const uint64_t length = size - at < piece.size() ? size - at : piece.size();
    if (copy_from_user(nullptr, piece.data(), text + at, length) != 0) return -EFAULT;
    print(std::string_view(piece.data(), length));
  }
  return static_cast<long>(size);
}

long system_call(uint64_t number, std::span<const uint64_t> a) {
  switch (number) {
    case kWrite:
      return sys_write(a[0], a[1], a[2]);
    case kClose:
      return files.close(static_cast<int>(a[0]));
    case kGetpid:
      return 1;
    case kMmap:
      return sys_mmap(static_cast<int>(a[0]), a[1], a[2], a[3] != 0);
    case kPoll: {
      kshim_object* object = files.at(static_cast<int>(a[0]));
      return object == nullptr ? -EBADF : kshim_poll(shim, object);
    }
    case kBpf:
      return kshim_bpf(shim, static_cast<int>(a[0]), a[1], static_cast<uint32_t>(a[2]));
    case kExit:
      return sys_exit(a[0]);
    default:
      return -ENOSYS;
  }
}

// Where to go on after a fault of the kernel itself, or 0.
uint64_t fix_fault(trap_frame& frame) {
  const auto at = reinterpret_cast<const char*>(frame.pc);
  if (at == copy_load || at == copy_store) return reinterpret_cast<uint64_t>(copy_fault);
  return kshim_fix_fault(shim, frame.pc, frame.x);
}

}  // namespace
}  // namespace embed

extern "C" void handle_trap(trap_frame* frame) {
  using namespace embed;  // NOLINT(google-build-using-namespace): the kernel's own entry
  enum Cause : uint64_t { kLoadAccess = 5, kUserCall = 8, kLoadPage = 13, kStorePage = 15 };
  uint64_t cause = 0;
  asm volatile("csrr %0, scause" : "=r"(cause));
  if (cause == kUserCall) {
    frame->pc += 4;
    const long result = system_call(frame->x[17], std::span<const uint64_t>(frame->x + 10, 4));
    const std::array<uint64_t, 2> event = {frame->x[17], static_cast<uint64_t>(result)};
    frame->x[10] = event[1];
    if (cookie != 0) kshim_fire(shim, cookie, const_cast<uint64_t*>(event.data()));
    return;
  }
  const bool fault = cause == kLoadAccess || cause == kLoadPage || cause == kStorePage;
  if (const uint64_t next = fault ? fix_fault(*frame) : 0) {
    frame->pc = next;
    return;
  }
  print("trap: cause ");
  print(cause);
  print(", pc ");
  print(frame->pc);
  print("\n");
  power_off(98);
}

extern "C" void kernel_main() {
  using namespace embed;  // NOLINT(google-build-using-namespace): the kernel's own entry
  pages.start(__heap_start, __heap_end);
  paging.start();
  memory_before = pages.used();
  const kshim_host host = make_host();
  if (kshim_create_native(&host, nullptr, &shim) != 0) {
    print("no eBPF\n");
    power_off(97);
  }
  enter_user(user_main, __user_end);
}
