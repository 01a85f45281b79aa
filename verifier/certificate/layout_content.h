// How a file tells what a register or stack slot holds: type and kind of number in the first byte,
// then, where there is more to say, which fields are given, then those.
//
//   content_layout(io, cut_point.ranges, content);      // io: a Writer or a Reader
#pragma once

#include <algorithm>

#include "verifier/certificate/layout_number.h"
#include "verifier/platform/helper.h"

namespace zext::verifier::certificate {

template <class Io>
void sum_layout(Io& io, Sum& sum) {
  uint64_t count = sum.terms.size();
  io.natural(count);
  if (!io.require(count <= kMaxTerms, "a sum of too many terms")) return;
  if (!io.make_room(sum.terms, count)) return;
  for (Sum::Term& term : sum.terms) {
    io.symbol(term.symbol);
    io.integer(term.factor);
  }
  io.integer(sum.constant);
  for (size_t i = 0; i < sum.terms.size(); ++i) {
    io.require(sum.terms[i].factor != 0, "a term of a sum that is 0 times its symbol");
    io.require(i == 0 || sum.terms[i - 1].symbol < sum.terms[i].symbol,
               "terms of a sum that do not ascend");
  }
}

enum class FormKind : uint8_t {
  kNone,
  kSymbol,    // a symbol, once
  kConstant,  // what the number is at least, as a signed integer
  kSum,
};

inline FormKind form_kind_of(const Content& content) {
  const Sum& form = content.form;
  if (!content.has_form) return FormKind::kNone;
  if (form.terms.empty() && form.constant == content.number.slo) return FormKind::kConstant;
  const bool symbol = form.terms.size() == 1 && form.terms[0].factor == 1 && form.constant == 0;
  return symbol ? FormKind::kSymbol : FormKind::kSum;
}

// Which fields of a content are given: two bits of a FormKind, and one for each of these.
inline constexpr unsigned kNullable = 1u << 2;
inline constexpr unsigned kReadOnly = 1u << 3;
inline constexpr unsigned kObject = 1u << 4;
inline constexpr unsigned kMap = 1u << 5;
inline constexpr unsigned kDetail = 1u << 6;
inline constexpr unsigned kFrame = 1u << 7;
inline constexpr unsigned kStructure = 1u << 8;
inline constexpr unsigned kTrust = 1u << 9;
inline constexpr unsigned kReference = 1u << 10;
inline constexpr unsigned kAllFields = (1u << 11) - 1;

inline unsigned fields_of(const Content& content) {
  unsigned fields = static_cast<unsigned>(form_kind_of(content));
  const auto add = [&](bool given, unsigned field) { fields |= given ? field : 0; };
  add(content.nullable, kNullable);
  add(content.read_only, kReadOnly);
  add(content.object != 0, kObject);
  add(content.map != kNone, kMap);
  add(content.detail != 0, kDetail);
  add(content.frame != 0, kFrame);
  add(content.structure != 0, kStructure);
  add(content.trust != 0, kTrust);
  add(content.reference != 0, kReference);
  return fields;
}

template <class Io>
void fields_layout(Io& io, unsigned fields, Content& content) {
  content.nullable = (fields & kNullable) != 0;
  content.read_only = (fields & kReadOnly) != 0;
  if ((fields & kObject) != 0) io.object(content.object);
  if ((fields & kMap) != 0) io.natural(content.map);
  if ((fields & kDetail) != 0) io.natural(content.detail);
  if ((fields & kFrame) != 0) io.byte(content.frame);
  if ((fields & kStructure) != 0) io.byte(content.structure);
  if ((fields & kTrust) != 0) io.byte(content.trust);
  if ((fields & kReference) != 0) io.object(content.reference);
  io.require(content.frame < kMaxFrames, "a frame that there cannot be");
  io.require(content.trust <= static_cast<uint8_t>(Trust::kTrusted), "a trust that there is not");
}

// All of a form but where it is the number's constant.
template <class Io>
void form_layout(Io& io, FormKind kind, Content& content) {
  content.has_form = kind != FormKind::kNone;
  if (kind == FormKind::kSum) sum_layout(io, content.form);
  if (kind == FormKind::kSymbol && io.make_room(content.form.terms, 1)) {
    io.symbol(content.form.terms[0].symbol);
    content.form.terms[0].factor = 1;
  }
}

template <class Io>
void content_layout(Io& io, const std::vector<Range>& ranges, Content& content) {
  const auto by_form = [&](FormKind kind) {
    const bool useful = kind == FormKind::kSymbol || kind == FormKind::kSum;
    return useful ? implied(content.form, content.type, ranges) : Number{};
  };
  unsigned fields = 0;
  unsigned head = 0;
  if constexpr (!Io::kReads) {
    fields = fields_of(content);
    const Number guess = by_form(form_kind_of(content));
    const NumberKind kind = kind_of(content.number, &guess);
    head = static_cast<unsigned>(content.type) * kNumberKinds + static_cast<unsigned>(kind);
    head = 2 * head + (fields != 0 ? 1 : 0);
  }
  io.natural(head);
  if (head % 2 != 0) io.natural(fields);
  const unsigned type = head / 2 / kNumberKinds;
  io.require(type <= static_cast<unsigned>(Type::kFunction), "a type that there is not");
  if (!io.require(fields <= kAllFields, "fields that there are not")) return;

  content.type = static_cast<Type>(type);
  const auto form = static_cast<FormKind>(fields % 4);
  fields_layout(io, fields, content);
  form_layout(io, form, content);
  if (io.failed()) return;
  number_layout(io, static_cast<NumberKind>(head / 2 % kNumberKinds), by_form(form),
                content.number);
  if (form == FormKind::kConstant) content.form.constant = content.number.slo;
}

}  // namespace zext::verifier::certificate
