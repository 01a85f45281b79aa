// Machine: the kernel that clients believe to run on: its types, symbols and tracepoints.
//
//   Machine machine({.btf_file = "", .builtin = false});
//   std::optional<Tracepoint> point = machine.tracepoint("sched/sched_process_exec");
//
// Taken from the machine that the daemon runs on, as far as they can be read there; else, and with
// `builtin`, a small set of our own (builtin_tracepoints.def, builtin_types.c).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct btf;

namespace zext::shim::daemon {

struct Field {
  std::string type;  // "pid_t", "char[16]", "__data_loc char[]"
  std::string name;
  uint32_t offset = 0;
  uint32_t size = 0;
  bool is_signed = false;
};

struct Tracepoint {
  std::string category;
  std::string name;
  uint64_t id = 0;
  std::vector<Field> fields;
  uint32_t size = 0;   // of a record
  std::string format;  // the file's text
};

class Machine {
 public:
  struct Options {
    std::string btf_file;  // of the kernel's types; empty: the machine's
    bool builtin = false;  // nothing of this machine
  };
  explicit Machine(const Options& options);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  const std::string& btf_bytes() const { return btf_bytes_; }
  // Parsed; null: it cannot be.
  const btf* types() const { return types_; }
  // Where the BTF comes from: a path, or "built-in".
  const std::string& btf_origin() const { return btf_origin_; }

  // Of a kernel function or variable; 0: unknown, or hidden.
  uint64_t symbol(const std::string& name);
  // Whether there is such a function, also where its address is hidden.
  bool has_function(const std::string& name);

  // The tracefs that tracepoints are read from; empty: the built-in ones.
  const std::string& tracefs() const { return tracefs_; }
  std::optional<Tracepoint> tracepoint(const std::string& category_and_name);
  std::optional<Tracepoint> tracepoint_by_id(uint64_t id);
  // By its name alone, for raw tracepoints.
  std::optional<Tracepoint> tracepoint_named(const std::string& name);

 private:
  void read_symbols();
  void index_tracepoints();

  bool builtin_;
  std::string btf_bytes_;
  std::string btf_origin_;
  btf* types_ = nullptr;
  std::mutex mutex_;
  bool symbols_read_ = false;
  std::unordered_map<std::string, uint64_t> symbols_;
  std::string tracefs_;
  bool indexed_ = false;
  std::unordered_map<std::string, std::string> by_name_;  // to "category/name"
  std::unordered_map<uint64_t, std::string> by_id_;
};

// The built-in tracepoints, by "category/name".
const std::map<std::string, Tracepoint>& builtin_tracepoints();
// From a format file's text.
Tracepoint parse_format(const std::string& category, const std::string& name,
                        const std::string& text);
// BTF of the built-in types, and names of functions that can be probed without symbols.
std::string_view builtin_btf();

}  // namespace zext::shim::daemon
