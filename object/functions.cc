#include "object/functions.h"

#include <elf.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "object/references.h"

namespace zext::object {
namespace {

constexpr uint64_t kSlot = sizeof(ebpf::Slot);

// More than any program: Linux's limit for one is a million instructions.
constexpr uint64_t kMaxSectionSlots = uint64_t{1} << 24;

std::unexpected<Error> error(std::string where, std::string what,
                             std::string hint = "compile the object again") {
  return std::unexpected(Error{std::move(where), std::move(what), std::move(hint)});
}

std::optional<Error> check_code(const Section& section) {
  if (section.bytes.size() % kSlot != 0) {
    return Error{"section " + quoted(section.name), "its size is no multiple of 8, an instruction",
                 "compile the object again"};
  }
  if (section.bytes.size() / kSlot > kMaxSectionSlots) {
    return Error{"section " + quoted(section.name), "has more than 16 million instructions",
                 "split the program"};
  }
  return std::nullopt;
}

// The functions that symbols name, by section and place; of several names for one place the
// first, global ones before static ones.
std::expected<std::vector<SourceFunction>, Error> named_functions(const ElfFile& elf) {
  std::vector<SourceFunction> list;
  for (const Symbol& symbol : elf.symbols) {
    if (symbol.type != STT_FUNC || symbol.section == SHN_UNDEF) continue;
    if (symbol.section >= elf.sections.size() || !elf.sections[symbol.section].code()) continue;
    const std::string where = "function " + quoted(symbol.name);
    if (symbol.value % kSlot != 0 || symbol.size % kSlot != 0) {
      return error(where, "does not begin and end at an instruction");
    }
    SourceFunction function;
    function.name = symbol.name;
    function.section = symbol.section;
    function.first_slot = static_cast<uint32_t>(symbol.value / kSlot);
    function.slots = static_cast<uint32_t>(symbol.size / kSlot);
    function.local = symbol.binding == STB_LOCAL;
    function.hidden = symbol.visibility == STV_HIDDEN || symbol.visibility == STV_INTERNAL;
    list.push_back(std::move(function));
  }
  std::ranges::stable_sort(list, {}, [](const SourceFunction& function) {
    return std::tuple(function.section, function.first_slot, function.local);
  });
  const auto twice = std::ranges::unique(list, {}, [](const SourceFunction& function) {
    return std::pair(function.section, function.first_slot);
  });
  list.erase(twice.begin(), twice.end());
  return list;
}

// Assembly may have sections without a function symbol: such a section is one function.
void add_unnamed(const ElfFile& elf, std::vector<SourceFunction>& list) {
  std::vector<bool> named(elf.sections.size());
  for (const SourceFunction& function : list) named[function.section] = true;
  for (uint32_t i = 0; i < elf.sections.size(); ++i) {
    if (!elf.sections[i].code() || elf.sections[i].bytes.empty() || named[i]) continue;
    SourceFunction function;
    function.name = elf.sections[i].name;
    function.section = i;
    list.push_back(std::move(function));
  }
  std::ranges::stable_sort(list, {}, [](const SourceFunction& function) {
    return std::tuple(function.section, function.first_slot);
  });
}

// Gives functions without a size (assembly again) all up to the next one.
std::optional<Error> settle_ends(const ElfFile& elf, std::vector<SourceFunction>& list) {
  for (size_t i = 0; i < list.size(); ++i) {
    SourceFunction& function = list[i];
    const uint64_t section_end = elf.sections[function.section].bytes.size() / kSlot;
    const bool last = i + 1 == list.size() || list[i + 1].section != function.section;
    const uint64_t limit = last ? section_end : list[i + 1].first_slot;
    if (function.slots == 0) function.slots = static_cast<uint32_t>(limit - function.first_slot);
    if (function.slots == 0) {
      return Error{"function " + quoted(function.name), "is empty", "compile the object again"};
    }
    if (uint64_t{function.first_slot} + function.slots > limit) {
      return Error{"function " + quoted(function.name), "overlaps the next function",
                   "compile the object again"};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<uint32_t> Functions::starting_at(uint32_t section, uint64_t slot) const {
  const auto place = [](const SourceFunction& function) {
    return std::pair<uint32_t, uint64_t>(function.section, function.first_slot);
  };
  const auto wanted = std::pair(section, slot);
  const auto found = std::ranges::lower_bound(list, wanted, {}, place);
  if (found == list.end() || place(*found) != wanted) return std::nullopt;
  return static_cast<uint32_t>(found - list.begin());
}

std::vector<ebpf::Slot> slots_of(const ElfFile& elf, const SourceFunction& function) {
  std::vector<ebpf::Slot> slots(function.slots);
  const Bytes bytes = elf.sections[function.section].bytes.subspan(function.first_slot * kSlot,
                                                                   function.slots * kSlot);
  std::memcpy(slots.data(), bytes.data(), bytes.size());
  return slots;
}

std::expected<Functions, Error> read_functions(const ElfFile& elf, const MapTable& maps,
                                               const Externs& externs) {
  for (const Section& section : elf.sections) {
    if (!section.code()) continue;
    if (auto wrong = check_code(section)) return std::unexpected(*std::move(wrong));
  }
  auto list = named_functions(elf);
  if (!list) return std::unexpected(list.error());
  add_unnamed(elf, *list);
  if (auto wrong = settle_ends(elf, *list)) return std::unexpected(*std::move(wrong));
  Functions functions{std::move(*list)};
  if (functions.list.empty()) {
    return error("file", "holds no code", "put the program in a section: SEC(\"xdp\") int f(...)");
  }
  for (SourceFunction& function : functions.list) {
    auto references = read_references({elf, maps, externs}, functions, function);
    if (!references) {
      function.broken = std::move(references.error());
      continue;
    }
    function.references = std::move(references->references);
    function.externs = std::move(references->externs);
  }
  return functions;
}

}  // namespace zext::object
