#include "object/core_relocation.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "object/core_value.h"

namespace zext::object {
namespace {

using ebpf::Op;
using ebpf::row_of;
using ebpf::Slot;

constexpr uint32_t kTypeIdLocal = 6;  // BPF_CORE_TYPE_ID_LOCAL

// Parts of an opcode (RFC 9669, section 3).
constexpr uint8_t kClassMask = 0x07;
constexpr uint8_t kSourceRegister = 0x08;
constexpr uint8_t kSizeMask = 0x18;

ebpf::Class class_of(const Slot& slot) {
  return static_cast<ebpf::Class>(slot.opcode & kClassMask);
}

// Bytes of a load or store, and the other way round; the sizes' codes are W, H, B, DW.
constexpr uint8_t kSizes[] = {4, 2, 1, 8};
uint64_t bytes_of(const Slot& slot) { return kSizes[(slot.opcode & kSizeMask) >> 3]; }

std::optional<uint8_t> size_code(uint64_t bytes) {
  const auto* found = std::ranges::find(kSizes, bytes);
  if (found == std::end(kSizes)) return std::nullopt;
  return static_cast<uint8_t>((found - kSizes) << 3);
}

void poison(Slot& slot) { slot = {.opcode = row_of(Op::kCallHelper).opcode, .imm = kPoison}; }

// One relocation's instruction.
class Patch {
 public:
  Patch(Program& program, uint32_t slot, const CoreValue& from, const CoreValue& to)
      : program_(program), slot_(slot), from_(from), to_(to) {}

  // What is wrong with the instruction, or nothing.
  const char* apply() {
    Slot& slot = program_.slots[slot_];
    const bool wide = slot.opcode == row_of(Op::kLoadImm64).opcode;
    if (to_.missing) {
      poison(slot);
      if (wide && slot_ + 1 < program_.slots.size()) poison(program_.slots[slot_ + 1]);
      return nullptr;
    }
    switch (class_of(slot)) {
      case ebpf::Class::kAlu:
      case ebpf::Class::kAlu64:
        return constant(slot);
      case ebpf::Class::kLdx:
      case ebpf::Class::kSt:
      case ebpf::Class::kStx:
        return access(slot);
      case ebpf::Class::kLd:
        return wide && slot_ + 1 < program_.slots.size() ? wide_constant(slot) : kNotTaken;
      case ebpf::Class::kJmp:
      case ebpf::Class::kJmp32:
        break;
    }
    return kNotTaken;
  }

 private:
  static constexpr char kNotTaken[] = "is at an instruction that takes none";
  static constexpr char kOther[] =
      "is at an instruction that holds another value than its type says";

  const char* constant(Slot& slot) const {
    if ((slot.opcode & kSourceRegister) != 0) return kNotTaken;
    if (from_.exact && slot.imm != static_cast<int32_t>(from_.value)) return kOther;
    slot.imm = static_cast<int32_t>(to_.value);
    return nullptr;
  }

  const char* wide_constant(Slot& slot) const {
    Slot& next = program_.slots[slot_ + 1];
    if (slot.src() != 0) return kNotTaken;
    const uint64_t value =
        static_cast<uint32_t>(slot.imm) | uint64_t{static_cast<uint32_t>(next.imm)} << 32;
    if (from_.exact && value != from_.value) return kOther;
    slot.imm = static_cast<int32_t>(to_.value);
    next.imm = static_cast<int32_t>(to_.value >> 32);
    return nullptr;
  }

  // A field that has grown or shrunk is loaded whole, where that means the same: pointers, and
  // numbers without a sign.
  const char* access(Slot& slot) const {
    if (from_.exact && slot.offset != static_cast<int64_t>(from_.value)) return kOther;
    if (to_.value > INT16_MAX) return "asks for an offset beyond 32767";
    if (from_.bytes != to_.bytes) {
      const bool pointers = from_.pointer && to_.pointer;
      const bool numbers = from_.is_unsigned && to_.is_unsigned;
      if (!pointers && !numbers) {
        poison(slot);
        return nullptr;
      }
      const auto code = size_code(to_.bytes);
      if (bytes_of(slot) != from_.bytes || !code) return "is of a field whose size changed";
      slot.opcode = static_cast<uint8_t>((slot.opcode & ~kSizeMask) | *code);
    }
    slot.offset = static_cast<int16_t>(to_.value);
    return nullptr;
  }

  Program& program_;
  uint32_t slot_;
  const CoreValue& from_;
  const CoreValue& to_;
};

Error wrong(const Program& program, const CoreRelocation& core, const std::string& what) {
  const Function* function = function_at(program, core.slot);
  return {.where = "function " + quoted(function != nullptr ? function->name : program.name) +
                   ", instruction " +
                   std::to_string(core.slot - (function != nullptr ? function->first_slot : 0)),
          .what = "the CO-RE relocation of " + quoted(core.type) + " by " + quoted(core.access) +
                  " " + what,
          .hint = "compile the object again, with clang"};
}

std::optional<Error> apply(Program& program, const CoreRelocation& core, const Btf& local,
                           const Btf& kernel, CoreWork& work) {
  const CoreQuery query{
      .btf = local, .root = core.btf_id, .access = core.access, .kind = core.kind};
  const auto from = local_value(query);
  if (!from) return wrong(program, core, from.error());
  const auto to = core.kind == kTypeIdLocal ? from : target_value(query, kernel, work);
  if (!to) return wrong(program, core, to.error());
  if (const char* what = Patch(program, core.slot, *from, *to).apply()) {
    return wrong(program, core, what);
  }
  return std::nullopt;
}

void apply_all(Program& program, const Btf& local, const Btf& kernel, CoreWork& work) {
  for (const CoreRelocation& core : std::exchange(program.core, {})) {
    if (auto failed = apply(program, core, local, kernel, work)) {
      program.broken = *std::move(failed);
      program.slots.clear();
      program.functions.clear();
      program.lines.clear();
      program.relocations.clear();
      program.externs.clear();
      return;
    }
  }
}

// Variables without a type are none of BTF's.
bool is_missing(const Extern& use, const Btf& local, const Btf& kernel) {
  if (!use.weak || use.kind == Extern::Kind::kConfig) return false;
  const bool function = use.kind == Extern::Kind::kFunction;
  const btf_type* declared = local.type(use.btf_id);
  if (!function && (declared == nullptr || local.resolved(declared->type) == nullptr)) return false;
  return kernel.find(use.name, function ? BTF_KIND_FUNC : BTF_KIND_VAR) == 0;
}

void drop_missing(Program& program, const Btf& local, const Btf& kernel) {
  std::erase_if(program.externs, [&](const Extern& use) {
    if (!is_missing(use, local, kernel)) return false;
    Slot& slot = program.slots[use.slot];
    if (slot.opcode != row_of(Op::kLoadImm64).opcode) {
      poison(slot);
    } else {
      slot.registers = slot.dst();
      slot.imm = program.slots[use.slot + 1].imm = 0;
    }
    return true;
  });
}

}  // namespace

std::expected<void, Error> apply_core(Object& object, const Btf& kernel) {
  if (object.btf.empty()) return {};
  const auto local = Btf::parse(object.btf);
  if (!local) return std::unexpected(local.error());
  CoreWork work;
  for (Program& program : object.programs) {
    std::erase(object.notes, core_note(program));
    apply_all(program, *local, kernel, work);
    drop_missing(program, *local, kernel);
  }
  return {};
}

std::string core_note(const Program& program) {
  if (program.core.empty()) return {};
  return "program " + quoted(program.name) + " has " + std::to_string(program.core.size()) +
         " CO-RE relocations, the first for type " + quoted(program.core.front().type) +
         "; until they are applied, offsets are those of the types it was compiled with";
}

}  // namespace zext::object
