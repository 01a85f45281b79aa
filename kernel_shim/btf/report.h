// Report: the log of BTF_LOAD, in the shape of Linux's.
//
//   report.type(type, "Invalid name");      // [3] TYPEDEF foo type_id=1 Invalid name
#pragma once

#include <linux/btf.h>

#include <cstdint>

#include "kernel_shim/btf/btf_object.h"
#include "kernel_shim/runtime/log.h"

namespace zext::shim {

class Report {
 public:
  Report(const BtfObject& btf, Log& log) : btf_(btf), log_(log) {}

  // The type that is being looked at.
  void at(uint32_t id) { id_ = id; }
  uint32_t id() const { return id_; }
  // From now on types and members are only told of when something is wrong with them.
  void begin_graph() { in_graph_ = true; }

  template <typename... Parts>
  void text(const Parts&... parts) {
    log_.add(parts...);
  }
  void hex(uint32_t number) {
    if (log_.wanted()) log_.hex(number);
  }

  bool wanted() const { return log_.wanted(); }
  void begin_basic(const btf_type& type) { begin(type, false); }
  // A line about a type, with what its kind has to say, and why it is told.
  template <typename... Parts>
  void type(const btf_type& type, const Parts&... why) {
    if (!log_.wanted()) return;
    begin(type, true);
    end(why...);
  }
  // The same without its details, where they could not be read.
  template <typename... Parts>
  void basic(const btf_type& type, const Parts&... why) {
    if (!log_.wanted()) return;
    begin(type, false);
    end(why...);
  }
  template <typename... Parts>
  void member(const btf_type& outer, const btf_member& member, const Parts&... why) {
    if (!log_.wanted()) return;
    begin_member(outer, member);
    end(why...);
  }
  template <typename... Parts>
  void variable(const btf_type& section, const btf_var_secinfo& variable, const Parts&... why) {
    if (!log_.wanted()) return;
    begin_variable(section, variable);
    end(why...);
  }
  void enumerator(const btf_enum& value);
  void header(const btf_header& header, uint64_t size);
  const char* name(uint32_t offset) const;

 private:
  void begin(const btf_type& type, bool details);
  void begin_member(const btf_type& outer, const btf_member& member);
  void begin_variable(const btf_type& section, const btf_var_secinfo& variable);
  void details(const btf_type& type);
  void prototype(const btf_type& type);
  void end() { log_.text("\n"); }
  template <typename First, typename... Parts>
  void end(const First& first, const Parts&... parts) {
    log_.add(" ", first, parts..., "\n");
  }

  const BtfObject& btf_;
  Log& log_;
  uint32_t id_ = 0;
  bool in_graph_ = false;
};

}  // namespace zext::shim
