// Numbers, sums and contents of registers as text, for to_text (text.h).
//
//   content_text(content, ranges)       // "packet + 14..34 = 4*s5 + 14"
#pragma once

#include <string>

#include "verifier/certificate/certificate.h"

namespace zext::verifier::certificate {

// "s5"; those of every program have a name: "packet_size".
std::string symbol_text(uint32_t symbol);
std::string sum_text(const Sum& sum);
// "2^32-1" near great powers of two, else decimal. For 64-bit numbers of either sign.
__extension__ using Wide = __int128;
std::string integer_text(Wide value);
std::string map_text(uint32_t map);
// Ascending ranges of the symbols in it: what they say of the number is not repeated.
std::string content_text(const Content& content, const std::vector<Range>& ranges);

}  // namespace zext::verifier::certificate
