#include "kernel_shim/btf/check.h"

namespace zext::shim {
namespace {

// KSYM_NAME_LEN of 5.19.
constexpr uint32_t kLongestName = 128;

// As the kernel's ctype table has it, in which Latin-1's letters are letters.
bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  const bool ascii = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return ascii || (byte >= 0xc0 && byte != 0xd7 && byte != 0xf7);
}

bool is_in_name(char c, bool first, bool dots) {
  const bool digit = c >= '0' && c <= '9';
  return is_letter(c) || (digit && !first) || c == '_' || (c == '.' && dots);
}

}  // namespace

bool Check::is_offset(uint32_t name) const {
  return name <= BTF_MAX_NAME_OFFSET && name < btf_.strings_size;
}

bool Check::is_name(uint32_t name, bool dots) const {
  const char* text = btf_.string(name);
  if (!is_in_name(text[0], true, dots)) return false;
  uint32_t length = 1;
  while (length < kLongestName && text[length] != 0) {
    if (!is_in_name(text[length], false, dots)) return false;
    ++length;
  }
  return text[length] == 0;
}

}  // namespace zext::shim
