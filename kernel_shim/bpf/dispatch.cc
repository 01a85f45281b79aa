#include <errno.h>

#include <cstddef>
#include <iterator>

#include "kernel_shim/bpf/command.h"
#include "kernel_shim/bpf/user_memory.h"

namespace zext::shim {
namespace {

// What 5.19 knows of bpf_attr: later versions of the header may know more, which would then have to
// be refused here.
static_assert(sizeof(bpf_attr) == 144);

struct Command {
  uint32_t end = 0;  // behind the last field that it knows
  long (*run)(Call& call) = nullptr;
};

struct Table {
  Command commands[BPF_PROG_BIND_MAP + 1];

  constexpr Table() : commands() {
#define COMMAND(number, last, function) \
  commands[number] = {offsetof(bpf_attr, last) + sizeof(bpf_attr{}.last), command_##function};
#include "kernel_shim/bpf/commands.def"
  }
};

constexpr Table kTable;

const Command* find_command(int number) {
  if (number < 0 || static_cast<size_t>(number) >= std::size(kTable.commands)) return nullptr;
  const Command& command = kTable.commands[number];
  return command.run == nullptr ? nullptr : &command;
}

bool is_zero_behind(const bpf_attr& attr, uint32_t end) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&attr);
  for (uint32_t i = end; i < sizeof attr; ++i) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

// Creating is refused at once; the other commands work on descriptors, which somebody with the
// rights must have handed over.
bool is_refused(const Kernel& kernel, int number) {
  if (number != BPF_MAP_CREATE && number != BPF_PROG_LOAD) return false;
  return !kernel.config().allow_unprivileged && !has_capability(kernel, KSHIM_CAP_BPF);
}

}  // namespace

long dispatch(Kernel& kernel, int number, kshim_uptr attr, uint32_t size) {
  if (is_refused(kernel, number)) return -EPERM;
  int error = check_zero_tail(kernel.host(), attr, sizeof(bpf_attr), size);
  if (error != 0) return error;
  Call call{.kernel = kernel, .user = attr, .size = size};
  const uint32_t known = size < sizeof call.attr ? size : sizeof call.attr;
  __builtin_memset(&call.attr, 0, sizeof call.attr);
  error = kernel.host().copy_from_user(&call.attr, attr, known);
  if (error != 0) return -EFAULT;
  const Command* command = find_command(number);
  if (command == nullptr || !is_zero_behind(call.attr, command->end)) return -EINVAL;
  return command->run(call);
}

}  // namespace zext::shim
