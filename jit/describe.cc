#include <cinttypes>
#include <cstdio>
#include <string>

#include "jit/compile.h"
#include "jit/march.h"

namespace zext::jit {
namespace {

std::string slot(const Error& error) { return "slot " + std::to_string(error.pc) + ": "; }

std::string function(const Error& error) {
  return slot(error) + "call of function " + std::to_string(error.value) + ": ";
}

// "3.25 GiB (0xd0000000 bytes) after".
std::string distance(int64_t bytes) {
  const double gib = static_cast<double>(bytes) / (1 << 30);
  char text[64];
  const auto count = static_cast<uint64_t>(bytes);
  std::snprintf(text, sizeof text, "%.2f GiB (0x%" PRIx64 " bytes) %s", gib < 0 ? -gib : gib,
                bytes < 0 ? 0 - count : count, bytes < 0 ? "before" : "after");
  return text;
}

// "I, M and A".
std::string names(Extensions extensions) {
  struct Named {
    rv64::Extension extension;
    const char* name;
  };
  static constexpr Named kNames[] = {
      {rv64::Extension::kI, "I"}, {rv64::Extension::kM, "M"}, {rv64::Extension::kA, "A"}};
  std::string text;
  for (const Named& named : kNames) {
    if (!extensions.has(named.extension)) continue;
    extensions = extensions.without({named.extension});
    if (!text.empty()) text += extensions == Extensions() ? " and " : ", ";
    text += named.name;
  }
  return text;
}

std::string missing(const std::string& names) {
  const bool one = names.size() == 1;
  return (one ? "extension " : "extensions ") + names + (one ? " is" : " are") +
         " not among those given: generated code may need " + (one ? "it" : "them");
}

}  // namespace

std::string describe(const Error& error) {
  switch (error.kind) {
    case Error::Kind::kUnsupportedInstruction:
      return slot(error) + "not supported: " + error.why;
    case Error::Kind::kUnknownHelper:
    case Error::Kind::kMisalignedHelper:
      return function(error) + error.why;
    case Error::Kind::kHelperOutOfReach:
      return function(error) + "it is " + distance(error.distance) + " the call; " + error.why;
    case Error::Kind::kUnknownMap:
    case Error::Kind::kUnknownVariable:
      return slot(error) + ebpf::describe(error.address);
    case Error::Kind::kBadProbe:
      return slot(error) + "marked as a load that may fault: " + error.why;
    case Error::Kind::kMissingExtension:
      return missing(names(error.missing)) + "; for example rv64imac";
    case Error::Kind::kTooLarge:
    case Error::Kind::kBadTextAddress:
      return error.why;
  }
  __builtin_unreachable();
}

std::string describe(const MarchError& error) {
  using enum MarchError::Kind;
  const std::string part = "'" + std::string(error.part) + "'";
  switch (error.kind) {
    case kNotRv64:
      return part +
             ": code is generated for RV64 only; begin with rv64 (rv64gc, rv64imac_zba) or a "
             "profile (rva22u64)";
    case kMissingBase:
      return (error.part.empty() ? "nothing" : part) +
             " follows rv64, where its base is due: i, or g for imafd_zicsr_zifencei; an extension "
             "extends a base (rv64imac_zba)";
    case kEmbeddedBase:
      return "'e': the base rv64e has 16 registers, and generated code uses s2 and s3 too; use "
             "rv64i";
    case kUnknownLetter:
      return part + ": no single-letter extension that zext knows (m a f d q c b v h)";
    case kUnknownName:
      return part +
             ": no extension that zext knows; leave it out, generated code can use zba, zbb, "
             "zbs and zicond besides the single letters";
    case kTwice:
      return part + ": named twice; leave one out";
    case kEmptyName:
      return "an underscore with no extension after it; leave it out";
    case kUpperCase:
      return part + ": names of extensions are in lower case";
  }
  __builtin_unreachable();
}

}  // namespace zext::jit
