#include "verifier/check/format.h"

namespace zext::verifier {
namespace {

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> text) : text_(text) {}

  char peek() const { return at_ < text_.size() ? static_cast<char>(text_[at_]) : '\0'; }
  char next() {
    const char c = peek();
    if (at_ < text_.size()) ++at_;
    return c;
  }
  bool take(char wanted) {
    if (peek() != wanted) return false;
    next();
    return true;
  }
  bool take_any(const char* wanted) {
    for (; *wanted != '\0'; ++wanted) {
      if (take(*wanted)) return true;
    }
    return false;
  }

 private:
  std::span<const uint8_t> text_;
  size_t at_ = 0;
};

constexpr const char* kDigits = "0123456789";

// Behind "%p": nothing, a kind of address, or a string it points to.
bool pointer(Reader& text) {
  if (text.take_any("ku")) return text.take('s');
  if (text.take_any("iI")) return text.take_any("46");
  text.take_any("KxsSB");
  return true;
}

// Behind a '%' that is not doubled.
bool conversion(Reader& text) {
  while (text.take_any("0+- ")) {
  }
  while (text.take_any(kDigits)) {
  }
  if (text.take('p')) return pointer(text);
  if (text.take_any("sc")) return true;
  if (text.take('l')) text.take('l');
  return text.take_any("diuxX");
}

bool printable(char c) { return (c >= ' ' && c <= '~') || (c >= '\t' && c <= '\r'); }

}  // namespace

std::optional<uint32_t> words_of_format(std::span<const uint8_t> bytes) {
  Reader text(bytes);
  uint32_t words = 0;
  while (text.peek() != '\0') {
    const char c = text.next();
    if (!printable(c)) return std::nullopt;
    if (c != '%' || text.take('%')) continue;
    if (!conversion(text)) return std::nullopt;
    ++words;
  }
  return words;
}

}  // namespace zext::verifier
