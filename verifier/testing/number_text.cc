#include "verifier/testing/number_text.h"

#include <array>

namespace zext::verifier {
namespace {

using Half = Bits<32>;
__extension__ using Integer = __int128;

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

Bits<64> word(Integer value) { return Bits<64>::of(static_cast<uint64_t>(value)); }
Half half(Integer value) { return Half::of(static_cast<uint32_t>(static_cast<uint64_t>(value))); }

std::optional<Integer> simple(const std::string& text) {
  size_t used = 0;
  if (text.empty() || text.find_first_not_of("0123456789abcdefx") != std::string::npos) return {};
  const uint64_t value = std::stoull(text, &used, 0);
  if (used != text.size()) return {};
  return Integer{value};
}

struct Ends {
  Integer lo = 0;
  Integer hi = 0;
};

std::optional<Ends> ends_of(const std::string& text) {
  const size_t dots = text.find("..");
  const auto lo = integer_of(text.substr(0, dots));
  const auto hi = dots == std::string::npos ? lo : integer_of(text.substr(dots + 2));
  if (!lo || !hi) return {};
  return Ends{*lo, *hi};
}

// Adds one fact; false: it is none.
bool add_fact(const std::string& fact, bool plain_is_signed, Number& number) {
  const auto after = [&](const char* prefix) -> std::optional<std::string> {
    if (!fact.starts_with(prefix)) return {};
    return trimmed(fact.substr(std::string(prefix).size()));
  };
  if (fact == "any") return true;
  if (const auto bits = after("bits ")) {
    const size_t bar = bits->find('|');
    if (bar == std::string::npos) return false;
    const auto value = integer_of(bits->substr(0, bar));
    const auto mask = integer_of(bits->substr(bar + 1));
    if (!value || !mask) return false;
    number.bits = meet(number.bits, Tnum<Bits<64>>{word(*value), word(*mask)});
    return true;
  }
  if (const auto factor = after("multiple of ")) {
    const auto n = integer_of(*factor);
    if (!n || *n <= 0 || (*n & (*n - 1)) != 0) return false;
    number.bits = meet(number.bits, Tnum<Bits<64>>{word(0), ~word(*n - 1)});
    return true;
  }
  if (const auto range = after("u32 ")) {
    const auto ends = ends_of(*range);
    if (ends) number.u32 = meet(number.u32, {half(ends->lo), half(ends->hi)});
    return ends.has_value();
  }
  if (const auto range = after("s32 ")) {
    const auto ends = ends_of(*range);
    if (ends) number.s32 = meet(number.s32, {half(ends->lo), half(ends->hi)});
    return ends.has_value();
  }
  const auto range = after("s ");
  const auto ends = ends_of(range ? *range : fact);
  if (!ends) return false;
  const bool constant = fact.find("..") == std::string::npos;
  if (range || constant || plain_is_signed) {
    number.s = meet(number.s, {word(ends->lo), word(ends->hi)});
  } else {
    number.u = meet(number.u, {word(ends->lo), word(ends->hi)});
  }
  return true;
}

// "2^32-1" for numbers near great powers of two; else decimal.
std::string integer_text(Integer value) {
  if (value < 0) return "-" + integer_text(-value);
  for (const unsigned power : {31u, 32u, 63u, 64u}) {
    const Integer distance = value - (Integer{1} << power);
    if (distance == 0) return "2^" + std::to_string(power);
    if (distance > -100 && distance < 100) {
      return "2^" + std::to_string(power) + (distance < 0 ? "" : "+") +
             std::to_string(static_cast<int>(distance));
    }
  }
  return std::to_string(static_cast<uint64_t>(value));
}

std::string hexadecimal(uint64_t value) {
  char text[20];
  snprintf(text, sizeof text, "%#lx", static_cast<unsigned long>(value));
  return text;
}

std::string range_text(const char* prefix, Integer lo, Integer hi) {
  return prefix + integer_text(lo) + ".." + integer_text(hi);
}

// Each component as a fact, the plain one first.
std::array<std::string, 5> facts_of(const Number& a, bool plain_is_signed) {
  const std::string u = range_text("", a.u.lo.value(), a.u.hi.value());
  const std::string s =
      range_text(plain_is_signed ? "" : "s ", a.s.lo.signed_value(), a.s.hi.signed_value());
  return {plain_is_signed ? s : u,
          "bits " + hexadecimal(a.bits.value.value()) + "|" + hexadecimal(a.bits.mask.value()),
          plain_is_signed ? "" : s, range_text("u32 ", a.u32.lo.value(), a.u32.hi.value()),
          range_text("s32 ", a.s32.lo.signed_value(), a.s32.hi.signed_value())};
}

}  // namespace

std::vector<std::string> parts_of(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    if (std::string part = trimmed(text.substr(at, end - at)); !part.empty()) {
      parts.push_back(std::move(part));
    }
    at = end + separator.size();
  }
  return parts;
}

std::optional<Integer> integer_of(const std::string& text) {
  std::string rest = trimmed(text);
  const bool negative = rest.starts_with("-");
  if (negative) rest = rest.substr(1);
  Integer value = 0;
  if (rest.starts_with("2^")) {
    const size_t sign = rest.find_first_of("+-");
    const auto power = simple(rest.substr(2, sign == std::string::npos ? sign : sign - 2));
    const auto more = sign == std::string::npos ? Integer{0} : simple(rest.substr(sign + 1));
    if (!power || !more || *power > 64) return {};
    value = (Integer{1} << static_cast<unsigned>(*power)) +
            (sign != std::string::npos && rest[sign] == '-' ? -*more : *more);
  } else {
    const auto plain = simple(rest);
    if (!plain) return {};
    value = *plain;
  }
  return negative ? -value : value;
}

bool same_number(const Number& a, const Number& b) { return leq(a, b) && leq(b, a); }

std::optional<Number> number_of(const std::string& text, bool plain_is_signed) {
  Number number = Number::top();
  const std::vector<std::string> facts = parts_of(text, "&");
  for (const std::string& fact : facts) {
    if (!add_fact(fact, plain_is_signed, number)) return {};
  }
  if (facts.empty()) return {};
  return reduce(number);
}

std::string number_text(const Number& number, bool plain_is_signed) {
  if (is_bottom(number)) return "none";
  if (is_constant(number)) {
    const int64_t value = signed_min(number);
    const bool wide = value < -(int64_t{1} << 33) && !plain_is_signed;
    return integer_text(wide ? Integer{unsigned_min(number)} : Integer{value});
  }
  const std::array<std::string, 5> facts = facts_of(number, plain_is_signed);
  // The fewest facts that say it all, in the order of preference.
  std::string shortest = "any";
  if (same_number(*number_of(shortest), number)) return shortest;
  int fewest = 6;
  for (unsigned chosen = 1; chosen < 32; ++chosen) {
    std::string text;
    for (unsigned i = 0; i < facts.size(); ++i) {
      if ((chosen >> i & 1) == 0 || facts[i].empty()) continue;
      text += (text.empty() ? "" : " & ") + facts[i];
    }
    const auto said = text.empty() ? std::nullopt : number_of(text, plain_is_signed);
    if (!said || !same_number(*said, number)) continue;
    if (__builtin_popcount(chosen) < fewest) {
      fewest = __builtin_popcount(chosen);
      shortest = text;
    }
  }
  return fewest < 6 ? shortest
                    : "(no text says this) " + facts[0] + " & " + facts[1] + " & " + facts[2] +
                          " & " + facts[3] + " & " + facts[4];
}

}  // namespace zext::verifier
