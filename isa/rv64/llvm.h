// LLVM's disassembler as an oracle: what llvm-objdump-19 makes of words that we choose.
//
//   auto texts = disassemble_with_llvm({{0x00150513, 4}, {0x0505, 2}});
//   // {"addi a0, a0, 0x1", "c.addi a0, 0x1"}; "<unknown>" for what LLVM knows no instruction for
//
// For tests: one run of llvm-mc-19 and one of llvm-objdump-19 for the whole batch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace zext::rv64 {

struct Encoding {
  uint32_t bits;
  unsigned bytes;  // 2 or 4; must be the length that the bits themselves tell
};

inline constexpr const char* kLlvmUnknown = "<unknown>";

// The encodings lie one behind the other from address 0 on. Nothing if a tool fails or the listing
// does not have one line for each.
std::optional<std::vector<std::string>> disassemble_with_llvm(const std::vector<Encoding>& batch);

}  // namespace zext::rv64
