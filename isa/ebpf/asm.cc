#include "isa/ebpf/asm.h"

#include <algorithm>
#include <optional>

#include "isa/ebpf/asm_parser.h"
#include "isa/ebpf/decode.h"
#include "isa/ebpf/encode.h"

namespace zext::ebpf {
namespace {

using internal::Label;
using internal::Reference;

// An assembly in progress: what the lines so far gave.
struct Assembly {
  std::vector<Slot> slots;
  std::vector<Label> labels;          // sorted by name once all are known
  std::vector<Reference> references;  // to be resolved when all labels are known
};

AsmError error_at(const Reference& reference, std::string what, std::string hint) {
  return {reference.line, reference.column, std::move(what), std::move(hint)};
}

std::optional<AsmError> add_line(std::string_view line, uint32_t number, Assembly& assembly) {
  auto statement = internal::parse(line, number);
  if (!statement) return statement.error();
  const auto slot = static_cast<uint32_t>(assembly.slots.size());
  for (Label& label : statement->labels) {
    label.slot = slot;
    assembly.labels.push_back(label);
  }
  if (!statement->insn) return std::nullopt;
  append(*statement->insn, assembly.slots);
  // The decoder knows what an instruction may not be, such as a write to r10.
  if (const auto decoded = decode(assembly.slots, slot); !decoded) {
    return AsmError{number, statement->column, "this instruction has no encoding",
                    describe(decoded.error())};
  }
  if (statement->reference) {
    statement->reference->slot = slot;
    assembly.references.push_back(*statement->reference);
  }
  return std::nullopt;
}

std::optional<AsmError> sort_labels(std::vector<Label>& labels) {
  std::stable_sort(labels.begin(), labels.end(),
                   [](const Label& a, const Label& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(labels.begin(), labels.end(),
                         [](const Label& a, const Label& b) { return a.name == b.name; });
  if (twice == labels.end()) return std::nullopt;
  const Label& second = *std::next(twice);
  return AsmError{second.line, second.column,
                  "label `" + std::string(second.name) + "` is defined twice",
                  "it is also on line " + std::to_string(twice->line) + "; rename one"};
}

std::optional<AsmError> resolve(const Reference& reference, Assembly& assembly) {
  const auto found =
      std::lower_bound(assembly.labels.begin(), assembly.labels.end(), reference.name,
                       [](const Label& label, std::string_view name) { return label.name < name; });
  if (found == assembly.labels.end() || found->name != reference.name) {
    return error_at(reference, "label `" + std::string(reference.name) + "` is not defined",
                    "define it with `" + std::string(reference.name) + ":`");
  }
  const int64_t distance = int64_t{found->slot} - reference.slot - 1;
  Slot& slot = assembly.slots[reference.slot];
  if (reference.in_immediate) {
    slot.imm = static_cast<int32_t>(distance);
    return std::nullopt;
  }
  if (distance != static_cast<int16_t>(distance)) {
    return error_at(reference, "label `" + std::string(reference.name) + "` is too far away",
                    "a 16-bit offset does not reach it; branch over a gotol");
  }
  slot.offset = static_cast<int16_t>(distance);
  return std::nullopt;
}

}  // namespace

std::string describe(const AsmError& error) {
  return "line " + std::to_string(error.line) + ", column " + std::to_string(error.column) + ": " +
         error.what + "; " + error.hint;
}

std::expected<std::vector<Slot>, AsmError> assemble(std::string_view text) {
  Assembly assembly;
  uint32_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (auto error = add_line(text.substr(0, end), ++number, assembly)) {
      return std::unexpected(std::move(*error));
    }
    if (assembly.slots.size() > kMaxSlots) {
      return std::unexpected(AsmError{number, 1, "the program is too long",
                                      "it has more than " + std::to_string(kMaxSlots) + " slots"});
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (auto error = sort_labels(assembly.labels)) return std::unexpected(std::move(*error));
  for (const Reference& reference : assembly.references) {
    if (auto error = resolve(reference, assembly)) return std::unexpected(std::move(*error));
  }
  return assembly.slots;
}

}  // namespace zext::ebpf
