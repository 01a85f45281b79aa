#include <string>

#include "jit/install/install.h"

namespace zext::jit {

std::string describe(const InstallError& error) {
  using Kind = InstallError::Kind;
  const auto hook = [&](const char* name) {
    return std::string("the hook ") + name + " failed: status " + std::to_string(error.status);
  };
  switch (error.kind) {
    case Kind::kMissingHook:
      return "a hook is missing: allocate, protect, synchronise and release are all needed";
    case Kind::kRelocatable:
      return "relocatable code has calls for a linker to fill in; give the helpers' addresses";
    case Kind::kCompile:
      return describe(error.compile);
    case Kind::kAllocate:
      return hook("allocate");
    case Kind::kBadBlock:
      return std::string("the hook allocate gave a block that cannot be used: ") + error.why;
    case Kind::kProtect:
      return hook("protect");
    case Kind::kSynchronise:
      return hook("synchronise");
    case Kind::kUnsettled:
      return "at every address given, the code was longer than at the one before; give blocks with "
             "some room";
  }
  __builtin_unreachable();
}

}  // namespace zext::jit
