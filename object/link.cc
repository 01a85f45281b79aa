#include "object/link.h"

#include <algorithm>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

namespace zext::object {
namespace {

using ebpf::Op;
using ebpf::row_of;
using ebpf::Slot;

constexpr size_t kMaxLineText = 512;
constexpr uint64_t kFunctionCost = 3 * kMaxName / sizeof(Slot) / 8;

class Linker {
 public:
  Linker(const Parts& parts, Budget& budget) : parts_(parts), budget_(budget) {}

  std::expected<Program, Error> link(uint32_t entry) {
    program_.name = source(entry).name;
    program_.section = parts_.elf.sections[source(entry).section].name;
    place(entry);
    // Functions that this one reaches are placed behind it as they are met.
    for (size_t i = 0; i < order_.size(); ++i) {
      if (auto wrong = append(order_[i])) return std::unexpected(*std::move(wrong));
    }
    if (program_.broken) {
      Program broken;
      broken.name = std::move(program_.name);
      broken.section = std::move(program_.section);
      broken.broken = std::move(program_.broken);
      return broken;
    }
    for (size_t i = 0; i < order_.size(); ++i) resolve(i);
    return std::move(program_);
  }

 private:
  const SourceFunction& source(uint32_t function) const { return parts_.functions.list[function]; }

  // The place of a function in the program: its number in order_.
  uint32_t place(uint32_t function) {
    const auto [found, fresh] = places_.try_emplace(function, static_cast<uint32_t>(order_.size()));
    if (fresh) order_.push_back(function);
    return found->second;
  }

  std::optional<Error> append(uint32_t index) {
    const SourceFunction& function = source(index);
    if (function.broken && !program_.broken) program_.broken = function.broken;
    // What the function's name, and the program's if it is the entry, take is accounted as slots.
    const uint64_t cost = uint64_t{function.slots} + kFunctionCost;
    if (cost > budget_.slots) {
      return Error{"function " + quoted(function.name),
                   "the object's programs have more than 4 million instructions when linked",
                   "split the object"};
    }
    budget_.slots -= cost;
    const auto first = static_cast<uint32_t>(program_.slots.size());
    program_.functions.push_back({.name = std::string(function.name),
                                  .first_slot = first,
                                  .slots = function.slots,
                                  .global = !function.local && !function.hidden});
    const std::vector<Slot> slots = slots_of(parts_.elf, function);
    program_.slots.insert(program_.slots.end(), slots.begin(), slots.end());
    for (const Reference& reference : function.references) {
      if (reference.kind == Relocation::Kind::kCall ||
          reference.kind == Relocation::Kind::kFunction) {
        place(reference.index);
      }
    }
    add_debug_information(function, first);
    return std::nullopt;
  }

  // Writes the pseudo forms, now that every function has its place.
  void resolve(size_t i) {
    const Function& function = program_.functions[i];
    for (const Reference& reference : source(order_[i]).references) {
      const uint32_t at = function.first_slot + reference.slot;
      Relocation relocation{at, reference.kind, reference.index, reference.offset};
      switch (reference.kind) {
        case Relocation::Kind::kMap:
          set(at, Op::kLoadMapFd, static_cast<int32_t>(reference.index), 0);
          break;
        case Relocation::Kind::kMapValue:
          set(at, Op::kLoadMapValueFd, static_cast<int32_t>(reference.index),
              static_cast<int32_t>(reference.offset));
          break;
        case Relocation::Kind::kFunction:
        case Relocation::Kind::kCall:
          relocation.index = places_.at(reference.index);
          set_target(at, reference.kind, program_.functions[relocation.index].first_slot);
          break;
      }
      program_.relocations.push_back(relocation);
    }
    for (const ExternReference& reference : source(order_[i]).externs) {
      set_extern(function.first_slot + reference.slot, *reference.symbol);
    }
  }

  void set_extern(uint32_t at, const ExternSymbol& symbol) {
    Slot& slot = program_.slots[at];
    const auto id = static_cast<int32_t>(symbol.btf_id);
    if (slot.opcode == row_of(Op::kCallBtf).opcode) {
      set_source(slot, Op::kCallBtf);
      slot.imm = id;
    } else if (symbol.kind != Extern::Kind::kConfig) {
      set(at, Op::kLoadVariable, id, 0);
    }
    Extern use{
        .slot = at, .name = {}, .kind = symbol.kind, .btf_id = symbol.btf_id, .weak = symbol.weak};
    if (spend(symbol.name.size())) use.name = symbol.name;
    program_.externs.push_back(std::move(use));
  }

  void set(uint32_t at, Op op, int32_t imm, int32_t next_imm) {
    set_source(program_.slots[at], op);
    program_.slots[at].imm = imm;
    program_.slots[at + 1].imm = next_imm;
  }

  void set_target(uint32_t at, Relocation::Kind kind, uint32_t target) {
    const auto relative = static_cast<int32_t>(int64_t{target} - at - 1);
    if (kind == Relocation::Kind::kFunction) return set(at, Op::kLoadFunction, relative, 0);
    set_source(program_.slots[at], Op::kCallLocal);
    program_.slots[at].imm = relative;
  }

  static void set_source(Slot& slot, Op op) {
    slot.registers = static_cast<uint8_t>(slot.dst() | row_of(op).src_field << 4);
  }

  // The records of a function, by their offsets in its section.
  template <class Record>
  std::span<const Record> records(const std::map<std::string_view, std::vector<Record>>& all,
                                  const SourceFunction& function) const {
    const auto found = all.find(parts_.elf.sections[function.section].name);
    if (found == all.end()) return {};
    const auto begin = std::ranges::lower_bound(
        found->second, uint64_t{function.first_slot} * sizeof(Slot), {}, &Record::offset);
    const auto end = std::ranges::lower_bound(
        begin, found->second.end(), (uint64_t{function.first_slot} + function.slots) * sizeof(Slot),
        {}, &Record::offset);
    return {begin, end};
  }

  void add_debug_information(const SourceFunction& function, uint32_t first) {
    if (parts_.btf == nullptr) return;
    const auto slot = [&](uint32_t offset) {
      return static_cast<uint32_t>(first + offset / sizeof(Slot) - function.first_slot);
    };
    for (const FunctionInfo& info : records(parts_.ext.functions, function)) {
      if (slot(info.offset) == first) program_.functions.back().btf_id = info.btf_id;
    }
    for (const SourceLine& line : records(parts_.ext.lines, function)) {
      add_line(slot(line.offset), line);
    }
    for (const CoreInfo& core : records(parts_.ext.core, function)) {
      add_core(slot(core.offset), core);
    }
  }

  void add_core(uint32_t slot, const CoreInfo& source) {
    CoreRelocation core{
        .slot = slot, .type = {}, .access = {}, .kind = source.kind, .btf_id = source.btf_id};
    const std::string_view type = parts_.btf->string(parts_.btf->type(source.btf_id)->name_off);
    if (spend(type.size() + source.access.size())) {
      core.type = type;
      core.access = source.access;
    }
    program_.core.push_back(std::move(core));
  }

  void add_line(uint32_t slot, const SourceLine& source) {
    Line line{.slot = slot, .file = {}, .line = source.line, .column = source.column, .text = {}};
    std::string_view file = source.file;
    if (file.starts_with("./")) file.remove_prefix(2);
    const std::string_view text = source.text.substr(0, kMaxLineText);
    if (spend(file.size() + text.size())) {
      line.file = file;
      line.text = text;
    }
    program_.lines.push_back(std::move(line));
  }

  bool spend(size_t text) {
    if (text > budget_.text) return false;
    budget_.text -= text;
    return true;
  }

  const Parts& parts_;
  Budget& budget_;
  Program program_;
  std::vector<uint32_t> order_;                    // functions, as placed
  std::unordered_map<uint32_t, uint32_t> places_;  // the inverse
};

}  // namespace

std::expected<Program, Error> link_program(const Parts& parts, uint32_t entry, Budget& budget) {
  return Linker(parts, budget).link(entry);
}

}  // namespace zext::object
