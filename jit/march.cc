#include "jit/march.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace zext::jit {
namespace {

using rv64::Extension;
using enum MarchError::Kind;

// A known extension, and what it brings of what generated code uses.
struct Known {
  std::string_view name;
  Extensions brings = {};
};

constexpr Extensions kCompressed = {Extension::kC};
constexpr Extensions kBitManipulation = {Extension::kZba, Extension::kZbb, Extension::kZbs};
constexpr Extensions kGeneral = kRequired | Extensions{Extension::kZicsr, Extension::kZifencei};

constexpr Known kProfiles[] = {
    {"rva20u64", kRequired | kCompressed | Extensions{Extension::kZicsr}},
    {"rva22u64", kRequired | kCompressed | kBitManipulation | Extensions{Extension::kZicsr}},
    {"rva23u64", kRequired | kCompressed | kBitManipulation |
                     Extensions{Extension::kZicsr, Extension::kZicond}},
};

constexpr Known kLetters[] = {
    {"m", {Extension::kM}},
    {"a", {Extension::kA}},
    {"c", kCompressed},
    {"b", kBitManipulation},
    {"f"},
    {"d"},
    {"q"},
    {"h"},
    {"v"},
};

// Zca is C without its floating-point instructions, of which generated code has none; the other
// Zc extensions all depend on it.
constexpr Known kNames[] = {
    {"zicsr", {Extension::kZicsr}}, {"zifencei", {Extension::kZifencei}},
    {"zba", {Extension::kZba}},     {"zbb", {Extension::kZbb}},
    {"zbs", {Extension::kZbs}},     {"zicond", {Extension::kZicond}},
    {"zca", kCompressed},           {"zcb", kCompressed},
    {"zcd", kCompressed},           {"zcmp", kCompressed},
    {"zcmt", kCompressed},          {"zcmop", kCompressed},
};

// Those that change nothing: parts of M and A, which do for neither; counters, hints, cache blocks,
// may-be operations, control-flow integrity; floating point; other bit manipulation, cryptography;
// vectors; and supervisor and machine level, as device trees name them.
constexpr std::string_view kUnused =
    "zmmul zaamo zalrsc zabha zacas zama16b zawrs za64rs za128rs zicntr zihpm zihintpause "
    "zihintntl zicbom zicbop zicboz zic64b zimop zicfilp zicfiss ziccamoa ziccamoc ziccif "
    "zicclsm ziccrse ztso zfa zfh zfhmin zfbfmin zfinx zdinx zhinx zhinxmin zbc zbkb zbkc "
    "zbkx zk zkn zknd zkne zknh zkr zks zksed zksh zkt zve32f zve32x zve64d zve64f zve64x "
    "zvfh zvfhmin zvfbfmin zvfbfwma zvbb zvbc zvkb zvkg zvkn zvknc zvkned zvkng zvknha "
    "zvknhb zvks zvksc zvksed zvksg zvksh zvkt zvl32b zvl64b zvl128b zvl256b zvl512b "
    "zvl1024b smaia smcntrpmf smepmp smmpm smnpm smrnmi smstateen ssaia ssccptr sscofpmf "
    "sscounterenw ssnpm sspm ssstateen ssstrict sstc sstvala sstvecd ssu64xl supm svade "
    "svadu svbare svinval svnapot svpbmt svvptc sha shcounterenw shgatpa shtvala shvsatpa "
    "shvstvala shvstvecd ";

constexpr bool unused(std::string_view name) {
  for (std::string_view rest = kUnused; !rest.empty();) {
    const size_t end = rest.find(' ');
    if (rest.substr(0, end) == name) return true;
    rest.remove_prefix(end + 1);
  }
  return false;
}

constexpr bool digit(char c) { return '0' <= c && c <= '9'; }
constexpr bool starts_name(char c) { return c == 'z' || c == 's' || c == 'x'; }

// How many characters at the front of `text` are a version: digits, and perhaps p and digits.
size_t version_length(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && digit(text[end])) ++end;
  if (end == 0 || end + 1 >= text.size() || text[end] != 'p' || !digit(text[end + 1])) return end;
  for (++end; end < text.size() && digit(text[end]);) ++end;
  return end;
}

// `name` without the version at its end.
std::string_view unversioned(std::string_view name) {
  size_t end = name.size();
  while (end > 0 && digit(name[end - 1])) --end;
  if (end == name.size()) return name;
  if (end < 2 || name[end - 1] != 'p' || !digit(name[end - 2])) return name.substr(0, end);
  for (--end; end > 0 && digit(name[end - 1]);) --end;
  return name.substr(0, end);
}

class Parser {
 public:
  std::expected<Extensions, MarchError> parse(std::string_view march) {
    if (!all(march)) return std::unexpected(error_);
    return result_;
  }

 private:
  bool fail(MarchError::Kind kind, std::string_view part) {
    error_ = {.kind = kind, .part = part};
    return false;
  }

  bool all(std::string_view march) {
    for (size_t i = 0; i < march.size(); ++i) {
      if ('A' <= march[i] && march[i] <= 'Z') return fail(kUpperCase, march.substr(i, 1));
    }
    if (!start(march)) return false;
    // What is left of the first part, then the parts after underscores.
    size_t end = march.find('_');
    if (!part(march.substr(0, end))) return false;
    while (end != std::string_view::npos) {
      march.remove_prefix(end + 1);
      end = march.find('_');
      if (march.substr(0, end).empty()) return fail(kEmptyName, march);
      if (!part(march.substr(0, end))) return false;
    }
    return true;
  }

  // Takes rv64 and the base, or a profile.
  bool start(std::string_view& march) {
    for (const Known& profile : kProfiles) {
      if (march.substr(0, march.find('_')) != profile.name) continue;
      march.remove_prefix(profile.name.size());
      result_ = profile.brings;
      return true;
    }
    constexpr std::string_view kArchitecture = "rv64";
    if (!march.starts_with(kArchitecture)) return fail(kNotRv64, march);
    march.remove_prefix(kArchitecture.size());
    const std::string_view base = march.substr(0, 1);
    if (base == "e") return fail(kEmbeddedBase, base);
    if (base != "i" && base != "g") {
      const std::string_view name = march.substr(march.starts_with('_') ? 1 : 0);
      const bool longer = !name.empty() && starts_name(name[0]);
      return fail(kMissingBase, name.substr(0, longer ? name.find('_') : 1));
    }
    march.remove_prefix(1);
    march.remove_prefix(version_length(march));
    result_ = base == "i" ? Extensions{Extension::kI} : kGeneral;
    return true;
  }

  // Single letters with their versions, and perhaps a longer name at the end.
  bool part(std::string_view text) {
    while (!text.empty()) {
      if (starts_name(text[0])) return name(text);
      const std::string_view letter = text.substr(0, 1);
      if (!extension(letter, kLetters, letter, kUnknownLetter)) return false;
      text.remove_prefix(1);
      text.remove_prefix(version_length(text));
    }
    return true;
  }

  bool name(std::string_view whole) {
    const std::string_view bare = unversioned(whole);
    return unused(bare) ? once(bare) : extension(bare, kNames, whole, kUnknownName);
  }

  template <size_t kCount>
  bool extension(std::string_view name, const Known (&known)[kCount], std::string_view whole,
                 MarchError::Kind unknown) {
    for (const Known& one : known) {
      if (one.name != name) continue;
      result_ = result_ | one.brings;
      return once(name);
    }
    return fail(unknown, whole);
  }

  // All in seen_ differ and are known, so that it stays short.
  bool once(std::string_view name) {
    if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) return fail(kTwice, name);
    seen_.push_back(name);
    return true;
  }

  Extensions result_;
  MarchError error_;
  std::vector<std::string_view> seen_;
};

}  // namespace

std::expected<Extensions, MarchError> parse_march(std::string_view march) {
  return Parser().parse(march);
}

}  // namespace zext::jit
