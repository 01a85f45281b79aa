// Sequences of system calls for fuzzing: made from a seed, printed, read again.
//
//   std::vector<Op> ops = make_sequence(seed, 200);
//   std::string text = print(ops);                    // one line a call
//   std::expected<std::vector<Op>, std::string> same = parse(text);
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace zext::shim::fuzz {

enum class OpKind : uint8_t {
#define OP(constant, name, weight) constant,
#include "kernel_shim/fuzz/ops.def"
};

struct Op {
  OpKind kind = OpKind::kMapCreate;
  std::array<uint64_t, 6> arguments = {};
  bool operator==(const Op&) const = default;
};

const char* name_of(OpKind kind);

// The same for the same seed, on every machine.
std::vector<Op> make_sequence(uint64_t seed, size_t length);

std::string print(const Op& op);
std::string print(const std::vector<Op>& ops);
// Or what is wrong with which line.
std::expected<std::vector<Op>, std::string> parse(std::string_view text);

// SplitMix64, by Steele, Lea and Flood (2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  uint64_t below(uint64_t limit) { return next() % limit; }

 private:
  uint64_t state_;
};

}  // namespace zext::shim::fuzz
