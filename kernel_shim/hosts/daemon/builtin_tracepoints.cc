// The built-in tracepoints: builtin_tracepoints.def with offsets, ids and format files.

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "kernel_shim/hosts/daemon/machine.h"

namespace zext::shim::daemon {
namespace {

struct Row {
  const char* category;
  const char* name;
  const char* fields;
};
constexpr Row kTracepoints[] = {
#define TRACEPOINT(category, name, fields) {category, name, fields},
#define SYSCALL(name, arguments)
#include "kernel_shim/hosts/daemon/builtin_tracepoints.def"
#undef TRACEPOINT
#undef SYSCALL
};
struct SyscallRow {
  const char* name;
  const char* arguments;
};
constexpr SyscallRow kSyscalls[] = {
#define TRACEPOINT(category, name, fields)
#define SYSCALL(name, arguments) {name, arguments},
#include "kernel_shim/hosts/daemon/builtin_tracepoints.def"
#undef TRACEPOINT
#undef SYSCALL
};

// Where Linux's own numbers begin to be those of declared events.
constexpr uint64_t kFirstId = 100;
constexpr uint32_t kHeaderSize = 8;

struct Type {
  const char* name;
  uint32_t size;
  bool is_signed;
};
constexpr Type kTypes[] = {
    {"char", 1, true},      {"__u8", 1, false},          {"short", 2, true},
    {"__u16", 2, false},    {"umode_t", 2, false},       {"int", 4, true},
    {"pid_t", 4, true},     {"unsigned int", 4, false},  {"unsigned", 4, false},
    {"u32", 4, false},      {"gfp_t", 4, false},         {"dev_t", 4, false},
    {"long", 8, true},      {"unsigned long", 8, false}, {"size_t", 8, false},
    {"sector_t", 8, false},
};

const Type& type_of(const std::string& name) {
  for (const Type& type : kTypes) {
    if (name == type.name) return type;
  }
  // A pointer.
  static constexpr Type kPointer = {"pointer", 8, false};
  return kPointer;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  size_t at = 0;
  while (at < text.size()) {
    size_t end = text.find(';', at);
    if (end == std::string::npos) end = text.size();
    const size_t from = text.find_first_not_of(' ', at);
    if (from < end) parts.push_back(text.substr(from, end - from));
    at = end + 1;
  }
  return parts;
}

std::string line_of(const std::string& declaration, uint32_t offset, uint32_t size,
                    bool is_signed) {
  return "\tfield:" + declaration + ";\toffset:" + std::to_string(offset) +
         ";\tsize:" + std::to_string(size) + ";\tsigned:" + (is_signed ? "1" : "0") + ";\n";
}

// The lines of the fields, of which each argument of a system call takes 8 bytes.
std::string lines_of(const std::string& fields, uint32_t offset, uint32_t least) {
  std::string text;
  for (const std::string& declaration : split(fields)) {
    uint32_t size = 4;
    bool is_signed = true;
    uint32_t alignment = 4;
    if (declaration.rfind("__data_loc", 0) != 0) {
      const size_t bracket = declaration.find('[');
      const std::string plain = declaration.substr(0, bracket);
      const Type& type = type_of(plain.substr(0, plain.rfind(' ')));
      const uint32_t count =
          bracket == std::string::npos
              ? 1
              : static_cast<uint32_t>(strtoul(declaration.c_str() + bracket + 1, nullptr, 10));
      alignment = std::max(type.size, least);
      size = std::max(type.size, least) * count;
      is_signed = type.is_signed && least == 0;
    }
    offset = (offset + alignment - 1) / alignment * alignment;
    text += line_of(declaration, offset, size, is_signed);
    offset += size;
  }
  return text;
}

std::string format_of(const std::string& name, uint64_t id, const std::string& lines) {
  return "name: " + name + "\nID: " + std::to_string(id) + "\nformat:\n" +
         line_of("unsigned short common_type", 0, 2, false) +
         line_of("unsigned char common_flags", 2, 1, false) +
         line_of("unsigned char common_preempt_count", 3, 1, false) +
         line_of("int common_pid", 4, 4, true) + "\n" + lines + "\nprint fmt: \"\"\n";
}

std::map<std::string, Tracepoint> make() {
  std::map<std::string, Tracepoint> all;
  uint64_t id = kFirstId;
  const auto add = [&](const std::string& category, const std::string& name,
                       const std::string& lines) {
    Tracepoint point = parse_format(category, name, format_of(name, id, lines));
    point.id = id++;
    all.emplace(category + "/" + name, std::move(point));
  };
  for (const Row& row : kTracepoints) {
    add(row.category, row.name, lines_of(row.fields, kHeaderSize, 0));
  }
  const std::string number = line_of("int __syscall_nr", kHeaderSize, 4, true);
  for (const SyscallRow& row : kSyscalls) {
    const std::string name = row.name;
    add("syscalls", "sys_enter_" + name, number + lines_of(row.arguments, kHeaderSize + 8, 8));
    add("syscalls", "sys_exit_" + name, number + line_of("long ret", kHeaderSize + 8, 8, true));
  }
  return all;
}

}  // namespace

const std::map<std::string, Tracepoint>& builtin_tracepoints() {
  static const std::map<std::string, Tracepoint> kAll = make();
  return kAll;
}

}  // namespace zext::shim::daemon
