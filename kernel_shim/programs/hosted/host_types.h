// HostTypes: the host's own types as the verifier wants them, parsed when first asked for.
//
//   HostTypes host(kernel);
//   subject.types = host.types();             // costs nothing until a program needs a type
//   if (host.known()) host.arguments_of(program) ...
//
// What was parsed stays, for all threads and instances, as long as the host's BTF is the same.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "kernel_shim/programs/program.h"
#include "object/btf.h"
#include "verifier/subject.h"

namespace zext::shim {

class HostTypes {
 public:
  explicit HostTypes(Kernel& kernel) : kernel_(kernel) {}
  HostTypes(const HostTypes&) = delete;
  HostTypes& operator=(const HostTypes&) = delete;
  ~HostTypes();

  // Whether the host has types that can be read.
  bool known() { return parsed() != nullptr; }
  // For a Subject; valid as long as this.
  verifier::Types types();
  // Of the kernel's function that a program of type tracing or LSM names. Errors: in words.
  std::expected<std::vector<verifier::Parameter>, std::string> arguments_of(const Program& program);
  // The kernel's variables that the program's LD_IMM64 instructions name, ascending.
  std::vector<verifier::KernelVariable> variables_of(const Program& program);
  // Runs `work` with the host's BTF, which it may look things up in: one thread at a time.
  template <typename Work>
  auto with_btf(Work&& work) {
    const Locked locked(*parsed());
    return work(locked.btf());
  }

 private:
  struct Parsed;
  class Locked {
   public:
    explicit Locked(Parsed& parsed);
    ~Locked();
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;
    const object::Btf& btf() const;

   private:
    Parsed& parsed_;
  };

  Parsed* parsed();
  static std::shared_ptr<Parsed> parse(const BtfObject& btf);

  Kernel& kernel_;
  bool tried_ = false;
  std::shared_ptr<Parsed> parsed_;
};

}  // namespace zext::shim
