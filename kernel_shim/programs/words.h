// Words: a rejection as Linux's verifier says it.
//
//   Words(subject, verdict.rejection, log).say();     // "R0 !read_ok\n"
#pragma once

#include "kernel_shim/runtime/log.h"
#include "verifier/subject.h"
#include "verifier/verdict.h"

namespace zext::shim {

class Words {
 public:
  Words(const verifier::Subject& subject, const verifier::Rejection& rejection, Log& log)
      : subject_(subject), rejection_(rejection), access_(rejection.access), log_(log) {}

  void say();

 private:
  template <typename... Parts>
  void add(const Parts&... parts) {
    log_.add(parts...);
    log_.add("\n");
  }
  const char* fixed_text() const;
  bool say_access();
  bool say_pointer();
  bool say_call();
  void say_end();

  // "R1".
  uint32_t reg() const { return rejection_.reg; }
  const verifier::RegisterFact& fact() const;
  const ebpf::Instruction<>* instruction() const;
  bool at_call() const;
  bool is_misaligned() const;
  void unwritten_stack();
  void out_of_region(const verifier::RegisterFact& region, int64_t size, int64_t at,
                     uint32_t bytes);
  void bits(const verifier::Number& number);
  void context_access();
  void moved_context();
  void null_pointer();
  void spilled();
  void special_field();
  void stack_access();
  void region_access();
  void alignment();
  void arithmetic();
  void offset();
  void leak();
  void function(const char* what);
  void argument();
  void size();
  void call_depth();
  void leaked_reference();
  void locks();
  void range(const char* at);

  const verifier::Subject& subject_;
  const verifier::Rejection& rejection_;
  const verifier::Access& access_;
  Log& log_;
};

// "map_value_or_null": Linux's name of what a register holds.
const char* linux_type(const verifier::RegisterFact& fact);

}  // namespace zext::shim
