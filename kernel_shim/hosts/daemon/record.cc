#include "kernel_shim/hosts/daemon/record.h"

#include <asm/ptrace.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace zext::shim::daemon {
namespace {

struct Assignment {
  std::string name;
  std::string value;
};

std::optional<Assignment> split(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return {};
  return Assignment{.name = text.substr(0, equals), .value = text.substr(equals + 1)};
}

std::optional<uint64_t> number(const std::string& text) {
  char* end = nullptr;
  const bool negative = !text.empty() && text[0] == '-';
  const uint64_t value = negative ? static_cast<uint64_t>(strtoll(text.c_str(), &end, 0))
                                  : strtoull(text.c_str(), &end, 0);
  if (text.empty() || *end != 0) return {};
  return value;
}

struct Register {
  const char* name;
  size_t offset;
};

// Of struct pt_regs as the kernel's BTF has it, with names of the calling convention.
#if defined(__x86_64__)
using Registers = struct pt_regs;
constexpr Register kRegisters[] = {
    {"r15", offsetof(Registers, r15)},      {"r14", offsetof(Registers, r14)},
    {"r13", offsetof(Registers, r13)},      {"r12", offsetof(Registers, r12)},
    {"bp", offsetof(Registers, rbp)},       {"bx", offsetof(Registers, rbx)},
    {"r11", offsetof(Registers, r11)},      {"r10", offsetof(Registers, r10)},
    {"r9", offsetof(Registers, r9)},        {"r8", offsetof(Registers, r8)},
    {"ax", offsetof(Registers, rax)},       {"cx", offsetof(Registers, rcx)},
    {"dx", offsetof(Registers, rdx)},       {"si", offsetof(Registers, rsi)},
    {"di", offsetof(Registers, rdi)},       {"orig_ax", offsetof(Registers, orig_rax)},
    {"ip", offsetof(Registers, rip)},       {"cs", offsetof(Registers, cs)},
    {"flags", offsetof(Registers, eflags)}, {"sp", offsetof(Registers, rsp)},
    {"ss", offsetof(Registers, ss)},        {"arg1", offsetof(Registers, rdi)},
    {"arg2", offsetof(Registers, rsi)},     {"arg3", offsetof(Registers, rdx)},
    {"arg4", offsetof(Registers, rcx)},     {"arg5", offsetof(Registers, r8)},
    {"arg6", offsetof(Registers, r9)},      {"ret", offsetof(Registers, rax)},
};
#elif defined(__riscv)
using Registers = struct user_regs_struct;
constexpr Register kRegisters[] = {
    {"ip", offsetof(Registers, pc)},   {"sp", offsetof(Registers, sp)},
    {"arg1", offsetof(Registers, a0)}, {"arg2", offsetof(Registers, a1)},
    {"arg3", offsetof(Registers, a2)}, {"arg4", offsetof(Registers, a3)},
    {"arg5", offsetof(Registers, a4)}, {"arg6", offsetof(Registers, a5)},
    {"ret", offsetof(Registers, a0)},
};
#else
using Registers = struct user_pt_regs;
constexpr Register kRegisters[] = {{"arg1", 0},  {"arg2", 8},  {"arg3", 16}, {"arg4", 24},
                                   {"arg5", 32}, {"arg6", 40}, {"ret", 0}};
#endif

std::string make_registers(const std::vector<std::string>& fields, std::vector<uint8_t>* bytes) {
  bytes->assign(sizeof(Registers), 0);
  for (const std::string& field : fields) {
    const auto assignment = split(field);
    if (!assignment) return field + ": write it as register=number";
    const auto* found =
        std::find_if(std::begin(kRegisters), std::end(kRegisters),
                     [&](const Register& each) { return assignment->name == each.name; });
    if (found == std::end(kRegisters)) {
      return assignment->name + ": no register; arg1 to arg6, ret, ip, sp and others are";
    }
    const auto value = number(assignment->value);
    if (!value) return field + ": not a number";
    memcpy(bytes->data() + found->offset, &*value, sizeof *value);
  }
  return {};
}

constexpr uint64_t kMaxArguments = 12;

std::string make_arguments(const std::vector<std::string>& fields, std::vector<uint8_t>* bytes) {
  bytes->assign(kMaxArguments * 8, 0);
  for (const std::string& field : fields) {
    const auto assignment = split(field);
    const auto value = assignment ? number(assignment->value) : std::nullopt;
    const auto index = assignment && assignment->name.rfind("arg", 0) == 0
                           ? number(assignment->name.substr(3))
                           : std::nullopt;
    if (!value || !index || *index >= kMaxArguments) {
      return field + ": write it as arg0=number, arg1=number, ...";
    }
    memcpy(bytes->data() + *index * 8, &*value, sizeof *value);
  }
  return {};
}

// A string behind the record, named by its offset and length.
void put_string(const Field& field, const std::string& text, std::vector<uint8_t>* bytes) {
  const auto where = static_cast<uint32_t>(bytes->size());
  const auto size = static_cast<uint32_t>(text.size() + 1);
  const uint32_t location = size << 16 | where;
  memcpy(bytes->data() + field.offset, &location, sizeof location);
  bytes->insert(bytes->end(), text.c_str(), text.c_str() + size);
}

std::string put_field(const Field& field, const std::string& value, std::vector<uint8_t>* bytes) {
  if (field.type.rfind("__data_loc", 0) == 0) {
    put_string(field, value, bytes);
    return {};
  }
  if (field.type.rfind("char[", 0) == 0) {
    const size_t size = std::min<size_t>(value.size(), field.size - 1);
    memcpy(bytes->data() + field.offset, value.data(), size);
    return {};
  }
  const auto parsed = number(value);
  if (!parsed) return field.name + "=" + value + ": not a number";
  memcpy(bytes->data() + field.offset, &*parsed, std::min<size_t>(field.size, sizeof *parsed));
  return {};
}

std::string make_tracepoint(const Tracepoint& point, const std::vector<std::string>& fields,
                            uint32_t pid, std::vector<uint8_t>* bytes) {
  bytes->assign(std::max<uint32_t>(point.size, 8), 0);
  const auto type = static_cast<uint16_t>(point.id);
  memcpy(bytes->data(), &type, sizeof type);
  memcpy(bytes->data() + 4, &pid, sizeof pid);
  for (const std::string& text : fields) {
    const auto assignment = split(text);
    if (!assignment) return text + ": write it as field=value";
    const auto found =
        std::find_if(point.fields.begin(), point.fields.end(),
                     [&](const Field& each) { return each.name == assignment->name; });
    if (found == point.fields.end() || found->offset + found->size > bytes->size()) {
      return assignment->name + ": no field of " + point.category + "/" + point.name;
    }
    std::string error = put_field(*found, assignment->value, bytes);
    if (!error.empty()) return error;
  }
  return {};
}

bool starts(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

}  // namespace

std::string make_record(Machine& machine, const std::string& event,
                        const std::vector<std::string>& fields, uint32_t pid,
                        std::vector<uint8_t>* bytes) {
  if (starts(event, "tracepoint:")) {
    const std::string name = event.substr(event.find(':') + 1);
    const auto point = machine.tracepoint(name);
    if (!point) return name + ": no such tracepoint";
    return make_tracepoint(*point, fields, pid, bytes);
  }
  if (starts(event, "kprobe:") || starts(event, "kretprobe:") || starts(event, "uprobe:") ||
      starts(event, "uretprobe:")) {
    return make_registers(fields, bytes);
  }
  if (starts(event, "perf:")) {
    bytes->clear();
    return fields.empty() ? std::string() : "perf events have no fields";
  }
  return make_arguments(fields, bytes);
}

}  // namespace zext::shim::daemon
