// RequestSubject: what the verifier is asked about, made of the objects of the kernel.
//
//   const RequestSubject subject(kernel, request, code, platform);   // inside attempt()
//   verify(subject.subject(), options);
//
// Maps are named as the instructions name them: by descriptor, or by index.
#pragma once

#include <array>
#include <vector>

#include "isa/ebpf/decode.h"
#include "kernel_shim/programs/analyser.h"
#include "kernel_shim/programs/program.h"
#include "verifier/subject.h"

namespace zext::shim {

// What a hosted analyser knows besides.
struct KernelTypes {
  verifier::Types types = {};
  std::span<const verifier::Parameter> arguments = {};
  std::span<const verifier::KernelVariable> variables = {};
};

class RequestSubject {
 public:
  RequestSubject(const LoadRequest& request, const ebpf::Code& code,
                 const verifier::Platform& platform, const KernelTypes& kernel = {});
  RequestSubject(const RequestSubject&) = delete;
  RequestSubject& operator=(const RequestSubject&) = delete;

  const verifier::Subject& subject() const { return subject_; }

 private:
  using Fields = std::array<verifier::SpecialField, 2>;

  void add_maps(const LoadRequest& request);
  void add_functions(const Program& program);

  std::vector<Fields> fields_;  // by map
  std::vector<Fields> inner_fields_;
  std::vector<verifier::Map> inner_;
  std::vector<verifier::Map> maps_;
  std::vector<verifier::Function> functions_;
  verifier::Subject subject_;
};

}  // namespace zext::shim
