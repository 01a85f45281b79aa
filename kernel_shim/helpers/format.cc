#include "kernel_shim/helpers/format.h"

#include <errno.h>

#include "kernel_shim/helpers/characters.h"
#include "kernel_shim/helpers/peek.h"

namespace zext::shim::helpers {
namespace {

// What stands behind a % in a format.
enum class Conversion : uint8_t {
  kDecimal,
  kUnsigned,
  kHexadecimal,
  kUpperHexadecimal,
  kCharacter,
  kString,  // of the kernel or the user, whichever can be read
  kKernelString,
  kUserString,
  kPointer,
  kSymbol,      // a pointer that Linux prints by name; there are no names here
  kIpv4,        // 1.2.3.4
  kIpv4Padded,  // 001.002.003.004
  kIpv6,        // 0001:0002:...
  kIpv6Bare,    // the same without colons
};

struct Specifier {
  Conversion conversion = Conversion::kDecimal;
  bool zero = false;
  bool left = false;
  bool plus = false;
  bool space = false;
  uint32_t width = 0;
  uint8_t bytes = 4;  // of a number
};

// Reads the specifier behind a %; `at` is behind it afterwards. A format ends with a NUL.
class Parser {
 public:
  explicit Parser(const char*& at) : at_(at) {}

  bool parse(Specifier* specifier) {
    flags(*specifier);
    switch (*at_) {
      case 'p':
        ++at_;
        return pointer(*specifier);
      case 's':
        ++at_;
        specifier->conversion = Conversion::kString;
        return ends_here();
      case 'c':
        ++at_;
        specifier->conversion = Conversion::kCharacter;
        return true;
      default:
        return number(*specifier);
    }
  }

 private:
  void flags(Specifier& specifier) {
    for (;; ++at_) {
      if (*at_ == '0') {
        specifier.zero = true;
      } else if (*at_ == '+') {
        specifier.plus = true;
      } else if (*at_ == '-') {
        specifier.left = true;
      } else if (*at_ == ' ') {
        specifier.space = true;
      } else {
        break;
      }
    }
    while (is_digit(*at_)) {
      // Linux keeps widths in 24 bits; none as wide as the text's limit makes a difference.
      if (specifier.width < 100'000) specifier.width = 10 * specifier.width + digit_of(*at_);
      ++at_;
    }
  }

  bool number(Specifier& specifier) {
    for (int i = 0; i < 2 && *at_ == 'l'; ++i, ++at_) specifier.bytes = 8;
    switch (*at_++) {
      case 'd':
      case 'i':
        specifier.conversion = Conversion::kDecimal;
        return true;
      case 'u':
        specifier.conversion = Conversion::kUnsigned;
        return true;
      case 'x':
        specifier.conversion = Conversion::kHexadecimal;
        return true;
      case 'X':
        specifier.conversion = Conversion::kUpperHexadecimal;
        return true;
      default:
        return false;
    }
  }

  bool pointer(Specifier& specifier) {
    if ((*at_ == 'k' || *at_ == 'u') && at_[1] == 's') {
      specifier.conversion = *at_ == 'k' ? Conversion::kKernelString : Conversion::kUserString;
      at_ += 2;
      return ends_here();
    }
    if (*at_ == 's' || *at_ == 'S' || *at_ == 'B') {
      ++at_;
      specifier.conversion = Conversion::kSymbol;
      return true;
    }
    if (*at_ == 'K' || *at_ == 'x' || ends_here()) {
      if (*at_ == 'K' || *at_ == 'x') ++at_;
      specifier.conversion = Conversion::kPointer;
      return true;
    }
    return address(specifier);
  }

  bool address(Specifier& specifier) {
    const char kind = *at_;
    if (kind != 'i' && kind != 'I') return false;
    const char version = at_[1];
    if (version != '4' && version != '6') return false;
    at_ += 2;
    if (version == '4') {
      specifier.conversion = kind == 'I' ? Conversion::kIpv4 : Conversion::kIpv4Padded;
    } else {
      specifier.conversion = kind == 'I' ? Conversion::kIpv6 : Conversion::kIpv6Bare;
    }
    return true;
  }

  // Nothing that belongs to the specifier may follow.
  bool ends_here() const { return *at_ == 0 || is_space(*at_) || is_punctuation(*at_); }

  const char*& at_;
};

// Collects text as snprintf does.
class Printer {
 public:
  Printer(const Host& host, char* text, uint64_t size) : host_(host), text_(text), size_(size) {}

  void put(char c) {
    if (length_ + 1 < size_) text_[length_] = c;
    ++length_;
  }
  uint64_t finish() {
    if (size_ != 0) text_[length_ < size_ ? length_ : size_ - 1] = 0;
    return length_;
  }

  void value(const Specifier& specifier, uint64_t value) {
    switch (specifier.conversion) {
      case Conversion::kDecimal: {
        const int64_t number = specifier.bytes == 4 ? int64_t{static_cast<int32_t>(value)}
                                                    : static_cast<int64_t>(value);
        const uint64_t magnitude = number < 0 ? -static_cast<uint64_t>(number) : value_of(number);
        const char sign = number < 0 ? '-' : specifier.plus ? '+' : specifier.space ? ' ' : 0;
        return number_text(specifier, magnitude, 10, sign, "0123456789abcdef");
      }
      case Conversion::kUnsigned:
        return number_text(specifier, cut(specifier, value), 10, 0, "0123456789abcdef");
      case Conversion::kHexadecimal:
        return number_text(specifier, cut(specifier, value), 16, 0, "0123456789abcdef");
      case Conversion::kUpperHexadecimal:
        return number_text(specifier, cut(specifier, value), 16, 0, "0123456789ABCDEF");
      case Conversion::kCharacter: {
        const char c = static_cast<char>(value);
        return padded(specifier, &c, 1);
      }
      case Conversion::kString:
      case Conversion::kKernelString:
      case Conversion::kUserString:
        return string(specifier, value);
      case Conversion::kPointer: {
        Specifier digits = specifier;
        digits.zero |= specifier.width == 0;
        if (specifier.width == 0) digits.width = 16;
        return number_text(digits, value, 16, 0, "0123456789abcdef");
      }
      case Conversion::kSymbol: {
        put('0');
        put('x');
        return number_text({.zero = true, .width = 16}, value, 16, 0, "0123456789abcdef");
      }
      case Conversion::kIpv4:
      case Conversion::kIpv4Padded:
        return ipv4(specifier, value);
      case Conversion::kIpv6:
      case Conversion::kIpv6Bare:
        return ipv6(specifier, value);
    }
  }

 private:
  static uint64_t value_of(int64_t number) { return static_cast<uint64_t>(number); }
  static uint64_t cut(const Specifier& specifier, uint64_t value) {
    return specifier.bytes == 4 ? static_cast<uint32_t>(value) : value;
  }

  void fill(char c, uint64_t count) {
    for (; count != 0; --count) put(c);
  }

  void padded(const Specifier& specifier, const char* text, uint64_t length) {
    const uint64_t padding = specifier.width > length ? specifier.width - length : 0;
    if (!specifier.left) fill(' ', padding);
    for (uint64_t i = 0; i < length; ++i) put(text[i]);
    if (specifier.left) fill(' ', padding);
  }

  void number_text(const Specifier& specifier, uint64_t magnitude, unsigned base, char sign,
                   const char* digits) {
    char text[24];
    unsigned at = sizeof text;
    do {
      text[--at] = digits[magnitude % base];
      magnitude /= base;
    } while (magnitude != 0);
    const unsigned length = sizeof text - at;
    const bool zeros = specifier.zero && !specifier.left;
    const unsigned all = length + (sign != 0 ? 1 : 0);
    const uint64_t padding = specifier.width > all ? specifier.width - all : 0;
    if (!zeros && !specifier.left) fill(' ', padding);
    if (sign != 0) put(sign);
    if (zeros) fill('0', padding);
    for (; at < sizeof text; ++at) put(text[at]);
    if (specifier.left) fill(' ', padding);
  }

  // What cannot be read is empty. Longer strings are cut, as by Linux's buffer for arguments.
  void string(const Specifier& specifier, uint64_t address) {
    char text[kMaxString];
    const auto read = [&](Peek peek) {
      return peek_string(host_, peek, text, sizeof text, address);
    };
    int64_t size = -1;
    if (specifier.conversion != Conversion::kUserString) size = read(peek_kernel);
    if (size < 0 && specifier.conversion != Conversion::kKernelString) size = read(peek_user);
    padded(specifier, text, size < 0 ? 0 : static_cast<uint64_t>(size - 1));
  }

  void ipv4(const Specifier& specifier, uint64_t address) {
    uint8_t bytes[4] = {};
    if (host_.peek_kernel(bytes, address, sizeof bytes) != 0) {
      __builtin_memset(bytes, 0, sizeof bytes);
    }
    Piece piece;
    for (unsigned i = 0; i < sizeof bytes; ++i) {
      if (i != 0) piece.put('.');
      const bool padded = specifier.conversion == Conversion::kIpv4Padded;
      if (padded || bytes[i] >= 100) piece.put(static_cast<char>('0' + bytes[i] / 100));
      if (padded || bytes[i] >= 10) piece.put(static_cast<char>('0' + bytes[i] / 10 % 10));
      piece.put(static_cast<char>('0' + bytes[i] % 10));
    }
    plain(piece);
  }

  void ipv6(const Specifier& specifier, uint64_t address) {
    uint8_t bytes[16] = {};
    if (host_.peek_kernel(bytes, address, sizeof bytes) != 0) {
      __builtin_memset(bytes, 0, sizeof bytes);
    }
    constexpr const char* kDigits = "0123456789abcdef";
    Piece piece;
    for (unsigned i = 0; i < sizeof bytes; ++i) {
      const bool colon = specifier.conversion == Conversion::kIpv6 && i != 0 && i % 2 == 0;
      if (colon) piece.put(':');
      piece.put(kDigits[bytes[i] >> 4]);
      piece.put(kDigits[bytes[i] & 0xf]);
    }
    plain(piece);
  }

  // An address that is being made: Linux prints them without regard to width.
  struct Piece {
    char text[64];
    unsigned length = 0;
    void put(char c) { text[length++] = c; }
  };
  void plain(const Piece& piece) {
    for (unsigned i = 0; i < piece.length; ++i) put(piece.text[i]);
  }

  static constexpr uint64_t kMaxString = 512;

  const Host& host_;
  char* text_;
  uint64_t size_;
  uint64_t length_ = 0;
};

// How many specifiers it has, or -EINVAL.
int64_t check(const char* format, uint64_t size) {
  uint64_t length = 0;
  while (length < size && format[length] != 0) ++length;
  if (length == size) return -EINVAL;
  int64_t count = 0;
  for (const char* at = format; *at != 0;) {
    if (!is_printable(*at) && !is_space(*at)) return -EINVAL;
    if (*at++ != '%') continue;
    if (*at == '%') {
      ++at;
      continue;
    }
    Specifier specifier;
    if (!Parser(at).parse(&specifier)) return -EINVAL;
    ++count;
  }
  return count;
}

}  // namespace

int64_t format(const Host& host, char* text, uint64_t size, const char* format,
               uint64_t format_size, const uint64_t* values, uint32_t count) {
  const int64_t wanted = check(format, format_size);
  if (wanted < 0) return wanted;
  if (wanted > count) return -EINVAL;
  Printer printer(host, text, size);
  for (const char* at = format; *at != 0;) {
    if (*at != '%') {
      printer.put(*at++);
      continue;
    }
    ++at;
    if (*at == '%') {
      printer.put(*at++);
      continue;
    }
    Specifier specifier;
    Parser(at).parse(&specifier);
    printer.value(specifier, *values++);
  }
  return static_cast<int64_t>(printer.finish());
}

}  // namespace zext::shim::helpers
