#include "verifier/certificate/text_content.h"

#include <fmt/format.h>

#include "verifier/certificate/format.h"
#include "verifier/certificate/layout_number.h"
#include "verifier/platform/helper.h"
#include "verifier/platform/structure.h"

namespace zext::verifier::certificate {
namespace {

std::string range_text(const char* prefix, Wide lo, Wide hi) {
  if (lo == hi) return prefix + integer_text(lo);
  return fmt::format("{}{}..{}", prefix, integer_text(lo), integer_text(hi));
}

// The views in `given`. Where offsets are meant a plain range is signed, else unsigned.
std::string views_text(const Number& number, unsigned given, bool offset) {
  std::string text;
  const auto add = [&](unsigned view, const std::string& fact) {
    if ((given & view) == 0) return;
    if (!text.empty()) text += " & ";
    text += fact;
  };
  add(kUnsignedView, range_text(offset ? "u " : "", number.lo, number.hi));
  add(kSignedView, range_text(offset ? "" : "s ", number.slo, number.shi));
  add(kBitsView, fmt::format("bits {:#x}|{:#x}", number.ones, number.unknown));
  add(kUnsigned32View, range_text("u32 ", number.lo32, number.hi32));
  add(kSigned32View, range_text("s32 ", number.slo32, number.shi32));
  return text.empty() ? "any" : text;
}

// The views that say it all. Of what follows from the form, its range.
std::string number_text(const Content& content, const std::vector<Range>& ranges) {
  const Number& number = content.number;
  const bool offset = content.type != Type::kNumber;
  if (number == constant_number(number.slo)) return integer_text(number.slo);
  const unsigned plain = offset ? kSignedView : kUnsignedView;
  const bool follows = content.has_form && number != Number{} &&
                       number == implied(content.form, content.type, ranges);
  if (follows || number == implied(number, plain)) {
    return views_text(number, number == Number{} ? 0 : plain, offset);
  }
  return views_text(number, telling_views(number), offset);
}

std::string structure_text(uint8_t structure) {
  const bool known = structure < structures().size();
  const char* name = known ? structures()[structure].name : nullptr;
  return name == nullptr ? fmt::format("structure {}", structure) : name;
}

// What a pointer leads to.
std::string region_text(const Content& content) {
  switch (content.type) {
    case Type::kUninitialised:
    case Type::kNumber:
      return "";
    case Type::kContext:
      return "context";
    case Type::kPacket:
      return "packet";
    case Type::kPacketEnd:
      return "packet end";
    case Type::kPacketMeta:
      return "meta";
    case Type::kStack:
      return content.frame == 0 ? "stack" : fmt::format("stack of frame {}", content.frame);
    case Type::kMemory:
      return "buffer";
    case Type::kMap:
      return map_text(content.map);
    case Type::kMapKey:
      return "key of " + map_text(content.map);
    case Type::kMapValue:
      return (content.detail == 0 ? "value of " : "value of one in ") + map_text(content.map);
    case Type::kRegion:
      return fmt::format("region of {} bytes", content.detail);
    case Type::kStructure:
      return structure_text(content.structure);
    case Type::kObject:
      return fmt::format("object of type {}", content.detail);
    case Type::kPerCpu:
      return fmt::format("variable of each CPU, of type {}", content.detail);
    case Type::kTracepointBuffer:
      return "tracepoint buffer";
    case Type::kFunction:
      return fmt::format("function at {}", content.detail);
  }
  return "";
}

std::string trust_text(uint8_t trust) {
  switch (static_cast<Trust>(trust)) {
    case Trust::kUntrusted:
      return ", untrusted";
    case Trust::kNone:
      return "";
    case Trust::kRcu:
      return ", there in the RCU section";
    case Trust::kTrusted:
      return ", trusted";
  }
  return fmt::format(", trust {}", trust);
}

std::string pointer_text(const Content& content, const std::vector<Range>& ranges) {
  std::string text = region_text(content);
  const std::string offset = number_text(content, ranges);
  if (offset != "0") {
    const bool minus = content.number.slo == content.number.shi && content.number.slo < 0;
    text += minus ? " - " + offset.substr(1) : " + " + offset;
  }
  if (content.nullable) text += " or null";
  // Those that every program has need no number.
  const bool own = content.object != 0 && content.object < kFirstFixedObject;
  if (own) text += fmt::format(", object {}", content.object);
  if (content.reference != 0) text += fmt::format(", held by object {}", content.reference);
  if (content.type == Type::kObject) text += trust_text(content.trust);
  if (content.read_only) text += ", read-only";
  return text;
}

}  // namespace

std::string symbol_text(uint32_t symbol) {
  switch (symbol) {
    case 0:
      return "packet_size";
    case 1:
      return "meta_size_plus_one";
    case 2:
      return "buffer_size";
    case 3:
      return "goto_rounds";
    default:
      return fmt::format("s{}", symbol);
  }
}

std::string integer_text(Wide value) {
  if (value < 0) return "-" + integer_text(-value);
  for (const unsigned power : {31u, 32u, 63u, 64u}) {
    const Wide distance = value - (Wide{1} << power);
    if (distance == 0) return fmt::format("2^{}", power);
    if (distance > -100 && distance < 100) {
      return fmt::format("2^{}{:+}", power, static_cast<int>(distance));
    }
  }
  return fmt::format("{}", static_cast<uint64_t>(value));
}

std::string sum_text(const Sum& sum) {
  std::string text;
  const auto add = [&](Wide amount, const std::string& what) {
    if (text.empty()) {
      text += amount < 0 ? "-" : "";
    } else {
      text += amount < 0 ? " - " : " + ";
    }
    text += what;
  };
  const auto size = [](Wide amount) { return integer_text(amount < 0 ? -amount : amount); };
  for (const Sum::Term& term : sum.terms) {
    const bool once = term.factor == 1 || term.factor == -1;
    add(term.factor, (once ? "" : size(term.factor) + "*") + symbol_text(term.symbol));
  }
  if (sum.constant != 0 || text.empty()) add(sum.constant, size(sum.constant));
  return text;
}

std::string map_text(uint32_t map) {
  if (map == kNone) return "no map";
  return fmt::format("{}map {}", map % 2 == 0 ? "" : "an inner map of ", map / 2);
}

std::string content_text(const Content& content, const std::vector<Range>& ranges) {
  if (content.type == Type::kUninitialised) return "anything";
  std::string text =
      content.type == Type::kNumber ? number_text(content, ranges) : pointer_text(content, ranges);
  const bool constant = content.form.terms.empty() && content.form.constant == content.number.slo &&
                        content.form.constant == content.number.shi;
  if (content.has_form && !constant) text += " = " + sum_text(content.form);
  return text;
}

}  // namespace zext::verifier::certificate
