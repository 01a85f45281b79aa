#include <string>

#include "jit/compile.h"

namespace zext::jit {

std::string describe(const Error& error) {
  switch (error.kind) {
    case Error::Kind::kUnsupportedInstruction:
      return "slot " + std::to_string(error.pc) + ": not supported: " + error.why;
    case Error::Kind::kUnknownHelper:
      return "slot " + std::to_string(error.pc) + ": call of function " +
             std::to_string(error.value) + ": " + error.why;
    case Error::Kind::kUnknownMap:
    case Error::Kind::kUnknownVariable:
      return "slot " + std::to_string(error.pc) + ": " + ebpf::describe(error.address);
    case Error::Kind::kBadProbe:
      return "slot " + std::to_string(error.pc) + ": marked as a load that may fault: " + error.why;
    case Error::Kind::kMissingExtension:
    case Error::Kind::kTooLarge:
      return error.why;
  }
  __builtin_unreachable();
}

}  // namespace zext::jit
