#include "kernel_shim/hosts/daemon/machine.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "kernel_shim/hosts/daemon/file.h"

namespace zext::shim::daemon {
namespace {

constexpr const char* kMachineBtf = "/sys/kernel/btf/vmlinux";

std::string find_tracefs() {
  for (const char* root : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    const std::string probe = std::string(root) + "/events/sched/sched_switch/id";
    if (access(probe.c_str(), R_OK) == 0) return root;
  }
  return {};
}

}  // namespace

Machine::Machine(const Options& options) : builtin_(options.builtin) {
  btf_origin_ = options.btf_file;
  if (btf_origin_.empty() && !builtin_) btf_origin_ = kMachineBtf;
  if (!btf_origin_.empty()) btf_bytes_ = read_all(btf_origin_);
  if (btf_bytes_.empty()) {
    btf_bytes_ = builtin_btf();
    btf_origin_ = "built-in";
  }
  if (!btf_bytes_.empty()) {
    types_ = btf__new(btf_bytes_.data(), static_cast<uint32_t>(btf_bytes_.size()));
  }
  if (libbpf_get_error(types_) != 0) types_ = nullptr;
  if (!builtin_) tracefs_ = find_tracefs();
}

Machine::~Machine() { btf__free(types_); }

// "ffffffff81000000 T _stext", addresses of 0 where they are hidden.
void Machine::read_symbols() {
  if (symbols_read_) return;
  symbols_read_ = true;
  if (builtin_) return;
  const std::string text = read_all("/proc/kallsyms");
  size_t line = 0;
  while (line < text.size()) {
    size_t end = text.find('\n', line);
    if (end == std::string::npos) end = text.size();
    char* after = nullptr;
    const uint64_t address = strtoull(text.c_str() + line, &after, 16);
    const size_t name = static_cast<size_t>(after - text.c_str()) + 3;
    if (name < end) {
      size_t stop = text.find_first_of("\t ", name);
      if (stop == std::string::npos || stop > end) stop = end;
      symbols_.emplace(text.substr(name, stop - name), address);
    }
    line = end + 1;
  }
}

uint64_t Machine::symbol(const std::string& name) {
  const std::lock_guard guard(mutex_);
  read_symbols();
  const auto at = symbols_.find(name);
  return at == symbols_.end() ? 0 : at->second;
}

bool Machine::has_function(const std::string& name) {
  {
    const std::lock_guard guard(mutex_);
    read_symbols();
    if (symbols_.contains(name)) return true;
  }
  return types_ != nullptr && btf__find_by_name_kind(types_, name.c_str(), BTF_KIND_FUNC) > 0;
}

void Machine::index_tracepoints() {
  if (indexed_) return;
  indexed_ = true;
  if (tracefs_.empty()) {
    for (const auto& [key, point] : builtin_tracepoints()) {
      by_name_.emplace(point.name, key);
      by_id_.emplace(point.id, key);
    }
    return;
  }
  std::error_code error;
  for (const auto& category : std::filesystem::directory_iterator(tracefs_ + "/events", error)) {
    if (!category.is_directory(error)) continue;
    for (const auto& event : std::filesystem::directory_iterator(category.path(), error)) {
      const std::string id = read_all((event.path() / "id").string());
      if (id.empty()) continue;
      const std::string key =
          category.path().filename().string() + "/" + event.path().filename().string();
      by_name_.emplace(event.path().filename().string(), key);
      by_id_.emplace(strtoull(id.c_str(), nullptr, 10), key);
    }
  }
}

std::optional<Tracepoint> Machine::tracepoint(const std::string& category_and_name) {
  if (tracefs_.empty()) {
    const auto at = builtin_tracepoints().find(category_and_name);
    if (at == builtin_tracepoints().end()) return {};
    return at->second;
  }
  const size_t slash = category_and_name.find('/');
  if (slash == std::string::npos || category_and_name.find("..") != std::string::npos) return {};
  const std::string folder = tracefs_ + "/events/" + category_and_name;
  const std::string id = read_all(folder + "/id");
  if (id.empty()) return {};
  Tracepoint point =
      parse_format(category_and_name.substr(0, slash), category_and_name.substr(slash + 1),
                   read_all(folder + "/format"));
  point.id = strtoull(id.c_str(), nullptr, 10);
  return point;
}

std::optional<Tracepoint> Machine::tracepoint_by_id(uint64_t id) {
  std::string key;
  {
    const std::lock_guard guard(mutex_);
    index_tracepoints();
    const auto at = by_id_.find(id);
    if (at == by_id_.end()) return {};
    key = at->second;
  }
  return tracepoint(key);
}

std::optional<Tracepoint> Machine::tracepoint_named(const std::string& name) {
  std::string key;
  {
    const std::lock_guard guard(mutex_);
    index_tracepoints();
    const auto at = by_name_.find(name);
    if (at == by_name_.end()) return {};
    key = at->second;
  }
  return tracepoint(key);
}

// "	field:pid_t pid;	offset:12;	size:4;	signed:1;"
Tracepoint parse_format(const std::string& category, const std::string& name,
                        const std::string& text) {
  Tracepoint point{
      .category = category, .name = name, .id = 0, .fields = {}, .size = 8, .format = text};
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find("field:");
    const size_t end = line.find(';', at);
    if (at == std::string::npos || end == std::string::npos) continue;
    std::string declaration = line.substr(at + 6, end - at - 6);
    Field field;
    const auto number = [&line](const char* key) -> uint32_t {
      const size_t found = line.find(key);
      if (found == std::string::npos) return 0;
      return static_cast<uint32_t>(
          strtoul(line.c_str() + found + std::string(key).size(), nullptr, 10));
    };
    field.offset = number("offset:");
    field.size = number("size:");
    field.is_signed = number("signed:") != 0;
    std::string suffix;
    const size_t bracket = declaration.find('[', declaration.rfind(' '));
    if (bracket != std::string::npos) {
      suffix = declaration.substr(bracket);
      declaration.resize(bracket);
    }
    const size_t space = declaration.find_last_of(" *");
    field.name = declaration.substr(space + 1);
    field.type = declaration.substr(0, space + 1);
    while (!field.type.empty() && field.type.back() == ' ') field.type.pop_back();
    field.type += suffix;
    point.size = std::max(point.size, field.offset + field.size);
    point.fields.push_back(std::move(field));
  }
  return point;
}

}  // namespace zext::shim::daemon
