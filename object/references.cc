#include "object/references.h"

#include <elf.h>

#include <algorithm>
#include <string>
#include <utility>

namespace zext::object {
namespace {

using ebpf::Op;
using ebpf::row_of;
using ebpf::Slot;

constexpr uint64_t kSlot = sizeof(Slot);

// elf.h of Debian 12 lacks names for these.
constexpr uint32_t kReloc64 = 1;   // R_BPF_64_64
constexpr uint32_t kReloc32 = 10;  // R_BPF_64_32

bool is_imm64(const Slot& slot) { return slot.opcode == row_of(Op::kLoadImm64).opcode; }
bool is_imm64(const Slot& slot, Op op) {
  return is_imm64(slot) && slot.src() == row_of(op).src_field;
}
bool is_call(const Slot& slot) { return slot.opcode == row_of(Op::kCallLocal).opcode; }
bool is_local_call(const Slot& slot) {
  return is_call(slot) && slot.src() == row_of(Op::kCallLocal).src_field;
}

class Reader {
 public:
  Reader(const Scope& scope, const Functions& functions, const SourceFunction& function)
      : elf_(scope.elf),
        maps_(scope.maps),
        externs_(scope.externs),
        functions_(functions),
        function_(function),
        slots_(slots_of(scope.elf, function)) {}

  std::expected<References, Error> read() {
    const auto all = elf_.relocations_of(function_.section);
    const uint64_t begin = function_.first_slot * kSlot;
    auto next = std::ranges::lower_bound(all, begin, {}, &ElfRelocation::offset);
    for (slot_ = 0; slot_ < slots_.size();) {
      const uint32_t width = is_imm64(slots_[slot_]) ? 2 : 1;
      if (slot_ + width > slots_.size()) {
        return error("a 64-bit constant is cut in half by the function's end", "compile again");
      }
      const uint64_t place = begin + slot_ * kSlot;
      const bool relocated = next != all.end() && next->offset == place;
      auto wrong = relocated ? follow(*next++) : follow_relative();
      if (wrong) return std::unexpected(*std::move(wrong));
      if (next != all.end() && next->offset < place + width * kSlot) {
        return error("a second relocation, or one in the middle of the instruction",
                     "compile again");
      }
      slot_ += width;
    }
    return std::move(found_);
  }

 private:
  std::unexpected<Error> error(std::string what, std::string hint) const {
    return std::unexpected(
        Error{"function " + quoted(function_.name) + ", instruction " + std::to_string(slot_),
              std::move(what), std::move(hint)});
  }

  void add(Relocation::Kind kind, uint32_t index, uint64_t offset = 0) {
    found_.references.push_back({slot_, kind, index, static_cast<uint32_t>(offset)});
  }

  // A call or a function's address that needs no relocation, since it is in the same section.
  std::optional<Error> follow_relative() {
    const Slot& slot = slots_[slot_];
    const bool address = is_imm64(slot, Op::kLoadFunction);
    if (is_local_call(slot) || address) {
      const int64_t target = int64_t{function_.first_slot} + slot_ + 1 + slot.imm;
      // What one symbol covers stays together, so that the distance inside it holds.
      const bool inside =
          function_.first_slot < target && target < int64_t{function_.first_slot} + function_.slots;
      if (inside && !functions_.starting_at(function_.section, static_cast<uint64_t>(target))) {
        return std::nullopt;
      }
      return to_function(function_.section, target, address);
    }
    if (is_imm64(slot) && slot.src() != row_of(Op::kLoadImm64).src_field &&
        slot.src() != row_of(Op::kLoadVariable).src_field) {
      return error("loads a map by a number, without a relocation that names it",
                   "refer to the map by its C name")
          .error();
    }
    return std::nullopt;
  }

  std::optional<Error> to_function(uint32_t section, int64_t slot, bool address) {
    const auto target =
        slot < 0 ? std::nullopt : functions_.starting_at(section, static_cast<uint64_t>(slot));
    if (!target) {
      return error("refers to slot " + std::to_string(slot) + " of section " +
                       quoted(elf_.sections[section].name) + ", where no function begins",
                   "keep the symbols of functions: strip with llvm-strip -g")
          .error();
    }
    add(address ? Relocation::Kind::kFunction : Relocation::Kind::kCall, *target);
    return std::nullopt;
  }

  std::optional<Error> follow(const ElfRelocation& relocation) {
    const Symbol& symbol = elf_.symbols[relocation.symbol];
    if (symbol.section == SHN_UNDEF) return undefined(symbol);
    if (symbol.section >= elf_.sections.size()) {
      return error("refers to " + quoted(symbol.name) + ", which is in no section", "compile again")
          .error();
    }
    if (relocation.type == kReloc32 && is_call(slots_[slot_])) return follow_call(symbol);
    if (relocation.type == kReloc64 && is_imm64(slots_[slot_])) return follow_address(symbol);
    return error("a relocation of kind " + std::to_string(relocation.type) +
                     ", which this instruction does not take",
                 "compile with clang or gcc for BPF")
        .error();
  }

  // What the object declares only: for the kernel to define.
  std::optional<Error> undefined(const Symbol& symbol) {
    const bool call = is_call(slots_[slot_]);
    const ExternSymbol* declared = externs_.find(symbol.name);
    if (declared == nullptr) {
      return error((call ? "calls " : "uses ") + quoted(symbol.name) +
                       ", which this object does not define",
                   "define it, link the objects first, or declare it with BTF (-g) as __ksym or "
                   "__kconfig")
          .error();
    }
    const bool function = declared->kind == Extern::Kind::kFunction;
    if (call ? !function : !is_imm64(slots_[slot_])) {
      return error("uses " + quoted(symbol.name) + " in a way that its declaration does not allow",
                   "declare functions as functions, variables as variables")
          .error();
    }
    if (declared->kind == Extern::Kind::kConfig) {
      add(Relocation::Kind::kMapValue, *externs_.config_map, declared->offset);
    }
    found_.externs.push_back({slot_, declared});
    return std::nullopt;
  }

  // The addend counts slots from the one after the call, -1 for a symbol of its own.
  std::optional<Error> follow_call(const Symbol& symbol) {
    if (!elf_.sections[symbol.section].code()) {
      return error("calls " + quoted(symbol.name) + ", which is no code", "compile again").error();
    }
    const int64_t target = static_cast<int64_t>(symbol.value / kSlot) + slots_[slot_].imm + 1;
    return to_function(symbol.section, target, /*address=*/false);
  }

  std::optional<Error> follow_address(const Symbol& symbol) {
    const uint64_t addend = static_cast<uint32_t>(slots_[slot_].imm) |
                            uint64_t{static_cast<uint32_t>(slots_[slot_ + 1].imm)} << 32;
    const uint64_t address = symbol.value + addend;
    const Section& section = elf_.sections[symbol.section];
    if (section.code()) {
      if (address % kSlot != 0) {
        return error("takes an address inside an instruction", "compile again").error();
      }
      return to_function(symbol.section, static_cast<int64_t>(address / kSlot), /*address=*/true);
    }
    const auto place = maps_.at(symbol.section, address);
    if (!place) {
      return error("refers to " + quoted(symbol.name) + " in section " + quoted(section.name) +
                       ", where no map or variable is known",
                   "keep maps in .maps and variables in .data, .rodata or .bss")
          .error();
    }
    if (!place->value) {
      add(Relocation::Kind::kMap, place->map);
      return std::nullopt;
    }
    // One past the end is a place that C allows to name; more is not.
    if (place->offset > section.size) {
      return error("refers to a place outside of section " + quoted(section.name), "compile again")
          .error();
    }
    add(Relocation::Kind::kMapValue, place->map, place->offset);
    return std::nullopt;
  }

  const ElfFile& elf_;
  const MapTable& maps_;
  const Externs& externs_;
  const Functions& functions_;
  const SourceFunction& function_;
  std::vector<Slot> slots_;
  References found_;
  uint32_t slot_ = 0;
};

}  // namespace

std::expected<References, Error> read_references(const Scope& scope, const Functions& functions,
                                                 const SourceFunction& function) {
  return Reader(scope, functions, function).read();
}

}  // namespace zext::object
