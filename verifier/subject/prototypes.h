// Prototypes: what functions take and give, by their BTF.
//
//   Prototypes prototypes(btf, types);
//   prototypes.set_global(function_id, ProgramType::kXdp, function);    // of a program's own one
//   auto arguments = traced_arguments(program, object_btf, kernel_btf, types);  // for Entry::kBtf
//
// The rules are Linux's: for global functions btf_prepare_func_args()'s, for traced ones
// btf_ctx_access()'s.
#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "object/btf.h"
#include "object/error.h"
#include "object/program.h"
#include "verifier/subject.h"
#include "verifier/subject/type_space.h"

namespace zext::verifier {

class Prototypes {
 public:
  Prototypes(const object::Btf& btf, const TypeSpace& types) : btf_(btf), types_(types) {}

  // Whether a BTF_KIND_FUNC is of global linkage.
  bool is_global(uint32_t function_id) const;
  // The parameters of a program's own global function, and whether it returns.
  void set_global(uint32_t function_id, object::ProgramType program, Function& function) const;
  // Those of a function of the kernel that programs call.
  void set_kernel(uint32_t function_id, KernelFunction& function) const;
  // Those of a function of the kernel that calls programs, less the first `skip`; and what it
  // returns, if wanted.
  std::vector<Parameter> traced(uint32_t prototype_id, uint32_t skip, bool with_result) const;
  // A kernel variable, of the type behind a BTF_KIND_VAR.
  Parameter variable(uint32_t type_id) const;

 private:
  const btf_type* prototype_of(uint32_t function_id) const;
  bool tagged(uint32_t function_id, int32_t parameter, std::string_view tag) const;
  Parameter global_parameter(uint32_t function_id, int32_t index, uint32_t type,
                             object::ProgramType program) const;
  bool is_context(uint32_t pointer_target, object::ProgramType program) const;
  Parameter memory(uint32_t target) const;
  Parameter kernel_parameter(uint32_t type) const;

  const object::Btf& btf_;
  const TypeSpace& types_;
};

// The arguments of the kernel function that a program of type tracing or LSM is attached to. They
// are looked up in the kernel's types, or in the object's own where `kernel` is null. Errors: the
// section names no function, or one that these types do not have.
std::expected<std::vector<Parameter>, object::Error> traced_arguments(
    const object::Program& program, const object::Btf* object, const object::Btf* kernel,
    const TypeSpace& types);

}  // namespace zext::verifier
