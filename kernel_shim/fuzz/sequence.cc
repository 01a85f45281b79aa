#include "kernel_shim/fuzz/sequence.h"

#include <charconv>
#include <iterator>

namespace zext::shim::fuzz {
namespace {

constexpr const char* kNames[] = {
#define OP(constant, name, weight) name,
#include "kernel_shim/fuzz/ops.def"
};

constexpr uint32_t kWeights[] = {
#define OP(constant, name, weight) weight,
#include "kernel_shim/fuzz/ops.def"
};

constexpr uint32_t total_weight() {
  uint32_t total = 0;
  for (const uint32_t weight : kWeights) total += weight;
  return total;
}

OpKind pick(Random& random) {
  auto left = static_cast<int64_t>(random.below(total_weight()));
  for (size_t i = 0; i < std::size(kWeights); ++i) {
    left -= kWeights[i];
    if (left < 0) return static_cast<OpKind>(i);
  }
  return OpKind::kClose;
}

// Mostly small numbers, since they mean something; sometimes any, and those at the edges.
uint64_t pick_argument(Random& random) {
  switch (random.below(16)) {
    case 0:
      return random.next();
    case 1:
      return uint64_t{1} << random.below(64);
    case 2:
      return ~uint64_t{0} << random.below(64);
    default:
      return random.below(1024);
  }
}

std::string_view take_word(std::string_view& line) {
  const size_t first = line.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  const size_t end = std::min(line.find(' ', first), line.size());
  const std::string_view word = line.substr(first, end - first);
  line.remove_prefix(end);
  return word;
}

bool parse_line(std::string_view line, Op& op) {
  const std::string_view name = take_word(line);
  size_t kind = 0;
  while (kind < std::size(kNames) && name != kNames[kind]) ++kind;
  if (kind == std::size(kNames)) return false;
  op.kind = static_cast<OpKind>(kind);
  for (uint64_t& argument : op.arguments) {
    const std::string_view word = take_word(line);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), argument, 16);
    if (error != std::errc() || end != word.data() + word.size()) return false;
  }
  return take_word(line).empty();
}

}  // namespace

uint64_t Random::next() {
  uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15;
  z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
  z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
  return z ^ (z >> 31);
}

const char* name_of(OpKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::vector<Op> make_sequence(uint64_t seed, size_t length) {
  Random random(seed);
  std::vector<Op> ops(length);
  for (Op& op : ops) {
    op.kind = pick(random);
    for (uint64_t& argument : op.arguments) argument = pick_argument(random);
  }
  return ops;
}

std::string print(const Op& op) {
  std::string text = name_of(op.kind);
  for (const uint64_t argument : op.arguments) {
    char digits[17];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, argument, 16);
    text += ' ';
    text.append(digits, end);
  }
  return text + "\n";
}

std::string print(const std::vector<Op>& ops) {
  std::string text;
  for (const Op& op : ops) text += print(op);
  return text;
}

std::expected<std::vector<Op>, std::string> parse(std::string_view text) {
  std::vector<Op> ops;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    Op op;
    if (!parse_line(line, op)) {
      return std::unexpected("not a call and six hexadecimal numbers: " + std::string(line));
    }
    ops.push_back(op);
  }
  return ops;
}

}  // namespace zext::shim::fuzz
