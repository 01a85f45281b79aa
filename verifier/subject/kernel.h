// Kernel: the types of the kernel that is to run a program.
//
//   auto kernel = Kernel::load("/sys/kernel/btf/vmlinux");
//   if (!kernel) return fail(kernel.error().to_string());
//   kernel->btf().find("task_struct", BTF_KIND_STRUCT)
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "object/btf.h"
#include "object/error.h"

namespace zext::verifier {

class Kernel {
 public:
  // Errors: the file cannot be read, or is no BTF.
  static std::expected<Kernel, object::Error> load(const std::string& path);
  static std::expected<Kernel, object::Error> parse(std::vector<uint8_t> btf);

  const object::Btf& btf() const { return btf_; }

 private:
  Kernel(std::vector<uint8_t> bytes, object::Btf btf)
      : bytes_(std::move(bytes)), btf_(std::move(btf)) {}

  std::vector<uint8_t> bytes_;  // what btf_ refers to
  object::Btf btf_;
};

}  // namespace zext::verifier
