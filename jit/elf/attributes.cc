#include "jit/elf/attributes.h"

#include <elf.h>

#include <cstddef>

namespace zext::jit::elf {
namespace {

enum Attribute : uint8_t { kFile = 1, kStackAlign = 4, kArch = 5 };

// With the version that the manual (20240411) has of it.
const char* versioned(rv64::Extension extension) {
  switch (extension) {
    case rv64::Extension::kI:
      return "i2p1";
    case rv64::Extension::kM:
      return "_m2p0";
    case rv64::Extension::kA:
      return "_a2p1";
    case rv64::Extension::kC:
      return "_c2p0";
    case rv64::Extension::kZicond:
      return "_zicond1p0";
    case rv64::Extension::kZicsr:
      return "_zicsr2p0";
    case rv64::Extension::kZifencei:
      return "_zifencei2p0";
    case rv64::Extension::kZba:
      return "_zba1p0";
    case rv64::Extension::kZbb:
      return "_zbb1p0";
    case rv64::Extension::kZbs:
      return "_zbs1p0";
    case rv64::Extension::kMachine:
      return "";  // nothing that user-level code is compiled for
  }
  return "";
}

}  // namespace

std::string architecture(Extensions extensions) {
  using rv64::Extension;
  std::string name = "rv64";
  for (const Extension extension : {Extension::kI, Extension::kM, Extension::kA, Extension::kC,
                                    Extension::kZicond, Extension::kZicsr, Extension::kZifencei,
                                    Extension::kZba, Extension::kZbb, Extension::kZbs}) {
    if (extensions.has(extension)) name += versioned(extension);
  }
  return name;
}

uint32_t header_flags(Extensions extensions) {
  return EF_RISCV_FLOAT_ABI_SOFT | (extensions.has(rv64::Extension::kC) ? EF_RISCV_RVC : 0);
}

void write_attributes(Section& out, Extensions extensions) {
  out.type = SHT_RISCV_ATTRIBUTES;
  out.u8('A');
  // These lengths include themselves.
  const std::string arch = architecture(extensions);
  const size_t attributes = 1 + 1 + 1 + arch.size() + 1;
  const size_t file = 1 + 4 + attributes;
  out.u32(4 + sizeof "riscv" + file);
  out.string("riscv");
  out.u8(kFile);
  out.u32(file);
  out.uleb(kStackAlign);
  out.uleb(16);
  out.uleb(kArch);
  out.string(arch);
}

}  // namespace zext::jit::elf
